"""Does anybody work? Written by workers and scheduler, read by `/api/health` in another process."""

import datetime as dt
import time

from hyperflow.core import clock
from hyperflow.core.models import Heartbeat

#: How often a process says that it works, at least.
BEAT_EVERY = dt.timedelta(seconds=5)


def worker_beat() -> None:
    _beat("worker")


_beat_at = float("-inf")


def beat_now_and_then() -> None:
    """`worker_beat`, at most every few seconds of this process."""
    global _beat_at
    if time.monotonic() - _beat_at >= BEAT_EVERY.total_seconds():
        worker_beat()
        _beat_at = time.monotonic()


def worker_seen() -> dt.datetime | None:
    """When a worker last showed that it works; None if none ever did."""
    return _seen("worker")


def scheduler_beat() -> None:
    _beat("scheduler")


def scheduler_seen() -> dt.datetime | None:
    return _seen("scheduler")


def _beat(name: str) -> None:
    now = clock.now()
    if not Heartbeat.objects.filter(name=name).update(at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, at=now)], ignore_conflicts=True)


def _seen(name: str) -> dt.datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
