"""What is paid to whom, and when."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from hr.models import Compensation, Employment, PastTerms


def pay_in_force(employment_ids: Iterable[int], start: dt.date, end: dt.date) -> dict[int, list[Compensation]]:
    """For each employment the rows in force on some day of the period (both ends included), oldest first; one query.

    Of rows from the same day only the one written last is among them. The first may begin before the period; before
    it nothing was agreed, so a person may have days without pay. Whoever may see them is the caller's question.
    """
    ids = sorted(set(employment_ids))
    found: dict[int, list[Compensation]] = {pk: [] for pk in ids}
    rows = Compensation._base_manager.filter(employment_id__in=ids, effective_from__lte=end)
    for row in rows.order_by("employment_id", "effective_from", "pk"):
        mine = found[row.employment_id]
        # What holds on the first day, or was written for the same day, takes the place of what stood there before.
        if mine and (row.effective_from <= start or row.effective_from == mine[-1].effective_from):
            mine.pop()
        mine.append(row)
    return found


def weekly_hours_on(employments: Sequence[Employment], day: dt.date) -> dict[int, Decimal]:
    """The weekly hours that each of them has agreed to on that day, by employment; one query."""
    found = {row.pk: row.weekly_hours for row in employments}
    rows = PastTerms._base_manager.filter(employment__in=list(found), until__gte=day).order_by("-until")
    found.update(rows.values_list("employment_id", "weekly_hours"))  # the first that ends on or after it, last
    return found


def earlier_hours_of(employments: Sequence[Employment], since: dt.date) -> dict[int, list[tuple[dt.date, Decimal]]]:
    """The weekly hours that each of them had agreed to before those of now, each up to a day, from that day on."""
    found: dict[int, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    rows = PastTerms._base_manager.filter(employment__in=[row.pk for row in employments], until__gte=since)
    for pk, until, hours in rows.order_by("until").values_list("employment_id", "until", "weekly_hours"):
        found[pk].append((until, hours))
    return found


def pay_on(rows: Sequence[Compensation], day: dt.date) -> Compensation | None:
    """Which of the rows that `pay_in_force` gave for one person holds on that day."""
    return next((row for row in reversed(rows) if row.effective_from <= day), None)
