"""A client's statement of account: opening balance, documents, payments, closing balance, in each currency."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from finance.reports.forms import MonthsForm, period_of
from finance.reports.money import NEEDS
from finance.selectors import statements
from finance.selectors.statements import Account, Movement
from finance.services import statements as papers
from hyperflow.core import money
from hyperflow.core.reports import Column, ReportView, Table

_KINDS = {
    statements.INVOICE: _("Invoice"),
    statements.CREDIT_NOTE: _("Credit note"),
    statements.PAYMENT: _("Payment"),
    statements.REFUND: _("Refund"),
    statements.PAID_OUT: _("Credit paid out"),
}
_PAGES = {
    statements.INVOICE: "finance_invoice",
    statements.CREDIT_NOTE: "finance_creditnote",
    statements.PAYMENT: "finance_payment",
    statements.REFUND: "finance_payment",
}


class StatementForm(MonthsForm):
    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        clients = Client.objects.visible_to(user).order_by("name", "id")
        self.fields["client"] = forms.ModelChoiceField(
            label=_("Client"), queryset=clients, required=False, empty_label=_("Choose a client")
        )


class StatementReport(ReportView):
    """Its PDF is the document that the client gets, in the client's language."""

    slug = "finance/statement"
    title = _("Statement of account")
    description = _("What a client was charged and what came in, with the balance before, after each, and at last.")
    needs = NEEDS
    form_class = StatementForm
    columns = [
        Column(_("Currency"), "currency"),
        Column(_("Date"), "day", "date"),
        Column(_("What"), "what", link=lambda row: row["link"]),
        Column(_("Number"), "number", link=lambda row: row["link"]),
        Column(_("Due"), "due", "date"),
        Column(_("Reference"), "reference"),
        Column(_("Charged"), "charged", "money"),
        Column(_("Received"), "received", "money"),
        Column(_("Balance"), "balance", "money"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        client = filters["client"]
        if client is None:
            return Table([], notes=[_now("Choose a client.")])
        accounts = statements.statement(user, client, period_of(filters))
        rows = [row for one in accounts for row in _rows(one, filters)]
        notes = [
            _now("%(client)s: %(balance)s %(currency)s on the last day.")
            % {"client": client.name, "balance": f"{_amount(one.closing, one):,}", "currency": one.currency}
            for one in accounts
        ]
        return Table(rows, notes=notes)

    def document(self, request: HttpRequest, form: Any, columns: Any, table: Table) -> HttpResponse:
        client = form.cleaned_data["client"]
        if client is None:
            return super().document(request, form, columns, table)
        period = period_of(form.cleaned_data)
        made = papers.render(client=client, period=period, actor=request.user)
        name = papers.file_name(client, period)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(made, content_type="application/pdf", headers=headers)


def _rows(account: Account, filters: dict[str, Any]) -> list[dict[str, Any]]:
    ends = {"charged": None, "received": None, "number": "", "due": None, "reference": "", "link": None}
    before = {"day": filters["start"], "what": _now("Balance before"), "balance": _amount(account.opening, account)}
    after = {"day": filters["end"], "what": _now("Balance"), "balance": _amount(account.closing, account)}
    return [
        {"currency": account.currency, **row}
        for row in (ends | before, *(_row(account, *entry) for entry in account.entries), ends | after)
    ]


def _row(account: Account, one: Movement, balance: Decimal) -> dict[str, Any]:
    page = _PAGES.get(one.kind)
    return {
        "day": one.day,
        "what": str(_KINDS[one.kind]),
        "number": one.number,
        "due": one.due,
        "reference": one.reference,
        "charged": _amount(one.charged, account) if one.charged else None,
        "received": _amount(one.received, account) if one.received else None,
        "balance": _amount(balance, account),
        "link": reverse(f"admin:{page}_change", args=[one.pk]) if page else None,
    }


def _amount(amount: Decimal, account: Account) -> Decimal:
    return money.quantize(amount, account.currency)
