"""Shapes of leave on the wire."""

import dataclasses
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Holiday, User, WorkingCalendar
from hr.leave_rules import Statement
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hr.selectors import leave as selectors
from hr.selectors.debts import debts_of
from hr.services.leave import KIND
from hyperflow.core import clock, storage
from hyperflow.core.api.serializers import (
    ChoiceField,
    FormBoolean,
    IdField,
    RateField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateField,
)
from tasks.models import Task


class LeaveRequestSerializer(ResourceSerializer):
    """A request for leave. ``balance_after`` is what is left of its kind, in its year, once it is through, null where
    there is no balance; ``document`` is a short-lived link for this caller."""

    request_id = IdField(source="pk")
    user_id = IdField()
    employee_name = serializers.CharField(source="user.name")
    leave_type = serializers.CharField(source="asked_as", help_text="A word of the contract, or of a kind added here.")
    document = serializers.SerializerMethodField()
    approver_id = IdField(allow_null=True)
    approver_name = serializers.SerializerMethodField()
    balance_after = serializers.SerializerMethodField()

    class Meta:
        model = LeaveRequest
        fields: ClassVar = [
            "request_id",
            "user_id",
            "employee_name",
            "leave_type",
            "start_date",
            "end_date",
            "half_day",
            "days",
            "reason",
            "document",
            "status",
            "approver_id",
            "approver_name",
            "decided_at",
            "decision_note",
            "balance_after",
            "created_at",
            "updated_at",
        ]

    def prepare(self, rows: list[LeaveRequest]) -> None:
        self._after = selectors.balances_after(rows)

    def get_approver_name(self, row: LeaveRequest) -> str | None:
        return row.approver.name if row.approver else None

    def get_document(self, row: LeaveRequest) -> str | None:
        if row.document_id is None:
            return None
        request = self.context["request"]
        return storage.signed_path(KIND, row.pk, request.user, session=getattr(request.auth, "sid", None))

    def get_balance_after(self, row: LeaveRequest) -> str | None:
        days = self._after.get(row.pk)
        return None if days is None else RateField().to_representation(days)


class LeaveRequestInput(StrictSerializer):
    leave_type = SafeCharField(max_length=20, single_line=True)
    start_date = WireDateField()
    end_date = WireDateField()
    half_day = FormBoolean(required=False)
    reason = SafeCharField(max_length=500, required=False, allow_blank=True)
    document = serializers.FileField(required=False, allow_empty_file=True)
    user_id = VisibleRelatedField(queryset=User.objects.select_related("role"), source="user", required=False)


class DecisionInput(StrictSerializer):
    status = ChoiceField(
        choices=[(status, status.label) for status in LeaveRequest.Status if status is not LeaveRequest.Status.PENDING]
    )
    decision_note = SafeCharField(max_length=500, required=False, allow_blank=True)


class OtherLeaveSerializer(serializers.Serializer):
    request_id = IdField()
    user_id = IdField()
    employee_name = serializers.CharField(source="name")
    start_date = WireDateField(source="start")
    end_date = WireDateField(source="end")
    status = serializers.ChoiceField(choices=LeaveRequest.Status.choices)


class DueTaskSerializer(serializers.ModelSerializer):
    task_id = IdField(source="pk")
    client_name = serializers.CharField(source="client.name")
    project_name = serializers.SerializerMethodField()
    priority = serializers.SerializerMethodField()
    due_date = WireDateField()

    class Meta:
        model = Task
        fields: ClassVar = [
            "task_id",
            "key",
            "title",
            "client_id",
            "client_name",
            "project_id",
            "project_name",
            "status",
            "priority",
            "due_date",
        ]

    def get_project_name(self, task: Task) -> str | None:
        return task.project.name if task.project else None

    def get_priority(self, task: Task) -> str:
        return Task.Priority(task.priority).name.lower()


class DueClientSerializer(serializers.Serializer):
    client_id = IdField()
    client_name = serializers.CharField()
    tasks = serializers.IntegerField()

    def to_representation(self, row: Any) -> dict[str, Any]:
        return dict(zip(("client_id", "client_name", "tasks"), row, strict=True))


class FreeColleagueSerializer(serializers.Serializer):
    user_id = IdField()
    name = serializers.CharField()
    job_title = serializers.CharField()
    tasks_due = serializers.IntegerField(help_text="Open tasks of their own that are due in these days.")


class ImpactSerializer(serializers.Serializer):
    """What the approver weighs: who else is away, what is due with its clients, who is free, what is left."""

    working_days = serializers.ListField(child=WireDateField())
    balance = RateField(allow_null=True)
    balance_after = RateField(allow_null=True)
    away = OtherLeaveSerializer(many=True)
    tasks = DueTaskSerializer(many=True)
    clients = DueClientSerializer(many=True)
    free = FreeColleagueSerializer(many=True)


class LeaveTypeSerializer(ResourceSerializer):
    """A kind of leave and its policy."""

    leave_type = serializers.CharField(source="code")

    class Meta:
        model = LeaveType
        fields: ClassVar = [
            "leave_type",
            "name",
            "is_paid",
            "is_away",
            "draws_on_balance",
            "allows_half_days",
            "notice_days",
            "document_after_days",
            "accrual",
            "days_per_year",
            "balance_cap",
            "carry_over_max",
            "carry_over_months",
        ]


class BalanceSerializer(serializers.Serializer):
    """A balance of this year: ``carried + accrued + adjusted - taken - lapsed = balance``, the sum of the ledger to the
    year's end."""

    leave_type = serializers.CharField()
    name = serializers.CharField()
    year = serializers.IntegerField()
    carried = RateField()
    accrued = RateField()
    adjusted = RateField()
    taken = RateField(help_text="Approved, days still to come included.")
    lapsed = RateField()
    pending = RateField(help_text="Asked for and not decided; not yet out of the balance.")
    balance = RateField()
    available = RateField(help_text="The balance less what is pending.")
    booked_ahead = RateField(help_text="Approved for years to come, and taken from what those bring.")

    def to_representation(self, row: tuple[LeaveType, Statement, int]) -> dict[str, Any]:
        kind, statement, year = row
        sums = {
            name: RateField().to_representation(getattr(statement, name))
            for name in [field.name for field in dataclasses.fields(Statement)] + ["balance", "available"]
        }
        return {"leave_type": kind.code, "name": kind.name, "year": year, **sums}


class EmployeeBalancesSerializer(serializers.Serializer):
    """Somebody's balances."""

    user_id = IdField()
    employee_name = serializers.CharField()
    department = serializers.CharField(allow_null=True)
    balances = BalanceSerializer(many=True)

    def prepare(self, rows: list[Employment]) -> None:
        self._today = clock.business_date(self.context["request"].user)
        self._types = selectors.kept_types()
        self._found = selectors.statements([row.user_id for row in rows], today=self._today, types=self._types)

    def to_representation(self, row: Employment) -> dict[str, Any]:
        one = BalanceSerializer()
        return {
            "user_id": row.user_id,
            "employee_name": row.user.name,
            "department": row.user.department.name if row.user.department else None,
            "balances": [
                one.to_representation((kind, self._found.get((row.user_id, kind.pk), Statement()), self._today.year))
                for kind in self._types
            ],
        }


class AdjustmentInput(StrictSerializer):
    user_id = VisibleRelatedField(queryset=User.objects.select_related("role"), source="user")
    leave_type = SafeCharField(max_length=20, single_line=True)
    days = RateField(places=2, min_value=-366, max_value=366)
    reason = SafeCharField(max_length=300)


class LeaveEntrySerializer(ResourceSerializer):
    """A line of the leave ledger."""

    entry_id = IdField(source="pk")
    user_id = IdField()
    employee_name = serializers.CharField(source="user.name")
    leave_type = serializers.CharField(source="type.code")
    request_id = IdField(allow_null=True)
    made_by = IdField(source="made_by_id", allow_null=True)

    class Meta:
        model = LeaveEntry
        fields: ClassVar = [
            "entry_id",
            "user_id",
            "employee_name",
            "leave_type",
            "kind",
            "days",
            "effective_on",
            "request_id",
            "note",
            "made_by",
            "created_at",
        ]


class DebtSerializer(serializers.Serializer):
    """A balance that is below nothing now, which is allowed and said."""

    code = serializers.ChoiceField(choices=["negative_balance"])
    message = serializers.CharField()
    balance = RateField()


class AdjustedSerializer(LeaveEntrySerializer):
    """The new line of the ledger, and what it leaves behind."""

    warnings = serializers.SerializerMethodField()

    class Meta(LeaveEntrySerializer.Meta):
        fields: ClassVar = [*LeaveEntrySerializer.Meta.fields, "warnings"]

    @extend_schema_field(DebtSerializer(many=True))
    def get_warnings(self, row: LeaveEntry) -> list[Any]:
        return [DebtSerializer(one).data for one in debts_of(row.user, row.type)]


class HolidaySerializer(ResourceSerializer):
    holiday_id = IdField(source="pk")
    calendar_id = IdField()
    calendar_name = serializers.CharField(source="calendar.name")

    class Meta:
        model = Holiday
        fields: ClassVar = ["holiday_id", "calendar_id", "calendar_name", "date", "name"]


class HolidayInput(StrictSerializer):
    calendar_id = VisibleRelatedField(
        queryset=WorkingCalendar.objects.all(),
        source="calendar",
        required=False,
        help_text="Without one it is the calendar of those who have none of their own.",
    )
    date = WireDateField()
    name = SafeCharField(max_length=80, single_line=True)


class HolidayChange(StrictSerializer):
    date = WireDateField(required=False)
    name = SafeCharField(max_length=80, single_line=True, required=False)


class CalendarQuery(serializers.Serializer):
    start_date = WireDateField(required=False, help_text="Today, where it is not given.")
    end_date = WireDateField(required=False, help_text="Four weeks after the start, where it is not given.")
    department_id = IdField(required=False)
    user_id = IdField(required=False)


class AwaySerializer(serializers.Serializer):
    """Somebody's approved leave in the period. What kind it is, is told to those who may see the request."""

    user_id = IdField()
    employee_name = serializers.CharField(source="name")
    department = serializers.CharField()
    start_date = WireDateField(source="start")
    end_date = WireDateField(source="end")
    days = RateField()
    is_away = serializers.BooleanField()
    leave_type = serializers.CharField(allow_null=True)
    request_id = IdField(allow_null=True)


class FeedQuery(serializers.Serializer):
    token = SafeCharField(max_length=100)


class FeedSerializer(serializers.Serializer):
    """The private address of the calendar. It is shown once."""

    url = serializers.CharField()
