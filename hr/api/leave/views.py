"""Requests for leave, balances, holidays and the team calendar."""

import datetime as dt
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import Holiday, WorkingCalendar
from accounts.services import calendars
from hr.api.leave import serializers
from hr.api.leave.filters import BalanceFilter, HolidayFilter, LeaveEntryFilter, LeaveRequestFilter
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hr.selectors import leave as selectors
from hr.selectors import leave_calendar
from hr.selectors.leave_impact import impact_of
from hr.services import leave as services
from hr.services import leave_checks, leave_feeds, leave_ledger
from hyperflow.core import clock
from hyperflow.core.api.parsers import SafeJSONParser, UploadParser
from hyperflow.core.api.permissions import OPEN, STAFF
from hyperflow.core.api.viewsets import ActionViewSet, ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import Conflict, Invalid

LONGEST = dt.timedelta(days=366)
_MOVES = ("hr.add_leaverequest", "hr.decide_leave", "hr.decide_any_leave")


class LeaveRequestViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """One's own requests; those of reports for a manager, everybody's for HR."""

    queryset = LeaveRequest.objects.select_related("user", "type", "approver")
    serializer_class = serializers.LeaveRequestSerializer
    filterset_class = LeaveRequestFilter
    needs: ClassVar = {
        "list": "hr.view_leaverequest",
        "retrieve": "hr.view_leaverequest",
        "create": "hr.add_leaverequest",
        "update": _MOVES,
        "impact": ("hr.decide_leave", "hr.decide_any_leave"),
    }
    inputs: ClassVar = {"create": serializers.LeaveRequestInput, "update": serializers.DecisionInput}
    outputs: ClassVar = {"impact": serializers.ImpactSerializer}
    parsers: ClassVar = {"create": (SafeJSONParser, UploadParser)}
    whole: ClassVar = ("update",)
    orderings: ClassVar = {"start_date": "start_date", "created_at": "created_at"}
    default_ordering = "-start_date"
    search = ("user__name",)

    def create(self, request: Request) -> HttpResponse:
        return self.render(services.ask_for_leave(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        """Approve, reject or cancel a request."""
        row = self.get_object()
        change = self.parse()
        services.set_status(request=row, actor=self.actor, expected_version=self.expected_version, **change)
        return self.render(row)

    def impact(self, request: Request, pk: int) -> HttpResponse:
        """Who else is away, what is due in these days and for which clients, and who is free."""
        return self.answer(self.represent(impact_of(self.get_object(), self.actor)))


class LeaveTypeViewSet(ActionViewSet):
    """The kinds of leave that are offered, with their policies."""

    needs: ClassVar = {"all": "hr.view_leavetype"}
    outputs: ClassVar = {"all": serializers.LeaveTypeSerializer(many=True)}

    def all(self, request: Request) -> HttpResponse:
        rows = LeaveType.objects.visible_to(self.actor).filter(is_active=True).order_by("pk")
        return self.answer(self.represent_all(rows, serializers.LeaveTypeSerializer))


class BalanceViewSet(ListMixin, ScopedViewSet):
    """Balances of everybody in scope, a person a row."""

    queryset = Employment.objects.select_related("user__department")
    serializer_class = serializers.EmployeeBalancesSerializer
    filterset_class = BalanceFilter
    needs: ClassVar = {"list": "hr.view_leaverequest", "adjust": "hr.adjust_leave"}
    inputs: ClassVar = {"adjust": serializers.AdjustmentInput}
    outputs: ClassVar = {"adjust": serializers.AdjustedSerializer}
    statuses: ClassVar = {"adjust": 201}
    orderings: ClassVar = {"hire_date": "hire_date", "created_at": "created_at"}
    default_ordering = "created_at"
    search = ("user__name", "code")

    def get_queryset(self) -> Any:
        """Whoever sees somebody's leave sees their balances."""
        return selectors.people_with_balances(self.actor)

    def adjust(self, request: Request) -> HttpResponse:
        """Change somebody's balance by so many days, with a reason that stays in the ledger."""
        change = self.parse()
        kind = leave_checks.type_of(change.pop("leave_type"))
        entry = leave_ledger.adjust(actor=self.actor, leave_type=kind, **change)
        entry = LeaveEntry.objects.select_related("user", "type").get(pk=entry.pk)
        data = self.represent(entry, serializers.AdjustedSerializer)
        return self.answer(data, 201, {"Location": f"/api/hr/leave-ledger/{entry.pk}"})


class OwnBalanceViewSet(ActionViewSet):
    """The caller's own balances, one of each kind of leave that has any."""

    needs: ClassVar = {"own": "hr.view_leaverequest"}
    outputs: ClassVar = {"own": serializers.BalanceSerializer(many=True)}

    def own(self, request: Request) -> HttpResponse:
        today = clock.business_date(self.actor)
        types = selectors.kept_types()
        found = selectors.statements([self.actor.pk], today=today, types=types)
        rows = [
            (kind, found.get((self.actor.pk, kind.pk), serializers.Statement()), today.year)
            for kind in types
            if kind.is_active or (self.actor.pk, kind.pk) in found
        ]
        return self.answer(self.represent_all(rows, serializers.BalanceSerializer))


class LeaveLedgerViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """The lines behind every balance."""

    queryset = LeaveEntry.objects.select_related("user", "type")
    serializer_class = serializers.LeaveEntrySerializer
    filterset_class = LeaveEntryFilter
    needs: ClassVar = {"list": "hr.view_leaveentry", "retrieve": "hr.view_leaveentry"}
    orderings: ClassVar = {"effective_on": "effective_on"}
    default_ordering = "-effective_on"


class HolidayViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Days off for everybody who follows a calendar. Approved leave on such a day is given back, by a job."""

    queryset = Holiday.objects.select_related("calendar")
    serializer_class = serializers.HolidaySerializer
    filterset_class = HolidayFilter
    needs: ClassVar = {
        "list": STAFF,
        "retrieve": STAFF,
        "create": "accounts.change_workingcalendar",
        "update": "accounts.change_workingcalendar",
        "destroy": "accounts.change_workingcalendar",
    }
    inputs: ClassVar = {"create": serializers.HolidayInput, "update": serializers.HolidayChange}
    orderings: ClassVar = {"date": "date"}
    default_ordering = "date"
    search = ("name",)

    def create(self, request: Request) -> HttpResponse:
        given = self.parse()
        calendar = given.pop("calendar", None) or self._default()
        return self.render(calendars.add_holiday(calendar=calendar, actor=self.actor, **given), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        holiday = self.get_object()
        calendars.change_holiday(holiday=holiday, actor=self.actor, **self.parse())
        return self.render(holiday)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        calendars.remove_holiday(holiday=self.get_object(), actor=self.actor)
        return self.nothing()

    def _default(self) -> WorkingCalendar:
        found = WorkingCalendar.objects.filter(is_default=True).order_by("pk").first()
        if found is None:
            raise Conflict(_("There is no default calendar: name one."), code="default_needed")
        return found


class LeaveCalendarViewSet(ActionViewSet):
    """Who is away when, among colleagues of the caller's department and manager, and all in their scope."""

    needs: ClassVar = {"away": "hr.view_leaverequest"}
    queries: ClassVar = {"away": serializers.CalendarQuery}
    outputs: ClassVar = {"away": serializers.AwaySerializer(many=True)}

    def away(self, request: Request) -> HttpResponse:
        asked = self.query()
        start = asked.get("start_date") or clock.business_date(self.actor)
        end = asked.get("end_date") or min(start, dt.date(9999, 12, 1)) + dt.timedelta(days=27)
        if end < start:
            raise Invalid(_("The last day comes after the first."), code="end_before_start", field="end_date")
        if end - start > LONGEST:
            raise Invalid(_("Ask for at most a year at a time."), code="period_too_long", field="end_date")
        found = leave_calendar.away(
            self.actor, start, end, department=asked.get("department_id"), person=asked.get("user_id")
        )
        return self.answer(self.represent_all(found, serializers.AwaySerializer))


class LeaveFeedViewSet(ActionViewSet):
    """The team calendar for programs that cannot sign in, at a secret address of one's own."""

    needs: ClassVar = {"feed": OPEN, "renew": "hr.view_leaverequest", "close": "hr.view_leaverequest"}
    inputs: ClassVar = {"renew": None}
    queries: ClassVar = {"feed": serializers.FeedQuery}
    outputs: ClassVar = {"feed": bytes, "renew": serializers.FeedSerializer}
    produces = ("text/calendar",)

    def feed(self, request: Request) -> HttpResponse:
        """An iCalendar file (RFC 5545), for whoever knows the secret; it dies with its owner's account."""
        reader = leave_feeds.reader_of(self.query()["token"])
        response = HttpResponse(leave_calendar.feed(reader), content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="leave.ics"'
        response["Cache-Control"] = "private, no-store"
        return response

    def renew(self, request: Request) -> HttpResponse:
        """Make the caller's address, or make it anew: the one before it stops working."""
        token = leave_feeds.make_feed(actor=self.actor)
        address = request.build_absolute_uri(f"/api/hr/leave.ics?token={token}")
        return self.answer({"url": address}, headers={"Cache-Control": "no-store"})

    def close(self, request: Request) -> HttpResponse:
        """The address stops working."""
        leave_feeds.close_feed(actor=self.actor)
        return self.nothing()

    def _replays(self, request: Request) -> bool:
        """A secret is not kept for a second answer: a repeated call makes a new one."""
        return False
