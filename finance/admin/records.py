"""Income and expenses in the admin, and what people handed in: approved, refused and paid back here."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from finance.admin import incoming
from finance.admin.documents import amount_of
from finance.admin.moves import DayForm, NoteForm
from finance.models import BankLine, ClosedPeriod, FinancialRecord, Invoice
from finance.services import bank, books, claims, records
from hyperflow.core import storage
from hyperflow.core.admin import Link, Move, MoveForm, ReadOnlyScopedAdmin, RelatedFilter, ScopedModelAdmin
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter

Status = FinancialRecord.Status
#: What these booked is corrected where it came from.
_BOOKED_BY_OTHERS = (FinancialRecord.Source.PAYMENT, FinancialRecord.Source.PAYROLL)


class ReasonForm(MoveForm):
    note = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


class RateForm(MoveForm):
    """At which rate pay in another currency counts."""

    rate = FinancialRecord._meta.get_field("exchange_rate").formfield(
        label=_("Rate"),
        required=True,
        help_text=_(
            "What one unit of its currency was worth in the company's. Together for several records: of one currency."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    def clean(self) -> Any:
        if len({row.currency for row in self.rows}) > 1:
            raise forms.ValidationError(_("These are in several currencies: choose those of one."))
        return super().clean()


class MatchForm(MoveForm):
    """Which invoice a line of the statement pays."""

    number = forms.CharField(label=_("Number of the invoice"), max_length=40, widget=UnfoldAdminTextInputWidget)
    keep_as_credit = forms.BooleanField(
        label=_("Keep what is beyond its balance as the client's credit"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean_number(self) -> Invoice:
        number = self.cleaned_data["number"].strip()
        found: Invoice | None = Invoice.objects.visible_to(self.actor).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no invoice with this number."))
        return found


def _decides(row: FinancialRecord, user: Any) -> bool:
    return row.status == Status.SUBMITTED and row.user_id != user.pk


@admin.register(FinancialRecord)
class FinancialRecordAdmin(ScopedModelAdmin):
    """What a payment or a payslip booked is read here and corrected there."""

    imports = [incoming.EXPENSES]
    list_display = ["record_date", "record_type", "category", "description", "client", "shown_amount", "shown_status"]
    list_select_related = ["client"]
    list_filter = [
        ("record_type", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("client", RelatedFilter),
        ("project", RelatedFilter),
        ("department", RelatedFilter),
        ("user", RelatedFilter),
        ("is_billable", BooleanRadioFilter),
        ("record_date", RangeDateFilter),
    ]
    search_fields = ["description", "supplier", "category", "client__name"]
    autocomplete_fields = ["client", "project", "user"]
    deletable = True
    moves = [
        Move(
            "approve", _("Approve"),
            lambda row, actor, note: claims.decide(record=row, actor=actor, approve=True, note=note),
            needs="finance.approve_expense", done=_("approved"), icon="check", form=NoteForm, available=_decides,
        ),
        Move(
            "refuse", _("Refuse"),
            lambda row, actor, note: claims.decide(record=row, actor=actor, approve=False, note=note),
            needs="finance.approve_expense", done=_("refused"), icon="close", form=ReasonForm, danger=True,
            available=_decides,
        ),
        Move(
            "reimburse", _("Paid back"),
            lambda row, actor, date: claims.reimburse(record=row, actor=actor, date=date),
            needs="finance.reimburse_expense", done=_("marked as paid back"), icon="payments", form=DayForm,
            available=lambda row, user: row.status == Status.APPROVED,
        ),
        Move(
            "rate", _("State the rate"),
            lambda row, actor, rate: records.state_rate(record=row, actor=actor, rate=rate),
            needs="finance.change_financialrecord", done=_("converted"), icon="currency_exchange", form=RateForm,
            available=lambda row, user: row.payslip_id is not None and row.currency != settings.COMPANY_CURRENCY,
        ),
    ]  # fmt: skip
    exported = [
        (_("Date"), "record_date"), (_("Type"), "record_type"), (_("Category"), "category"), (_("Amount"), "amount"),
        (_("Tax in it"), "tax"), (_("Currency"), "currency"), (_("Description"), "description"),
        (_("From or to"), "supplier"), (_("Client"), "client__name"), (_("Project"), "project__name"),
        (_("Department"), "department__name"), (_("Person"), "user__name"), (_("Status"), "status"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        fields: list[Any] = [
            ("record_type", "category"), ("record_date", "amount"), ("tax", "currency"), "exchange_rate",
            "description", "supplier", ("client", "project"), ("department", "user"), "is_billable",
        ]  # fmt: skip
        if obj is None:
            return [(None, {"fields": fields})]
        standing = [("standing", "source"), ("decided_by", "decided_at"), ("decision_note", "reimbursed_on")]
        return [(_("Where it stands"), {"fields": standing}), (_("Record"), {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["standing", "source", "decided_by", "decided_at", "decision_note", "reimbursed_on"]
        return [] if obj is None else fixed

    def may_change(self, user: Any, row: Any) -> bool:
        return row.source not in _BOOKED_BY_OTHERS and row.decided_at is None

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        if row.receipt_id is None:
            return []
        return [Link(_("Receipt"), storage.signed_path(records.KIND, row.pk, request.user), icon="receipt")]

    def create_with(self, actor: Any, **values: Any) -> FinancialRecord:
        return records.create_record(actor=actor, **values)

    def update_with(self, row: FinancialRecord, actor: Any, **values: Any) -> FinancialRecord:
        return records.update_record(record=row, actor=actor, **values)

    def delete_with(self, row: FinancialRecord, actor: Any) -> None:
        records.delete_record(record=row, actor=actor)

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, row: FinancialRecord) -> str:
        return amount_of(row.amount, row.currency)

    @display(
        description=_("status"),
        ordering="status",
        label={
            "booked": "", "submitted": "info", "approved": "success", "rejected": "danger", "reimbursed": "success",
        },
    )  # fmt: skip
    def shown_status(self, row: FinancialRecord) -> tuple[str, Any]:
        return str(row.status), row.get_status_display()

    @admin.display(description=_("status"))
    def standing(self, row: FinancialRecord) -> str:
        return str(row.get_status_display())


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ScopedModelAdmin):
    """Days of which nothing is made, changed or undone any more."""

    list_display = ["starts_on", "ends_on", "reason", "closed_by", "created_at"]
    list_select_related = ["closed_by"]
    list_filter = [("starts_on", RangeDateFilter)]
    search_fields = ["reason"]
    fields = [("starts_on", "ends_on"), "reason"]
    deletable = True

    def may_change(self, user: Any, row: Any) -> bool:
        return False

    def create_with(self, actor: Any, **values: Any) -> ClosedPeriod:
        return books.close_period(actor=actor, **values)

    def delete_with(self, row: ClosedPeriod, actor: Any) -> None:
        books.open_period(period=row, actor=actor)


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyScopedAdmin):
    """Lines of bank statements: what is proposed for each is confirmed here, and becomes the payment."""

    imports = [incoming.BANK]
    list_display = ["booked_on", "payer", "reference", "shown_amount", "status", "proposed", "proposed_because"]
    list_select_related = ["proposed"]
    list_filter = [("status", ChoicesDropdownFilter), ("booked_on", RangeDateFilter)]
    search_fields = ["payer", "reference"]
    moves = [
        Move(
            "confirm", _("Confirm as proposed"), lambda row, actor: bank.confirm(line=row, actor=actor),
            needs="finance.change_bankline", done=_("paid"), icon="check",
            question=_("It becomes a payment of the invoice that is proposed."),
            available=lambda row, user: row.status == BankLine.Status.OPEN and row.proposed_id is not None,
        ),
        Move(
            "match", _("Match with an invoice"),
            lambda row, actor, number, keep_as_credit: bank.confirm(
                line=row, actor=actor, invoice=number, keep_as_credit=keep_as_credit
            ),
            needs="finance.change_bankline", done=_("paid"), icon="link", form=MatchForm, in_list=False,
            available=lambda row, user: row.status == BankLine.Status.OPEN and row.amount > 0,
        ),
        Move(
            "ignore", _("Ignore"), lambda row, actor: bank.ignore(line=row, actor=actor),
            needs="finance.change_bankline", done=_("ignored"), icon="visibility_off",
            question=_("It pays no invoice: a fee, a transfer, a salary."),
            available=lambda row, user: row.status == BankLine.Status.OPEN,
        ),
        Move(
            "reopen", _("Look at it again"), lambda row, actor: bank.reopen(line=row, actor=actor),
            needs="finance.change_bankline", done=_("open again"), icon="undo",
            available=lambda row, user: row.status == BankLine.Status.IGNORED,
        ),
    ]  # fmt: skip
    fields = [
        ("booked_on", "shown_amount"), ("payer", "reference"), "status", ("proposed", "proposed_because"), "payment",
    ]  # fmt: skip
    readonly_fields = ["shown_amount"]

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, row: BankLine) -> str:
        return amount_of(row.amount, row.currency)
