"""Whose job it is. Every change of a claim is one conditional UPDATE, so it holds on any database and over any crash.

A claim hands out a token and a lease. Only the holder of the token may extend the lease, finish the job or give it
back. When the lease runs out, by the database's clock, the job is anybody's again; after its last attempt it has
failed instead.
"""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from hyperflow.core import clock
from hyperflow.core.dbtime import DatabaseNow
from hyperflow.core.jobs import secrets
from hyperflow.core.jobs.registry import JobFunction, UnknownJob, find
from hyperflow.core.models import Job

#: Of a kind that this release does not know.
_LEASE_OF_UNKNOWN = dt.timedelta(seconds=30)
_ERROR_LENGTH = 2_000
_BACK_OFF_FROM, _BACK_OFF_TO = 2.0, 600.0


@dataclass(frozen=True)
class Claim:
    """The right to run a job once."""

    job: Job
    token: str
    function: JobFunction[..., Any] | None
    lease: dt.timedelta

    @property
    def is_last_attempt(self) -> bool:
        return self.job.attempts >= self.job.max_attempts


def due_ids(queue: str, limit: int) -> list[int]:
    """Jobs of a queue that wait and are due, those that waited longest first."""
    waiting = Job.objects.filter(state=Job.State.QUEUED, queue=queue, run_at__lte=clock.now())
    return list(waiting.order_by("run_at", "id").values_list("pk", flat=True)[:limit])


def abandoned_ids(limit: int) -> list[int]:
    """Jobs whose worker died or hangs: their lease ran out."""
    gone = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=DatabaseNow())
    return list(gone.order_by("lease_until").values_list("pk", flat=True)[:limit])


def claim(pk: int) -> Claim | None:
    """Take the job if it is due and nobody else was faster. One that used up its attempts is failed instead."""
    row = Job.objects.filter(pk=pk).only("kind", "attempts", "max_attempts").first()
    if row is None or (row.attempts >= row.max_attempts and _bury(pk)):
        return None
    try:
        function = find(row.kind)
    except UnknownJob:
        function = None
    lease = function.lease if function else _LEASE_OF_UNKNOWN
    token = str(uuid4())
    is_due = (_is(Job.State.QUEUED) & Q(run_at__lte=clock.now())) | _has_lost_its_worker()
    taken = Job.objects.filter(is_due, pk=pk).update(
        state=Job.State.RUNNING,
        token=token,
        lease_until=DatabaseNow() + lease,
        attempts=F("attempts") + 1,
        started_at=clock.now(),
        progress=0,
    )
    if not taken:
        return None
    held = Job.objects.filter(pk=pk, token=token).first()
    return Claim(held, token, function, lease) if held else None


def extend(claim: Claim, **values: Any) -> bool:
    """Another lease from now on. False: the job is no longer this claim's."""
    return bool(_held(claim).update(lease_until=DatabaseNow() + claim.lease, **values))


def finish(claim: Claim, result: Any) -> bool:
    done: dict[str, Any] = {"state": Job.State.DONE, "result": result, "error": "", "progress": 100}
    if claim.function and claim.function.policy.secret:
        done["arguments"] = secrets.forget(claim.job.arguments)
    return _end(claim, **done)


def fail(claim: Claim, reason: str) -> bool:
    return _end(claim, state=Job.State.FAILED, error=reason[:_ERROR_LENGTH])


def put_back(claim: Claim, reason: str, after: float | None = None) -> bool:
    """Let the job be tried again, by default after a while that doubles with every attempt."""
    wait = back_off(claim.job.attempts) if after is None else after
    return bool(
        _held(claim).update(
            state=Job.State.QUEUED,
            token="",
            lease_until=None,
            run_at=clock.now() + dt.timedelta(seconds=wait),
            error=reason[:_ERROR_LENGTH],
        )
    )


def release(claim: Claim) -> bool:
    """Give the job back as if it had never been taken: this worker was asked to stop."""
    return bool(
        _held(claim).update(state=Job.State.QUEUED, token="", lease_until=None, attempts=F("attempts") - 1, progress=0)
    )


def back_off(attempts: int) -> float:
    """Seconds to wait after that many attempts: 2, 4, 8 … at most 10 minutes, with jitter."""
    wait = min(_BACK_OFF_TO, _BACK_OFF_FROM * 2 ** max(0, attempts - 1))
    return wait * random.uniform(0.75, 1.25)  # noqa: S311


def _is(state: Job.State) -> Q:
    """The state, said so that no index serves it.

    A conditional UPDATE names its row by primary key. Did the server find it by an index on ``state`` instead, two of
    them would take the same two locks in opposite order: MariaDB then ends one with a deadlock.
    """
    return Q(Exact(Coalesce(F("state"), Value("")), Value(state)))


def _has_lost_its_worker() -> Q:
    return _is(Job.State.RUNNING) & Q(lease_until__lt=DatabaseNow())


def _bury(pk: int) -> bool:
    """Fail a job that took its last worker with it."""
    used_up = Job.objects.filter(_has_lost_its_worker(), pk=pk, attempts__gte=F("max_attempts"))
    return bool(
        used_up.update(
            state=Job.State.FAILED,
            token="",
            lease_until=None,
            finished_at=clock.now(),
            error=_("Every attempt ended without an answer: its worker was killed, crashed or hung."),
        )
    )


def _held(claim: Claim) -> Any:
    return Job.objects.filter(pk=claim.job.pk, token=claim.token)  # only a running job has one


def _end(claim: Claim, **values: Any) -> bool:
    return bool(_held(claim).update(token="", lease_until=None, finished_at=clock.now(), **values))
