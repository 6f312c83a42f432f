"""`/api/hr/attendance`, its corrections and its closed days."""

from typing import ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from hr import scope
from hr.api.attendance import serializers
from hr.api.attendance.filters import (
    AttendanceFilter,
    CorrectionFilter,
    EmployeeTimeFilter,
    OwnAttendanceFilter,
    lately,
    period_of,
)
from hr.models import Attendance, AttendanceCorrection, Employment, LockedDays
from hr.selectors import attendance as selectors
from hr.selectors.attendance_time import days_of_time
from hr.services import attendance_corrections as corrections
from hr.services import attendance_locks as locks
from hyperflow.core.api import filters
from hyperflow.core.api.pagination import PARAMETERS, Keyset
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound

#: Who looks after the attendance of others: all of it, or that of their reports.
LOOKS_AFTER = ("hr.view_all_attendance", "hr.decide_correction")
#: A summary is a list of employees.
_BY_CODE = Keyset.of(Employment, {"employee_code": "code"}, "employee_code")


class AttendanceViewSet(ScopedViewSet):
    """Everybody's sessions in scope."""

    queryset = Attendance.objects.select_related("user")
    serializer_class = serializers.AttendanceSerializer
    filterset_class = AttendanceFilter
    needs: ClassVar = {"list": LOOKS_AFTER}
    orderings: ClassVar = {"login_time": "login_time"}
    default_ordering = "-login_time"

    def list(self, request: Request) -> HttpResponse:
        if request.query_params.get("summary") == "true":
            return self.summary(request)
        narrowed = bool(set(request.query_params) - PARAMETERS)
        rows = self.get_queryset()
        return self.page(rows if narrowed else lately(rows, request))

    def summary(self, request: Request) -> HttpResponse:
        self._read_query = True
        filters.check_names(request.query_params, self.list_parameters())
        wanted = _BY_CODE.read(request.query_params)
        asked = AttendanceFilter(
            data=request.query_params, queryset=Attendance.objects.none(), request=request
        ).wanted()
        people = scope.people_in_scope(
            Employment.objects.during(asked["start"], asked["end"]),
            self.actor,
            everybody="hr.view_all_attendance",
            own="hr.view_attendance",
        ).select_related("user", "user__department")
        if asked["user_id"]:
            people = people.filter(user_id=asked["user_id"])
        if asked["department"]:
            people = people.filter(user__department__name=asked["department"])
        found = wanted.fetch(people)
        items = selectors.summaries(found.rows, asked["start"], asked["end"], status=asked["status"])
        total = people.count if self.wants_total else None
        return self.answer_page(items, wanted, found, wanted.value_of, total=total)


class PersonAttendanceViewSet(ScopedViewSet):
    """One person's sessions, and their correction by HR."""

    queryset = Attendance.objects.select_related("user")
    serializer_class = serializers.AttendanceSerializer
    filterset_class = OwnAttendanceFilter
    needs: ClassVar = {
        "list": LOOKS_AFTER,
        "show_one": LOOKS_AFTER,
        "create": "hr.correct_attendance",
        "update": "hr.correct_attendance",
        "remove": "hr.correct_attendance",
    }
    inputs: ClassVar = {
        "create": serializers.SessionAdd,
        "update": serializers.SessionChange,
        "remove": serializers.SessionRemoval,
    }
    outputs: ClassVar = {"remove": serializers.CorrectionSerializer}
    #: A correction says why, so its body is taken whole; times that are not named stay.
    whole: ClassVar = ("update",)
    orderings: ClassVar = {"login_time": "login_time"}
    default_ordering = "-login_time"

    def person(self) -> User:
        """Whose attendance the path names, if the caller looks after it."""
        user_id = self.kwargs["user_id"]
        everybody = self.actor.has_perm("hr.view_all_attendance")
        if everybody or user_id == self.actor.pk or scope.is_above(self.actor, user_id):
            found = User.objects.filter(pk=user_id, role__is_staff=True).first()
            if found is not None:
                return found
        raise NotFound(_("There is nothing here."))

    def session(self, person: User) -> Attendance:
        found = self.queryset.filter(user=person, pk=self.kwargs["attendance_id"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def location(self, row: Attendance) -> str:
        return f"/api/hr/attendance/{row.user_id}/{row.pk}"

    def list(self, request: Request, user_id: int) -> HttpResponse:
        rows = self.queryset.filter(user=self.person())
        narrowed = bool(set(request.query_params) - PARAMETERS)
        return self.page(rows if narrowed else lately(rows, request))

    def show_one(self, request: Request, user_id: int, attendance_id: int) -> HttpResponse:
        return self.show(self.session(self.person()))

    def create(self, request: Request, user_id: int) -> HttpResponse:
        person = self.person()
        made = corrections.correct(actor=self.actor, user=person, kind="add", **self.parse())
        return self.render(made.attendance, 201)

    def update(self, request: Request, user_id: int, attendance_id: int) -> HttpResponse:
        person = self.person()
        row = self.session(person)
        corrections.correct(
            actor=self.actor,
            user=person,
            kind="change",
            attendance=row,
            expected_version=self.expected_version,
            **self.parse(),
        )
        return self.render(row)

    def remove(self, request: Request, user_id: int, attendance_id: int) -> HttpResponse:
        person = self.person()
        row = self.session(person)
        made = corrections.correct(
            actor=self.actor,
            user=person,
            kind="remove",
            attendance=row,
            expected_version=self.expected_version,
            **self.parse(),
        )
        return self.answer(self.represent(made, serializers.CorrectionSerializer))


class CorrectionViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Corrections in scope, and their decision."""

    queryset = AttendanceCorrection.objects.select_related("user")
    serializer_class = serializers.CorrectionSerializer
    filterset_class = CorrectionFilter
    needs: ClassVar = {
        "list": "hr.decide_correction",
        "retrieve": "hr.decide_correction",
        "decide": "hr.decide_correction",
    }
    inputs: ClassVar = {"decide": serializers.CorrectionDecision}
    whole: ClassVar = ("decide",)

    def decide(self, request: Request, pk: int) -> HttpResponse:
        row = self.get_object()
        wanted = self.parse()
        corrections.decide(
            correction=row,
            actor=self.actor,
            approve=wanted["status"] == "approved",
            note=wanted.get("decision_note", ""),
            expected_version=self.expected_version,
        )
        return self.render(row)


class LockViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Days of attendance that are closed."""

    queryset = LockedDays.objects.all()
    serializer_class = serializers.LockSerializer
    needs: ClassVar = {
        "list": "hr.view_lockeddays",
        "retrieve": "hr.view_lockeddays",
        "create": "hr.lock_attendance",
        "destroy": "hr.lock_attendance",
    }
    inputs: ClassVar = {"create": serializers.LockInput}
    orderings: ClassVar = {"starts_on": "starts_on"}
    default_ordering = "-starts_on"

    def create(self, request: Request) -> HttpResponse:
        return self.render(locks.lock_days(actor=self.actor, **self.parse()), 201)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        locks.unlock_days(locked=self.get_object(), actor=self.actor)
        return self.nothing()


class TimeViewSet(ScopedViewSet):
    """Attendance against logged time, a page of employees at a time."""

    queryset = Employment.objects.select_related("user")
    serializer_class = serializers.PersonTimeSerializer
    filterset_class = EmployeeTimeFilter
    needs: ClassVar = {"list": LOOKS_AFTER}
    orderings: ClassVar = {"employee_code": "code"}
    default_ordering = "employee_code"

    def list(self, request: Request) -> HttpResponse:
        wanted = self.page_request()
        asked = EmployeeTimeFilter(data=request.query_params, queryset=self.get_queryset(), request=request)
        rows, ends = asked.qs, asked.form.cleaned_data
        start, end = period_of(request, asked.day("start_date"), asked.day("end_date"))
        found = wanted.fetch(rows)
        days = days_of_time([row.user_id for row in found.rows], start, end)
        one = serializers.DayOfTimeSerializer()
        items = [
            {
                "user_id": row.user_id,
                "user_name": row.user.name,
                "employee_code": row.code,
                "days": [
                    one.to_representation(day)
                    for day in reversed(days[row.user_id])
                    if day.flags or not ends.get("flagged")
                ],
            }
            for row in found.rows
        ]
        total = rows.count if self.wants_total else None
        return self.answer_page(items, wanted, found, wanted.value_of, total=total)
