"""What clients have in credit: its lines are read here, and it is paid out on the client's page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from clients.models import Client
from finance.admin.documents import amount_of
from finance.models import CreditEntry
from finance.services import payments
from hyperflow.core.admin import Link, Move, MoveForm, ReadOnlyScopedAdmin, RelatedFilter
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter
from hyperflow.core.admin.moves import register_links


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnlyScopedAdmin):
    list_display = ["day", "client", "kind", "shown_amount", "payment", "credit_note", "note", "made_by"]
    list_select_related = ["client", "payment__invoice", "credit_note", "made_by"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("client", RelatedFilter),
        ("day", RangeDateFilter),
    ]
    search_fields = ["client__name", "note"]
    fields = [
        ("client", "kind"),
        ("shown_amount", "day"),
        "exchange_rate",
        ("payment", "credit_note"),
        "note",
        "made_by",
    ]
    readonly_fields = ["shown_amount"]
    exported = [
        (_("Date"), "day"), (_("Client"), "client__name"), (_("Kind"), "kind"), (_("Amount"), "amount"),
        (_("Currency"), "currency"), (_("Invoice"), "payment__invoice__number"),
        (_("Credit note"), "credit_note__number"), (_("Note"), "note"),
    ]  # fmt: skip

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, row: CreditEntry) -> str:
        return amount_of(row.amount, row.currency)


class PayOutForm(MoveForm):
    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, help_text=_("Empty: all of it."),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Of the credit in"), widget=UnfoldAdminSelectWidget)
    date = forms.DateField(
        label=_("Paid on"), required=False, help_text=_("Empty: today."),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )  # fmt: skip
    exchange_rate = CreditEntry._meta.get_field("exchange_rate").formfield(
        label=_("Exchange rate"), required=False,
        help_text=_("Of another currency than the company's. Empty: that of what left the credit."),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = payments.credits_of(self.rows[0].pk) if self.rows else {}
        currency: Any = self.fields["currency"]
        currency.choices = [(code, amount_of(amount, code)) for code, amount in there.items()]


def _pay_out(row: Client, actor: Any, amount: Decimal | None, **details: Any) -> Any:
    return payments.pay_out_credit(client=row, actor=actor, amount=amount or None, **details)


PAY_OUT = Move(
    "pay_out_credit", _("Pay out credit"), _pay_out,
    needs="finance.add_creditentry", done=_("paid out"), icon="currency_exchange", form=PayOutForm, in_list=False,
    question=_("What was paid beyond what is owed goes back to the client. The income is taken back with it."),
    available=lambda row, user: bool(payments.credits_of(row.pk)),
)  # fmt: skip

# The client's page belongs to clients, which know nothing of payments.
_clients: Any = admin.site.get_model_admin(Client)
_clients.moves = [*_clients.moves, PAY_OUT]


def _links(request: HttpRequest, row: Any) -> list[Link]:
    if not request.user.has_perm("finance.view_creditentry"):
        return []
    there = payments.credits_of(row.pk)
    if not there:
        return []
    held = ", ".join(amount_of(amount, code) for code, amount in there.items())
    label = _("Credit: %(amounts)s") % {"amounts": held}
    return [Link(label, f"{reverse('admin:finance_creditentry_changelist')}?client__id__exact={row.pk}", "savings")]


register_links("clients.client", _links)
