"""Leave keeps step with the employment: what lies before its first or after its last day is given back."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from hr.models import Employment, LeaveDay, LeaveEntry, LeaveRequest
from hr.notices import Notice
from hr.services import leave_checks as checks
from hr.services import leave_ledger
from hr.services.attendance_locks import check_open
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict

Status = LeaveRequest.Status


def keep_within(employment: Employment, *, actor: Any) -> list[Notice]:
    """Give back what is taken on days that are no longer employed, and cancel what nothing is left of.

    To be called in the transaction that moves an end of the employment. Days that are closed stay as they are. What is
    asked for and not decided is cancelled where it lies outside altogether; the rest waits for who decides it. The
    notices say which months it concerns.
    """
    outside = Q(start_date__lt=employment.hire_date)
    if employment.end_date is not None:
        outside |= Q(end_date__gt=employment.end_date)
    held = leave_ledger.hold(employment.user_id)
    found: dict[str, set[str]] = {"leave_given_back": set(), "leave_closed": set(), "leave_to_reject": set()}
    rows = (
        LeaveRequest._base_manager.select_for_update()
        .select_related("type")
        .filter(outside, user_id=employment.user_id, status__in=(Status.PENDING, Status.APPROVED))
    )
    for request in rows.order_by("pk"):
        request.user = held.user
        if request.status == Status.APPROVED:
            given, closed = _give_back(request, employment, actor)
            found["leave_given_back"] |= _months(given)
            found["leave_closed"] |= _months(closed)
        elif not _is_employed(employment, request.start_date, request.end_date):
            _shorten(request, employment, actor, days=request.days, is_over=True)
            found["leave_given_back"].add(f"{request.start_date:%Y-%m}")
        else:
            found["leave_to_reject"].add(f"{request.start_date:%Y-%m}")
    messages = {
        "leave_given_back": _("Leave in %(months)s lies outside the employment now and was given back."),
        "leave_closed": _(
            "Leave in %(months)s lies outside the employment now, on days that are closed, so it stays: adjust the "
            "balance of leave if it should count as not taken."
        ),
        "leave_to_reject": _(
            "A request for leave in %(months)s goes beyond the employment now: reject it, so that the days which are "
            "left can be asked for anew."
        ),
    }
    return [
        Notice(code, messages[code] % {"months": ", ".join(sorted(months))}, sorted(months))
        for code, months in found.items()
        if months
    ]


def _is_employed(employment: Employment, first: dt.date, last: dt.date) -> bool:
    """Is any of these days one of the employment?"""
    return last >= employment.hire_date and (employment.end_date is None or first <= employment.end_date)


def _months(dates: Iterable[dt.date]) -> set[str]:
    return {f"{date:%Y-%m}" for date in dates}


def _give_back(request: LeaveRequest, employment: Employment, actor: Any) -> tuple[list[dt.date], list[dt.date]]:
    """The days that were given back, and those that are closed."""
    given: list[LeaveDay] = []
    closed: list[dt.date] = []
    rows = list(LeaveDay._base_manager.filter(request=request).order_by("date"))
    for row in rows:
        if _is_employed(employment, row.date, row.date):
            continue
        try:
            check_open(request.user_id, row.date)
        except Conflict:
            closed.append(row.date)
        else:
            given.append(row)
    dates = [row.date for row in given]
    if dates:
        LeaveDay._base_manager.filter(pk__in=[row.pk for row in given]).delete()
        leave_ledger.book(
            request=request,
            kind=LeaveEntry.Kind.RETURNED,
            dates=dates,
            portion=given[0].portion,
            actor=actor,
            note=_("Outside the employment"),
        )
    if dates or not closed:
        days = request.days - sum(row.portion for row in given)
        _shorten(request, employment, actor, days=days, is_over=len(given) == len(rows), keeps_dates=bool(closed))
    return dates, closed


def _shorten(
    request: LeaveRequest,
    employment: Employment,
    actor: Any,
    *,
    days: Decimal,
    is_over: bool,
    keeps_dates: bool = False,
) -> None:
    """The request ends with the employment, or is cancelled where nothing of it is left."""
    why = _("The employment lasts from %(first)s to %(last)s.") % {
        "first": employment.hire_date,
        "last": employment.end_date or "…",
    }
    values: dict[str, Any] = {"days": days}
    if is_over:
        values = {"status": Status.CANCELLED, "decided_at": clock.now(), "decision_note": why}
    elif not keeps_dates:
        values["start_date"] = max(request.start_date, employment.hire_date)
        values["end_date"] = min(request.end_date, employment.end_date or request.end_date)
    what = f"{request.type}, {request.start_date} – {request.end_date}"
    action = "leave.cancelled" if is_over else "leave.recounted"
    changes.update(request, actor=actor, action=action, event=action, payload={"user_id": request.user_id}, **values)
    title = _("Cancelled: %(what)s") if is_over else _("Shortened to %(days)s days: %(what)s")
    notify(
        users=[request.user_id],
        kind=action,
        title=title % {"what": what, "days": checks.plain(days)},
        body=why,
        subject=request,
        actor=actor,
    )
