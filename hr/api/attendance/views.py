"""`/api/employee/attendance`: the caller's own sessions at work."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hr.api.attendance import serializers
from hr.api.attendance.filters import OwnAttendanceFilter, OwnCorrectionFilter, lately, period_of
from hr.models import Attendance, AttendanceCorrection
from hr.selectors import attendance as selectors
from hr.selectors.attendance_time import days_of_time
from hr.services import attendance as services
from hr.services import attendance_corrections as corrections
from hyperflow.core.api.pagination import PARAMETERS
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet

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
        "confirm": "hr.clock_in",
        "unexplained": "hr.view_attendance",
    }
    inputs: ClassVar = {
        "login": serializers.ClockIn,
        "logout": serializers.ClockOut,
        "confirm": serializers.Confirmation,
    }
    outputs: ClassVar = {
        "today": serializers.TodaySerializer,
        "confirm": serializers.ConfirmationAnswer,
        "unexplained": serializers.DayOfTimeSerializer(many=True),
    }
    queries: ClassVar = {"unexplained": serializers.TimePeriodQuery}
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

    def confirm(self, request: Request, pk: int) -> HttpResponse:
        row = self.get_object()
        made = corrections.answer(attendance=row, actor=self.actor, **self._given())
        answer = {
            "attendance": self.represent(self.get_object(), serializers.AttendanceSerializer),
            "correction": self.represent(made, serializers.CorrectionSerializer) if made is not None else None,
        }
        return self.answer(answer)

    def unexplained(self, request: Request) -> HttpResponse:
        """Newest day first."""
        wanted = self.query()
        start, end = period_of(request, wanted.get("start_date"), wanted.get("end_date"))
        found = days_of_time([self.actor.pk], start, end)[self.actor.pk]
        only = wanted.get("flagged") == "true"
        rows = [day for day in reversed(found) if day.flags or not only]
        return self.answer(self.represent_all(rows, serializers.DayOfTimeSerializer))

    def _given(self) -> dict[str, Any]:
        """The body, which may be missing: there is nothing that must be said."""
        return self.parse() if self.request.META.get("CONTENT_LENGTH", "").strip("0") else {}


class OwnCorrectionViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """What the caller asked to have corrected, and what became of it."""

    queryset = AttendanceCorrection.objects.select_related("user")
    serializer_class = serializers.CorrectionSerializer
    filterset_class = OwnCorrectionFilter
    needs: ClassVar = {
        "list": "hr.view_attendance",
        "retrieve": "hr.view_attendance",
        "create": "hr.add_attendancecorrection",
    }
    inputs: ClassVar = {"create": serializers.CorrectionRequest}

    def get_queryset(self) -> Any:
        return AttendanceCorrection.objects.select_related("user").filter(user_id=self.actor.pk)

    def create(self, request: Request) -> HttpResponse:
        return self.render(corrections.ask(actor=self.actor, **self.parse()), 201)
