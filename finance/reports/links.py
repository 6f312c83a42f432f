"""Where a number leads: to the rows behind it, whose total it is."""

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


def address(slug: str, filters: dict[str, Any]) -> str:
    """The report as it is filtered now: where its numbers lead has a way back."""
    asked = {name: _said(value) for name, value in filters.items() if value not in ("", None)}
    return f"{reverse('reports:index')}{slug}" + (f"?{urlencode(asked)}" if asked else "")


def behind(measure: str, *, back: str, period: Period | None = None, **narrow: Any) -> str:
    """The page of the rows behind a number."""
    within = {"start": period.start.isoformat(), "end": period.end.isoformat()} if period is not None else {}
    asked = {"measure": measure, **within, **narrow, "back": back}
    said = {name: _said(value) for name, value in asked.items() if value not in ("", None)}
    return f"{reverse('reports:finance-rows')}?{urlencode(said)}"


def of_group(key: str, group_by: str, period: Period) -> dict[str, Any]:
    """What narrows a number of a report to one of its groups."""
    if group_by in buckets.IN_TIME:
        return {"period": buckets.span(key, group_by, period)}
    return {"period": period, group_by: key}


def entries(period: Period, became: str = "ended", **query: Any) -> str | None:
    """Entries of time in the admin: those that are counted, and no time that still runs."""
    within = {"work_date_from": _said(period.start), "work_date_to": _said(period.end)}
    return rows_of("tasks_timeentry", **within, became=became, **query)


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
