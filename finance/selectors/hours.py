"""Where the hours went: logged = billed + written off + not billable + unbilled, to the second."""

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


def work(user: Any, *, period: Period, by: str = "project") -> list[Work]:
    """By ``client`` or ``project``, of the time that the reader may see; one query for hours and one for names."""
    holding = SettledTime._base_manager.filter(entry=OuterRef("pk"), released_at__isnull=True)
    rows = TimeEntry.objects.visible_to(user).filter(
        work_date__range=(period.start, period.end), ended_at__isnull=False
    )
    path = "task__client_id" if by == "client" else "task__project_id"
    grouped = (
        rows.order_by()
        .annotate(
            is_billed=Exists(holding.filter(kind=SettledTime.Kind.BILLED)),
            is_written_off=Exists(holding.filter(kind=SettledTime.Kind.WRITTEN_OFF)),
        )
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
