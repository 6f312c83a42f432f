"""The month sheet and what is drawn from it: the days of everybody whose attendance somebody may see."""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from hr import judging, scope
from hr.models import Employment
from hr.selectors.days import Day, Summary, days_of, summed
from tasks.models import Task

#: What the days of an employee and their line of a sheet take.
READ = (
    "code", "hire_date", "end_date", "pattern_id", "timezone", "user__name", "user__calendar_id",
    "user__department__name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One employee and every date of the period."""

    employment: Employment
    days: Sequence[Day]
    total: Summary

    @property
    def user_id(self) -> int:
        return self.employment.user_id

    @property
    def name(self) -> str:
        return self.employment.user.name

    @property
    def department(self) -> str:
        department = self.employment.user.department
        return department.name if department is not None else ""


def people_of(
    user: Any, start: dt.date, end: dt.date, *, department: Any = None, person: Any = None
) -> QuerySet[Employment]:
    """Who was employed in the period, of those whose attendance this reader may see, by name."""
    rows = scope.people_in_scope(
        Employment.objects.during(start, end), user, everybody="hr.view_all_attendance", own="hr.view_attendance"
    )
    if department is not None:
        rows = rows.filter(user__department=department)
    if person is not None:
        rows = rows.filter(user=person)
    rows = rows.select_related("user", "user__department").only(*READ)
    return rows.order_by("user__name", "user_id")


def sheet_of(
    user: Any,
    start: dt.date,
    end: dt.date,
    *,
    department: Any = None,
    person: Any = None,
    now: dt.datetime | None = None,
) -> list[SheetRow]:
    """The days of everybody in the reader's scope, in as many queries for one person as for a thousand."""
    return rows_of(people_of(user, start, end, department=department, person=person), start, end, now)


def rows_of(
    people: Iterable[Employment], start: dt.date, end: dt.date, now: dt.datetime | None = None
) -> list[SheetRow]:
    """The days of these employees (of `people_of`, or a part of them), in their order."""
    employments = list(people)
    days = days_of(employments, start, end, now)
    return [SheetRow(row, found := days[row.user_id], summed(found)) for row in employments]


def whole_month(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day of that day's month."""
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def late_and_absent(rows: Sequence[SheetRow]) -> Iterator[tuple[SheetRow, Day]]:
    """Each day on which somebody came late or not at all."""
    for row in rows:
        for day in row.days:
            if day.late_seconds or day.status == judging.ABSENT:
                yield row, day


@dataclass(frozen=True, slots=True)
class Capacity:
    """What somebody can still take on in a period. Hours asked for are of open tasks due by its end, less progress."""

    row: SheetRow
    planned_seconds: int
    leave_seconds: int
    holidays: int
    asked_seconds: int
    #: Open tasks due in the period, and those among them that nobody has estimated.
    tasks: int
    unestimated: int

    @property
    def net_seconds(self) -> int:
        return self.planned_seconds - self.leave_seconds

    @property
    def free_seconds(self) -> int:
        return self.net_seconds - self.asked_seconds


def capacity_of(
    user: Any,
    start: dt.date,
    end: dt.date,
    *,
    department: Any = None,
    person: Any = None,
    now: dt.datetime | None = None,
) -> list[Capacity]:
    """Everybody's time in the period net of leave and holidays, against the tasks that are due by its end."""
    rows = sheet_of(user, start, end, department=department, person=person, now=now)
    asked = _asked_of(user, [row.user_id for row in rows], end)
    return [_capacity(row, *asked.get(row.user_id, (0, 0, 0))) for row in rows]


def _capacity(row: SheetRow, asked: int, tasks: int, unestimated: int) -> Capacity:
    return Capacity(
        row,
        row.total.planned_seconds,
        sum(int(day.planned_seconds * min(day.leave_portion, judging.WHOLE)) for day in row.days if day.leave_portion),
        sum(day.status == judging.HOLIDAY for day in row.days),
        asked,
        tasks,
        unestimated,
    )


def _asked_of(user: Any, people: list[int], end: dt.date) -> dict[int, tuple[int, int, int]]:
    """Seconds of work left in open tasks due by then, the tasks, and those without an estimate, by person."""
    rows = (
        Task.objects.visible_to(user)
        .filter(status__in=sorted(Task.OPEN), due_date__lte=end, assigned_to__in=people)
        .order_by()
        .values_list("assigned_to_id", "estimated_time", "progress")
    )
    found: dict[int, tuple[int, int, int]] = {}
    for person, estimate, progress in rows:
        seconds, tasks, unestimated = found.get(person, (0, 0, 0))
        left = int(estimate * 36 * (100 - progress)) if estimate is not None else 0
        found[person] = (seconds + left, tasks + 1, unestimated + (estimate is None))
    return found
