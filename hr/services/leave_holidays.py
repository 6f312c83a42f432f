"""Approved leave keeps step with holidays: a day that became one is given back, one that is none any longer is taken.

Only holidays act backwards. Other changes (of a work pattern, of the hours of a calendar, of which calendar somebody
follows) go for what is decided after them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import WorkingCalendar
from accounts.services.notifications import notify
from hr import leave_rules
from hr.models import Employment, LeaveDay, LeaveEntry, LeaveRequest, LockedDays
from hr.schedules import Person, Rota, days_between
from hr.services import leave as leave_services
from hr.services import leave_checks as checks
from hr.services import leave_ledger
from hr.services.attendance_locks import check_open
from hyperflow.core import changes
from hyperflow.core.errors import Conflict
from hyperflow.core.transactions import command

Status = LeaveRequest.Status


def check_not_paid(*, calendar_id: int, dates: Sequence[dt.date]) -> None:
    """Refuses (`Conflict` ``period_locked``) another holiday on a day that an approved payroll run has closed for
    somebody who follows the calendar: hours of it would turn into overtime, or days of work into none, unseen."""
    paid = LockedDays._base_manager.exclude(source="").filter(starts_on__lte=max(dates), ends_on__gte=min(dates))
    for locked in paid.order_by("starts_on"):
        for day in (day for day in dates if locked.starts_on <= day <= locked.ends_on):
            if Employment._base_manager.filter(_followers(calendar_id)).filter(_employed_on(day)).exists():
                message = _(
                    "%(day)s is paid by an approved payroll run for people of this calendar, so it stays as it is: "
                    "where it makes a difference to somebody's pay, enter that as a correction of pay, which the next "
                    "run takes in."
                )
                raise Conflict(
                    message % {"day": day},
                    code="period_locked",
                    starts_on=locked.starts_on.isoformat(),
                    ends_on=locked.ends_on.isoformat(),
                )


def check_same_paid_days(*, user: Any, calendar: WorkingCalendar | None) -> None:
    """Refuses (`Conflict` ``period_locked``) a calendar by which the person would have worked on other days, or at
    other hours, of those that an approved payroll run has closed: hours paid as usual would turn into overtime."""
    employment = Employment._base_manager.select_related("user").filter(user_id=user.pk).first()
    paid = list(LockedDays._base_manager.exclude(source="").order_by("starts_on").values_list("starts_on", "ends_on"))
    if employment is None or not paid:
        return
    first, last = max(paid[0][0], employment.hire_date), max(ends for _starts, ends in paid)
    before = Rota.of([employment], first, last)[user.pk]
    employment.user.calendar = calendar
    after = Rota.of([employment], first, last)[user.pk]
    for starts, ends in paid:
        for day in days_between(max(starts, first), ends):
            if before.shift(day) != after.shift(day):
                raise Conflict(
                    _(
                        "By this calendar %(day)s would be another day than the one that an approved payroll run has "
                        "paid. Choose one with the same days off until then, or give the person a working pattern."
                    )
                    % {"day": day},
                    code="period_locked",
                    starts_on=starts.isoformat(),
                    ends_on=ends.isoformat(),
                )


def _followers(calendar_id: int) -> Q:
    """Rows of people who follow the calendar, by their ``user``."""
    followers = Q(user__calendar_id=calendar_id)
    if WorkingCalendar.objects.filter(pk=calendar_id, is_default=True).exists():
        followers |= Q(user__calendar__isnull=True)
    return followers


def _employed_on(day: dt.date) -> Q:
    return Q(hire_date__lte=day) & (Q(end_date__isnull=True) | Q(end_date__gte=day))


def follow_holidays(*, calendar_id: int, dates: Sequence[dt.date]) -> dict[str, int]:
    """Go through the leave on these dates of everybody who follows the calendar, each person in a transaction.

    Gives how many days were given back and taken, and how many stay as they are because they are closed. Running it
    again changes nothing.
    """
    concerned = LeaveRequest._base_manager.filter(
        _followers(calendar_id),
        status__in=(Status.PENDING, Status.APPROVED),
        start_date__lte=max(dates),
        end_date__gte=min(dates),
    )
    found = {"given_back": 0, "taken": 0, "closed": 0}
    for user_id in sorted(set(concerned.order_by().values_list("user_id", flat=True))):
        for name, count in _follow_for(user_id=user_id, dates=dates).items():
            found[name] += count
    return found


@command
def _follow_for(*, user_id: int, dates: Sequence[dt.date]) -> dict[str, int]:
    employment = leave_ledger.hold(user_id)
    found = {"given_back": 0, "taken": 0, "closed": 0}
    rows = LeaveRequest._base_manager.select_for_update().filter(
        user_id=user_id,
        status__in=(Status.PENDING, Status.APPROVED),
        start_date__lte=max(dates),
        end_date__gte=min(dates),
    )
    for request in rows.order_by("pk"):
        request.user = employment.user
        person = Rota.of([employment], request.start_date, request.end_date)[user_id]
        if request.status == Status.PENDING:
            _count_again(request, person)
            continue
        for date in dates:
            if request.start_date <= date <= request.end_date:
                change = _follow_on(request, person, employment, date)
                if change:
                    found[change] += 1
    return found


def _follow_on(request: LeaveRequest, person: Person, employment: Employment, date: dt.date) -> str:
    row = LeaveDay._base_manager.filter(request=request, date=date).first()
    is_taken, should_be = row is not None, person.is_working_day(date)
    became_holiday = is_taken and date in person.holidays
    became_work = not is_taken and should_be
    if not (became_holiday or became_work):
        return ""
    try:
        check_open(request.user_id, date)
    except Conflict:
        return "closed"
    kind = LeaveEntry.Kind.RETURNED if became_holiday else LeaveEntry.Kind.TAKEN
    if row is not None:
        portion, note = row.portion, _("%(date)s became a holiday") % {"date": date}
        row.delete()
    else:
        portion, note = checks.portion_of(request.half_day), _("%(date)s is no holiday any longer") % {"date": date}
        leave_services.add_days(request, [date])
    leave_ledger.book(request=request, kind=kind, dates=[date], portion=portion, actor=None, note=note)
    days = request.days - portion if became_holiday else request.days + portion
    changes.update(
        request,
        actor=None,
        action="leave.recounted",
        event="leave.recounted",
        payload={"user_id": request.user_id},
        days=days,
    )
    notify(
        users=[request.user_id],
        kind="leave.recounted",
        title=_("Your leave now takes %(days)s days") % {"days": checks.plain(days)},
        body=note,
        subject=request,
    )
    return "given_back" if became_holiday else "taken"


def _count_again(request: LeaveRequest, person: Person) -> None:
    """What nobody has decided yet is counted anew, so that the balance beside it is right."""
    dates: list[Any] = person.working_days(request.start_date, request.end_date)
    days = leave_rules.days_of(dates, half_day=request.half_day)
    changes.update(request, actor=None, action="leave.recounted", days=days)
