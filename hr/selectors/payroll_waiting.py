"""What of a run's days is not settled yet, and what of them is paid although nobody was there."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from hr.models import Attendance, AttendanceCorrection, Employment, LeaveRequest, PaidDays, PastTerms, PayrollRun
from hr.payroll import kept
from hr.schedules import zone_of_person
from hr.selectors.payroll import policy
from hyperflow.core import clock

DAY = dt.timedelta(days=1)


def days_over(run: PayrollRun) -> tuple[dt.date, dt.date]:
    """The days of the month that are over, which approving closes; the last may come before the first."""
    return run.starts_on, min(run.ends_on, clock.business_date() - DAY)


def to_confirm(run: PayrollRun) -> QuerySet[Attendance]:
    """Sessions whose hours do not count yet, since nobody has confirmed them."""
    first, last = days_over(run)
    return Attendance._base_manager.filter(
        work_date__gte=first, work_date__lte=last, logout_time__isnull=False, confirmed=False
    )


def to_decide(run: PayrollRun) -> QuerySet[AttendanceCorrection]:
    """Corrections of these days that wait for a decision."""
    first, last = days_over(run)
    waiting = AttendanceCorrection._base_manager.filter(status=AttendanceCorrection.Status.PENDING)
    of_the_days = Q(attendance__work_date__gte=first, attendance__work_date__lte=last)
    return waiting.filter(of_the_days | Q(pk__in=_added(waiting, first, last)))


def leave_to_decide(run: PayrollRun) -> QuerySet[LeaveRequest]:
    """Leave of these days that nobody has decided: once they are closed it could not be approved any more."""
    first, last = days_over(run)
    waiting = LeaveRequest._base_manager.filter(status=LeaveRequest.Status.PENDING)
    return waiting.filter(start_date__lte=last, end_date__gte=first)


def _added(waiting: QuerySet[AttendanceCorrection], first: dt.date, last: dt.date) -> list[int]:
    """Sessions to be added that begin on these days where the person is: there the day may begin 14 hours earlier or
    12 later than in UTC. (A zone that somebody had before counts as well: better asked about once too often.)"""
    begins, ends = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first - DAY, last + 2 * DAY))
    rows = waiting.filter(attendance__isnull=True, login_time__gte=begins, login_time__lt=ends)
    found = []
    for row in rows.select_related("user__employment").prefetch_related("user__employment__past_terms"):
        employment = getattr(row.user, "employment", None)
        zones = [zone_of_person(row.user), *(clock.zone_of(one) for one in _terms_before(employment))]
        if row.login_time is not None and any(
            first <= row.login_time.astimezone(zone).date() <= last for zone in zones
        ):
            found.append(row.pk)
    return found


def _terms_before(employment: Employment | None) -> list[PastTerms]:
    return list(employment.past_terms.all()) if employment is not None else []


@dataclass(frozen=True)
class Waiting:
    """What of one person holds the approval up."""

    user_id: int
    name: str
    sessions: int
    corrections: int
    leave: int


def waiting_of(run: PayrollRun) -> list[Waiting]:
    """By name; in a number of queries that does not depend on how many they are."""
    sessions = Counter(to_confirm(run).values_list("user_id", "user__name"))
    corrections = Counter(to_decide(run).values_list("user_id", "user__name"))
    leave = Counter(leave_to_decide(run).values_list("user_id", "user__name"))
    people = sorted(sessions.keys() | corrections.keys() | leave.keys(), key=lambda one: (one[1], one[0]))
    return [Waiting(*one, sessions=sessions[one], corrections=corrections[one], leave=leave[one]) for one in people]


@dataclass(frozen=True)
class PaidAbsence:
    """Days on which somebody with a salary neither worked nor was on leave, and which the run pays all the same."""

    user_id: int
    name: str
    days: list[dt.date]


def paid_absences(run: PayrollRun) -> list[PaidAbsence]:
    """As the run was worked out; nothing where the company does not pay such days. By name."""
    if policy().absence_is_unpaid:
        return []
    by_the_hour = {
        user_id for user_id, rates in run.payslips.values_list("user_id", "rates") if rates and _is_hourly(rates)
    }
    found = []
    rows = PaidDays.objects.filter(run=run, employment__user__payslips__run=run)
    for user_id, name, days in rows.values_list("employment__user_id", "employment__user__name", "days"):
        absent = [day.date for day in kept.read(run.starts_on, days) if day.is_absent and day.is_employed]
        if absent and user_id not in by_the_hour:
            found.append(PaidAbsence(user_id, name, absent))
    return sorted(found, key=lambda one: (one.name, one.user_id))


def _is_hourly(rates: list[dict[str, str]]) -> bool:
    return all(rate["kind"] == "hourly" for rate in rates)
