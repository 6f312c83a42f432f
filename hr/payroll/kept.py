"""The days that a month was worked out from, in a form that can be kept and compared with what they are later."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hr.payroll.basics import WorkDay

DAY = dt.timedelta(days=1)


def written(days: Sequence[WorkDay]) -> list[list[Any]]:
    """The dates of a month, one after the other, as JSON takes them."""
    return [
        [
            int(day.is_working),
            int(day.is_employed),
            day.planned_seconds,
            day.worked_seconds,
            day.overtime_seconds,
            format(day.paid_leave.normalize(), "f"),
            format(day.unpaid_leave.normalize(), "f"),
            int(day.is_absent),
        ]
        for day in days
    ]


def read(first: dt.date, rows: Sequence[Sequence[Any]]) -> list[WorkDay]:
    """What `written` gave, for the month that begins on ``first``."""
    return [
        WorkDay(
            date=first + number * DAY,
            is_working=bool(row[0]),
            is_employed=bool(row[1]),
            planned_seconds=row[2],
            worked_seconds=row[3],
            overtime_seconds=row[4],
            paid_leave=Decimal(row[5]),
            unpaid_leave=Decimal(row[6]),
            is_absent=bool(row[7]),
        )
        for number, row in enumerate(rows)
    ]


def hours_differ(before: Sequence[WorkDay], after: Sequence[WorkDay]) -> bool:
    """Was more or less worked?"""
    return [day.worked_seconds for day in before] != [day.worked_seconds for day in after]


def days_off_differ(before: Sequence[WorkDay], after: Sequence[WorkDay], *, with_absence: bool) -> bool:
    """Are other days holidays or leave, or absence where that is not paid?"""
    return [_off(day, with_absence) for day in before] != [_off(day, with_absence) for day in after]


def _off(day: WorkDay, with_absence: bool) -> tuple[Any, ...]:
    return day.is_working, day.paid_leave, day.unpaid_leave, with_absence and day.is_absent
