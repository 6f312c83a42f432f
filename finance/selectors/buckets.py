"""Groups of a report: months, quarters and years in their order, or clients, projects and categories by name."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, Project
from finance.selectors.sums import Period

IN_TIME = ("month", "quarter", "year")
KEYED = ("client", "project", "category")


def by_of(group_by: str) -> str:
    """What the sums are read by for this grouping."""
    return group_by if group_by in KEYED else ""


def key_of(bucket: Any, group_by: str) -> Any:
    """``2026-05``, ``2026-Q2``, ``2026``, or the id or category that it is."""
    if not isinstance(bucket, dt.date):
        return bucket
    match group_by:
        case "quarter":
            return f"{bucket:%Y}-Q{(bucket.month + 2) // 3}"
        case "year":
            return f"{bucket:%Y}"
    return f"{bucket:%Y-%m}"


def all_keys(period: Period, group_by: str) -> list[str]:
    """Every month (quarter, year) of the period, whether anything was in it or not."""
    keys: dict[str, None] = {}
    month = period.start.replace(day=1)
    while month <= period.end:
        keys[key_of(month, group_by)] = None
        month = (month + dt.timedelta(days=32)).replace(day=1)
    return list(keys)


def labels(keys: Iterable[Any], group_by: str) -> dict[Any, str]:
    """How people read these keys. One query for names, none for time."""
    wanted = list(keys)
    if group_by == "client":
        names = dict(Client._base_manager.filter(pk__in=wanted).values_list("pk", "name"))
        return {key: names.get(key, _("Without a client")) for key in wanted}
    if group_by == "project":
        names = dict(Project._base_manager.filter(pk__in=wanted).values_list("pk", "name"))
        return {key: names.get(key, _("Without a project")) for key in wanted}
    if group_by == "category":
        return {key: str(key).replace("_", " ") or _("Without a category") for key in wanted}
    return {key: key.replace("-Q", " Q") for key in wanted}


def span(key: str, group_by: str, within: Period) -> Period:
    """The days of a group in time, within the report's period."""
    if group_by == "year":
        first, last = dt.date(int(key), 1, 1), dt.date(int(key), 12, 31)
    elif group_by == "quarter":
        year, number = int(key[:4]), int(key[-1])
        first = dt.date(year, number * 3 - 2, 1)
        last = _month_end(dt.date(year, number * 3, 1))
    else:
        first = dt.date(int(key[:4]), int(key[5:7]), 1)
        last = _month_end(first)
    return Period(max(first, within.start), min(last, within.end))


def _month_end(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
