"""Throwing away what has had its time.

An app adds its own in ``ready()``:

    upkeep.expires("accounts.sessions", lambda: Session.objects.filter(expires_at__lt=clock.now() - WEEK))
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

from hyperflow.core import clock, jobs
from hyperflow.core.models import AttemptCounter, IdempotencyRecord, Job, OutboxEvent

logger = logging.getLogger(__name__)

FINISHED_JOBS_KEPT = dt.timedelta(days=30)
FAILED_JOBS_KEPT = dt.timedelta(days=90)
EVENTS_KEPT = dt.timedelta(days=30)
IDEMPOTENCY_KEPT = dt.timedelta(hours=24)

_BATCH = 500
_expiring: dict[str, Callable[[], Any]] = {}


def expires(name: str, rows: Callable[[], Any]) -> None:
    """``rows()`` gives the queryset of what can go by now. It is deleted every hour, in small transactions."""
    _expiring[name] = rows


@jobs.periodic(every=dt.timedelta(hours=1))
@jobs.job(atomic=False, max_attempts=1)
def clean_up() -> dict[str, int]:
    """Delete what has expired; gives how many rows of each kind."""
    return {name: deleted for name, rows in _expiring.items() if (deleted := _delete(rows))}


def _delete(rows: Callable[[], Any]) -> int:
    deleted = 0
    while True:
        model = rows().model
        ids = list(rows().order_by("pk").values_list("pk", flat=True)[:_BATCH])
        if not ids:
            return deleted
        with transaction.atomic():
            model._base_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
        jobs.progress(0)  # ends here if it was cancelled


def _finished_jobs() -> Any:
    ended = Job.objects.filter(finished_at__lt=clock.now() - FINISHED_JOBS_KEPT)
    return ended.filter(state__in=[Job.State.DONE, Job.State.CANCELLED])


def _failed_jobs() -> Any:
    return Job.objects.filter(finished_at__lt=clock.now() - FAILED_JOBS_KEPT, state=Job.State.FAILED)


expires("core.finished_jobs", _finished_jobs)
expires("core.failed_jobs", _failed_jobs)
expires("core.events", lambda: OutboxEvent.objects.filter(created_at__lt=clock.now() - EVENTS_KEPT))
expires("core.attempts", lambda: AttemptCounter.objects.filter(window_ends_at__lt=clock.now()))
expires("core.idempotency", lambda: IdempotencyRecord.objects.filter(created_at__lt=clock.now() - IDEMPOTENCY_KEPT))
