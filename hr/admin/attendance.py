"""Attendance in the admin: sessions to look at, corrections to decide, days to close, and the month sheet."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.admin.sheet import hours_of, sheet_page
from hr.models import Attendance, LockedDays
from hr.services import attendance_locks as locks
from hyperflow.core.admin import ReadOnlyScopedAdmin, RelatedFilter, ScopedModelAdmin
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyScopedAdmin):
    """Sessions are made by the clock, by corrections and by imports; here they are read."""

    list_display = [
        "work_date",
        "user",
        "login_time",
        "logout_time",
        "shown_hours",
        "shown_status",
        "confirmed",
        "note",
    ]
    list_select_related = ["user"]
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
        return row.source or str(_("a person"))
