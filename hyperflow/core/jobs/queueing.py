"""Asking for work."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from hyperflow.core import clock, context
from hyperflow.core.jobs import secrets
from hyperflow.core.jobs.registry import JobFunction
from hyperflow.core.models import Job


def enqueue(
    job: JobFunction[..., Any],
    *,
    dedupe_key: str | None = None,
    run_at: dt.datetime | None = None,
    owner: Any = None,
    **arguments: Any,
) -> Job:
    """Ask for a job in the caller's transaction: it will run if, and only if, that commits.

    A ``dedupe_key`` that is known already gives the job that has it, finished or not, and asks for nothing new; keys
    are kept as long as finished jobs are (30 days). ``owner`` is the person who may follow it at ``/api/jobs/{id}``.
    """
    if dedupe_key is not None and (known := Job.objects.filter(dedupe_key=dedupe_key).first()):
        return known
    row = Job(
        kind=job.kind,
        queue=job.policy.queue,
        arguments=secrets.seal(_checked(job, arguments), job.policy.secret),
        dedupe_key=dedupe_key,
        max_attempts=job.policy.max_attempts,
        run_at=run_at or clock.now(),
        owner=owner,
        request_id=context.current().request_id,
    )
    if dedupe_key is None:
        row.save(force_insert=True)
    else:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # somebody else was faster
            return Job.objects.get(dedupe_key=dedupe_key)
    if run_at is None or run_at <= clock.now():
        wake(row)
    return row


def wake(row: Job) -> None:
    """Tell a waiting worker on commit, where there is a broker to tell it. The sweeper is the guarantee."""
    if not settings.JOB_WAKE_UP:
        return
    send: Callable[[int, str], None] = import_string(settings.JOB_WAKE_UP)

    def wake_up() -> None:
        send(row.pk, row.queue)

    transaction.on_commit(wake_up, robust=True)


def _checked(job: JobFunction[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    job.signature.bind(**arguments)
    if json.loads(json.dumps(arguments, allow_nan=False)) != arguments:
        raise TypeError(f"The arguments of {job.kind} must be plain JSON: pass ids, not objects")
    return arguments
