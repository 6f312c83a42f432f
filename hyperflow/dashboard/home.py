"""Everybody's home page: the numbers that concern them, their next tasks, what they did last."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from hyperflow.core import clock
from hyperflow.core.admin.history import sentence
from hyperflow.core.models import AuditEntry
from hyperflow.core.registry import home
from tasks.models import Task

MOST_TASKS = 8
MOST_ENTRIES = 8
#: Among how many of somebody's newest entries the ones to show are looked for: signing in writes entries too.
MOST_READ = 100


def page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme's DASHBOARD_CALLBACK."""
    user = request.user
    return {
        **context,
        "title": _("Home"),
        "counters": home.counters(user),
        "due": _due(user),
        "recent": _recent(user),
    }


def _due(user: Any) -> list[dict[str, Any]]:
    today = clock.business_date(user)
    rows = (
        Task.objects.visible_to(user)
        .filter(assigned_to=user, status__in=sorted(Task.OPEN))
        .select_related("client")
        .order_by("due_order", "-priority", "id")[:MOST_TASKS]
    )
    return [
        {
            "title": str(task),
            "client": task.client.name,
            "due": task.due_date,
            "late": task.due_date is not None and task.due_date < today,
            "url": reverse("admin:tasks_task_change", args=[task.pk]),
        }
        for task in rows
    ]


def _recent(user: Any) -> list[dict[str, Any]]:
    """What they did last by the clock: entries of an import are of the past, however late they were written."""
    newest = AuditEntry.objects.filter(actor=user).defer("changes").order_by("-at", "-id")[:MOST_READ]
    done = [entry for entry in newest if entry.target_id and entry.target_type != User._meta.label_lower]
    return [
        {"label": entry.target_label, "action": sentence(entry.action), "at": entry.at, "url": _page_of(entry)}
        for entry in done[:MOST_ENTRIES]
    ]


def _page_of(entry: AuditEntry) -> str:
    """Where the row is shown; the page itself asks whether the person may still see it."""
    try:
        return reverse(f"admin:{entry.target_type.replace('.', '_')}_change", args=[entry.target_id])
    except NoReverseMatch:
        return ""
