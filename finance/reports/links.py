"""Where a number leads: to the list of the rows behind it."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from finance.selectors import buckets
from finance.selectors.sums import Period


def rows_of(model: str, **query: Any) -> str | None:
    """The list in the admin, narrowed; nothing where there is none."""
    try:
        address = reverse(f"admin:{model}_changelist")
    except NoReverseMatch:
        return None
    asked = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{address}?{urlencode(asked)}" if asked else address


def of_group(model: str, day: str, key: str, group_by: str, period: Period, **query: Any) -> str | None:
    """The rows of one group of a report."""
    if group_by in buckets.IN_TIME:
        period = buckets.span(key, group_by, period)
    elif group_by == "category":
        query["category"] = key
    elif key != "0":
        query[f"{group_by}__id__exact"] = key
    return rows_of(model, **{f"{day}_from": _said(period.start), f"{day}_to": _said(period.end)}, **query)


def entries(period: Period, **query: Any) -> str | None:
    within = {"work_date_from": _said(period.start), "work_date_to": _said(period.end)}
    return rows_of("tasks_timeentry", **within, **query)


def _said(day: dt.date) -> str:
    return day.isoformat()
