"""What each day was for each person: planned, worked, late, on leave. Sheet, sums and payroll read it here.

`days_of` reads a fixed number of queries however many people and days are asked for, and makes no model instances of
sessions: the database sums them by person and day.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import CharField, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from hr import judging
from hr.judging import Away, Worked
from hr.models import Attendance, Employment, LeaveDay
from hr.schedules import Person, Rota, Shift, days_between, shift_of
from hyperflow.core import clock


class Day(NamedTuple):
    """What one date was for one person. ``worked_seconds`` are confirmed; what waits is ``unconfirmed_seconds``.

    ``planned_seconds`` is the whole plan, whatever leave takes of it. ``leave_portion`` is the part of the day that
    somebody is away on approved leave. ``status`` is one word of `hr.judging.STATUSES`.
    """

    date: dt.date
    planned_seconds: int = 0
    worked_seconds: int = 0
    unconfirmed_seconds: int = 0
    first_in: dt.datetime | None = None
    last_out: dt.datetime | None = None
    break_seconds: int = 0
    sessions: int = 0
    late_seconds: int = 0
    overtime_seconds: int = 0
    status: str = judging.OFF
    leave_portion: Decimal = judging.NONE
    leave_paid_portion: Decimal = judging.NONE
    leave_type: str = ""
    holiday: str = ""
    is_employed: bool = True

    @property
    def is_working_day(self) -> bool:
        return self.planned_seconds > 0


class Summary(NamedTuple):
    """A period of one person in figures."""

    present: int = 0
    late: int = 0
    absent: int = 0
    half_days: int = 0
    remote: int = 0
    leave: Decimal = judging.NONE
    planned_seconds: int = 0
    worked_seconds: int = 0
    unconfirmed_seconds: int = 0
    late_seconds: int = 0
    overtime_seconds: int = 0


def summed(days: Sequence[Day]) -> Summary:
    """The days as one summary. A day is counted as late when they came late, however it stands otherwise."""
    count = dict.fromkeys(judging.STATUSES, 0)
    late = planned = worked = unconfirmed = late_seconds = overtime = 0
    leave = judging.NONE
    for day in days:  # one pass: a sheet sums thousands of days
        count[day.status] += 1
        planned += day.planned_seconds
        if day.sessions:
            late += day.late_seconds > 0
            worked += day.worked_seconds
            unconfirmed += day.unconfirmed_seconds
            late_seconds += day.late_seconds
            overtime += day.overtime_seconds
        if day.leave_portion:
            leave += day.leave_portion
    return Summary(
        present=sum(count[status] for status in judging.AT_WORK),
        late=late,
        absent=count[judging.ABSENT],
        half_days=count[judging.HALF_DAY],
        remote=count[judging.REMOTE],
        leave=leave,
        planned_seconds=planned,
        worked_seconds=worked,
        unconfirmed_seconds=unconfirmed,
        late_seconds=late_seconds,
        overtime_seconds=overtime,
    )


def days_of(
    employments: Iterable[Employment], start: dt.date, end: dt.date, now: dt.datetime | None = None
) -> dict[int, list[Day]]:
    """Every date of the period, both ends included, for each of these employees, by user id.

    Give a queryset, or rows with ``user`` at hand. Dates before and after the employment are ``off``.
    """
    if isinstance(employments, QuerySet):
        employments = employments.select_related("user")
    rota = Rota.of(employments, start, end)
    people = list(rota.people)
    worked = _worked(people, start, end)
    away = _away(people, start, end)
    calendar = _Calendar(start, end, now or clock.now())
    return {
        user_id: _days(person, calendar, worked.get(user_id, {}), away.get(user_id, {}))
        for user_id, person in rota.people.items()
    }


class _Blank(NamedTuple):
    """A date as its plan has it, for everybody who shares the plan, the holidays and the zone."""

    date: dt.date
    shift: Shift | None
    holiday: str
    is_over: bool
    #: The day of somebody who neither worked nor is away: most of what a sheet shows of weekends and of days to come.
    day: Day


class _Calendar:
    """The dates of a period, worked out once for each plan, zone and set of holidays."""

    def __init__(self, start: dt.date, end: dt.date, now: dt.datetime) -> None:
        self.start, self.end, self.now = start, end, now
        self._made: dict[tuple[Any, ...], list[_Blank]] = {}

    def of(self, person: Person) -> list[_Blank]:
        # The rota gives everybody of one pattern the same week, and of one calendar the same holidays; no week and
        # no holidays are alike for all.
        week, holidays = person.week, person.holidays
        weeks = tuple((past.until, id(past.plans) if past.plans else 0, past.zone.key) for past in person.earlier)
        key = (id(week) if week else 0, weeks, id(holidays) if holidays else 0, person.zone.key)
        if key not in self._made:
            today = self.now.astimezone(person.zone).date()
            self._made[key] = [self._blank(person, day, today) for day in days_between(self.start, self.end)]
        return self._made[key]

    def _blank(self, person: Person, day: dt.date, today: dt.date) -> _Blank:
        plan, holiday = person.week_on(day).get(day.weekday()), person.holidays.get(day, "")
        shift = shift_of(plan, day, person.zone_on(day)) if plan is not None and not holiday else None
        is_over = day < today and (shift is None or shift.ends_at <= self.now)
        status = judging.status_without_work(
            shift, judging.NOT_AWAY, is_holiday=bool(holiday) and plan is not None, is_over=is_over
        )
        planned = shift.planned_seconds if shift is not None else 0
        return _Blank(day, shift, holiday, is_over, Day(day, planned, status=status, holiday=holiday))


def _days(
    person: Person, calendar: _Calendar, worked: Mapping[dt.date, Worked], away: Mapping[dt.date, Away]
) -> list[Day]:
    hired, last = person.employment.hire_date, person.employment.end_date or dt.date.max
    days = []
    for blank in calendar.of(person):
        date = blank.date
        is_employed = hired <= date <= last
        sessions, leave = worked.get(date), away.get(date)
        if sessions is None and leave is None:
            days.append(blank.day if is_employed else Day(date, holiday=blank.holiday, is_employed=False))
        else:
            days.append(_judged(blank, is_employed, person, sessions, leave or judging.NOT_AWAY))
    return days


def _judged(blank: _Blank, is_employed: bool, person: Person, worked: Worked | None, away: Away) -> Day:
    shift = blank.shift if is_employed else None
    planned = shift.planned_seconds if shift is not None else 0
    if worked is None:
        status = judging.status_without_work(
            shift, away, is_holiday=is_employed and blank.day.status == judging.HOLIDAY, is_over=blank.is_over
        )
        return Day(
            blank.date,
            planned,
            status=status,
            leave_portion=away.portion,
            leave_paid_portion=away.paid_portion,
            leave_type=away.type,
            holiday=blank.holiday,
            is_employed=is_employed,
        )
    rules = person.rules_on(blank.date)
    late = judging.late_seconds(worked.first_in, shift, rules, away.portion) if shift is not None else 0
    if away.portion >= judging.WHOLE:
        # Leave stays leave, whatever was worked on it; that is for the reader to see in the hours.
        late, status = 0, judging.LEAVE
    else:
        status = judging.status_at_work(worked, shift, rules, late=late, remote=away.remote, is_over=blank.is_over)
    return Day(
        blank.date,
        planned,
        worked.seconds,
        worked.unconfirmed,
        worked.first_in,
        worked.last_out,
        worked.break_seconds,
        worked.sessions,
        late,
        judging.overtime_seconds(worked.seconds, planned, rules),
        status,
        away.portion,
        away.paid_portion,
        away.type,
        blank.holiday,
        is_employed,
    )


#: A value as the driver gives it: thousands of sums and instants are read here together, not converted one by one.
_PLAIN: Any = CharField()


def _worked(people: list[int], start: dt.date, end: dt.date) -> dict[int, dict[dt.date, Worked]]:
    """The sessions of these people by person and day, summed by the database."""
    confirmed = Q(confirmed=True)
    rows = (
        Attendance.objects.filter(user_id__in=people, work_date__range=(start, end))
        .order_by()
        .annotate(day=ExpressionWrapper(F("work_date"), output_field=_PLAIN))
        .values_list("user_id", "day")
        .annotate(
            first=Min("login_time", output_field=_PLAIN),
            ends=Max(Coalesce("logout_time", "login_time"), output_field=_PLAIN),
            sure=Sum("seconds", filter=confirmed, output_field=_PLAIN),
            every=Sum("seconds", output_field=_PLAIN),
            sessions=Count("pk", output_field=_PLAIN),
            unfinished=Count("open_marker", output_field=_PLAIN),
            settled=Sum("confirmed", output_field=_PLAIN),
            remote=Count("pk", filter=Q(status=Attendance.Status.REMOTE), output_field=_PLAIN),
        )
    )
    dates = {f"{day}": day for day in days_between(start, end)}
    found: dict[int, dict[dt.date, Worked]] = defaultdict(dict)
    for user_id, date, first, ends, sure, every, sessions, unfinished, settled, remote in rows:
        seconds = int(sure or 0)
        found[user_id][dates[f"{date}"]] = Worked(
            _instant(first), _instant(ends), seconds, int(every) - seconds, sessions, unfinished, int(settled), remote
        )
    return found


def _instant(value: str | dt.datetime) -> dt.datetime:
    """SQLite has text, MariaDB's driver gives instants without a zone; both are in UTC."""
    if isinstance(value, str):
        return dt.datetime.fromisoformat(f"{value}+00:00")
    return value.replace(tzinfo=dt.UTC)


def _away(people: list[int], start: dt.date, end: dt.date) -> dict[int, dict[dt.date, Away]]:
    """Approved leave by person and day. Of two halves of a day, the type of the first one that means being away."""
    rows = (
        LeaveDay.objects.filter(user_id__in=people, date__range=(start, end))
        .order_by("-is_away", "pk")
        .values_list("user_id", "date", "portion", "is_paid", "is_away", "type__code")
    )
    found: dict[int, dict[dt.date, Away]] = defaultdict(dict)
    for user_id, date, portion, is_paid, is_away, code in rows:
        before = found[user_id].get(date, judging.NOT_AWAY)
        away = portion if is_away else judging.NONE
        found[user_id][date] = Away(
            before.portion + away,
            before.paid_portion + (away if is_paid else judging.NONE),
            before.type or code,
            before.remote or not is_away,
        )
    return found
