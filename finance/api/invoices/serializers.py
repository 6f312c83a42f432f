"""Shapes of invoices, payments and credit notes."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clients.models import Client, Project
from finance.billing.grouping import GroupBy
from finance.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Payment, Unit
from finance.services import books
from finance.services.lines import MOST_LINES
from hyperflow.core import money
from hyperflow.core.api.serializers import (
    BooleanInput,
    ChoiceField,
    IdField,
    MoneyField,
    PriceField,
    RateField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateField,
)
from tasks.models import Task

_LARGEST_QUANTITY = 999_999_999


class InvoiceLineSerializer(ResourceSerializer):
    """``amount`` is the line without tax, after its own discount and its share of the invoice's; ``tax`` its share of
    the tax on all lines of its rate."""

    line_id = IdField(source="pk")
    task_id = IdField(allow_null=True)
    project_id = IdField(allow_null=True)
    discount_percent = RateField()
    discount_amount = MoneyField(currency_source="invoice.currency")
    net = MoneyField(currency_source="invoice.currency")
    quantity = RateField()
    unit_price = PriceField(currency_source="invoice.currency")
    tax_rate = RateField()
    amount = MoneyField(source="taxable", currency_source="invoice.currency")
    tax = MoneyField(currency_source="invoice.currency")

    class Meta:
        model = InvoiceLine
        fields: ClassVar[list[str]] = [
            "line_id", "description", "quantity", "unit", "unit_price", "discount_percent", "discount_amount",
            "tax_rate", "tax_category", "tax_note", "net", "amount", "tax", "task_id", "project_id",
        ]  # fmt: skip


class PaymentSerializer(ResourceSerializer):
    """Money for an invoice; a refund is told by its ``kind``. ``kept_as_credit`` is what of it was more than owed."""

    payment_id = IdField(source="pk")
    invoice_id = IdField()
    amount = serializers.SerializerMethodField()
    kept_as_credit = MoneyField(source="kept")
    date = WireDateField(source="received_on")

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = [
            "payment_id", "invoice_id", "kind", "amount", "kept_as_credit", "currency", "date", "method", "reference",
            "created_at",
        ]  # fmt: skip

    def get_amount(self, row: Payment) -> str:
        return str(money.wire(abs(row.amount), row.currency))


class RecordedPaymentSerializer(PaymentSerializer):
    """A payment with how its invoice stands by it."""

    invoice_status = serializers.SerializerMethodField()
    amount_paid = MoneyField(source="invoice.paid")
    balance = MoneyField(source="invoice.balance")

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = [*PaymentSerializer.Meta.fields, "invoice_status", "amount_paid", "balance"]

    def get_invoice_status(self, row: Payment) -> str:
        return row.invoice.status_on(books.today())


class InvoiceSerializer(ResourceSerializer):
    """``amount`` = ``subtotal`` + ``tax``; ``balance`` = ``amount`` − ``amount_paid`` − ``amount_credited``, below zero
    where the client has money coming. Once issued nothing but the money changes."""

    invoice_id = IdField(source="pk")
    invoice_number = serializers.CharField(source="number", allow_null=True)
    client_id = IdField()
    client_name = serializers.SerializerMethodField()
    project_id = IdField(allow_null=True)
    status = serializers.SerializerMethodField()
    exchange_rate = RateField(allow_null=True)
    discount_percent = RateField()
    discount_amount = MoneyField()
    subtotal = MoneyField()
    tax = MoneyField()
    amount = MoneyField(source="total")
    amount_paid = MoneyField(source="paid")
    amount_credited = MoneyField(source="credited")
    balance = MoneyField()
    lines = InvoiceLineSerializer(many=True)
    payments = PaymentSerializer(many=True)
    pdf_url = serializers.SerializerMethodField()

    class Meta:
        model = Invoice
        fields: ClassVar[list[str]] = [
            "invoice_id", "invoice_number", "client_id", "client_name", "project_id", "status", "currency",
            "exchange_rate", "issue_date", "due_date", "service_from", "service_until", "discount_percent",
            "discount_amount", "subtotal", "tax", "amount", "amount_paid", "amount_credited", "balance", "paid_on",
            "notes", "buyer_reference", "language", "void_reason", "lines", "payments", "pdf_url", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_client_name(self, row: Invoice) -> str:
        """As the invoice prints it, once it is issued."""
        return str(row.buyer.get("name") or row.client.name)

    def get_status(self, row: Invoice) -> str:
        return row.status_on(books.today())

    def get_pdf_url(self, row: Invoice) -> str | None:
        """Where its document is, for who may see it; a draft has none."""
        return f"/api/finance/invoices/{row.pk}/pdf" if row.is_issued else None


class CreditNoteLineSerializer(ResourceSerializer):
    line_id = IdField(allow_null=True, help_text="The line of the invoice; null where an amount was credited.")
    quantity = RateField()
    unit_price = PriceField(currency_source="credit_note.currency")
    tax_rate = RateField()
    amount = MoneyField(source="taxable", currency_source="credit_note.currency")
    tax = MoneyField(currency_source="credit_note.currency")

    class Meta:
        model = CreditNoteLine
        fields: ClassVar[list[str]] = [
            "line_id", "description", "quantity", "unit", "unit_price", "tax_rate", "tax_category", "tax_note",
            "amount", "tax",
        ]  # fmt: skip


class CreditNoteSerializer(ResourceSerializer):
    """What of an invoice was taken back."""

    credit_note_id = IdField(source="pk")
    credit_note_number = serializers.CharField(source="number")
    invoice_id = IdField()
    client_id = IdField()
    client_name = serializers.SerializerMethodField()
    subtotal = MoneyField()
    tax = MoneyField()
    amount = MoneyField(source="total")
    lines = CreditNoteLineSerializer(many=True)
    pdf_url = serializers.SerializerMethodField()

    class Meta:
        model = CreditNote
        fields: ClassVar[list[str]] = [
            "credit_note_id", "credit_note_number", "invoice_id", "client_id", "client_name", "currency", "issue_date",
            "reason", "notes", "subtotal", "tax", "amount", "lines", "pdf_url", "created_at",
        ]  # fmt: skip

    def get_client_name(self, row: CreditNote) -> str:
        return str(row.buyer.get("name") or row.client.name)

    def get_pdf_url(self, row: CreditNote) -> str:
        return f"/api/finance/credit-notes/{row.pk}/pdf"


# -- in


class InvoiceLineInput(StrictSerializer):
    """A line; ``line_id`` keeps one that is there. Without a rate of tax it is the client's usual one."""

    line_id = IdField(required=False)
    description = SafeCharField(max_length=1_000)
    quantity = RateField(min_value=-_LARGEST_QUANTITY, max_value=_LARGEST_QUANTITY)
    unit = ChoiceField(choices=Unit.choices, required=False)
    unit_price = PriceField()
    discount_percent = RateField(required=False, places=4, max_value=100)
    discount_amount = MoneyField(required=False)
    tax_rate = RateField(required=False, places=4, max_value=100)
    tax_code = SafeCharField(required=False, max_length=20, single_line=True)
    task_id = VisibleRelatedField(queryset=Task.objects.all(), source="task", required=False, allow_null=True)


class DraftInput(StrictSerializer):
    project_id = VisibleRelatedField(queryset=Project.objects.all(), source="project", required=False, allow_null=True)
    currency = ChoiceField(choices=[(code, code) for code in sorted(money.CURRENCIES)], required=False)
    exchange_rate = RateField(required=False, allow_null=True, places=10)
    issue_date = WireDateField(required=False, allow_null=True)
    due_date = WireDateField(required=False, allow_null=True)
    service_from = WireDateField(required=False, allow_null=True)
    service_until = WireDateField(required=False, allow_null=True)
    discount_percent = RateField(required=False, places=4, max_value=100)
    discount_amount = MoneyField(required=False)
    notes = SafeCharField(required=False, allow_blank=True, max_length=4_000)
    buyer_reference = SafeCharField(required=False, allow_blank=True, max_length=100, single_line=True)
    language = SafeCharField(required=False, allow_blank=True, max_length=10, single_line=True)


class FromTimeInput(StrictSerializer):
    """The approved, billable time of a project up to a day that is not billed yet."""

    project_id = VisibleRelatedField(queryset=Project.objects.all(), source="project")
    until = WireDateField()
    group_by = ChoiceField(choices=[(one.value, one.value) for one in GroupBy], required=False)
    leave_out_unexplained = BooleanInput(
        required=False, help_text="Bill the rest where time was logged on leave or while clocked out, without a note."
    )
    with_expenses = BooleanInput(required=False, help_text="Bill the project's billable expenses too (default: yes).")


class InvoiceInput(DraftInput):
    """With either ``lines`` or ``from_time``; the client of the latter is its project's."""

    default_error_messages: ClassVar = {"one_of": _("Give either lines or from_time.")}
    client_id = VisibleRelatedField(queryset=Client.objects.all(), source="client", required=False)
    invoice_number = SafeCharField(required=False, allow_null=True, max_length=40, single_line=True)
    lines = serializers.ListField(child=InvoiceLineInput(), required=False, allow_empty=False, max_length=MOST_LINES)
    from_time = FromTimeInput(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("lines" in given) is ("from_time" in given):
            raise serializers.ValidationError({"lines": [self.error_messages["one_of"]]})
        if "from_time" in given and given.get("invoice_number") is not None:
            raise serializers.ValidationError({"invoice_number": [_("An old document brings its lines.")]})
        if "lines" in given and "client" not in given:
            raise serializers.ValidationError({"client_id": [serializers.Field.default_error_messages["required"]]})
        return given


class InvoiceUpdate(DraftInput):
    lines = serializers.ListField(child=InvoiceLineInput(), required=False, allow_empty=False, max_length=MOST_LINES)


class SettlementInput(StrictSerializer):
    """The payment that settles an invoice; its amount, if given, is the balance."""

    amount = MoneyField(required=False)
    date = WireDateField(required=False)
    method = ChoiceField(choices=Payment.Method.choices, required=False)
    reference = SafeCharField(required=False, allow_blank=True, max_length=200, single_line=True)


class InvoiceStatusInput(StrictSerializer):
    status = ChoiceField(choices=[*Invoice.Status.choices, (Invoice.OVERDUE, Invoice.OVERDUE)])
    payment = SettlementInput(required=False, allow_null=True)
    reason = SafeCharField(required=False, allow_blank=True, max_length=300, single_line=True)


class RefundInput(StrictSerializer):
    amount = MoneyField()
    currency = SafeCharField(required=False, max_length=3, single_line=True)
    date = WireDateField(required=False)
    method = ChoiceField(choices=Payment.Method.choices, required=False)
    reference = SafeCharField(required=False, allow_blank=True, max_length=200, single_line=True)
    note = SafeCharField(required=False, allow_blank=True, max_length=500)
    exchange_rate = RateField(required=False, places=10)


class PaymentInput(RefundInput):
    keep_as_credit = BooleanInput(required=False)


class CreditedLineInput(StrictSerializer):
    line_id = IdField()
    quantity = RateField(max_value=_LARGEST_QUANTITY)


class CreditNoteInput(StrictSerializer):
    """Quantities of lines, an amount with its tax, or neither: all that is left."""

    reason = SafeCharField(required=False, allow_blank=True, max_length=300, single_line=True)
    notes = SafeCharField(required=False, allow_blank=True, max_length=4_000)
    issue_date = WireDateField(required=False)
    lines = serializers.ListField(child=CreditedLineInput(), required=False, allow_empty=False, max_length=MOST_LINES)
    amount = MoneyField(required=False)
