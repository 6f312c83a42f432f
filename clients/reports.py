"""Reports about clients."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.selectors import performances
from hyperflow.core.reports import Bar, Chart, Column, PeriodForm, ReportView, Table

MOST_BARS = 12


class PerformanceForm(PeriodForm):
    days = 365
    status = forms.ChoiceField(
        label=_("Clients"), required=False, choices=[("", _("All")), *Client.Status.choices], initial=""
    )


def _client_page(row: dict[str, Any]) -> str:
    return reverse("admin:clients_client_change", args=[row["client"].pk])


def _tasks_of(status: str = "") -> Any:
    def link(row: dict[str, Any]) -> str:
        query = {"client__id__exact": row["client"].pk, **({"status__exact": status} if status else {})}
        return f"{reverse('admin:tasks_task_changelist')}?{urlencode(query)}"

    return link


def _hours_of(row: dict[str, Any]) -> str:
    query = {
        "task__client__id__exact": row["client"].pk,
        "work_date_from": row["start"],
        "work_date_to": row["end"],
    }
    return f"{reverse('admin:tasks_timeentry_changelist')}?{urlencode(query)}"


class PerformanceReport(ReportView):
    """Every client in the reader's scope with the figures that the API gives for it alone."""

    slug = "clients/performance"
    title = _("How the work for clients goes")
    description = _("Tasks made in the period, how many are done, on time and as estimated, and the hours they took.")
    needs = ("clients.view_performance",)
    form_class = PerformanceForm
    columns = [
        Column(_("Client"), lambda row: row["client"].name, link=_client_page),
        Column(_("Tasks"), "made", "number", total=True, link=_tasks_of()),
        Column(_("Open"), "open", "number", total=True),
        Column(_("Completed"), "completed", "number", total=True, link=_tasks_of("completed")),
        Column(_("Cancelled"), "cancelled", "number", total=True, link=_tasks_of("cancelled")),
        Column(_("Completion"), "completion_rate", "percent"),
        Column(_("On time"), "on_time_rate", "percent"),
        Column(_("Estimate accuracy"), "estimate_accuracy", "percent"),
        Column(_("Hours"), "hours", "hours", total=True, link=_hours_of),
        Column(_("Billable hours"), "billable_hours", "hours", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        clients = Client.objects.visible_to(user).order_by("name", "id")
        if filters["status"]:
            clients = clients.filter(status=filters["status"])
        rows = [_row(client, figures) for client, figures in performances(list(clients), user, *_period(filters))]
        return Table(rows, chart=_chart(rows))


def _period(filters: dict[str, Any]) -> tuple[dt.date, dt.date]:
    return filters["start"], filters["end"]


def _row(client: Client, figures: Any) -> dict[str, Any]:
    tasks = figures.tasks or {}
    return {
        "client": client,
        "start": figures.start,
        "end": figures.end,
        "made": sum(tasks.values()),
        "open": tasks.get("pending", 0) + tasks.get("in_progress", 0),
        "completed": tasks.get("completed", 0),
        "cancelled": tasks.get("cancelled", 0),
        "completion_rate": figures.completion_rate,
        "on_time_rate": figures.on_time_rate,
        "estimate_accuracy": figures.estimate_accuracy,
        "hours": figures.hours or Decimal(0),
        "billable_hours": figures.billable_hours or Decimal(0),
    }


def _chart(rows: list[dict[str, Any]]) -> Chart:
    most = sorted((row for row in rows if row["hours"]), key=lambda row: row["hours"], reverse=True)[:MOST_BARS]
    return Chart(
        title=_("Hours by client"),
        legend=[_("billable"), _("all")],
        bars=[
            Bar(row["client"].name, float(row["hours"]), f"{row['hours']:,.1f} h", part=float(row["billable_hours"]))
            for row in most
        ],
    )
