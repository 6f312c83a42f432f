"""Closing the attendance that a run was paid by."""

import datetime as dt
from typing import Any

from hr.models import PayrollRun
from hr.selectors.payroll_waiting import leave_to_decide, to_confirm, to_decide
from hr.services.attendance_locks import lock_days
from hyperflow.core import changes, clock
from hyperflow.core.transactions import command


def lock_attendance(run: PayrollRun, *, actor: Any) -> dt.date | None:
    """Close the days of the run's month that are over; a run may be approved before its month is.

    Gives the last day that is closed now, or what it was. Days still to come stay open, or nobody could clock in;
    `lock_the_rest` closes them later.
    """
    first = run.starts_on if run.locked_until is None else run.locked_until + dt.timedelta(days=1)
    last = min(run.ends_on, clock.business_date() - dt.timedelta(days=1))
    if last < first:
        return run.locked_until
    lock_days(
        actor=actor, starts_on=first, ends_on=last, reason=f"Payroll {run.period}", source=f"payroll:{run.period}"
    )
    return last


def waiting_for(run: PayrollRun) -> list[str]:
    """The names of those whose days in the run are not settled: hours to confirm, a correction or leave to decide.

    Closing the days would freeze them as they are, and hours that are not confirmed are not paid.
    """
    return sorted(
        {
            name
            for rows in (to_confirm(run), to_decide(run), leave_to_decide(run))
            for name in rows.values_list("user__name", flat=True)
        }
    )


@command
def lock_the_rest() -> int:
    """Close the days that were still to come when their run was approved. Gives how many runs that took."""
    days = clock.business_date()
    waiting = PayrollRun.objects.filter(status__in=sorted(PayrollRun.FIXED), ends_on__lt=days)
    late = [run.pk for run in waiting if run.locked_until is None or run.locked_until < run.ends_on]
    for run in changes.lock_all(PayrollRun, late):
        if waiting_for(run):
            continue  # closed once it is settled
        changes.update(
            run,
            actor=run.approved_by,
            action="payroll.days_locked",
            locked_until=lock_attendance(run, actor=run.approved_by),
        )
    return len(late)
