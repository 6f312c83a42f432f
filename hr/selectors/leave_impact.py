"""What a decision about leave means for the work: who else is away, what is due, and who is free."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from hr.models import Employment, LeaveDay, LeaveRequest
from hr.schedules import Rota
from hr.selectors import leave_outlook
from tasks.models import Task

#: How many of each a page shows, the most pressing first.
MOST = 50


@dataclass(frozen=True)
class OtherLeave:
    """Leave of a colleague in the same days, approved or still asked for."""

    request_id: int
    user_id: int
    name: str
    start: dt.date
    end: dt.date
    status: str
    status_name: str


@dataclass(frozen=True)
class FreeColleague:
    """Somebody near who works on every one of the days; ``tasks_due`` are their own that fall into them."""

    user_id: int
    name: str
    job_title: str
    tasks_due: int


@dataclass(frozen=True)
class Impact:
    """All that the approver is shown beside a request. Tasks are those that the approver may see; ``balance`` is what
    can be taken in the request's year without it."""

    working_days: list[dt.date]
    balance: Decimal | None
    balance_after: Decimal | None
    away: list[OtherLeave] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    free: list[FreeColleague] = field(default_factory=list)

    @property
    def clients(self) -> list[tuple[int, str, int]]:
        """Clients whose tasks are due in these days, the most tasks first: id, name, count."""
        found: dict[int, tuple[str, int]] = {}
        for task in self.tasks:
            name, count = found.get(task.client_id, (task.client.name, 0))
            found[task.client_id] = (name, count + 1)
        return sorted(((pk, name, count) for pk, (name, count) in found.items()), key=lambda one: (-one[2], one[1]))


def impact_of(request: LeaveRequest, user: Any) -> Impact:
    """What follows if this request is approved, as far as this person may know it. A fixed number of queries."""
    start, end = request.start_date, request.end_date
    near = _near(request)
    people = list(Employment.objects.filter(user_id=request.user_id).select_related("user"))
    rota = Rota.of([*near, *people], start, end)
    person = rota.get(request.user_id)
    days = person.working_days(start, end) if person else []
    away = _away(request, user, [one.user_id for one in near])
    asking = {other.user_id for other in away}
    idle = [one for one in near if one.user_id not in asking]
    balance = after = None
    if request.type.draws_on_balance:
        mine = leave_outlook.of(people, [request.type]).get((request.user_id, request.type_id))
        balance = mine.left(request.end_date, with_asked=False) if mine else Decimal(0)
        is_open = request.status == LeaveRequest.Status.PENDING
        after = balance - request.days if is_open else balance
    tasks = Task.objects.visible_to(user).filter(
        assigned_to_id=request.user_id, status__in=sorted(Task.OPEN), due_date__range=(start, end)
    )
    return Impact(
        working_days=days,
        balance=balance,
        balance_after=after,
        away=away,
        tasks=list(tasks.select_related("client", "project").order_by("due_order", "-priority", "pk")[:MOST]),
        free=_free(idle, rota, days, start, end),
    )


def _near(request: LeaveRequest) -> list[Employment]:
    """Who may step in: active colleagues of the same department, and those who have the same manager."""
    mine = Employment.objects.filter(user_id=request.user_id).values_list("manager_id", "user__department_id").first()
    manager, department = mine or (None, None)
    which = Q(pk__in=[])
    if department is not None:
        which |= Q(user__department_id=department)
    if manager is not None:
        which |= Q(manager_id=manager)
    rows: QuerySet[Employment] = Employment.objects.during(request.start_date, request.end_date).filter(which)
    rows = rows.filter(user__is_active=True).exclude(user_id=request.user_id)
    return list(rows.select_related("user").order_by("user__name", "pk"))


def _away(request: LeaveRequest, user: Any, near: list[int]) -> list[OtherLeave]:
    """Approved leave is known to the team; what is only asked for, to who may see the request."""
    asked_for = Q(status=LeaveRequest.Status.PENDING, pk__in=LeaveRequest.objects.visible_to(user).values("pk"))
    rows = LeaveRequest.objects.filter(
        Q(status=LeaveRequest.Status.APPROVED) | asked_for,
        user_id__in=near,
        type__is_away=True,
        start_date__lte=request.end_date,
        end_date__gte=request.start_date,
    )
    return [
        OtherLeave(
            row.pk, row.user_id, row.user.name, row.start_date, row.end_date, row.status, row.get_status_display()
        )
        for row in rows.select_related("user").order_by("start_date", "pk")[:MOST]
    ]


def _free(near: list[Employment], rota: Rota, days: list[dt.date], start: dt.date, end: dt.date) -> list[FreeColleague]:
    """Those who are meant to work on every one of the days and have asked for none of them, the least busy first."""
    gone = set(
        LeaveDay.objects.filter(user_id__in=[one.user_id for one in near], date__range=(start, end), is_away=True)
        .order_by()
        .values_list("user_id", flat=True)
    )
    able = [
        one.user_id
        for one in near
        if days and one.user_id not in gone and all(rota[one.user_id].is_working_day(day) for day in days)
    ]
    due = Count(
        "tasks", filter=Q(tasks__status__in=sorted(Task.OPEN), tasks__due_date__range=(start, end)), distinct=True
    )
    people = User.objects.filter(pk__in=able).annotate(due=due).order_by("due", "name", "pk")[:MOST]
    return [FreeColleague(one.pk, one.name, one.job_title, one.due) for one in people]
