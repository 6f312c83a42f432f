"""Closing past days of attendance, so that hours which were paid or reported stay as they were."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from hr.models import Attendance, LockedDays
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command


@command
def lock_days(
    *, actor: Any | None, starts_on: dt.date, ends_on: dt.date, reason: str = "", source: str = ""
) -> LockedDays:
    """Close these days, the last included: no attendance on them is made, changed, confirmed or removed any more.

    Refused while somebody is still clocked in on one of them (`Conflict` ``still_clocked_in``), since they could not
    leave. ``source`` names what needs the days closed (an approved payroll run, which decides who may): nobody opens
    them by hand. Without one it takes ``hr.lock_attendance``, and the days have passed.
    """
    if not source:
        _check_may_lock(actor)
        if ends_on > clock.business_date(actor):
            raise Invalid(_("Only days that have passed are closed."), code="in_the_future", field="ends_on")
    if ends_on < starts_on:
        raise Invalid(_("The last day comes after the first."), code="end_before_start", field="ends_on")
    # Whoever writes attendance holds the person's row: with all of them held, nothing slips in behind the lock.
    changes.lock_all(User, list(User.objects.filter(role__is_staff=True).values_list("pk", flat=True)))
    inside = Attendance._base_manager.filter(open_marker=1, work_date__range=(starts_on, ends_on)).order_by("user_id")
    if people := list(inside.values_list("user_id", flat=True)[:20]):
        raise Conflict(
            _("Somebody is still clocked in on one of these days: they clock out first."),
            code="still_clocked_in",
            user_ids=people,
        )
    row = LockedDays(starts_on=starts_on, ends_on=ends_on, reason=reason, source=source, locked_by=actor)
    row.full_clean(exclude=["locked_by"], validate_constraints=False)
    row.save(force_insert=True)
    audit.record(
        "attendance.locked", row, actor=actor, changes={"starts_on": (None, starts_on), "ends_on": (None, ends_on)}
    )
    return row


@command
def unlock_days(*, locked: LockedDays, actor: Any | None) -> None:
    """Open the days again. What payroll closed stays closed (`Conflict` ``locked_by_payroll``)."""
    _check_may_lock(actor)
    locked = changes.lock(locked)
    if locked.source:
        raise Conflict(
            _("An approved payroll run closed these days: correct it in a later run."), code="locked_by_payroll"
        )
    audit.record(
        "attendance.unlocked",
        locked,
        actor=actor,
        changes={"starts_on": (locked.starts_on, None), "ends_on": (locked.ends_on, None)},
    )
    locked.delete()


def check_open(user_id: int, *days: dt.date) -> None:
    """Refuses (`Conflict` ``period_locked``) where one of the days is closed. Whoever calls holds the person's row."""
    if not days:
        return
    first, last = min(days), max(days)
    for locked in LockedDays._base_manager.filter(starts_on__lte=last, ends_on__gte=first).order_by("starts_on"):
        if any(locked.starts_on <= day <= locked.ends_on for day in days):
            closed = _(
                "The days from %(first)s to %(last)s are closed: ask HR to open them, or to correct a later one."
            )
            paid = _(
                "The days from %(first)s to %(last)s are paid by an approved payroll run, so they stay as they are: "
                "HR puts the difference into a later run, as a correction of pay."
            )
            raise Conflict(
                (paid if locked.source else closed) % {"first": locked.starts_on, "last": locked.ends_on},
                code="period_locked",
                starts_on=locked.starts_on.isoformat(),
                ends_on=locked.ends_on.isoformat(),
            )


def _check_may_lock(actor: Any | None) -> None:
    if actor is not None and not actor.has_perm("hr.lock_attendance"):
        raise NotAllowed(_("You may not close or open days of attendance."))
