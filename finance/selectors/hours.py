"""Where the hours went: logged = billed + written off + not billable + unbilled, to the second."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Sum

from clients.models import Client, Project
from finance.cost import Hours
from finance.models import SettledTime
from finance.selectors.sums import Period
from hyperflow.core import money
from tasks.models import TimeEntry

_HOUR = 3_600


@dataclass(frozen=True)
class Work:
    """The hours of a client or project in one currency, and what the unbilled ones come to at their own rates."""

    key: int
    name: str
    currency: str
    hours: Hours
    worth: Decimal


#: What became of logged time; each of it has become one of these.
STATES = ("billed", "written_off", "not_billable", "unbilled")


def settled(entries: Any) -> Any:
    """Entries of time, each with whether it is billed and whether it is written off, now."""
    holding = SettledTime._base_manager.filter(entry=OuterRef("pk"), released_at__isnull=True)
    return entries.annotate(
        is_billed=Exists(holding.filter(kind=SettledTime.Kind.BILLED)),
        is_written_off=Exists(holding.filter(kind=SettledTime.Kind.WRITTEN_OFF)),
    )


def that_became(entries: Any, state: str) -> Any:
    """Those of the entries that are counted as one of `STATES`. Time that still runs is none."""
    rows = settled(entries.filter(ended_at__isnull=False))
    match state:
        case "billed":
            return rows.filter(is_billed=True)
        case "written_off":
            return rows.filter(is_billed=False, is_written_off=True)
    return rows.filter(is_billed=False, is_written_off=False, billable=state == "unbilled")


def logged_by(period: Period, by: str) -> dict[int, int]:
    """Seconds that were logged on each client or project, or by each person (``user``): everybody's, as what they
    cost is. Who shows them asks what may be seen."""
    path = "user_id" if by == "user" else f"task__{by}_id"
    rows = TimeEntry._base_manager.filter(work_date__range=(period.start, period.end), ended_at__isnull=False)
    return {key or 0: int(seconds) for key, seconds in rows.order_by().values_list(path).annotate(Sum("seconds"))}


def worth_of_each(user: Any, *, period: Period, by: str, key: int, currency: str) -> list[tuple[int, dt.date, Decimal]]:
    """Unbilled entries of a client or project with their parts of what `work` says they are worth: the amount of each
    rate, shared out over its hours to the cent."""
    rows = that_became(TimeEntry.objects.visible_to(user), "unbilled").order_by("work_date", "pk")
    rows = rows.filter(
        work_date__range=(period.start, period.end), currency=currency, **{f"task__{by}_id": key or None}
    )
    by_rate: dict[Decimal, list[tuple[int, dt.date, int]]] = defaultdict(list)
    for pk, day, rate, seconds in rows.values_list("pk", "work_date", "rate", "seconds").iterator(chunk_size=5_000):
        by_rate[rate or Decimal(0)].append((pk, day, seconds))
    found = []
    for rate, entries in by_rate.items():
        weights = [Decimal(seconds) for _pk, _day, seconds in entries]
        amount = money.quantize(rate * sum(one[2] for one in entries) / _HOUR, currency)
        parts = money.spread(amount, weights, currency) if any(weights) else [Decimal(0)] * len(entries)
        found += [(pk, day, part) for (pk, day, _seconds), part in zip(entries, parts, strict=True)]
    return found


def work(user: Any, *, period: Period, by: str = "project") -> list[Work]:
    """By ``client`` or ``project``, of the time that the reader may see; one query for hours and one for names."""
    rows = TimeEntry.objects.visible_to(user).filter(
        work_date__range=(period.start, period.end), ended_at__isnull=False
    )
    path = "task__client_id" if by == "client" else "task__project_id"
    grouped = (
        settled(rows.order_by())
        .values_list(path, "currency", "rate", "billable", "is_billed", "is_written_off")
        .annotate(Sum("seconds"))
    )
    hours: dict[tuple[int, str], Hours] = {}
    worth: dict[tuple[int, str], Decimal] = {}
    for key, currency, rate, billable, is_billed, is_written_off, seconds in grouped.iterator(chunk_size=5_000):
        place, one = (key or 0, currency), int(seconds)
        before = hours.get(place, Hours())
        changed = {"logged": before.logged + one}
        if is_billed:
            changed["billed"] = before.billed + one
        elif is_written_off:
            changed["written_off"] = before.written_off + one
        elif not billable:
            changed["not_billable"] = before.not_billable + one
        else:
            amount = money.quantize((rate or Decimal(0)) * one / _HOUR, currency)
            worth[place] = worth.get(place, Decimal(0)) + amount
        hours[place] = replace(before, **changed)
    model: Any = Client if by == "client" else Project
    names = dict(model._base_manager.filter(pk__in={key for key, _c in hours}).values_list("pk", "name"))
    found = [
        Work(key, names.get(key, ""), cur, one, worth.get((key, cur), Decimal(0))) for (key, cur), one in hours.items()
    ]
    return sorted(found, key=lambda one: (-one.hours.unbilled, one.name, one.key, one.currency))
