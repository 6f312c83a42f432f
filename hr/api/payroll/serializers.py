"""Shapes of payroll runs and payslips."""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hr.models import PayComponent, PayrollRun, Payslip, PayslipLine
from hr.services.payroll_computing import SUMMED
from hyperflow.core import money
from hyperflow.core.api.serializers import (
    ChoiceField,
    HoursField,
    IdField,
    MoneyField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    WireDateField,
    WireDateTimeField,
)


class RunTotal(serializers.Serializer):
    """The sums of a run's payslips in one currency."""

    currency = serializers.CharField()
    people = serializers.IntegerField()
    basic_salary = MoneyField()
    overtime = MoneyField()
    allowances = MoneyField()
    unpaid_leave = MoneyField()
    gross = MoneyField()
    deductions = MoneyField()
    net = MoneyField()
    employer_share = MoneyField()


class RunProblem(serializers.Serializer):
    """Somebody who could not be worked out, and why. What ``blocks`` holds the approval up until it is mended; who has
    ``no_pay`` holds it up until they are named in ``leave_out``, and is ``left_out`` then."""

    user_id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    blocks = serializers.BooleanField()
    left_out = serializers.BooleanField(default=False)


class PayrollRunSerializer(ResourceSerializer):
    """The pay of a month. ``computed_at`` is null while it is worked out; ``totals`` has one entry a currency."""

    run_id = serializers.IntegerField(source="pk")
    period_start = WireDateField(source="starts_on")
    period_end = WireDateField(source="ends_on")
    totals = serializers.SerializerMethodField()
    problems = RunProblem(many=True)
    started_by = serializers.IntegerField(source="started_by_id", allow_null=True)
    reviewed_by = serializers.IntegerField(source="reviewed_by_id", allow_null=True)
    approved_by = serializers.IntegerField(source="approved_by_id", allow_null=True)
    paid_by = serializers.IntegerField(source="paid_by_id", allow_null=True)

    class Meta:
        model = PayrollRun
        fields: ClassVar[list[str]] = [
            "run_id", "period", "period_start", "period_end", "status", "people", "totals", "problems", "computed_at",
            "locked_until", "started_by", "reviewed_by", "reviewed_at", "approved_by", "approved_at", "paid_by",
            "paid_at", "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(RunTotal(many=True))
    def get_totals(self, run: PayrollRun) -> list[dict[str, Any]]:
        return [
            {**one, **{name: money.wire(Decimal(one[name]), one["currency"]) for name in SUMMED}} for one in run.totals
        ]


class PayslipLineSerializer(ResourceSerializer):
    """An allowance or a deduction; ``adjustment_id`` names the correction of an earlier month that it is."""

    kind = ChoiceField(choices=PayComponent.Kind.choices)
    amount = MoneyField(currency_source="payslip.currency")
    component_id = serializers.IntegerField(allow_null=True)
    adjustment_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = PayslipLine
        fields: ClassVar[list[str]] = ["kind", "label", "amount", "component_id", "adjustment_id"]


class PayslipSerializer(ResourceSerializer):
    """One person's pay for a month: gross = basic_salary + overtime + allowances − unpaid_leave; net = gross −
    deductions. Paid and unpaid days are the working days together."""

    payslip_id = serializers.IntegerField(source="pk")
    run_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    basic_salary = MoneyField()
    overtime = MoneyField()
    allowances = MoneyField()
    deductions = MoneyField()
    unpaid_leave = MoneyField()
    gross = MoneyField()
    net = MoneyField()
    employer_share = MoneyField()
    month_days = HoursField()
    working_days = HoursField()
    paid_days = HoursField()
    unpaid_days = HoursField()
    hours = HoursField()
    overtime_hours = HoursField()
    lines = PayslipLineSerializer(many=True)
    status = ChoiceField(choices=[("draft", "draft"), ("approved", "approved"), ("paid", "paid")])
    paid_at = WireDateTimeField(source="run.paid_at", allow_null=True)

    class Meta:
        model = Payslip
        fields: ClassVar[list[str]] = [
            "payslip_id", "run_id", "user_id", "employee_name", "employee_code", "position", "department", "employer",
            "period", "period_start", "period_end", "currency", "basic_salary", "overtime", "allowances", "deductions",
            "unpaid_leave", "gross", "net", "employer_share", "month_days", "working_days", "paid_days", "unpaid_days",
            "hours", "overtime_hours", "lines", "status", "paid_at", "created_at",
        ]  # fmt: skip


class NothingInput(StrictSerializer):
    """An empty object, or no body at all."""


class ApproveInput(StrictSerializer):
    leave_out = serializers.ListField(
        child=IdField(),
        required=False,
        max_length=10_000,
        help_text="Who works here without any pay set and gets no payslip: every user id of the problems `no_pay`.",
    )


class RunInput(StrictSerializer):
    period = SafeCharField(max_length=7, single_line=True, help_text="YYYY-MM")
