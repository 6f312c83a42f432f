"""When people are meant to work: shifts from their pattern or calendar, less holidays and the days before and after.

A `Rota` reads what it needs for many people and a period in a fixed number of queries, and then answers from memory.
Everything else here is pure.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Holiday, WorkingCalendar, WorkingHours
from hr.models import Employment, PastTerms, PatternDay
from hyperflow.core import clock

#: Rules for people without a work pattern.
GRACE_MINUTES, HALF_DAY_PERCENT, OVERTIME_AFTER_MINUTES = 10, 60, 15


@dataclass(frozen=True, slots=True)
class Plan:
    """A shift as a weekday has it, in the person's own clock: its begin, its length, and the break in it."""

    starts_at: dt.time
    minutes: int
    break_minutes: int = 0

    @property
    def planned_seconds(self) -> int:
        return 60 * (self.minutes - self.break_minutes)


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift on a date, as instants. ``planned_seconds`` is what the plan asks for, whatever clocks do that night."""

    work_date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    planned_seconds: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How a day is judged against its shift."""

    grace: dt.timedelta = dt.timedelta(minutes=GRACE_MINUTES)
    half_day_percent: int = HALF_DAY_PERCENT
    overtime_after: dt.timedelta = dt.timedelta(minutes=OVERTIME_AFTER_MINUTES)


def instant(day: dt.date, at: dt.time, zone: ZoneInfo) -> dt.datetime:
    """That wall-clock time as an instant in UTC. What the clocks skip is taken as if they had not been moved."""
    return dt.datetime.combine(day, at, tzinfo=zone).astimezone(dt.UTC)


def shift_of(plan: Plan, day: dt.date, zone: ZoneInfo) -> Shift:
    """The plan on a date: it ends when the wall clock says so, which on two nights a year is an hour off."""
    ends = dt.datetime.combine(day, plan.starts_at) + dt.timedelta(minutes=plan.minutes)
    return Shift(day, instant(day, plan.starts_at, zone), instant(ends.date(), ends.time(), zone), plan.planned_seconds)


def days_between(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    """Every date of the period, both ends included."""
    for number in range((end - start).days + 1):
        yield start + dt.timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Week:
    """A week that was worked up to a day."""

    until: dt.date
    plans: Mapping[int, Plan]
    rules: Rules
    zone: ZoneInfo


@dataclass
class Person:
    """What a rota knows of one employee. ``week`` and ``rules`` hold since the last of the ``earlier`` weeks, which
    come in their order."""

    employment: Employment
    zone: ZoneInfo
    week: Mapping[int, Plan]
    holidays: Mapping[dt.date, str]
    rules: Rules = field(default_factory=Rules)
    earlier: Sequence[Week] = ()

    def week_on(self, day: dt.date) -> Mapping[int, Plan]:
        """The plans by weekday that hold on this date."""
        return next((past.plans for past in self.earlier if day <= past.until), self.week)

    def rules_on(self, day: dt.date) -> Rules:
        return next((past.rules for past in self.earlier if day <= past.until), self.rules)

    def zone_on(self, day: dt.date) -> ZoneInfo:
        return next((past.zone for past in self.earlier if day <= past.until), self.zone)

    def is_employed(self, day: dt.date) -> bool:
        return self.employment.status_on(day) == Employment.Status.ACTIVE

    def is_working_day(self, day: dt.date) -> bool:
        """Would they work on this date, leave left aside?"""
        return day.weekday() in self.week_on(day) and day not in self.holidays and self.is_employed(day)

    def shift(self, day: dt.date) -> Shift | None:
        """Their shift on this date; none on days off, on holidays, and before and after the employment."""
        return shift_of(self.week_on(day)[day.weekday()], day, self.zone_on(day)) if self.is_working_day(day) else None

    def working_days(self, start: dt.date, end: dt.date) -> list[dt.date]:
        return [day for day in days_between(start, end) if self.is_working_day(day)]


@dataclass
class Rota:
    """The plans of some people over a period, by user id."""

    people: dict[int, Person]

    @classmethod
    def of(cls, employments: Iterable[Employment], start: dt.date, end: dt.date) -> "Rota":
        """Read the plans of these employments (with ``user`` at hand) for the period, in at most five queries."""
        rows = list(employments)
        default = WorkingCalendar.objects.filter(is_default=True).order_by("pk").values_list("pk", flat=True).first()
        calendars: set[int] = {pk for row in rows if (pk := row.user.calendar_id or default) is not None}
        hours = _calendar_weeks(calendars)
        past = _past_terms([row.pk for row in rows], start)
        named = {row.pattern_id for row in rows} | {pk for terms in past.values() for _until, pk, _zone in terms}
        patterns = _pattern_weeks({pk for pk in named if pk is not None})
        holidays = _holidays(calendars, start, end)
        people = {}
        for row in rows:
            calendar = row.user.calendar_id or default or 0
            usual = (hours.get(calendar, {}), Rules())
            week, rules = patterns.get(row.pattern_id) or usual
            earlier = [Week(until, *(patterns.get(pk) or usual), zone) for until, pk, zone in past.get(row.pk, ())]
            people[row.user_id] = Person(row, clock.zone_of(row), week, holidays.get(calendar, {}), rules, earlier)
        return cls(people)

    def __getitem__(self, user_id: int) -> Person:
        return self.people[user_id]

    def get(self, user_id: int) -> Person | None:
        """None for somebody who is no employee."""
        return self.people.get(user_id)


def rota_of(user_ids: Iterable[int], start: dt.date, end: dt.date) -> Rota:
    """The rota of these people, as far as they are employees."""
    rows = Employment.objects.filter(user_id__in=list(user_ids)).select_related("user").order_by("pk")
    return Rota.of(rows, start, end)


def week_of_stretches(stretches: Iterable[tuple[dt.time, dt.time]]) -> Plan | None:
    """The stretches of one day as one plan: from the first begin to the last end, with the gaps as its break."""
    spans = sorted((_minute(begins), _minute(ends)) for begins, ends in stretches)
    if not spans:
        return None
    first, last = spans[0][0], max(end for _begin, end in spans)
    worked = sum(end - begin for begin, end in spans)
    return Plan(dt.time(first // 60, first % 60), last - first, last - first - worked)


def zone_of_person(user: Any) -> ZoneInfo:
    """The zone that somebody's days are in: of their employment; who is no employee has the one of their account."""
    return clock.zone_of(getattr(user, "employment", None) or user)


def _minute(at: dt.time) -> int:
    return at.hour * 60 + at.minute


def _calendar_weeks(calendars: set[int]) -> dict[int, dict[int, Plan]]:
    stretches: dict[int, dict[int, list[tuple[dt.time, dt.time]]]] = {}
    for row in WorkingHours.objects.filter(calendar_id__in=calendars):
        stretches.setdefault(row.calendar_id, {}).setdefault(row.weekday, []).append((row.starts_at, row.ends_at))
    return {
        calendar: {weekday: plan for weekday, spans in week.items() if (plan := week_of_stretches(spans))}
        for calendar, week in stretches.items()
    }


def _past_terms(employments: list[int], start: dt.date) -> dict[int, list[tuple[dt.date, int | None, ZoneInfo]]]:
    """Until when, by which pattern and in which zone each of them worked otherwise than now, from that day on."""
    found: dict[int, list[tuple[dt.date, int | None, ZoneInfo]]] = {}
    rows = PastTerms._base_manager.filter(employment__in=employments, until__gte=start).order_by("until")
    for row in rows:
        found.setdefault(row.employment_id, []).append((row.until, row.pattern_id, clock.zone_of(row)))
    return found


def _pattern_weeks(patterns: set[int]) -> dict[int | None, tuple[dict[int, Plan], Rules]]:
    found: dict[int | None, tuple[dict[int, Plan], Rules]] = {}
    for day in PatternDay.objects.filter(pattern_id__in=patterns).select_related("pattern"):
        pattern = day.pattern
        rules = Rules(
            dt.timedelta(minutes=pattern.grace_minutes),
            pattern.half_day_percent,
            dt.timedelta(minutes=pattern.overtime_after_minutes),
        )
        week, _rules = found.setdefault(pattern.pk, ({}, rules))
        week[day.weekday] = Plan(day.starts_at, day.minutes, day.break_minutes)
    return found


def _holidays(calendars: set[int], start: dt.date, end: dt.date) -> dict[int, dict[dt.date, str]]:
    found: dict[int, dict[dt.date, str]] = {}
    for row in Holiday.objects.filter(calendar_id__in=calendars, date__gte=start, date__lte=end):
        found.setdefault(row.calendar_id, {})[row.date] = row.name
    return found
