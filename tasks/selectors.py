"""What pages of lower apps ask of tasks and time (through the registries of the floor), and the home counters."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.registry import Counter
from tasks.models import Task, TimeEntry

_HOUR = Decimal(3600)


# -- clients.client


def clients_of_own_tasks(user: Any) -> Q:
    """For the scope of clients: those for whom the person has, or made, a task."""
    own = Q(assigned_to_id=user.pk) | Q(created_by_id=user.pk)
    return Q(pk__in=Task._base_manager.filter(own).order_by().values("client_id"))


def open_tasks(user: Any, ids: list[int]) -> dict[int, int]:
    """How many open tasks each client has that the user may see."""
    rows = Task.objects.visible_to(user).filter(client_id__in=ids, status__in=sorted(Task.OPEN)).order_by()
    counted = dict(rows.values_list("client_id").annotate(Count("pk")))
    return {pk: counted.get(pk, 0) for pk in ids}


def clients_with_money(user: Any, ids: list[int]) -> dict[int, bool]:
    """Clients with rates of tasks, or time written down at one: amounts in their currency, so it stays."""
    rows = TimeEntry._base_manager.filter(task__client_id__in=ids, rate__isnull=False).order_by()
    rated = Task._base_manager.filter(client_id__in=ids, hourly_rate__isnull=False).order_by()
    found = set(rows.values_list("task__client_id", flat=True).distinct())
    return dict.fromkeys(found | set(rated.values_list("client_id", flat=True).distinct()), True)


def projects_with_tasks(user: Any, ids: list[int]) -> dict[int, bool]:
    rows = Task._base_manager.filter(project_id__in=ids).order_by()
    return dict.fromkeys(rows.values_list("project_id", flat=True).distinct(), True)


def work_for_clients(
    user: Any, ids: list[int], *, start: dt.date, end: dt.date, zone: ZoneInfo
) -> dict[int, dict[str, Any]]:
    """What was done for each client in a period (both days belong to it; a day is that of *zone*).

    Over the tasks that the user may see; hours are those of everybody on them.
    """
    since = dt.datetime.combine(start, dt.time(), zone)
    until = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), zone)
    tasks = Task.objects.visible_to(user).filter(client_id__in=ids).order_by()
    found = {pk: _no_work() for pk in ids}
    made = tasks.filter(created_at__gte=since, created_at__lt=until)
    for client_id, status, count in made.values_list("client_id", "status").annotate(Count("pk")):
        found[client_id]["tasks"][status] = count
    finished = tasks.filter(status=Task.Status.COMPLETED, end_time__gte=since, end_time__lt=until)
    columns = ("client_id", "due_date", "end_time", "estimated_time", "actual_time")
    for client_id, due, ended, estimate, actual in finished.values_list(*columns).iterator():
        _count_finished(found[client_id], due, ended.astimezone(zone).date(), estimate, actual)
    _add_hours(found, tasks, start, end)
    return found


def _no_work() -> dict[str, Any]:
    return {
        "tasks": dict.fromkeys(Task.Status.values, 0),
        "finished": 0,
        "finished_with_due": 0,
        "finished_on_time": 0,
        "estimated_hours": Decimal(0),
        "estimate_error_hours": Decimal(0),
        "hours": Decimal(0),
        "billable_hours": Decimal(0),
    }


def _count_finished(
    work: dict[str, Any], due: dt.date | None, ended: dt.date, estimate: Decimal | None, actual: Decimal | None
) -> None:
    work["finished"] += 1
    if due is not None:
        work["finished_with_due"] += 1
        work["finished_on_time"] += ended <= due
    if estimate and actual is not None:
        work["estimated_hours"] += estimate
        work["estimate_error_hours"] += abs(actual - estimate)


def _add_hours(found: dict[int, dict[str, Any]], tasks: QuerySet[Task], start: dt.date, end: dt.date) -> None:
    entries = TimeEntry._base_manager.filter(
        task__in=tasks.values("pk"), ended_at__isnull=False, work_date__range=(start, end)
    ).order_by()
    for client_id, billable, seconds in entries.values_list("task__client_id", "billable").annotate(Sum("seconds")):
        hours = Decimal(seconds or 0) / _HOUR
        found[client_id]["hours"] += hours
        if billable:
            found[client_id]["billable_hours"] += hours


# -- home


def home_counters(user: Any) -> list[Counter]:
    """What waits for this person, and for who leads, what waits for somebody at all."""
    found: list[Counter] = []
    url = "/admin/tasks/task/"
    if user.has_perm("tasks.work_on_task"):
        mine = Task.objects.filter(assigned_to_id=user.pk, status__in=sorted(Task.OPEN)).order_by()
        today = clock.business_date(user)
        week = today + dt.timedelta(days=6 - today.weekday())
        late = Q(due_date__lt=today)
        soon = Q(due_date__gte=today, due_date__lte=week)
        counts = mine.aggregate(open=Count("pk"), late=Count("pk", filter=late), soon=Count("pk", filter=soon))
        found += [
            Counter(_("My open tasks"), counts["open"], f"{url}?whose=mine&standing=open"),
            Counter(
                _("Overdue"),
                counts["late"],
                f"{url}?whose=mine&due=late",
                "danger" if counts["late"] else "default",
            ),
            Counter(_("Due this week"), counts["soon"], f"{url}?whose=mine&due=week"),
        ]
    if user.has_perm("tasks.assign_task"):
        unassigned = Task.objects.visible_to(user).filter(assigned_to__isnull=True, status__in=sorted(Task.OPEN))
        found.append(Counter(_("Unassigned"), unassigned.order_by().count(), f"{url}?whose=nobody&standing=open"))
    if user.has_perm("tasks.approve_time"):
        waiting = TimeEntry.objects.visible_to(user).filter(status=TimeEntry.Status.SUBMITTED).exclude(user_id=user.pk)
        found.append(
            Counter(_("Time to approve"), waiting.order_by().count(), "/admin/tasks/timeentry/?status__exact=submitted")
        )
    return found
