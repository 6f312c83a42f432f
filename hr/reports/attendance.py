"""Reports of attendance: the sums of a period, who came late or not at all, and overtime."""

import datetime as dt
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr import judging
from hr.reports.forms import DaysForm
from hr.selectors.days import Day
from hr.selectors.sheet import SheetRow, late_and_absent, sheet_of
from hyperflow.core import clock
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 12


def rows_behind(user_id: int, start: dt.date, end: dt.date) -> str:
    """Where the sessions of one person in a period are listed."""
    query = {"user__id__exact": user_id, "work_date_from": start.isoformat(), "work_date_to": end.isoformat()}
    return f"{reverse('admin:hr_attendance_changelist')}?{urlencode(query)}"


def sheet_behind(user_id: int, day: dt.date) -> str:
    """The month of one person: where a day without any session is seen."""
    query = {"month": f"{day:%Y-%m}", "person": user_id}
    return f"{reverse('admin:hr_attendance_sheet')}?{urlencode(query)}"


class MonthForm(DaysForm):
    """The running month up to today, unless the address says otherwise."""

    def defaults(self, user: Any) -> dict[str, Any]:
        today = clock.business_date(user)
        return {"start": today.replace(day=1).isoformat(), "end": today.isoformat()}


class SheetReport(ReportView):
    """The sums of each person's days."""

    slug = "hr/attendance-sheet"
    title = _("Attendance")
    description = _("Days and hours of each person: present, late, absent, on leave, worked and beyond the plan.")
    needs = ("hr.view_attendance",)
    form_class = MonthForm
    columns = [
        Column(_("Person"), "name", link=lambda row: row["sheet"]),
        Column(_("Department"), "department"),
        Column(_("Present"), "present", "number", total=True, link=lambda row: row["rows"]),
        Column(_("Late"), "late", "number", total=True, link=lambda row: row["unpunctual"]),
        Column(_("Absent"), "absent", "number", total=True, link=lambda row: row["unpunctual"]),
        Column(_("Half days"), "half_days", "number", total=True),
        Column(_("Remote"), "remote", "number", total=True),
        Column(_("Days of leave"), "leave", "number", total=True),
        Column(_("Planned hours"), "planned", "hours", total=True),
        Column(_("Hours worked"), "worked", "hours", total=True, link=lambda row: row["rows"]),
        Column(_("Hours to confirm"), "unconfirmed", "hours", total=True),
        Column(_("Overtime"), "overtime", "hours", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start, end = filters["start"], filters["end"]
        found = sheet_of(user, start, end, department=filters["department"], person=filters["person"])
        rows = [_sums(row, start, end) for row in found]
        busiest = sorted(rows, key=lambda row: -row["worked"])[:MOST_BARS]
        chart = Chart(
            title=_("Hours worked"),
            legend=[_("beyond the plan"), _("all")],
            bars=[
                Bar(row["name"], row["worked"], f"{row['worked']:,.1f} h", link=row["rows"], part=row["overtime"])
                for row in busiest
            ],
        )
        return Table(rows, chart=chart)


def _sums(row: SheetRow, start: dt.date, end: dt.date) -> dict[str, Any]:
    total = row.total
    period = {"start": start.isoformat(), "end": end.isoformat(), "person": row.user_id}
    return {
        "name": row.name,
        "department": row.department,
        "present": total.present,
        "late": total.late,
        "absent": total.absent,
        "half_days": total.half_days,
        "remote": total.remote,
        "leave": total.leave.normalize() if total.leave else 0,
        "planned": total.planned_seconds / 3600,
        "worked": total.worked_seconds / 3600,
        "unconfirmed": total.unconfirmed_seconds / 3600,
        "overtime": total.overtime_seconds / 3600,
        "sheet": sheet_behind(row.user_id, end),
        "rows": rows_behind(row.user_id, start, end),
        "unpunctual": f"{reverse('reports:hr-late-absent')}?{urlencode(period)}",
    }


class UnpunctualForm(DaysForm):
    what = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("All")), ("late", _("Late")), ("absent", _("Absent"))]
    )


class LateReport(ReportView):
    """Each day on which somebody came late or not at all."""

    slug = "hr/late-absent"
    title = _("Late and absent")
    description = _("Days on which somebody came after the grace of their work pattern, or not at all without leave.")
    needs = ("hr.view_attendance",)
    form_class = UnpunctualForm
    columns = [
        Column(_("Day"), "date", "date", link=lambda row: row["rows"]),
        Column(_("Person"), "name", link=lambda row: row["rows"]),
        Column(_("Department"), "department"),
        Column(_("What"), "what"),
        Column(_("Minutes late"), "minutes", "number", total=True),
        Column(_("Came at"), "came"),
        Column(_("Hours worked"), "worked", "hours", total=True),
        Column(_("Leave"), "leave"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        found = sheet_of(
            user, filters["start"], filters["end"], department=filters["department"], person=filters["person"]
        )
        rows = [_unpunctual(row, day) for row, day in late_and_absent(found)]
        if filters["what"]:
            rows = [row for row in rows if row["kind"] == filters["what"]]
        rows.sort(key=lambda row: (-row["date"].toordinal(), row["name"]))
        return Table(rows, chart=_unpunctual_chart(rows, filters["start"], filters["end"]))


def _unpunctual(row: SheetRow, day: Day) -> dict[str, Any]:
    is_absent = day.status == judging.ABSENT
    zone = clock.zone_of(row.employment)
    return {
        "user_id": row.user_id,
        "date": day.date,
        "name": row.name,
        "department": row.department,
        "kind": "absent" if is_absent else "late",
        "what": str(_("Absent") if is_absent else _("Late")),
        "minutes": None if is_absent else day.late_seconds // 60,
        "came": f"{day.first_in.astimezone(zone):%H:%M}" if day.first_in is not None else "",
        "worked": day.worked_seconds / 3600,
        "leave": f"{day.leave_type} {day.leave_portion.normalize():f}" if day.leave_portion else "",
        "rows": sheet_behind(row.user_id, day.date) if is_absent else rows_behind(row.user_id, day.date, day.date),
    }


def _unpunctual_chart(rows: list[dict[str, Any]], start: dt.date, end: dt.date) -> Chart:
    every = Counter((row["name"], row["user_id"]) for row in rows)
    absent = Counter((row["name"], row["user_id"]) for row in rows if row["kind"] == "absent")
    return Chart(
        title=_("Days by person"),
        legend=[_("absent"), _("late or absent")],
        bars=[
            Bar(
                name,
                count,
                str(count),
                # Who was never there on these days has no session to list.
                link=sheet_behind(pk, end) if absent[name, pk] == count else rows_behind(pk, start, end),
                part=float(absent[name, pk]),
            )
            for (name, pk), count in every.most_common(MOST_BARS)
        ],
    )


class OvertimeReport(ReportView):
    """What was worked beyond the plan, by person."""

    slug = "hr/overtime"
    title = _("Overtime")
    description = _("Confirmed work beyond the plan and what the work pattern allows for, by person.")
    needs = ("hr.view_attendance",)
    form_class = MonthForm
    columns = [
        Column(_("Person"), "name", link=lambda row: row["rows"]),
        Column(_("Department"), "department"),
        Column(_("Days with overtime"), "days", "number", total=True),
        Column(_("Most on one day"), "most", "hours"),
        Column(_("On days off"), "off", "hours", total=True),
        Column(_("Planned hours"), "planned", "hours", total=True),
        Column(_("Hours worked"), "worked", "hours", total=True, link=lambda row: row["rows"]),
        Column(_("Overtime"), "overtime", "hours", total=True, link=lambda row: row["rows"]),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start, end = filters["start"], filters["end"]
        found = sheet_of(user, start, end, department=filters["department"], person=filters["person"])
        rows = [_overtime(row, start, end) for row in found if row.total.overtime_seconds]
        rows.sort(key=lambda row: (-row["overtime"], row["name"]))
        chart = Chart(
            title=_("Overtime"),
            legend=[_("on days off"), _("all")],
            bars=[
                Bar(row["name"], row["overtime"], f"{row['overtime']:,.1f} h", link=row["rows"], part=row["off"])
                for row in rows[:MOST_BARS]
            ],
        )
        return Table(rows, chart=chart)


def _overtime(row: SheetRow, start: dt.date, end: dt.date) -> dict[str, Any]:
    over = [day for day in row.days if day.overtime_seconds]
    return {
        "name": row.name,
        "department": row.department,
        "days": len(over),
        "most": max(day.overtime_seconds for day in over) / 3600,
        "off": sum(day.overtime_seconds for day in over if not day.is_working_day) / 3600,
        "planned": row.total.planned_seconds / 3600,
        "worked": row.total.worked_seconds / 3600,
        "overtime": row.total.overtime_seconds / 3600,
        "rows": rows_behind(row.user_id, start, end),
    }


REPORTS: list[type[ReportView]] = [SheetReport, LateReport, OvertimeReport]
