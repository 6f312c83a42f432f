"""Telling a broker that a job is due, so that nobody has to wait for the broker.

A wake-up is a courtesy: the row is the job, and the sweeper finds it anyway. So it is sent by a thread of its own,
what can't be sent is dropped, and a broker that failed is left alone for a while.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

_LEFT_ALONE_FOR = 30.0
_MOST_WAITING = 1_000


class Notifier:
    """Hands wake-ups to ``send(job_id, queue)``, which may fail and may hang."""

    def __init__(self, send: Callable[[int, str], None]) -> None:
        self._send = send
        self._closed_until = float("-inf")
        self._waiting: queue.Queue[tuple[int, str]] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)  # a thread does not come along

    def tell(self, job_id: int, queue_name: str) -> None:
        """Returns at once, whatever the broker does."""
        if self.is_resting:
            return
        try:
            self._waiting.put_nowait((job_id, queue_name))
        except queue.Full:
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._deliver, name="wake-up", daemon=True)
                self._thread.start()

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._closed_until

    def try_again(self) -> None:
        """Leave the broker alone no longer: it is known to be back."""
        self._closed_until = float("-inf")

    def flush(self, seconds: float) -> None:
        """Wait until what was told is sent or dropped; for a process that is about to end."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _deliver(self) -> None:
        while True:
            job_id, queue_name = self._waiting.get()
            try:
                if not self.is_resting:
                    self._send(job_id, queue_name)
            except Exception as error:  # noqa: BLE001  # whatever a broker client raises, the sweeper is the guarantee
                self._closed_until = time.monotonic() + _LEFT_ALONE_FOR
                logger.warning("broker.unavailable", extra={"reason": type(error).__name__})
            finally:
                self._waiting.task_done()

    def _forget(self) -> None:
        self._waiting = queue.Queue(_MOST_WAITING)
        self._thread = None
        self._lock = threading.Lock()
