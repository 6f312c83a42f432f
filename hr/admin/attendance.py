"""Attendance in the admin: sessions to look at, corrections to decide, days to close, and the month sheet."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.admin.sheet import hours_of, sheet_page
from hr.importers import attendance as punches
from hr.models import Attendance, AttendanceCorrection, LockedDays
from hr.schedules import zone_of_person
from hr.services import attendance_corrections as corrections
from hr.services import attendance_locks as locks
from hr.services import imports_attendance
from hyperflow.core.admin import (
    Import,
    Link,
    Move,
    MoveForm,
    ReadOnlyScopedAdmin,
    RelatedFilter,
    ScopedModelAdmin,
    widgets,
)
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter


class ApproveForm(MoveForm):
    note = widgets.long_text(_("Note"), required=False, most=500, rows=2)


class RejectForm(MoveForm):
    note = widgets.long_text(_("Reason"), most=500, rows=2, help_text=_("The person reads it."))


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyScopedAdmin):
    """Sessions are made by the clock, by corrections and by imports; here they are read."""

    imports = [
        Import(
            "attendance", _("Import a punch clock's file"), imports_attendance.NEEDS, punches.FIELDS, punches.read,
            imports_attendance.import_attendance, "import-hr attendance",
        )
    ]  # fmt: skip
    list_display = ["shown_day", "user", "shown_in", "shown_out", "shown_hours", "shown_status", "confirmed", "note"]
    list_select_related = ["user__employment"]
    list_filter = [
        ("user", RelatedFilter),
        ("user__department", RelatedFilter),
        ("status", ChoicesDropdownFilter),
        ("confirmed", BooleanRadioFilter),
        ("closed_by_job", BooleanRadioFilter),
        ("source", ChoicesDropdownFilter),
        ("work_date", RangeDateFilter),
    ]
    search_fields = ["user__name", "note", "location"]
    search_help_text = _("Person, note or place")
    date_hierarchy = "work_date"
    fields = [
        "user",
        "work_date",
        ("login_time", "logout_time"),
        ("shown_hours", "status"),
        ("confirmed", "closed_by_job"),
        ("location", "source"),
        "note",
    ]
    readonly_fields = ["shown_hours"]
    exported = [
        (_("Day"), "work_date"), (_("Person"), "user__name"), (_("Clock-in"), "login_time"),
        (_("Clock-out"), "logout_time"), (_("Hours"), lambda row: round(row.seconds / 3600, 2)),
        (_("Status"), "status"), (_("Confirmed"), "confirmed"), (_("Place"), "location"), (_("Note"), "note"),
        (_("Source"), "source"),
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        sheet = path("sheet/", self.admin_site.admin_view(self.sheet_view), name=self._url_name("sheet", full=False))
        return [sheet, *super().get_urls()]

    def sheet_view(self, request: HttpRequest) -> HttpResponseBase:
        """People down, days across: a month of everybody whose attendance the reader may see."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "title": _("Month sheet"), "opts": self.opts}
        return sheet_page(request, context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        if getattr(response, "context_data", None):
            link = {"title": _("Month sheet"), "icon": "calendar_view_month", "path": reverse(self._url_name("sheet"))}
            response.context_data["actions_list"] = [{**link, "attrs": {}}, *response.context_data["actions_list"]]
        return response

    @admin.display(description=_("day"), ordering="work_date")
    def shown_day(self, row: Attendance) -> str:
        return f"{row.work_date:%d %b %Y}"

    @admin.display(description=_("clock-in"), ordering="login_time")
    def shown_in(self, row: Attendance) -> str:
        return clock_of(row.login_time, row)

    @admin.display(description=_("clock-out"))
    def shown_out(self, row: Attendance) -> str:
        return clock_of(row.logout_time, row)

    @admin.display(description=_("hours"), ordering="seconds")
    def shown_hours(self, row: Attendance) -> str:
        return str(_("at work")) if row.logout_time is None else hours_of(row.seconds)

    @display(
        description=_("status"),
        ordering="status",
        label={"present": "success", "late": "warning", "half-day": "warning", "remote": "info"},
    )
    def shown_status(self, row: Attendance) -> tuple[str, Any]:
        return row.status, row.get_status_display()


def clock_of(at: dt.datetime | None, row: Attendance | AttendanceCorrection) -> str:
    """The time in the person's own zone, which is named, since the reader's may be another."""
    return f"{at.astimezone(zone_of_person(row.user)):%H:%M %Z}" if at is not None else "–"


@admin.register(AttendanceCorrection)
class CorrectionAdmin(ReadOnlyScopedAdmin):
    """What people asked to have changed. Whoever is above them, or HR, approves or rejects it."""

    list_display = ["shown_asked", "user", "kind", "shown_before", "shown_after", "reason", "shown_status"]
    list_select_related = ["user__employment", "attendance"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("user", RelatedFilter),
        ("user__department", RelatedFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["user__name", "reason"]
    search_help_text = _("Person or reason")
    fields = [
        "user",
        ("kind", "status"),
        ("shown_before", "shown_after"),
        "reason",
        ("requested_by", "created_at"),
        ("decided_by", "decided_at"),
        "decision_note",
    ]
    moves = [
        Move(
            "approve", _("Approve"),
            lambda row, actor, note="": corrections.decide(correction=row, actor=actor, approve=True, note=note),
            needs="hr.decide_correction", done=_("approved"), icon="check", form=ApproveForm,
            question=_("The change is made at once, and the person is told."), available=lambda row, user: _waits(row),
        ),
        Move(
            "reject", _("Reject"),
            lambda row, actor, note: corrections.decide(correction=row, actor=actor, approve=False, note=note),
            needs="hr.decide_correction", done=_("rejected"), icon="block", danger=True, form=RejectForm,
            question=_("Attendance stays as it is, and the person is told why."),
            available=lambda row, user: _waits(row),
        ),
    ]  # fmt: skip
    exported = [
        (_("Asked at"), "created_at"), (_("Person"), "user__name"), (_("Kind"), "kind"),
        (_("Clock-in before"), "old_login_time"), (_("Clock-out before"), "old_logout_time"),
        (_("Clock-in"), "login_time"), (_("Clock-out"), "logout_time"), (_("Reason"), "reason"),
        (_("Status"), "status"), (_("Note of the decision"), "decision_note"),
    ]  # fmt: skip

    def links(self, request: HttpRequest, row: AttendanceCorrection) -> list[Link]:
        if row.attendance_id is None:
            return []
        return [Link(_("Session"), reverse("admin:hr_attendance_change", args=[row.attendance_id]), "badge")]

    @admin.display(description=_("asked at"), ordering="created_at")
    def shown_asked(self, row: AttendanceCorrection) -> str:
        return f"{row.created_at.astimezone(zone_of_person(row.user)):%d %b %Y %H:%M}"

    @admin.display(description=_("before"))
    def shown_before(self, row: AttendanceCorrection) -> str:
        return _span(row, row.old_login_time, row.old_logout_time)

    @admin.display(description=_("asked for"))
    def shown_after(self, row: AttendanceCorrection) -> str:
        return _span(row, row.login_time, row.logout_time)

    @display(
        description=_("status"),
        ordering="status",
        label={"pending": "warning", "approved": "success", "rejected": "danger"},
    )
    def shown_status(self, row: AttendanceCorrection) -> tuple[str, Any]:
        return row.status, row.get_status_display()


def _waits(row: AttendanceCorrection) -> bool:
    return row.status == AttendanceCorrection.Status.PENDING


def _span(row: AttendanceCorrection, begins: dt.datetime | None, ends: dt.datetime | None) -> str:
    if begins is None and ends is None:
        return "–"
    day = begins or ends
    date = f"{day.astimezone(zone_of_person(row.user)):%d %b}, " if day is not None else ""
    return f"{date}{clock_of(begins, row)} – {clock_of(ends, row)}"


@admin.register(LockedDays)
class LockedDaysAdmin(ScopedModelAdmin):
    """Closed days. What an approved payroll run closed stays closed, which the service says."""

    list_display = ["starts_on", "ends_on", "reason", "shown_source", "locked_by"]
    list_select_related = ["locked_by"]
    list_filter = [("starts_on", RangeDateFilter)]
    search_fields = ["reason"]
    fields = ["starts_on", "ends_on", "reason"]
    deletable = True

    def create_with(self, actor: Any, **values: Any) -> LockedDays:
        return locks.lock_days(actor=actor, **values)

    def delete_with(self, row: LockedDays, actor: Any) -> None:
        locks.unlock_days(locked=row, actor=actor)

    @admin.display(description=_("closed by"))
    def shown_source(self, row: LockedDays) -> str:
        return str(_("a payroll run") if row.source else _("a person"))
