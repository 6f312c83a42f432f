"""What a request for leave must meet, each refusal with its code and what to do about it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import WorkingCalendar
from hr import leave_rules
from hr.models import BlockedDays, Employment, LeaveRequest, LeaveType
from hr.schedules import Rota
from hr.selectors import leave_outlook
from hr.services.deciders import deciders_of
from hyperflow.core import clock
from hyperflow.core.errors import Conflict, Invalid

#: The contract's word for half a day of annual leave.
HALF_DAY, ANNUAL = "half_day", "annual"
LONGEST, FURTHEST = dt.timedelta(days=366), 2
_HOLDS = (LeaveRequest.Status.PENDING, LeaveRequest.Status.APPROVED)


def type_of(word: str) -> LeaveType:
    """The policy that a word of the contract names; only kinds that are offered."""
    found = LeaveType.objects.filter(code=ANNUAL if word == HALF_DAY else word, is_active=True).first()
    if found is None:
        offered = list(LeaveType.objects.filter(is_active=True).order_by("pk").values_list("code", flat=True))
        raise Invalid(
            _("There is no such leave here. Offered are: %(types)s.") % {"types": ", ".join([*offered, HALF_DAY])},
            code="unknown_leave_type",
            field="leave_type",
        )
    return found


def check_dates(kind: LeaveType, start: dt.date, end: dt.date, half_day: bool, today: dt.date) -> None:
    if end < start:
        raise Invalid(_("The last day comes after the first."), code="end_before_start", field="end_date")
    if end - start >= LONGEST:
        raise Invalid(_("Ask for at most a year at a time."), code="leave_too_long", field="end_date")
    if abs(start.year - today.year) > FURTHEST:
        raise Invalid(_("Ask for days within two years of today."), code="leave_too_far", field="start_date")
    if half_day and start != end:
        raise Invalid(
            _("Half a day is on one day: let it begin and end on the same date."),
            code="half_day_is_one_day",
            field="end_date",
        )
    if half_day and not kind.allows_half_days:
        raise Invalid(
            _("%(type)s is taken in whole days.") % {"type": kind}, code="half_days_not_offered", field="half_day"
        )


def check_employed(employment: Employment, start: dt.date, end: dt.date) -> None:
    """Leave is taken from work: nobody has any before the first day or after the last."""
    if start < employment.hire_date or (employment.end_date is not None and end > employment.end_date):
        field = "start_date" if start < employment.hire_date else "end_date"
        raise Invalid(
            _("These days lie outside the employment (%(first)s to %(last)s): only days within it can be taken.")
            % {"first": employment.hire_date, "last": employment.end_date or "…"},
            code="outside_employment",
            field=field,
        )


def working_days(employment: Employment, start: dt.date, end: dt.date) -> list[dt.date]:
    """The days of the period on which the person would work. Raises `Invalid` (``no_working_days``).

    Their calendar is held meanwhile: a day that becomes a holiday at the same moment is either seen here, or sees the
    leave that this transaction writes.
    """
    _hold_calendar(employment)
    found = Rota.of([employment], start, end)[employment.user_id].working_days(start, end)
    if not found:
        raise Invalid(
            _("There is no working day among them: nothing has to be asked for."),
            code="no_working_days",
            field="start_date",
        )
    return found


def _hold_calendar(employment: Employment) -> None:
    own = employment.user.calendar_id
    which = Q(pk=own) if own is not None else Q(is_default=True)
    list(WorkingCalendar.objects.select_for_update().filter(which).order_by("pk").values_list("pk", flat=True))


def check_notice(kind: LeaveType, start: dt.date, today: dt.date) -> None:
    if kind.notice_days and start < today + dt.timedelta(days=kind.notice_days):
        raise Invalid(
            _("%(type)s takes %(days)d days of notice: the earliest day is %(first)s. HR can enter it for you.")
            % {"type": kind, "days": kind.notice_days, "first": today + dt.timedelta(days=kind.notice_days)},
            code="notice_too_short",
            field="start_date",
        )


def check_document(kind: LeaveType, days: Decimal, has_document: bool) -> None:
    most = kind.document_after_days
    if most is not None and days > most and not has_document:
        raise Invalid(
            _("More than %(days)d days of %(type)s need a document: send it with the request.")
            % {"days": most, "type": kind},
            code="document_needed",
            field="document",
        )


def check_not_blocked(employment: Employment, dates: Sequence[dt.date]) -> None:
    """Days on which no leave is taken, for everybody or for the person's department."""
    mine = Q(department__isnull=True) | Q(department_id=employment.user.department_id)
    rows = BlockedDays.objects.filter(mine, starts_on__lte=dates[-1], ends_on__gte=dates[0]).order_by("starts_on")
    for row in rows:
        if any(row.starts_on <= date <= row.ends_on for date in dates):
            raise Conflict(
                _("No leave is taken from %(first)s to %(last)s (%(name)s): choose other days.")
                % {"first": row.starts_on, "last": row.ends_on, "name": row.name},
                code="days_blocked",
                starts_on=row.starts_on.isoformat(),
                ends_on=row.ends_on.isoformat(),
            )


def check_no_overlap(user_id: int, start: dt.date, end: dt.date) -> None:
    """One request a day and person, decided or not."""
    other = (
        LeaveRequest._base_manager.filter(user_id=user_id, status__in=_HOLDS, start_date__lte=end, end_date__gte=start)
        .order_by("start_date")
        .first()
    )
    if other is not None:
        raise Conflict(
            _("There is a request from %(first)s to %(last)s already: cancel that one, or choose other days.")
            % {"first": other.start_date, "last": other.end_date},
            code="leave_overlap",
            request_id_there=other.pk,
        )


def check_balance(
    employment: Employment, kind: LeaveType, dates: Sequence[dt.date], portion: Decimal, *, with_asked: bool
) -> None:
    """At no time may more be taken than is credited by then.

    A day is taken out of its own year: next year's leave needs what next year brings and what may be carried into it.
    ``with_asked`` counts what waits for a decision, too.
    """
    if not kind.draws_on_balance:
        return
    outlook = leave_outlook.of([employment], [kind])[employment.user_id, kind.pk]
    missing = outlook.short_by(dates, portion, with_asked=with_asked)
    if not missing:
        return
    days = portion * len(dates)
    there = plain(max(Decimal(0), days - missing))
    raise Conflict(
        _("These are %(days)s days of %(type)s, and %(left)s are left for them: take fewer, or unpaid leave.")
        % {"days": plain(days), "type": kind, "left": there},
        code="insufficient_balance",
        days=plain(days),
        available=there,
    )


def plain(days: Decimal) -> str:
    """A number of days without needless zeros."""
    return format(days.normalize() if days else Decimal(0), "f")


def portion_of(half_day: bool) -> Decimal:
    return leave_rules.HALF if half_day else leave_rules.WHOLE


def today_of(employment: Employment) -> dt.date:
    return clock.business_date(employment)


def approvers_of(user_id: int) -> list[Any]:
    """Who is told that leave waits for a decision, or does not any more."""
    return deciders_of(user_id, of_reports="hr.decide_leave", of_everybody=("hr.decide_any_leave",))
