"""Attendance against the time that was logged on tasks: what of a day is explained, and what cannot be.

Per person and day: attended − breaks − logged = unexplained. Attended is from the first clock-in to the last
clock-out of what is confirmed; a running session counts up to now. Time is compared by its instants, so what was
logged after midnight in a night shift belongs to the day on which the shift began.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hr import rules
from hr.models import Attendance, LeaveDay
from hyperflow.core import clock
from tasks.models import TimeEntry

#: Up to so much of a day nobody is asked about.
TOLERANCE = dt.timedelta(minutes=15)
UNEXPLAINED, WHILE_OUT, ON_LEAVE = "unexplained", "logged_while_out", "logged_on_leave"


@dataclass
class DayOfTime:
    """One day of one person: attended, paused, logged, and of that what was logged while out or on leave."""

    user_id: int
    date: dt.date
    attended_seconds: int = 0
    break_seconds: int = 0
    logged_seconds: int = 0
    while_out_seconds: int = 0
    on_leave_seconds: int = 0
    is_open: bool = False
    entry_ids: list[int] = field(default_factory=list)

    @property
    def unexplained_seconds(self) -> int:
        return self.attended_seconds - self.break_seconds - self.logged_seconds

    @property
    def flags(self) -> list[str]:
        """What the person and the manager are asked about. A day that still runs may yet be explained."""
        found = []
        if not self.is_open and self.unexplained_seconds > TOLERANCE.total_seconds():
            found.append(UNEXPLAINED)
        if self.while_out_seconds:
            found.append(WHILE_OUT)
        if self.on_leave_seconds:
            found.append(ON_LEAVE)
        return found


@dataclass(frozen=True)
class _Session:
    day: dt.date
    begins: dt.datetime
    ends: dt.datetime
    confirmed: bool
    is_open: bool


def days_of_time(people: Iterable[int], start: dt.date, end: dt.date) -> dict[int, list[DayOfTime]]:
    """The days of the period on which each person attended or logged time, oldest first; in three queries."""
    ids = sorted(set(people))
    sessions, entries, leave = _sessions(ids, start, end), _entries(ids, start, end), _leave(ids, start, end)
    found = {}
    for person in ids:
        days = _compared(person, sessions.get(person, []), entries.get(person, []), leave.get(person, set()))
        found[person] = [days[day] for day in sorted(days) if start <= day <= end]
    return found


def flags_of_entries(entry_ids: Iterable[int]) -> dict[int, list[str]]:
    """Which of these time entries were logged while their person was clocked out or on leave, and so need a word."""
    rows = list(TimeEntry._base_manager.filter(pk__in=list(entry_ids)).values_list("pk", "user_id", "work_date"))
    if not rows:
        return {}
    start, end = min(row[2] for row in rows), max(row[2] for row in rows)
    people = {row[1] for row in rows}
    sessions, entries, leave = _sessions(people, start, end), _entries(people, start, end), _leave(people, start, end)
    wanted = {pk for pk, _person, _day in rows}
    flags: dict[int, list[str]] = {}
    for person in people:
        there = [(one.begins, one.ends) for one in sessions.get(person, [])]
        for pk, day, begins, ends in entries.get(person, []):
            if pk not in wanted:
                continue
            found = []
            if day in leave.get(person, set()):
                found.append(ON_LEAVE)
            if rules.seconds_between(begins, ends) > rules.shared_seconds([(begins, ends)], there):
                found.append(WHILE_OUT)
            if found:
                flags[pk] = found
    return flags


Entry = tuple[int, dt.date, dt.datetime, dt.datetime]


def _compared(
    person: int, sessions: Sequence[_Session], entries: Sequence[Entry], leave: set[dt.date]
) -> dict[dt.date, DayOfTime]:
    days: dict[dt.date, DayOfTime] = {}

    def of(day: dt.date) -> DayOfTime:
        return days.setdefault(day, DayOfTime(person, day))

    by_day: Mapping[dt.date, list[_Session]] = defaultdict(list)
    for one in sessions:
        by_day[one.day].append(one)
        of(one.day).is_open |= one.is_open
    for day, all_of_it in by_day.items():
        sure = [one for one in all_of_it if one.confirmed]
        if sure:
            worked = sum(rules.seconds_between(one.begins, one.ends) for one in sure)
            whole = rules.seconds_between(min(one.begins for one in sure), max(one.ends for one in sure))
            of(day).attended_seconds, of(day).break_seconds = whole, whole - worked
    for pk, own_day, begins, ends in entries:
        rest = rules.seconds_between(begins, ends)
        for one in sessions:
            shared = rules.shared_seconds([(begins, ends)], [(one.begins, one.ends)])
            if shared:
                of(one.day).logged_seconds += shared
                _name(of(one.day), pk)
                rest -= shared
        if rest > 0:
            of(own_day).logged_seconds += rest
            of(own_day).while_out_seconds += rest
            _name(of(own_day), pk)
        if own_day in leave:
            of(own_day).on_leave_seconds += rules.seconds_between(begins, ends)
    return days


def _name(day: DayOfTime, entry: int) -> None:
    """Once, however many sessions of the day the entry meets; entries come one after the other."""
    if day.entry_ids[-1:] != [entry]:
        day.entry_ids.append(entry)


def _sessions(people: Iterable[int], start: dt.date, end: dt.date) -> dict[int, list[_Session]]:
    """With the day before and after: what was logged near midnight may belong to their shifts."""
    now = clock.now()
    near = (_shifted(start, -1), _shifted(end, 1))
    rows = (
        Attendance._base_manager.filter(user_id__in=list(people), work_date__range=near)
        .order_by("login_time", "pk")
        .values_list("user_id", "work_date", "login_time", "logout_time", "confirmed")
    )
    found: dict[int, list[_Session]] = defaultdict(list)
    for user_id, day, begins, ends, confirmed in rows:
        found[user_id].append(_Session(day, begins, ends or max(now, begins), confirmed, ends is None))
    return found


def _entries(people: Iterable[int], start: dt.date, end: dt.date) -> dict[int, list[Entry]]:
    near = (_shifted(start, -1), _shifted(end, 1))
    rows = (
        TimeEntry._base_manager.filter(user_id__in=list(people), work_date__range=near)
        .order_by("started_at", "pk")
        .values_list("user_id", "pk", "work_date", "started_at", "ended_at")
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for user_id, pk, day, begins, ends in rows:
        if ends is not None:
            found[user_id].append((pk, day, begins, ends))
    return found


def _leave(people: Iterable[int], start: dt.date, end: dt.date) -> dict[int, set[dt.date]]:
    """Whole days away: on half a day of leave one may work the other half."""
    rows = LeaveDay.objects.filter(
        user_id__in=list(people), date__range=(_shifted(start, -1), _shifted(end, 1)), is_away=True
    ).values_list("user_id", "date", "portion")
    away: dict[tuple[int, dt.date], Any] = defaultdict(int)
    for user_id, day, portion in rows:
        away[user_id, day] += portion
    found: dict[int, set[dt.date]] = defaultdict(set)
    for (user_id, day), portion in away.items():
        if portion >= 1:
            found[user_id].add(day)
    return found


def _shifted(day: dt.date, days: int) -> dt.date:
    return dt.date.fromordinal(min(dt.date.max.toordinal(), max(1, day.toordinal() + days)))
