"""Report of attendance against the time that was logged on tasks."""

import datetime as dt
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr.reports.attendance import rows_behind
from hr.reports.forms import DaysForm
from hr.selectors.attendance_time import ON_LEAVE, UNEXPLAINED, WHILE_OUT, DayOfTime, days_of_time
from hr.selectors.sheet import people_of
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 12
WORDS = {
    UNEXPLAINED: _("unexplained"),
    WHILE_OUT: _("logged while clocked out"),
    ON_LEAVE: _("logged on leave"),
}


class UnexplainedForm(DaysForm):
    days = 15
    flagged = forms.ChoiceField(
        label=_("Days"), required=False, choices=[("", _("All")), ("on", _("Only what needs a word"))]
    )


class UnexplainedReport(ReportView):
    """Each day on which somebody attended or logged time, and what of it is explained."""

    slug = "hr/unexplained"
    title = _("Attendance against time")
    description = _(
        "Per person and day: attended, less breaks, less the time logged on tasks, is what is unexplained. "
        "Time that was logged while clocked out or on leave needs a word before it is billed."
    )
    needs = ("hr.view_attendance",)
    form_class = UnexplainedForm
    columns = [
        Column(_("Day"), "date", "date", link=lambda row: row["sessions"]),
        Column(_("Person"), "name"),
        Column(_("Department"), "department"),
        Column(_("Attended"), "attended", "hours", total=True, link=lambda row: row["sessions"]),
        Column(_("Breaks"), "breaks", "hours", total=True),
        Column(_("Logged"), "logged", "hours", total=True, link=lambda row: row["entries"]),
        Column(_("Unexplained"), "unexplained", "hours", total=True),
        Column(_("Logged while out"), "while_out", "hours", total=True),
        Column(_("Logged on leave"), "on_leave", "hours", total=True),
        Column(_("Needs a word"), "flags"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start, end = filters["start"], filters["end"]
        people = {
            row.user_id: row.user
            for row in people_of(user, start, end, department=filters["department"], person=filters["person"])
        }
        found = [
            _row(people[person], day)
            for person, days in days_of_time(people, start, end).items()
            for day in days
            if day.flags or not filters["flagged"]
        ]
        found.sort(key=lambda row: (-row["date"].toordinal(), row["name"]))
        return Table(found, chart=_chart(found, start, end))


def _row(person: Any, day: DayOfTime) -> dict[str, Any]:
    return {
        "date": day.date,
        "user_id": person.pk,
        "name": person.name,
        "department": person.department.name if person.department is not None else "",
        "attended": day.attended_seconds / 3600,
        "breaks": day.break_seconds / 3600,
        "logged": day.logged_seconds / 3600,
        "unexplained": day.unexplained_seconds / 3600,
        "while_out": day.while_out_seconds / 3600,
        "on_leave": day.on_leave_seconds / 3600,
        "flags": ", ".join(str(WORDS[flag]) for flag in day.flags),
        "sessions": rows_behind(person.pk, day.date, day.date),
        "entries": _entries(person.pk, day.date),
    }


def _entries(user_id: int, day: dt.date) -> str:
    query = {"user__id__exact": user_id, "work_date_from": day.isoformat(), "work_date_to": day.isoformat()}
    return f"{reverse('admin:tasks_timeentry_changelist')}?{urlencode(query)}"


def _chart(rows: list[dict[str, Any]], start: dt.date, end: dt.date) -> Chart | None:
    """Who has most to explain. A bar leads to that person's days."""
    sums: dict[tuple[str, int], float] = defaultdict(float)
    for row in rows:
        sums[row["name"], row["user_id"]] += max(0.0, row["unexplained"])
    most = sorted(((hours, *who) for who, hours in sums.items() if hours > 0), reverse=True)[:MOST_BARS]
    if not most:
        return None
    bars = [
        Bar(name, hours, f"{hours:,.1f} h", link=f"?{urlencode({'start': start, 'end': end, 'person': pk})}")
        for hours, name, pk in most
    ]
    return Chart(title=_("Unexplained hours"), bars=bars)


REPORTS: list[type[ReportView]] = [UnexplainedReport]
