"""Shapes of income and expenses."""

from typing import ClassVar

from rest_framework import serializers

from accounts.models import Department, User
from clients.models import Client, Project
from finance.models import FinancialRecord, Invoice
from finance.services.records import KIND
from hyperflow.core import money, storage
from hyperflow.core.api.serializers import (
    ChoiceField,
    FormBoolean,
    IdField,
    MoneyField,
    RateField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateField,
)


class RecordSerializer(ResourceSerializer):
    """Income or an expense; below zero only where a refund takes income back. ``receipt`` is a short-lived link for
    this caller."""

    record_id = IdField(source="pk")
    amount = MoneyField()
    tax = MoneyField()
    exchange_rate = RateField(allow_null=True)
    client_id = IdField(allow_null=True)
    project_id = IdField(allow_null=True)
    department_id = IdField(allow_null=True)
    user_id = IdField(allow_null=True)
    invoice_id = IdField(allow_null=True)
    payment_id = IdField(allow_null=True)
    receipt = serializers.SerializerMethodField()

    class Meta:
        model = FinancialRecord
        fields: ClassVar[list[str]] = [
            "record_id", "record_type", "category", "amount", "tax", "currency", "exchange_rate", "description",
            "supplier", "record_date", "client_id", "project_id", "department_id", "user_id", "invoice_id",
            "payment_id", "receipt", "is_billable", "source", "status", "created_at", "updated_at",
        ]  # fmt: skip

    def get_receipt(self, row: FinancialRecord) -> str | None:
        if row.receipt_id is None:
            return None
        request = self.context["request"]
        return storage.signed_path(KIND, row.pk, request.user, session=getattr(request.auth, "sid", None))


class RecordUpdate(StrictSerializer):
    record_type = ChoiceField(choices=FinancialRecord.Type.choices)
    category = SafeCharField(max_length=80, single_line=True)
    amount = MoneyField()
    tax = MoneyField(required=False)
    currency = ChoiceField(choices=[(code, code) for code in sorted(money.CURRENCIES)], required=False)
    exchange_rate = RateField(required=False, allow_null=True, places=10)
    description = SafeCharField(required=False, allow_blank=True, max_length=500)
    supplier = SafeCharField(required=False, allow_blank=True, max_length=200, single_line=True)
    record_date = WireDateField()
    client_id = VisibleRelatedField(queryset=Client.objects.all(), source="client", required=False, allow_null=True)
    project_id = VisibleRelatedField(queryset=Project.objects.all(), source="project", required=False, allow_null=True)
    department_id = VisibleRelatedField(
        queryset=Department.objects.all(), source="department", required=False, allow_null=True
    )
    user_id = VisibleRelatedField(
        queryset=User.objects.select_related("role"), source="user", required=False, allow_null=True
    )
    invoice_id = VisibleRelatedField(queryset=Invoice.objects.all(), source="invoice", required=False, allow_null=True)
    is_billable = FormBoolean(required=False)


class RecordInput(RecordUpdate):
    receipt = serializers.FileField(required=False, allow_empty_file=True)


class ReceiptInput(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)


class ExpenseSerializer(RecordSerializer):
    """An expense that somebody handed in, and what was decided about it."""

    class Meta:
        model = FinancialRecord
        fields: ClassVar[list[str]] = [
            *RecordSerializer.Meta.fields, "decided_at", "decision_note", "reimbursed_on",
        ]  # fmt: skip


class ExpenseInput(StrictSerializer):
    category = SafeCharField(max_length=80, single_line=True)
    amount = MoneyField()
    tax = MoneyField(required=False)
    currency = ChoiceField(choices=[(code, code) for code in sorted(money.CURRENCIES)], required=False)
    description = SafeCharField(required=False, allow_blank=True, max_length=500)
    supplier = SafeCharField(required=False, allow_blank=True, max_length=200, single_line=True)
    record_date = WireDateField()
    client_id = VisibleRelatedField(queryset=Client.objects.all(), source="client", required=False, allow_null=True)
    project_id = VisibleRelatedField(queryset=Project.objects.all(), source="project", required=False, allow_null=True)
    is_billable = FormBoolean(required=False)
    receipt = serializers.FileField(required=False, allow_empty_file=True)


class ExpenseAgainInput(StrictSerializer):
    """A refused expense is handed in again, mended."""

    amount = MoneyField(required=False)
    description = SafeCharField(required=False, allow_blank=True, max_length=500)


class ExpenseDecisionInput(StrictSerializer):
    status = ChoiceField(choices=[("approved", "approved"), ("rejected", "rejected")])
    note = SafeCharField(required=False, allow_blank=True, max_length=300, single_line=True)


class ReimbursementInput(StrictSerializer):
    date = WireDateField(required=False)
