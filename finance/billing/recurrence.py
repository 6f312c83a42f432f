"""When a schedule is due. Pure: no database, no clock."""

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_MONTHS = 12


class Every(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_STEP = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: _MONTHS}


@dataclass(frozen=True, slots=True)
class Period:
    """A turn of a schedule: the days that it is for, both included, and a name that no other turn has."""

    name: str
    first: dt.date
    last: dt.date


def periods(every: Every, begins: dt.date, until: dt.date, ends: dt.date | None = None) -> Iterator[Period]:
    """The turns that begin on or before *until*, from the schedule's first day on.

    The day of the month is kept: what begins on the 31st begins on the last day of shorter months, and on the 31st
    again after them. A turn that would begin after *ends* is none; one that is under way then is whole.
    """
    stop = until if ends is None else min(until, ends)
    number = 0
    while (first := _begin(every, begins, number)) <= stop:
        number += 1
        yield Period(first.isoformat(), first, _begin(every, begins, number) - dt.timedelta(days=1))


def _begin(every: Every, begins: dt.date, number: int) -> dt.date:
    if every is Every.WEEK:
        return begins + dt.timedelta(weeks=number)
    month = begins.month - 1 + number * _STEP[every]
    year, month = begins.year + month // _MONTHS, month % _MONTHS + 1
    return dt.date(year, month, min(begins.day, calendar.monthrange(year, month)[1]))
