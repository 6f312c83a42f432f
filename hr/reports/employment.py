"""Reports of employment: headcount and turnover, and what people can take on in the next two weeks."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from hr.reports.forms import PeopleForm
from hr.selectors import headcount
from hr.selectors.headcount import Headcount
from hr.selectors.sheet import Capacity, capacity_of
from hyperflow.core import clock
from hyperflow.core.reports import Bar, Chart, Column, PeriodForm, ReportView, Table

MOST_BARS = 12
#: How far ahead capacity looks, today included.
CAPACITY_DAYS = 14


class HeadcountForm(PeriodForm):
    """The last twelve months, by month or by department."""

    group = forms.ChoiceField(
        label=_("By"), required=False, choices=[("month", _("Month")), ("department", _("Department"))]
    )

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        self.fields["department"] = forms.ModelChoiceField(
            label=_("Department"),
            queryset=Department.objects.visible_to(user).order_by("name", "id"),
            required=False,
            empty_label=_("All"),
        )

    def defaults(self, user: Any) -> dict[str, Any]:
        today = clock.business_date(user)
        first = today.replace(year=today.year - 1, day=1)
        return {"start": (first + dt.timedelta(days=32)).replace(day=1).isoformat(), "end": today.isoformat()}

    def clean_group(self) -> str:
        return self.cleaned_data["group"] or "month"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and (end - start).days > 3_660:
            self.add_error("end", _("Choose at most ten years."))
        return cleaned


class HeadcountReport(ReportView):
    """Who is here, who joined and who left."""

    slug = "hr/headcount"
    title = _("Headcount and turnover")
    description = _(
        "People employed at the start and at the end, joiners, leavers, and leavers in percent of the average."
    )
    needs = ("hr.view_employment", "hr.view_all_employments")
    form_class = HeadcountForm
    columns = [
        Column(_("Month or department"), "name", link=lambda row: row["people"]),
        Column(_("At the start"), "before", "number"),
        Column(_("Joined"), "joined", "number", total=True, link=lambda row: row["joiners"]),
        Column(_("Left"), "left", "number", total=True, link=lambda row: row["leavers"]),
        Column(_("At the end"), "after", "number", link=lambda row: row["people"]),
        Column(_("Turnover"), "turnover", "percent"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        stays = headcount.stays_of(user, department=filters["department"])
        by_month = filters["group"] == "month"
        found = (headcount.by_month if by_month else headcount.by_department)(stays, filters["start"], filters["end"])
        chosen = filters["department"].pk if filters["department"] is not None else None
        rows = [_headcount_row(span, by_month=by_month, department=chosen) for span in found]
        chart = Chart(
            title=_("People at the end"),
            legend=[_("of these, joined"), _("all")],
            bars=[
                Bar(row["name"], row["after"], str(row["after"]), link=row["people"], part=float(row["joined"]))
                for row in rows[-24:]
            ],
        )
        return Table(rows, chart=chart)


def _headcount_row(span: Headcount, *, by_month: bool, department: int | None) -> dict[str, Any]:
    where = department if by_month else span.department_id
    return {
        "name": f"{span.start:%b %Y}" if by_month else span.department or str(_("Without a department")),
        "before": span.before,
        "joined": span.joined,
        "left": span.left,
        "after": span.after,
        "turnover": span.turnover,
        "joiners": _employees(where, hire_date_from=span.start, hire_date_to=span.end) if span.joined else None,
        "leavers": _employees(where, end_date_from=span.start, end_date_to=span.end) if span.left else None,
        "people": _employees(where, employed_after=span.end),
    }


def _employees(department: int | None, **filters: Any) -> str:
    """The list of employees behind a number."""
    query = {name: f"{value}" for name, value in filters.items()}
    if department is not None:
        query["user__department__id__exact"] = str(department)
    return f"{reverse('admin:hr_employment_changelist')}?{urlencode(query)}"


class CapacityForm(PeopleForm):
    start = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))

    def defaults(self, user: Any) -> dict[str, Any]:
        return {"start": clock.business_date(user).isoformat()}

    def clean_start(self) -> dt.date:
        start: dt.date = self.cleaned_data["start"]
        if not dt.date(1970, 1, 1) <= start <= dt.date(9000, 1, 1):
            raise forms.ValidationError(_("Choose a day of this time."))
        return start


class CapacityReport(ReportView):
    """What people can take on in the next two weeks."""

    slug = "hr/capacity"
    title = _("Capacity of two weeks")
    description = _("Planned hours net of leave and holidays, against what is left of open tasks due by then.")
    needs = ("hr.view_attendance",)
    form_class = CapacityForm
    columns = [
        Column(_("Person"), "name", link=lambda row: row["sheet"]),
        Column(_("Department"), "department"),
        Column(_("Planned hours"), "planned", "hours", total=True),
        Column(_("Leave"), "leave", "hours", total=True),
        Column(_("Holidays"), "holidays", "number", total=True),
        Column(_("Net hours"), "net", "hours", total=True),
        Column(_("Open tasks due"), "tasks", "number", total=True, link=lambda row: row["due"]),
        Column(_("Without an estimate"), "unestimated", "number", total=True),
        Column(_("Hours asked for"), "asked", "hours", total=True, link=lambda row: row["due"]),
        Column(_("Hours free"), "free", "hours", total=True),
        Column(_("Load"), "load", "percent"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start = filters["start"]
        end = start + dt.timedelta(days=CAPACITY_DAYS - 1)
        found = capacity_of(user, start, end, department=filters["department"], person=filters["person"])
        rows = [_capacity_row(one, end) for one in found]
        rows.sort(key=lambda row: (row["free"], row["name"]))
        chart = Chart(
            title=_("Least free first"),
            legend=[_("asked for by tasks"), _("net hours")],
            bars=[
                Bar(
                    row["name"],
                    row["net"],
                    _room(row["free"]),
                    link=row["due"],
                    part=min(row["asked"], row["net"]),
                )
                for row in rows[:MOST_BARS]
            ],
        )
        notes = []
        if blind := sum(row["unestimated"] for row in rows):
            notes.append(_("%(count)s open tasks have no estimate and count as no hours.") % {"count": blind})
        return Table(rows, chart=chart, notes=notes)


def _room(free: float) -> str:
    words = _("%(hours)s h free") if free >= 0 else _("%(hours)s h over")
    return words % {"hours": f"{abs(free):,.1f}"}


def _capacity_row(one: Capacity, end: dt.date) -> dict[str, Any]:
    due = {"assigned_to__id__exact": one.row.user_id, "due_date_to": end.isoformat(), "standing": "open"}
    sheet = {"month": f"{end:%Y-%m}", "person": one.row.user_id}
    return {
        "name": one.row.name,
        "department": one.row.department,
        "planned": one.planned_seconds / 3600,
        "leave": one.leave_seconds / 3600,
        "holidays": one.holidays,
        "net": one.net_seconds / 3600,
        "tasks": one.tasks,
        "unestimated": one.unestimated,
        "asked": one.asked_seconds / 3600,
        "free": one.free_seconds / 3600,
        "load": one.asked_seconds * 100 // one.net_seconds if one.net_seconds else None,
        "sheet": f"{reverse('admin:hr_attendance_sheet')}?{urlencode(sheet)}",
        "due": f"{reverse('admin:tasks_task_changelist')}?{urlencode(due)}",
    }


REPORTS: list[type[ReportView]] = [HeadcountReport, CapacityReport]
