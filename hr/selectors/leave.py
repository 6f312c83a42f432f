"""Balances of leave, and what waits for a decision."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, Sum, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr import leave_rules, scope
from hr.leave_rules import Statement
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hr.selectors import leave_outlook
from hr.services.leave_ledger import exact
from hyperflow.core import clock
from hyperflow.core.registry import Counter

Key = tuple[int, int]


def kept_types() -> list[LeaveType]:
    """The kinds of leave that have a balance."""
    return list(LeaveType.objects.filter(draws_on_balance=True).order_by("pk"))


def statements(
    user_ids: Iterable[int], *, today: dt.date | None = None, types: Iterable[LeaveType] | None = None
) -> dict[Key, Statement]:
    """By person and kind of leave: carried, accrued, adjusted, taken, lapsed, pending, and their balance this year.

    Two queries for any number of people. Whoever has no lines has no entry: `Statement()` is theirs.
    """
    ids = sorted(set(user_ids))
    first = (today or clock.business_date()).replace(month=1, day=1)
    last = leave_rules.last_of_year(first.year)
    is_new = Case(When(effective_on__gte=first, then=Value(True)), default=Value(False), output_field=BooleanField())
    is_ahead = Case(When(effective_on__gt=last, then=Value(True)), default=Value(False), output_field=BooleanField())
    lines = LeaveEntry.objects.filter(user_id__in=ids)
    requests = LeaveRequest.objects.filter(user_id__in=ids, status=LeaveRequest.Status.PENDING, start_date__lte=last)
    if types is not None:
        wanted = [kind.pk for kind in types]
        lines, requests = lines.filter(type_id__in=wanted), requests.filter(type_id__in=wanted)
    sums: dict[Key, dict[tuple[str, bool], Decimal]] = defaultdict(dict)
    ahead: dict[Key, Decimal] = defaultdict(Decimal)
    rows = lines.order_by().annotate(is_new=is_new, is_ahead=is_ahead)
    for row in rows.values("user_id", "type_id", "kind", "is_new", "is_ahead").annotate(sum=Sum("days")):
        key = row["user_id"], row["type_id"]
        if row["is_ahead"]:
            ahead[key] -= exact(row["sum"])
        else:
            sums[key][row["kind"], bool(row["is_new"])] = exact(row["sum"])
    waiting = {
        (row["user_id"], row["type_id"]): exact(row["sum"])
        for row in requests.order_by().values("user_id", "type_id").annotate(sum=Sum("days"))
    }
    return {
        key: leave_rules.statement(sums.get(key, {}), waiting.get(key, Decimal(0)), ahead.get(key, Decimal(0)))
        for key in {*sums, *waiting, *ahead}
    }


def balances_after(requests: Iterable[LeaveRequest]) -> dict[int, Decimal | None]:
    """For each request what can still be taken of its kind, in its year, once it is through: what is pending counts for
    a pending one, and what the year will have brought by then.

    Nothing for kinds that draw on no balance. The same number of queries for any number of requests.
    """
    rows = [request for request in requests if request.type.draws_on_balance]
    if not rows:
        return {}
    people = Employment.objects.filter(user_id__in={request.user_id for request in rows}).select_related("user")
    found = leave_outlook.of(list(people), {request.type_id: request.type for request in rows}.values())
    after: dict[int, Decimal | None] = {}
    for request in rows:
        mine = found.get((request.user_id, request.type_id))
        is_pending = request.status == LeaveRequest.Status.PENDING
        after[request.pk] = mine.left(request.end_date, with_asked=is_pending) if mine else Decimal(0)
    return after


def people_with_balances(user: Any) -> Any:
    """The employees whose leave this person may see."""
    return scope.people_in_scope(
        Employment.objects.select_related("user__department"),
        user,
        everybody="hr.view_all_leave",
        own="hr.view_leaverequest",
    )


def waiting_for(user: Any) -> Any:
    """The requests that this person is to decide."""
    rows = LeaveRequest.objects.filter(status=LeaveRequest.Status.PENDING).exclude(user_id=user.pk)
    if user.has_perm("hr.decide_any_leave"):
        return rows
    if not user.has_perm("hr.decide_leave"):
        return rows.none()
    return rows.filter(user_id__in=sorted(scope.reports_of(user)))


def home_counters(user: Any) -> list[Counter]:
    """How many requests wait for this person."""
    if not (user.has_perm("hr.decide_any_leave") or user.has_perm("hr.decide_leave")):
        return []
    address = f"{reverse('admin:hr_leaverequest_changelist')}?status__exact={LeaveRequest.Status.PENDING}"
    return [Counter(_("Leave to decide"), waiting_for(user).order_by().count(), address)]
