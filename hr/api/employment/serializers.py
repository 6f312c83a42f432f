"""Shapes of employees and of what they are paid."""

from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Department, Role, User, WorkingCalendar
from hr.models import Compensation, Employment, WorkPattern
from hr.selectors.employment import pay_in_force
from hyperflow.core import clock, money
from hyperflow.core.api.serializers import (
    ChoiceField,
    EmailField,
    HoursField,
    PriceField,
    RateField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateField,
)


class PaidMonthsWarning(serializers.Serializer):
    """What the change means for months of approved pay, or of leave that was taken, and what to do about it."""

    code = serializers.ChoiceField(
        choices=[
            "leave_given_back",
            "leave_closed",
            "leave_to_reject",
            "pay_corrected",
            "pay_to_correct",
            "pay_unchanged",
        ]
    )
    message = serializers.CharField()
    periods = serializers.ListField(child=serializers.CharField())


class EmployeeSerializer(ResourceSerializer):
    """An employee. The four fields of pay are null for who may not see pay, and where nothing is agreed today.
    ``warnings`` are in the answer to a change."""

    user_id = serializers.IntegerField()
    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    employee_code = serializers.CharField(source="code")
    department = serializers.SerializerMethodField()
    manager_id = serializers.IntegerField(allow_null=True)
    manager_name = serializers.SerializerMethodField()
    weekly_hours = HoursField()
    status = serializers.SerializerMethodField()
    timezone = serializers.SerializerMethodField()
    pattern_id = serializers.IntegerField(allow_null=True)
    calendar_id = serializers.IntegerField(source="user.calendar_id", allow_null=True)
    salary = serializers.SerializerMethodField()
    salary_kind = serializers.SerializerMethodField()
    currency = serializers.SerializerMethodField()
    employer_share = serializers.SerializerMethodField()
    warnings = PaidMonthsWarning(many=True)

    class Meta:
        model = Employment
        fields: ClassVar[list[str]] = [
            "user_id",
            "name",
            "email",
            "employee_code",
            "department",
            "position",
            "manager_id",
            "manager_name",
            "employment_type",
            "hire_date",
            "end_date",
            "weekly_hours",
            "status",
            "timezone",
            "pattern_id",
            "calendar_id",
            "salary",
            "salary_kind",
            "currency",
            "employer_share",
            "created_at",
            "updated_at",
            "warnings",
        ]

    def prepare(self, rows: list[Employment]) -> None:
        """What they are paid today, in one query, for who may see it."""
        viewer = self.context["request"].user
        self.pay: dict[int, Compensation] = {}
        if viewer.has_perm("hr.view_pay"):
            today = clock.business_date(viewer)
            found = pay_in_force([row.pk for row in rows], today, today)
            self.pay = {pk: mine[-1] for pk, mine in found.items() if mine}

    def get_department(self, row: Employment) -> str | None:
        return row.user.department.name if row.user.department is not None else None

    def get_manager_name(self, row: Employment) -> str | None:
        return row.manager.name if row.manager is not None else None

    def get_status(self, row: Employment) -> str:
        return str(row.status_on(clock.business_date(row)))

    def get_timezone(self, row: Employment) -> str:
        return clock.zone_of(row).key

    def get_salary(self, row: Employment) -> str | None:
        pay = self.pay.get(row.pk)
        return None if pay is None else money.wire_price(pay.amount, pay.currency)

    def get_salary_kind(self, row: Employment) -> str | None:
        pay = self.pay.get(row.pk)
        return None if pay is None else str(pay.kind)

    def get_currency(self, row: Employment) -> str | None:
        pay = self.pay.get(row.pk)
        return None if pay is None else pay.currency

    def get_employer_share(self, row: Employment) -> str | None:
        pay = self.pay.get(row.pk)
        return None if pay is None else RateField().to_representation(pay.employer_share)


class EmployeeChange(StrictSerializer):
    """What may be edited about an employee. Pay is not among it: see `/compensation`."""

    employee_code = SafeCharField(max_length=32, single_line=True, source="code")
    name = SafeCharField(max_length=150, single_line=True)
    department = SafeCharField(
        max_length=80,
        single_line=True,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text=_("The name of one; empty or null for none."),
    )
    position = SafeCharField(max_length=120, single_line=True, allow_blank=True, required=False)
    manager_id = VisibleRelatedField(
        queryset=User.objects.select_related("role"), source="manager", required=False, allow_null=True
    )
    employment_type = ChoiceField(choices=Employment.Type.choices, required=False)
    hire_date = WireDateField()
    end_date = WireDateField(required=False, allow_null=True)
    weekly_hours = HoursField(max_value=80, required=False)
    timezone = SafeCharField(
        max_length=64,
        allow_blank=True,
        required=False,
        help_text=_("Of the employment: where shifts begin and end. Empty: the company's."),
    )
    pattern_id = VisibleRelatedField(
        queryset=WorkPattern.objects.all(), source="pattern", required=False, allow_null=True
    )
    calendar_id = VisibleRelatedField(
        queryset=WorkingCalendar.objects.all(), source="calendar", required=False, allow_null=True
    )
    terms_from = WireDateField(
        required=False,
        help_text=_("Since when another week, pattern or time zone holds; today unless told. Days before stay."),
    )

    def validate_department(self, name: str | None) -> Department | None:
        if not name:
            return None
        found = Department.objects.visible_to(self.context["request"].user).filter(name=name).first()
        if found is None:
            raise serializers.ValidationError(_("There is no department of this name."), code="does_not_exist")
        return found

    def validate_timezone(self, value: str) -> str:
        if value and not clock.is_zone(value):
            raise serializers.ValidationError(_("This is not a time zone of the IANA database."), code="invalid_choice")
        return value


class EmployeeCreate(EmployeeChange):
    """A person who has an account (``user_id``), or one to be made (``name``, ``email``, ``role``)."""

    terms_from = None  # type: ignore[assignment]  # not declared here: nothing held before
    user_id = VisibleRelatedField(queryset=User.objects.select_related("role"), source="user", required=False)
    employee_code = SafeCharField(max_length=32, single_line=True, source="code", required=False)
    name = SafeCharField(max_length=150, single_line=True, required=False)
    email = EmailField(trim_whitespace=False, required=False)
    role = SafeCharField(max_length=32, required=False)

    def validate_role(self, code: str) -> Role:
        found = Role.objects.filter(code=code).first()
        if found is None:
            raise serializers.ValidationError(_("There is no such role."), code="invalid_choice")
        return found


class CompensationSerializer(ResourceSerializer):
    """What somebody is paid from a day on, until the next row takes over. ``warnings`` are in the answer to setting
    it."""

    compensation_id = serializers.IntegerField(source="pk")
    user_id = serializers.IntegerField(source="employment.user_id")
    amount = PriceField()
    set_by = serializers.IntegerField(source="set_by_id", allow_null=True)
    warnings = PaidMonthsWarning(many=True)

    class Meta:
        model = Compensation
        fields: ClassVar[list[str]] = [
            "compensation_id",
            "user_id",
            "effective_from",
            "kind",
            "amount",
            "currency",
            "employer_share",
            "reason",
            "set_by",
            "created_at",
            "warnings",
        ]


class CompensationCreate(StrictSerializer):
    effective_from = WireDateField()
    kind = ChoiceField(choices=Compensation.Kind.choices, required=False)
    amount = PriceField()
    currency = ChoiceField(choices=sorted(money.CURRENCIES))
    employer_share = RateField(places=4, max_value=Decimal(200), required=False)
    reason = SafeCharField(max_length=200, single_line=True, allow_blank=True, required=False)
