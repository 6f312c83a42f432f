"""Work that is done after the transaction that asked for it, and survives whatever happens to a process.

    @job(queue="sync", retry_on=(Unavailable,), atomic=False)
    def fetch_messages(*, account_id: int) -> None: ...

    jobs.enqueue(fetch_messages, account_id=7)      # a row of the caller's transaction

A job is a row first (`hyperflow.core.models.Job`). Whoever claims the row holds a lease on it, extended while the
function runs; what the function writes commits together with ``done``, or not at all. The embedded worker
(``manage.py run_jobs``) and Celery run the very same code.
"""

from hyperflow.core.jobs.control import cancel, retry
from hyperflow.core.jobs.heartbeats import beat_now_and_then, scheduler_beat, scheduler_seen, worker_beat, worker_seen
from hyperflow.core.jobs.queueing import enqueue
from hyperflow.core.jobs.registry import JobFunction, UnknownJob, job, periodic
from hyperflow.core.jobs.running import LeaseLost, RetryLater, effect, progress, run, run_due
from hyperflow.core.jobs.schedule import enqueue_periodic
from hyperflow.core.jobs.secrets import public_arguments
from hyperflow.core.jobs.sweeping import sweep

__all__ = [
    "JobFunction",
    "LeaseLost",
    "RetryLater",
    "UnknownJob",
    "beat_now_and_then",
    "cancel",
    "effect",
    "enqueue",
    "enqueue_periodic",
    "job",
    "periodic",
    "progress",
    "public_arguments",
    "retry",
    "run",
    "run_due",
    "scheduler_beat",
    "scheduler_seen",
    "sweep",
    "worker_beat",
    "worker_seen",
]
