"""Closing past days, so that hours which were reported stay as they were."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from accounts.models import User
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command
from tasks.models import LockedPeriod, TimeEntry


@command
def lock_period(*, starts_on: dt.date, ends_on: dt.date, actor: Any, reason: str = "") -> LockedPeriod:
    """Close these days, the last included: no time on them may be made, changed, stopped, deleted, handed in,
    approved or given back any more.

    Refused while a timer that began on one of them runs (`Conflict` ``timer_running``), since nobody could stop it.
    """
    _check_may_lock(actor)
    if ends_on < starts_on:
        raise Invalid(_("The last day comes after the first."), code="end_before_start", field="ends_on")
    # Whoever writes time holds their own row: with all of them held, no entry slips in behind the lock.
    changes.lock_all(User, list(User.objects.filter(role__is_staff=True).values_list("pk", flat=True)))
    running = TimeEntry._base_manager.filter(ended_at__isnull=True, work_date__range=(starts_on, ends_on))
    if running.exists():
        raise Conflict(_("A timer that began in this period is still running."), code="timer_running")
    period = LockedPeriod(starts_on=starts_on, ends_on=ends_on, reason=reason, locked_by=actor)
    period.full_clean(exclude=["locked_by"], validate_constraints=False)
    period.save(force_insert=True)
    audit.record(
        "period.locked", period, actor=actor, changes={"starts_on": (None, starts_on), "ends_on": (None, ends_on)}
    )
    return period


@command
def unlock_period(*, period: LockedPeriod, actor: Any) -> None:
    """Open the days again."""
    _check_may_lock(actor)
    period = changes.lock(period)
    audit.record(
        "period.unlocked",
        period,
        actor=actor,
        changes={"starts_on": (period.starts_on, None), "ends_on": (period.ends_on, None)},
    )
    period.delete()


def check_open(owner: Any, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Refuses time that touches a closed day. Days are those of the person whose time it is."""
    first, last = clock.business_date(owner, starts_at), clock.business_date(owner, ends_at)
    closed = LockedPeriod.objects.filter(starts_on__lte=last, ends_on__gte=first).order_by("starts_on").first()
    if closed is not None:
        _refuse(closed)


def check_all_open(entries: Sequence[TimeEntry], owners: Mapping[int, User]) -> None:
    """The same for many finished entries of these people at once, by one query."""
    days = {
        entry.pk: (
            clock.business_date(owners[entry.user_id], entry.started_at),
            clock.business_date(owners[entry.user_id], entry.ended_at or entry.started_at),
        )
        for entry in entries
    }
    if not days:
        return
    earliest, latest = min(first for first, _last in days.values()), max(last for _first, last in days.values())
    closed = LockedPeriod.objects.filter(starts_on__lte=latest, ends_on__gte=earliest).order_by("starts_on")
    for period in closed:
        touching = [pk for pk, (first, last) in days.items() if period.starts_on <= last and period.ends_on >= first]
        if touching:
            _refuse(period, ids=sorted(touching))


def _refuse(closed: LockedPeriod, **extra: Any) -> NoReturn:
    raise Conflict(
        _("The days from %(first)s to %(last)s are closed.") % {"first": closed.starts_on, "last": closed.ends_on},
        code="period_locked",
        starts_on=closed.starts_on.isoformat(),
        ends_on=closed.ends_on.isoformat(),
        **extra,
    )


def _check_may_lock(actor: Any) -> None:
    if not actor.has_perm("tasks.lock_time"):
        raise NotAllowed(_("You may not close or open days."))
