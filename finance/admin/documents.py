"""Invoices, credit notes and payments in the admin: drafts are edited, the rest of their life are moves."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from finance.admin import incoming
from finance.admin.live import LiveTotals
from finance.admin.papers import PapersMixin
from finance.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Payment, Reminder
from finance.services import books, client_links, credit_notes, invoices, payments, reminders
from hyperflow.core import money
from hyperflow.core.admin import (
    Move,
    MoveForm,
    ReadOnlyInline,
    ReadOnlyScopedAdmin,
    RelatedFilter,
    ScopedModelAdmin,
    ServiceInline,
)
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter

Status = Invoice.Status
LINE_FIELDS = ["description", "quantity", "unit", "unit_price", "discount_percent", "tax_rate"]


def amount_of(amount: Any, currency: str) -> str:
    """An amount as a page prints it; nothing where there is none."""
    return "–" if amount is None else f"{currency} {money.quantize(amount, currency):,f}"


class MoneyForm(MoveForm):
    """Of a single invoice the rest is offered; of several, each is settled whole."""

    amount = forms.DecimalField(label=_("Amount"), required=False, min_value=0, help_text=_("Empty: all of it."))
    date = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    method = forms.ChoiceField(
        label=_("By"), choices=[one for one in Payment.Method.choices if one[0] != Payment.Method.CREDIT]
    )
    reference = forms.CharField(label=_("Reference"), required=False, max_length=200)


class CreditForm(MoveForm):
    amount = forms.DecimalField(label=_("Amount, tax included"), required=False, min_value=0)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReasonForm(MoveForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


def _pay(row: Invoice, actor: Any, amount: Decimal | None, **details: Any) -> Any:
    return payments.record_payment(invoice=row, actor=actor, amount=amount or row.balance, **details)


def _refund(row: Invoice, actor: Any, amount: Decimal | None, **details: Any) -> Any:
    return payments.record_refund(invoice=row, actor=actor, amount=amount or payments.refundable(row), **details)


def _credit(row: Invoice, actor: Any, amount: Decimal | None, reason: str) -> Any:
    return credit_notes.credit(invoice=row, actor=actor, amount=amount or None, reason=reason)


INVOICE_MOVES = [
    Move(
        "issue", _("Issue"), lambda row, actor: invoices.set_status(invoice=row, status=Status.PENDING, actor=actor),
        needs="finance.issue_invoice", done=_("issued"), icon="send",
        question=_("It takes the next number of its year and does not change any more."),
        available=lambda row, user: row.status == Status.DRAFT,
    ),
    Move(
        "pay", _("Record payment"), _pay,
        needs="finance.add_payment", done=_("paid"), icon="payments", form=MoneyForm,
        question=_("It is booked as income. More than is owed is refused."),
        available=lambda row, user: row.status == Status.PENDING,
    ),
    Move(
        "credit", _("Write credit note"), _credit,
        needs="finance.add_creditnote", done=_("credited"), icon="undo", form=CreditForm,
        question=_(
            "A document with a number of its own takes back this amount, or all that is left. What is paid of it "
            "already becomes the client's credit."
        ),
        available=lambda row, user: row.is_issued and row.status != Status.VOID and row.credited < row.total,
    ),
    Move(
        "refund", _("Record refund"), _refund,
        needs="finance.add_payment", done=_("refunded"), icon="currency_exchange", form=MoneyForm, danger=True,
        question=_("What was paid goes back to the client, and is owed again."),
        available=lambda row, user: row.paid > 0 or (row.credited > 0 and payments.refundable(row) > 0),
    ),
    Move(
        "remind", _("Send reminder"), lambda row, actor: reminders.remind(invoice=row, actor=actor),
        needs="finance.send_invoice", done=_("reminded"), icon="notification_important",
        question=_("The mail of the stage that has come for it goes to the client, once."),
        available=lambda row, user: row.status_on(books.today()) == Invoice.OVERDUE and not row.reminders_held,
    ),
    Move(
        "hold-reminders", _("Hold reminders"),
        lambda row, actor, reason: reminders.hold(invoice=row, actor=actor, reason=reason),
        needs="finance.hold_reminders", done=_("held"), icon="notifications_paused", form=ReasonForm,
        question=_("No reminders of it are sent until they are let go again."),
        available=lambda row, user: row.status == Status.PENDING and not row.reminders_held,
    ),
    Move(
        "release-reminders", _("Let reminders go"), lambda row, actor: reminders.release(invoice=row, actor=actor),
        needs="finance.hold_reminders", done=_("let go"), icon="notifications_active",
        question=_("Reminders of it are sent again: the stage it is at, not those that were missed."),
        available=lambda row, user: row.status == Status.PENDING and row.reminders_held,
    ),
    Move(
        "revoke-link", _("Revoke the client's link"), lambda row, actor: client_links.revoke(invoice=row, actor=actor),
        needs="finance.send_invoice", done=_("revoked"), icon="link_off",
        question=_("Every link to its page that is out ends at once. The page gets a new one."),
        available=lambda row, user: row.is_issued,
    ),
    Move(
        "void", _("Void"),
        lambda row, actor, reason: invoices.set_status(invoice=row, status=Status.VOID, actor=actor, reason=reason),
        needs="finance.void_invoice", done=_("voided"), icon="block", danger=True, form=ReasonForm,
        question=_("Its number stays used. Hours and expenses on it can be billed again."),
        available=lambda row, user: Status.VOID in Invoice.NEXT[Status(row.status)],
    ),
]  # fmt: skip


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> QuerySet[Invoice]:
        late = {"status": Status.PENDING, "due_date__lt": books.today()}
        return queryset.filter(**late) if self.value() == "yes" else queryset


class LineInline(ServiceInline):
    """Lines of a draft; an issued invoice keeps its own."""

    model = InvoiceLine
    verbose_name, verbose_name_plural = _("line"), _("lines")
    view_needs = "finance.view_invoice"
    change_needs = "finance.change_invoice"
    fields = [*LINE_FIELDS, "shown_net", "shown_tax"]
    readonly_fields = ["shown_net", "shown_tax"]
    can_delete = True
    ordering = ["position", "pk"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new invoice begins with a line to fill in."""
        return 1 if obj is None else 0

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("invoice")

    def _may(self, request: HttpRequest, verb: str, owner: Any) -> bool:
        return (owner is None or owner.status == Status.DRAFT) and super()._may(request, verb, owner)

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return invoices.update_invoice(invoice=owner, actor=actor, lines=[*_lines_of(owner), _given(values)])

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        lines = [one | _given(values) if one["line_id"] == row.pk else one for one in _lines_of(row.invoice)]
        return invoices.update_invoice(invoice=row.invoice, actor=actor, lines=lines)

    def delete_with(self, row: Any, actor: Any) -> None:
        lines = [one for one in _lines_of(row.invoice) if one["line_id"] != row.pk]
        invoices.update_invoice(invoice=row.invoice, actor=actor, lines=lines)

    @admin.display(description=_("net"))
    def shown_net(self, line: InvoiceLine) -> str:
        return amount_of(line.taxable, line.invoice.currency) if line.pk else "–"

    @admin.display(description=_("tax"))
    def shown_tax(self, line: InvoiceLine) -> str:
        return amount_of(line.tax, line.invoice.currency) if line.pk else "–"


def _given(values: dict[str, Any]) -> Any:
    return {name: value for name, value in values.items() if name in LINE_FIELDS}


def _lines_of(invoice: Invoice) -> list[Any]:
    """The lines as they stand, to be given back with one of them changed."""
    kept = [*LINE_FIELDS, "discount_amount", "task"]
    return [
        {"line_id": line.pk, **{name: getattr(line, name) for name in kept}}
        for line in InvoiceLine.objects.filter(invoice=invoice).select_related("task").order_by("position", "pk")
    ]


class PaymentInline(ReadOnlyInline):
    model = Payment
    view_needs = "finance.view_payment"
    fields = ["received_on", "kind", "shown_amount", "method", "reference", "recorded_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("recorded_by")

    @admin.display(description=_("amount"))
    def shown_amount(self, payment: Payment) -> str:
        return amount_of(payment.amount, payment.currency)


class CreditNoteInline(ReadOnlyInline):
    model = CreditNote
    view_needs = "finance.view_creditnote"
    fields = ["number", "issue_date", "shown_total", "reason"]
    readonly_fields = fields

    @admin.display(description=_("total"))
    def shown_total(self, note: CreditNote) -> str:
        return amount_of(note.total, note.currency)


class ReminderInline(ReadOnlyInline):
    model = Reminder
    view_needs = "finance.view_reminder"
    fields = ["stage", "sent_to", "created_at", "made_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("stage", "made_by")


@admin.register(Invoice)
class InvoiceAdmin(PapersMixin, LiveTotals, ScopedModelAdmin):
    """Drafts are edited here; sums are worked out by the server while somebody types, and when the draft is saved."""

    imports = [incoming.INVOICES]
    list_display = [
        "shown_number",
        "client",
        "shown_status",
        "issue_date",
        "due_date",
        "shown_total",
        "shown_balance",
        "project",
    ]
    list_select_related = ["client", "project"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        OverdueFilter,
        ("client", RelatedFilter),
        ("project", RelatedFilter),
        ("issue_date", RangeDateFilter),
        ("due_date", RangeDateFilter),
    ]
    search_fields = ["number", "client__name", "buyer_reference"]
    search_help_text = _("Number, client or its reference")
    autocomplete_fields = ["client", "project"]
    moves = INVOICE_MOVES
    inlines = [LineInline, PaymentInline, CreditNoteInline, ReminderInline]

    class Media:
        js = [forms.Script(f"hyperflow/{name}.js", defer=True) for name in ("copy", "totals")]

    history_skips = frozenset({"seller", "buyer", "link_version"})
    field_needs = {"client_link": "finance.send_invoice"}
    exported = [
        (_("Number"), "number"), (_("Client"), "client__name"), (_("Project"), "project__name"),
        (_("Status"), lambda row: row.status_on(books.today())), (_("Date"), "issue_date"), (_("Due"), "due_date"),
        (_("Currency"), "currency"), (_("Subtotal"), "subtotal"), (_("Tax"), "tax"), (_("Total"), "total"),
        (_("Paid"), "paid"), (_("Credited"), "credited"), (_("Balance"), "balance"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        terms: list[Any] = [
            ("client", "project"),
            ("currency", "exchange_rate"),
            ("issue_date", "due_date"),
            ("service_from", "service_until"),
            ("discount_percent", "discount_amount"),
            ("buyer_reference", "language"),
            "notes",
        ]
        if obj is None:
            return [(None, {"fields": terms})]
        standing = [
            ("number", "standing"),
            ("shown_subtotal", "shown_tax"),
            ("shown_total", "shown_balance"),
            ("shown_paid", "shown_credited"),
        ]
        sets = [(_("Where it stands"), {"fields": standing}), (_("Terms"), {"fields": terms})]
        if obj.is_issued:
            sets.insert(1, (_("The client's page"), {"fields": ["client_link", ("shown_viewed", "shown_held")]}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        sums = ["shown_subtotal", "shown_tax", "shown_total", "shown_balance", "shown_paid", "shown_credited"]
        return (
            [] if obj is None else ["number", "standing", "client", "client_link", "shown_viewed", "shown_held", *sums]
        )

    def may_change(self, user: Any, row: Any) -> bool:
        return bool(row.status == Status.DRAFT)

    def create_with(self, actor: Any, **values: Any) -> Invoice:
        return invoices.create_invoice(actor=actor, lines=[], **values)

    def update_with(self, row: Invoice, actor: Any, **values: Any) -> Invoice:
        return invoices.update_invoice(invoice=row, actor=actor, **values)

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, row: Invoice) -> str:
        return str(row)

    @display(
        description=_("status"),
        ordering="status",
        label={"draft": "", "pending": "info", "paid": "success", "overdue": "danger", "void": "warning"},
    )
    def shown_status(self, row: Invoice) -> tuple[str, Any]:
        status = row.status_on(books.today())
        return status, _("Overdue") if status == Invoice.OVERDUE else row.get_status_display()

    @admin.display(description=_("status"))
    def standing(self, row: Invoice) -> str:
        """In words: a page, unlike a list, draws no coloured label."""
        return str(self.shown_status(row)[1])

    @admin.display(description=_("link"))
    def client_link(self, row: Invoice) -> str:
        """To be copied into a mail: whoever has it sees the invoice."""
        address = client_links.address_of(row)
        return format_html(
            '<span class="hf-copied"><a href="{0}" target="_blank" rel="noreferrer">{0}</a> '
            '<button type="button" class="hf-copy" data-copy="{0}">{1}</button></span>',
            address,
            _("Copy"),
        )

    @admin.display(description=_("first seen by the client"))
    def shown_viewed(self, row: Invoice) -> str:
        return date_format(timezone.localtime(row.viewed_at), "DATETIME_FORMAT") if row.viewed_at else str(_("not yet"))

    @admin.display(description=_("reminders"))
    def shown_held(self, row: Invoice) -> str:
        if not row.reminders_held:
            return str(_("by schedule"))
        return str(_("held: %(reason)s") % {"reason": row.reminders_held_reason})

    @admin.display(description=_("total"), ordering="total")
    def shown_total(self, row: Invoice) -> str:
        return amount_of(row.total, row.currency)

    @admin.display(description=_("balance"))
    def shown_balance(self, row: Invoice) -> str:
        return amount_of(row.balance, row.currency)

    @admin.display(description=_("subtotal"))
    def shown_subtotal(self, row: Invoice) -> str:
        return amount_of(row.subtotal, row.currency)

    @admin.display(description=_("tax"))
    def shown_tax(self, row: Invoice) -> str:
        return amount_of(row.tax, row.currency)

    @admin.display(description=_("paid"))
    def shown_paid(self, row: Invoice) -> str:
        return amount_of(row.paid, row.currency)

    @admin.display(description=_("credited"))
    def shown_credited(self, row: Invoice) -> str:
        return amount_of(row.credited, row.currency)


class CreditNoteLineInline(ReadOnlyInline):
    model = CreditNoteLine
    verbose_name, verbose_name_plural = _("line"), _("lines")
    view_needs = "finance.view_creditnote"
    fields = ["description", "quantity", "unit_price", "taxable", "tax"]
    readonly_fields = fields


@admin.register(CreditNote)
class CreditNoteAdmin(PapersMixin, ReadOnlyScopedAdmin):
    """Written for an invoice, from its page or the API; here they are read."""

    list_display = ["number", "client", "invoice", "issue_date", "shown_total", "reason"]
    list_select_related = ["client", "invoice"]
    list_filter = [("client", RelatedFilter), ("issue_date", RangeDateFilter)]
    search_fields = ["number", "client__name", "invoice__number"]
    fields = [("number", "issue_date"), ("client", "invoice"), ("shown_total", "reason"), "notes"]
    readonly_fields = ["shown_total"]
    inlines = [CreditNoteLineInline]
    exported = [
        (_("Number"), "number"), (_("Client"), "client__name"), (_("Invoice"), "invoice__number"),
        (_("Date"), "issue_date"), (_("Currency"), "currency"), (_("Total"), "total"), (_("Reason"), "reason"),
    ]  # fmt: skip

    @admin.display(description=_("total"), ordering="total")
    def shown_total(self, note: CreditNote) -> str:
        return amount_of(note.total, note.currency)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyScopedAdmin):
    """Recorded on an invoice's page or by the API; here they are read and looked through."""

    imports = [incoming.PAYMENTS]
    list_display = ["received_on", "client", "invoice", "kind", "shown_amount", "method", "reference"]
    list_select_related = ["client", "invoice"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("client", RelatedFilter),
        ("received_on", RangeDateFilter),
    ]
    search_fields = ["invoice__number", "client__name", "reference"]
    date_hierarchy = "received_on"
    fields = [
        ("client", "invoice"),
        ("kind", "method"),
        ("shown_amount", "received_on"),
        ("shown_applied", "shown_kept"),
        "reference",
        "note",
        "recorded_by",
    ]
    readonly_fields = ["shown_amount", "shown_applied", "shown_kept"]
    exported = [
        (_("Date"), "received_on"), (_("Client"), "client__name"), (_("Invoice"), "invoice__number"),
        (_("Kind"), "kind"), (_("Amount"), "amount"), (_("Currency"), "currency"), (_("By"), "method"),
        (_("Reference"), "reference"),
    ]  # fmt: skip

    @admin.display(description=_("amount"), ordering=F("amount"))
    def shown_amount(self, payment: Payment) -> str:
        return amount_of(payment.amount, payment.currency)

    @admin.display(description=_("counted"))
    def shown_applied(self, payment: Payment) -> str:
        return amount_of(payment.applied, payment.currency)

    @admin.display(description=_("kept as credit"))
    def shown_kept(self, payment: Payment) -> str:
        return amount_of(payment.kept, payment.currency)
