"""What a person may do to a job."""

from typing import Any

from django.utils.translation import gettext as _

from hyperflow.core import audit, clock
from hyperflow.core.changes import lock
from hyperflow.core.errors import Conflict
from hyperflow.core.jobs.queueing import wake
from hyperflow.core.models import Job
from hyperflow.core.transactions import command


@command
def retry(job: Job, actor: Any) -> Job:
    """Let a failed or cancelled job run again, with all its attempts."""
    job = lock(job)
    if job.state not in (Job.State.FAILED, Job.State.CANCELLED):
        raise Conflict(_("Only a job that failed or was cancelled can be tried again."), code="invalid_transition")
    before = job.state
    job.state, job.attempts, job.progress, job.error = Job.State.QUEUED, 0, 0, ""
    job.run_at, job.finished_at, job.token, job.lease_until = clock.now(), None, "", None
    job.save()
    audit.record("job.retry", job, actor=actor, changes={"state": (before, job.state)})
    wake(job)
    return job


@command
def cancel(job: Job, actor: Any) -> Job:
    """Give a job up. One that is running loses its claim: it can't write anything any more."""
    job = lock(job)
    if job.state not in (Job.State.QUEUED, Job.State.RUNNING):
        raise Conflict(_("Only a job that is not finished can be cancelled."), code="invalid_transition")
    before = job.state
    job.state, job.token, job.lease_until, job.finished_at = Job.State.CANCELLED, "", None, clock.now()
    job.save()
    audit.record("job.cancel", job, actor=actor, changes={"state": (before, job.state)})
    return job
