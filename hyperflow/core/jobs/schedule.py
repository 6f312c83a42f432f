"""Jobs that nobody asks for: they are due by the calendar."""

import datetime as dt

from hyperflow.core import clock
from hyperflow.core.jobs.queueing import enqueue
from hyperflow.core.jobs.registry import Period, periods
from hyperflow.core.models import Job

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OPEN = (Job.State.QUEUED, Job.State.RUNNING)


def enqueue_periodic() -> list[Job]:
    """Ask for every periodic job whose period has begun, unless somebody did already or the last one is not done.

    Any number of schedulers may do so at once: the period's number is part of the dedupe key.
    """
    return [job for period in periods() if (job := _enqueue_if_due(period))]


def _enqueue_if_due(period: Period) -> Job | None:
    prefix = f"periodic:{period.job.kind}:"
    key = f"{prefix}{(clock.now() - _EPOCH - period.offset) // period.every}"
    known = Job.objects.filter(dedupe_key__startswith=prefix)
    if known.filter(dedupe_key=key).exists() or known.filter(state__in=_OPEN).exists():
        return None
    return enqueue(period.job, dedupe_key=key)
