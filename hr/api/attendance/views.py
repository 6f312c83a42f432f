"""`/api/employee/attendance`: the caller's own sessions at work."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hr.api.attendance import serializers
from hr.api.attendance.filters import OwnAttendanceFilter, lately
from hr.models import Attendance
from hr.selectors import attendance as selectors
from hr.services import attendance as services
from hyperflow.core.api.pagination import PARAMETERS
from hyperflow.core.api.viewsets import RetrieveMixin, ScopedViewSet

_ROWS = Attendance.objects.select_related("user")


class OwnAttendanceViewSet(RetrieveMixin, ScopedViewSet):
    queryset = _ROWS
    serializer_class = serializers.AttendanceSerializer
    filterset_class = OwnAttendanceFilter
    lists: ClassVar = ("history",)
    needs: ClassVar = {
        "login": "hr.clock_in",
        "logout": "hr.clock_in",
        "today": "hr.view_attendance",
        "history": "hr.view_attendance",
        "retrieve": "hr.view_attendance",
    }
    inputs: ClassVar = {"login": serializers.ClockIn, "logout": serializers.ClockOut}
    outputs: ClassVar = {"today": serializers.TodaySerializer}
    statuses: ClassVar = {"login": 201}
    orderings: ClassVar = {"login_time": "login_time"}
    default_ordering = "-login_time"

    def get_queryset(self) -> Any:
        """Everybody sees their own: nobody's reports are looked for."""
        return _ROWS.filter(user_id=self.actor.pk)

    def location(self, row: Attendance) -> str:
        return f"/api/employee/attendance/{row.pk}"

    def login(self, request: Request) -> HttpResponse:
        return self.render(services.clock_in(actor=self.actor, **self._given()), 201)

    def logout(self, request: Request) -> HttpResponse:
        return self.render(services.clock_out(actor=self.actor, **self._given()))

    def today(self, request: Request) -> HttpResponse:
        return self.answer(self.represent(selectors.today(self.actor)))

    def history(self, request: Request) -> HttpResponse:
        rows = self.get_queryset()
        narrowed = bool(set(request.query_params) - PARAMETERS)
        return self.page(rows if narrowed else lately(rows, request))

    def _given(self) -> dict[str, Any]:
        """The body, which may be missing: there is nothing that must be said."""
        return self.parse() if self.request.META.get("CONTENT_LENGTH", "").strip("0") else {}
