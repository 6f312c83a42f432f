"""The embedded worker: a loop over the job table that needs no broker."""

import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections, reset_queries

from hyperflow.core.jobs import claims
from hyperflow.core.jobs.heartbeats import beat_now_and_then
from hyperflow.core.jobs.registry import QUEUES
from hyperflow.core.jobs.running import Stopped, run

logger = logging.getLogger(__name__)

#: Jobs looked up at once. Small, so that several workers seldom reach for the same one.
_BATCH = 20
_LONGEST_PAUSE = 5.0


class Worker:
    """Runs what is due until it is asked to stop, and waits out a database that is away.

    Asked to stop (SIGTERM, Ctrl-C) it lets the running job end for ``grace`` seconds; then, or when it is asked
    again, it gives the job back, to be run by another worker as if it had never been taken.
    """

    def __init__(self, *, queues: Sequence[str] = QUEUES, pause: float = 0.5, grace: float = 8.0) -> None:
        self.queues = queues
        self.pause = pause
        self.grace = grace
        self._stop = threading.Event()
        self._is_in_job = False
        self._swept_at = float("-inf")

    def work(self) -> None:
        with self._listening(), contextlib.suppress(Stopped):
            trouble = 0
            while not self._stop.is_set():
                try:
                    found_something = self._round()
                except (DatabaseError, InterfaceError) as error:
                    trouble += 1
                    self._wait_for_database(error, trouble)
                    continue
                if trouble:
                    logger.info("worker.database_is_back", extra={"tries": trouble})
                    trouble = 0
                if not found_something:
                    self._stop.wait(self.pause)
        connections.close_all()

    def stop(self, *_: Any) -> None:
        """Stop after the running job; at once when asked a second time."""
        if self._stop.is_set():
            self._interrupt()
            return
        self._stop.set()
        timer = threading.Timer(self.grace, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.daemon = True
        timer.start()

    def _round(self) -> bool:
        close_old_connections()
        reset_queries()
        beat_now_and_then()
        ids = [pk for queue in self.queues for pk in claims.due_ids(queue, _BATCH)]
        if self._is_time_to_sweep():
            ids += claims.abandoned_ids(_BATCH)
        random.shuffle(ids)
        for pk in ids:
            if self._stop.is_set():
                break
            self._is_in_job = True
            try:
                run(pk)
            finally:
                self._is_in_job = False
            beat_now_and_then()
        return bool(ids)

    def _is_time_to_sweep(self) -> bool:
        now = time.monotonic()
        if now - self._swept_at < min(settings.JOB_SWEEP_SECONDS, settings.JOB_LEASE_SECONDS):
            return False
        self._swept_at = now
        return True

    def _wait_for_database(self, error: Exception, trouble: int) -> None:
        if trouble == 1:
            logger.warning("worker.database_is_away", extra={"reason": type(error).__name__})
        connections.close_all()
        self._stop.wait(min(_LONGEST_PAUSE, 0.25 * 2**trouble) * random.uniform(0.5, 1))  # noqa: S311

    def _interrupt(self, *_: Any) -> None:
        if self._is_in_job:
            raise Stopped

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # a test; signals reach the main thread alone
            return
        handlers = {signal.SIGTERM: self.stop, signal.SIGINT: self.stop, signal.SIGUSR1: self._interrupt}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
