"""Running a claimed job to one of its ends."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from hyperflow.core import context
from hyperflow.core.context import Context
from hyperflow.core.errors import Unavailable
from hyperflow.core.jobs import claims, secrets
from hyperflow.core.jobs.claims import Claim
from hyperflow.core.jobs.keeping import LeaseKeeper, patiently
from hyperflow.core.jobs.registry import QUEUES, UnknownJob
from hyperflow.core.logs import scrub
from hyperflow.core.transactions import command

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The job is somebody else's by now, or was cancelled: nothing that this worker did for it may stay."""


class RetryLater(Exception):
    """Raised by a job that can't do its work yet: it is tried again in ``after`` seconds (None: the usual back-off)."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Stopped(BaseException):
    """Raised into a running job when its worker must end now: the job goes back as if never taken."""


_now_running: ContextVar[tuple[Claim, LeaseKeeper] | None] = ContextVar("hyperflow_job", default=None)


def run(job_id: int) -> str | None:
    """Claim and run one job. Gives its function's name; None if it was not due or somebody else has it."""
    claim = claims.claim(job_id)
    if claim is None:
        return None
    with context.running(Context(request_id=claim.job.request_id or f"job-{claim.job.pk}")):
        _run_claimed(claim)
    return claim.job.kind.rpartition(".")[2]


def run_due(limit: int = 1000) -> list[str]:
    """Run what is due in this process, oldest first, and what that makes due. Gives the functions' names."""
    names: list[str] = []
    while len(names) < limit:
        ids = [*claims.abandoned_ids(limit), *(pk for queue in QUEUES for pk in claims.due_ids(queue, limit))]
        ran = [name for pk in sorted(ids)[: limit - len(names)] if (name := run(pk))]
        if not ran:
            break
        names += ran
    return names


def progress(percent: int) -> None:
    """Say how far the running job is. Outside of a job it does nothing; `LeaseLost` ends a job that was cancelled."""
    if running := _now_running.get():
        _, keeper = running
        keeper.progress = max(0, min(100, percent))
        if keeper.is_lost:
            raise LeaseLost


@contextmanager
def effect() -> Iterator[None]:
    """A transaction that commits only while the running job is still this worker's. For jobs with ``atomic=False``."""
    running = _now_running.get()
    with transaction.atomic():
        yield
        if running and not claims.extend(running[0]):
            raise LeaseLost


def _run_claimed(claim: Claim) -> None:
    facts = {"job_id": claim.job.pk, "kind": claim.job.kind, "attempt": claim.job.attempts}
    try:
        with LeaseKeeper(claim) as keeper:
            token = _now_running.set((claim, keeper))
            try:
                _call(claim)
            finally:
                _now_running.reset(token)
    except Stopped:
        patiently(lambda: claims.release(claim))
        logger.info("job.released", extra=facts)
        raise
    except LeaseLost:
        logger.warning("job.lease_lost", extra=facts)
    except Exception as error:  # noqa: BLE001  # the top of the job loop: whatever a job raises is its own end
        _end_with(claim, error, facts)
    else:
        logger.info("job.done", extra=facts)


def _call(claim: Claim) -> None:
    if claim.function is None:
        raise UnknownJob(f"This release has no job {claim.job.kind}")
    function, arguments = claim.function, secrets.unseal(claim.job.arguments)

    def work() -> None:
        with _time_limit(function.policy.time_limit):
            result = function(**arguments)
        _finish(claim, result)

    def work_outside() -> None:
        with _time_limit(function.policy.time_limit):
            result = function(**arguments)
        patiently(lambda: _finish(claim, result))

    # `command` opens the transaction that makes effect and `done` one, and runs it anew on a deadlock.
    (command(work) if function.policy.atomic else work_outside)()


def _finish(claim: Claim, result: Any) -> None:
    if not claims.finish(claim, result):
        raise LeaseLost


def _end_with(claim: Claim, error: Exception, facts: dict[str, Any]) -> None:
    reason = _in_words(error)
    again = _is_worth_another_try(claim, error) and not claim.is_last_attempt
    if again:
        end: Callable[[], bool] = lambda: claims.put_back(claim, reason, _wait_asked_for(error))  # noqa: E731
    else:
        end = lambda: claims.fail(claim, reason)  # noqa: E731
    try:
        patiently(end)
    except (DatabaseError, InterfaceError):
        logger.exception("job.end_not_written", extra=facts)  # its lease will run out
        return
    logger.log(
        logging.WARNING if again else logging.ERROR,
        "job.again" if again else "job.failed",
        exc_info=error,
        extra={**facts, "reason": type(error).__name__},
    )


def _in_words(error: Exception) -> str:
    """What went wrong, fit to be stored and shown: without secrets, and text that any database takes."""
    return scrub(f"{type(error).__name__}: {error}").encode("utf-8", "replace").decode().replace("\0", "")


def _is_worth_another_try(claim: Claim, error: Exception) -> bool:
    named = claim.function.policy.retry_on if claim.function else ()
    return isinstance(error, (*named, RetryLater, UnknownJob, OperationalError, InterfaceError))


def _wait_asked_for(error: Exception) -> float | None:
    if isinstance(error, RetryLater):
        return error.after
    if isinstance(error, Unavailable) and error.retry_after is not None:
        return min(3600.0, max(1.0, error.retry_after))
    return None


@contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt what takes longer. Signals reach the main thread alone; elsewhere the lease is the only bound."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        raise TimeoutError(f"It took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
