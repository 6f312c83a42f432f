"""Reports about tasks and time."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clients.models import Client
from hyperflow.core import clock
from hyperflow.core.reports import Bar, Chart, Column, FilterForm, PeriodForm, ReportView, Table
from tasks.selectors_reports import Hours, finished_time, hours_by, late_and_waiting

MOST_BARS = 12


class LateForm(FilterForm):
    """Filters that offer the people and clients in the reader's scope."""

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        people = User.objects.visible_to(user).filter(role__is_staff=True).order_by("name", "id")
        clients = Client.objects.visible_to(user).order_by("name", "id")
        self.fields["person"] = forms.ModelChoiceField(
            label=_("Person"), queryset=people, required=False, empty_label=_("All")
        )
        self.fields["client"] = forms.ModelChoiceField(
            label=_("Client"), queryset=clients, required=False, empty_label=_("All")
        )


class HoursForm(PeriodForm, LateForm):
    days = 30
    group = forms.ChoiceField(
        label=_("By"),
        required=False,
        choices=[("client", _("Client")), ("project", _("Project")), ("person", _("Person"))],
    )

    def clean_group(self) -> str:
        return self.cleaned_data["group"] or "client"


class LateReport(ReportView):
    """Open tasks that are past their date or wait for the client."""

    slug = "tasks/late"
    title = _("Late and waiting tasks")
    description = _("Open tasks past their date, and those that are tagged as waiting for the client.")
    needs = ("tasks.view_task",)
    form_class = LateForm
    columns = [
        Column(_("Person"), "person"),
        Column(_("Client"), "client"),
        Column(_("Task"), "task", link=lambda row: reverse("admin:tasks_task_change", args=[row["pk"]])),
        Column(_("Due"), "due", "date"),
        Column(_("Days late"), "days", "number"),
        Column(_("Waiting for the client"), "waiting"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        today = clock.business_date(user)
        found = late_and_waiting(user, today=today, person=filters["person"], client=filters["client"])
        rows = [
            {
                "pk": task.pk,
                "person": task.assigned_to.name if task.assigned_to else str(_("Nobody")),
                "person_id": task.assigned_to_id,
                "client": task.client.name,
                "task": str(task),
                "due": task.due_date,
                "days": (today - task.due_date).days if task.due_date and task.due_date < today else None,
                "waiting": str(_("yes")) if getattr(task, "waiting", False) else "",
            }
            for task in found
        ]
        return Table(rows, chart=_late_by_person(rows))


def _late_by_person(rows: list[dict[str, Any]]) -> Chart:
    late = Counter((row["person"], row["person_id"]) for row in rows)
    waiting = Counter((row["person"], row["person_id"]) for row in rows if row["waiting"])
    return Chart(
        title=_("Tasks by person"),
        legend=[_("waiting for the client"), _("all")],
        bars=[
            Bar(name, count, str(count), part=float(waiting[name, pk]))
            for (name, pk), count in late.most_common(MOST_BARS)
        ],
    )


class HoursReport(ReportView):
    """Time of a period by client, project or person, with the share that is billed."""

    slug = "time/hours"
    title = _("Hours")
    description = _("Finished time by client, project or person, and how much of it is billable.")
    needs = ("tasks.view_timeentry", "tasks.view_all_time")
    form_class = HoursForm
    columns = [
        Column(_("Name"), "name", link=lambda row: row["link"]),
        Column(_("Belongs to"), "of"),
        Column(_("Entries"), "entries", "number", total=True),
        Column(_("Hours"), "hours", "hours", total=True, link=lambda row: row["link"]),
        Column(_("Billable hours"), "billable_hours", "hours", total=True),
        Column(_("Billable share"), "billable_share", "percent"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start, end, group = filters["start"], filters["end"], filters["group"]
        time = finished_time(user, start=start, end=end, client=filters["client"], person=filters["person"])
        rows = [_hours_row(group, hours, filters) for hours in hours_by(group, time)]
        return Table(rows, chart=_hours_chart(rows))


#: The filter of the time list that shows the entries behind a row.
_DRILL = {"client": "task__client__id__exact", "project": "task__project__id__exact", "person": "user__id__exact"}


def _hours_row(group: str, hours: Hours, filters: dict[str, Any]) -> dict[str, Any]:
    query = {"work_date_from": filters["start"], "work_date_to": filters["end"]}
    for name in ("client", "person"):
        if filters[name] is not None:
            query[_DRILL[name]] = filters[name].pk
    if hours.pk is None:
        query["task__project__isnull"] = "True"
    else:
        query[_DRILL[group]] = hours.pk
    return {
        "pk": hours.pk,
        "name": hours.name or str(_("Without a project")),
        "of": hours.of,
        "entries": hours.entries,
        "hours": hours.hours,
        "billable_hours": hours.billable_hours,
        "billable_share": hours.billable_share,
        "link": f"{reverse('admin:tasks_timeentry_changelist')}?{urlencode(query)}",
    }


def _hours_chart(rows: list[dict[str, Any]]) -> Chart:
    return Chart(
        title=_("Hours"),
        legend=[_("billable"), _("all")],
        bars=[
            Bar(row["name"], float(row["hours"]), f"{row['hours']:,.1f} h", part=float(row["billable_hours"]))
            for row in rows[:MOST_BARS]
        ],
    )
