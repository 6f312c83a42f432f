"""Hours as lines of an invoice. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

_HOUR = Decimal(3600)
#: The digits of a quantity. Twenty minutes are 0.333333 hours.
_QUANTITY = Decimal("0.000001")


class GroupBy(StrEnum):
    """What each line of hours stands for."""

    TASK = "task"
    PERSON = "person"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Work:
    """A stretch of time that is to be billed, at the rate that was frozen on it."""

    entry_id: int
    task_id: int
    task: str
    user_id: int
    person: str
    day: dt.date
    seconds: int
    rate: Decimal


@dataclass(slots=True)
class HoursLine:
    """A line of an invoice and the entries behind it, which all have its rate."""

    label: str
    rate: Decimal
    task_id: int | None
    seconds: int = 0
    first: dt.date = dt.date.max
    last: dt.date = dt.date.min
    entry_ids: list[int] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        """In hours. The seconds of a line are added first and turned into hours once."""
        return hours(self.seconds)


def hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / _HOUR).quantize(_QUANTITY, rounding=ROUND_HALF_UP)


def lines_of(work: Iterable[Work], by: GroupBy) -> list[HoursLine]:
    """One line for each task, person or day and each rate, in the order in which the work began. No entry is lost."""
    found: dict[tuple[object, Decimal], HoursLine] = {}
    for one in sorted(work, key=lambda one: (one.day, one.entry_id)):
        key, label = _group(one, by)
        line = found.setdefault((key, one.rate), HoursLine(label, one.rate, one.task_id))
        if line.task_id != one.task_id:
            line.task_id = None
        line.seconds += one.seconds
        line.first, line.last = min(line.first, one.day), max(line.last, one.day)
        line.entry_ids.append(one.entry_id)
    return list(found.values())


def _group(work: Work, by: GroupBy) -> tuple[object, str]:
    if by is GroupBy.TASK:
        return work.task_id, work.task
    if by is GroupBy.PERSON:
        return work.user_id, work.person
    return work.day, work.day.isoformat()
