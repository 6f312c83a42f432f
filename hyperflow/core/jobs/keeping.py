"""Keeping a claim alive while its function runs, and writing its end in spite of a restarting database."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection

from hyperflow.core.jobs import claims
from hyperflow.core.jobs.claims import Claim
from hyperflow.core.jobs.heartbeats import worker_beat

R = TypeVar("R")
logger = logging.getLogger(__name__)

#: For how long the end of a job is offered to a database that does not answer.
_PATIENCE = 20.0
_LEAST_PAUSE = 0.5


class LeaseKeeper:
    """Extends the lease from a thread with a database connection of its own, and writes the progress on the way.

    A job that is short against its lease costs no connection, since the first extension comes after a third of it.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.progress = 0
        self.is_lost = False
        self._written = 0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "LeaseKeeper":
        # Inside a caller's transaction (a test) nobody else can take the job, nor could another connection see it.
        if not connection.in_atomic_block:
            self._thread = threading.Thread(target=self._keep, name=f"lease-{self.claim.job.pk}", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _keep(self) -> None:
        every = self.claim.lease.total_seconds() / 3
        pause = min(every, 1.0)
        extended_at = time.monotonic()
        try:
            while not self._over.wait(pause):
                progress = self.progress
                is_time = time.monotonic() - extended_at >= every - pause / 2
                if (is_time or progress != self._written) and self._extend(progress):
                    extended_at, self._written = time.monotonic(), progress
        finally:
            connection.close()

    def _extend(self, progress: int) -> bool:
        try:
            if not claims.extend(self.claim, progress=progress) and not self._over.is_set():
                self.is_lost = True
            worker_beat()
        except (DatabaseError, InterfaceError):
            logger.warning("job.lease_not_extended", extra={"job_id": self.claim.job.pk})
            connection.close()
            return False
        return True


def patiently(write: Callable[[], R]) -> R:
    """Write, again and again while the database is away. Inside a transaction there is one try only."""
    deadline = time.monotonic() + _PATIENCE
    pause = _LEAST_PAUSE
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 5.0)
        close_old_connections()
