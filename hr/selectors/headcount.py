"""How many people work here, who joined and who left, by month or by department."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from hr.models import Employment


class Stay(NamedTuple):
    """From when to when somebody was employed, and where they belong."""

    hired: dt.date
    last: dt.date
    department_id: int | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Headcount:
    """A span of dates: who was there before it, came in it, left in it, and is there after it.

    ``before + joined - left == after``. Whose last day is the span's last has left in it.
    """

    start: dt.date
    end: dt.date
    before: int
    joined: int
    left: int
    department_id: int | None = None
    department: str = ""

    @property
    def after(self) -> int:
        return self.before + self.joined - self.left

    @property
    def turnover(self) -> Decimal | None:
        """Leavers in percent of the average of before and after; none where nobody was there."""
        people = self.before + self.after
        return round(Decimal(200 * self.left) / people, 1) if people else None


def stays_of(user: Any, *, department: Any = None) -> list[Stay]:
    """Every employment that this reader may see."""
    rows = Employment.objects.visible_to(user)
    if department is not None:
        rows = rows.filter(user__department=department)
    found = rows.order_by().values_list("hire_date", "end_date", "user__department_id", "user__department__name")
    return [Stay(hired, last or dt.date.max, pk, name) for hired, last, pk, name in found]


def by_month(stays: Iterable[Stay], start: dt.date, end: dt.date) -> list[Headcount]:
    """The months of the period, the first and the last as far as they lie in it."""
    known = list(stays)
    return [counted(known, first, last) for first, last in months_between(start, end)]


def by_department(stays: Iterable[Stay], start: dt.date, end: dt.date) -> list[Headcount]:
    """The whole period for each department by name; those without one come last."""
    groups: dict[tuple[bool, str, int | None], list[Stay]] = defaultdict(list)
    for stay in stays:
        groups[stay.department_id is None, stay.department or "", stay.department_id].append(stay)
    return [
        counted(found, start, end, department_id=pk, department=name)
        for (_none, name, pk), found in sorted(groups.items(), key=lambda item: item[0][:2])
    ]


def counted(stays: Iterable[Stay], start: dt.date, end: dt.date, **of: Any) -> Headcount:
    known = list(stays)
    return Headcount(
        start,
        end,
        before=sum(stay.hired < start <= stay.last for stay in known),
        joined=sum(start <= stay.hired <= end for stay in known),
        left=sum(start <= stay.last <= end for stay in known),
        **of,
    )


def months_between(start: dt.date, end: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    while start <= end:
        following = (start.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        yield start, min(end, following - dt.timedelta(days=1))
        start = following
