"""Payroll runs: start, work out anew, review, approve, pay. What is approved does not change any more."""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hr.jobs import payroll as payroll_jobs
from hr.models import PayrollRun
from hr.models.payroll import PERIOD
from hr.selectors import payroll as selectors
from hr.services import payroll_checks, payroll_computing
from hr.services.payroll_locks import lock_attendance
from hr.signals import payroll_paid
from hyperflow.core import audit, changes, clock, jobs
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import Job
from hyperflow.core.transactions import command

Status = PayrollRun.Status

#: A run of more people than this is worked out by a job.
AT_ONCE = 50
_UNDER_WAY = (Job.State.QUEUED, Job.State.RUNNING)


class Started(NamedTuple):
    """A run, whether it is new, and the job that works it out where one is under way."""

    run: PayrollRun
    is_new: bool
    job: Job | None


@command
def start_run(*, period: str, actor: Any) -> Started:
    """Make the run of a month, or give the one there is: however often it is asked for, there is one.

    A few people are worked out at once, more by a job. Raises `Invalid` for what is no month (``invalid``), for one
    that has not begun (``in_the_future``) and for one with nobody to be paid (``nobody_employed``).
    """
    _check_may(actor, "hr.add_payrollrun")
    starts_on, ends_on = bounds(period)
    if starts_on > clock.business_date():
        raise Invalid(_("This month has not begun."), code="in_the_future", field="period")
    known = PayrollRun.objects.filter(period=period).first()
    if known is None:
        run = PayrollRun(period=period, starts_on=starts_on, ends_on=ends_on, started_by=actor)
        try:
            with transaction.atomic():
                changes.create(run, actor=actor, action="payroll.started", event="payroll.started", period=period)
                if not selectors.to_be_paid(run).exists():
                    raise Invalid(_("Nobody was employed in this month."), code="nobody_employed", field="period")
        except IntegrityError:  # somebody else was faster
            known = PayrollRun.objects.get(period=period)
        else:
            return Started(run, True, _work_out(run, actor))
    return Started(known, False, job_under_way(known))


@command
def recompute(*, run: PayrollRun, actor: Any, expected_version: int | None = None) -> Started:
    """Work an open run out anew, from what is true now; what was in review is a draft again.

    Raises `Conflict` ``payroll_locked`` once it is approved, ``payroll_computing`` while a job is at it.
    """
    _check_may(actor, "hr.add_payrollrun")
    run = changes.lock(run, expected_version=expected_version)
    if run.status in PayrollRun.FIXED:
        raise Conflict(
            _("This run is approved and does not change any more: add a correction, which the next run pays."),
            code="payroll_locked",
        )
    _check_idle(run)
    return Started(run, False, _work_out(run, actor))


@command
def review(*, run: PayrollRun, actor: Any, expected_version: int | None = None) -> PayrollRun:
    """Hand a draft that is worked out to who approves it."""
    _check_may(actor, "hr.change_payrollrun")
    run = _lock_for(run, Status.REVIEW, expected_version)
    return _move(run, actor, Status.REVIEW, reviewed_by=actor, reviewed_at=clock.now())


@command
def approve(
    *, run: PayrollRun, actor: Any, leave_out: Sequence[int] = (), expected_version: int | None = None
) -> PayrollRun:
    """Fix a reviewed run for good: its numbers, and the attendance of its days.

    Refused while something of it is not settled, each with its code: see `payroll_checks`. Who works here without any
    pay agreed is left out only where ``leave_out`` names them. Its people may read their payslips from now on, and are
    told so by a mail without any amount.
    """
    _check_may(actor, "hr.approve_payroll")
    run = _lock_for(run, Status.APPROVED, expected_version)
    payroll_checks.check_not_own(run, actor)
    payroll_checks.check_complete(run)
    payroll_checks.check_current(run)
    problems = payroll_checks.problems_without(run, leave_out)
    payroll_checks.check_settled(run)
    locked_until = lock_attendance(run, actor=actor)
    _move(
        run,
        actor,
        Status.APPROVED,
        approved_by=actor,
        approved_at=clock.now(),
        locked_until=locked_until,
        problems=problems,
    )
    if leave_out:
        names = ", ".join(sorted(run.without_pay.values()))
        audit.record("payroll.left_out", run, actor=actor, changes={"left_out": (None, names)})
    jobs.enqueue(payroll_jobs.prepare_payslips, run_id=run.pk)
    return run


@command
def pay(*, run: PayrollRun, actor: Any, expected_version: int | None = None) -> PayrollRun:
    """Say that an approved run is paid; once. Announces `payroll_paid`, which finance books."""
    _check_may(actor, "hr.pay_payroll")
    run = _lock_for(run, Status.PAID, expected_version)
    _move(run, actor, Status.PAID, paid_by=actor, paid_at=clock.now())
    payroll_paid.send(sender=PayrollRun, run_id=run.pk)
    return run


def bounds(period: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of ``2026-05``."""
    if not re.fullmatch(PERIOD, period):
        raise Invalid(_("Write the month as YYYY-MM."), code="invalid", field="period")
    year, month = int(period[:4]), int(period[5:])
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def job_under_way(run: PayrollRun) -> Job | None:
    """The job that works the run out at this moment."""
    if run.job_id is None or run.computed_at is not None:
        return None
    return Job.objects.filter(pk=run.job_id, state__in=_UNDER_WAY).first()


def _work_out(run: PayrollRun, actor: Any) -> Job | None:
    number = run.computation + 1
    people = selectors.to_be_paid(run).count()
    arguments = {"run_id": run.pk, "computation": number, "actor_id": actor.pk}
    job = jobs.enqueue(payroll_jobs.compute_payroll, owner=actor, **arguments) if people > AT_ONCE else None
    changes.update(
        run,
        actor=actor,
        action="payroll.asked",
        status=Status.DRAFT,
        computation=number,
        computed_at=None,
        reviewed_by=None,
        reviewed_at=None,
        job=job,
    )
    if job is None:
        payroll_computing.compute(run_id=run.pk, computation=number, actor=actor)
        run.refresh_from_db()
    return job


def _lock_for(run: PayrollRun, status: PayrollRun.Status, expected_version: int | None) -> PayrollRun:
    run = changes.lock(run, expected_version=expected_version)
    allowed = PayrollRun.NEXT[Status(run.status)]
    if status not in allowed:
        raise Conflict(
            _("A run that is “%(from)s” cannot become “%(to)s”.")
            % {"from": run.get_status_display(), "to": status.label},
            code="invalid_transition",
            allowed=sorted(allowed),
        )
    _check_idle(run)
    if run.computed_at is None:
        raise Conflict(_("The run was not worked out to its end: work it out anew."), code="payroll_not_computed")
    return run


def _move(run: PayrollRun, actor: Any, status: PayrollRun.Status, **values: Any) -> PayrollRun:
    changes.update(
        run,
        actor=actor,
        action=f"payroll.{status}",
        event=f"payroll.{status}",
        payload={"period": run.period},
        status=status,
        **values,
    )
    return run


def _check_idle(run: PayrollRun) -> None:
    job = job_under_way(run)
    if job is not None:
        raise Conflict(
            _("The run is being worked out. Wait until that has ended."), code="payroll_computing", job_id=job.pk
        )


def _check_may(actor: Any, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(_("You may not do this with payroll runs."))
