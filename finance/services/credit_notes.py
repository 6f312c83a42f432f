"""Credit notes: taking an issued invoice back, in whole, by lines or by an amount."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from finance.jobs.invoices import render_document
from finance.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, NumberSeries
from finance.services import books, issuing, payments, rollups
from hyperflow.core import changes, clock, jobs, money
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

_COPIED = ("description", "unit", "unit_price", "tax_rate", "tax_category", "tax_note")
_ZERO = Decimal(0)


class CreditedLine(TypedDict):
    """So much of a line's quantity is taken back."""

    line_id: int
    quantity: Decimal


@command
def credit(
    *,
    invoice: Invoice,
    actor: Any,
    reason: str = "",
    lines: Sequence[CreditedLine] | None = None,
    amount: Decimal | None = None,
    issue_date: dt.date | None = None,
    notes: str = "",
    expected_version: int | None = None,
) -> CreditNote:
    """Take back quantities of lines, an amount with its tax, or, with neither, all that is left of an invoice.

    The note is issued at once, with a number of its own series, and is never changed. Together the notes of an
    invoice never take back more than it charged (`Conflict` ``credit_exceeds_invoice``).
    """
    if not actor.has_perm("finance.add_creditnote"):
        raise NotAllowed(_("You may not write credit notes."))
    invoice = changes.lock(invoice, expected_version=expected_version)
    if invoice.status not in {Invoice.Status.PENDING, Invoice.Status.PAID}:
        raise Conflict(_("Only an issued invoice can be credited."), code="invoice_not_open")
    if lines is not None and amount is not None:
        raise Invalid(_("Give either lines or an amount."), field="amount")
    day = issue_date or books.today()
    if invoice.issue_date is not None and day < invoice.issue_date:
        raise Invalid(_("It cannot be older than its invoice."), code="credit_before_invoice", field="issue_date")
    built = _built(invoice, lines, amount)
    subtotal = sum((line.taxable for line in built), _ZERO)
    tax = sum((line.tax for line in built), _ZERO)
    if subtotal + tax <= 0:
        raise Conflict(_("There is nothing left to credit."), code="credit_exceeds_invoice")
    if subtotal + tax > invoice.total - invoice.credited:
        raise _too_much(invoice)
    numbered = issuing.take_number(NumberSeries.Kind.CREDIT_NOTE, day.year)
    books.check_open(day)
    note = CreditNote(
        invoice=invoice,
        client=invoice.client,
        project=invoice.project,
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        issue_date=day,
        issued_at=clock.now(),
        issued_by=actor,
        created_by=actor,
        reason=reason,
        notes=notes,
        seller=invoice.seller,
        buyer=invoice.buyer,
        language=invoice.language,
        **numbered,
    )
    for name, value in issuing.worth(note.currency, note.exchange_rate, subtotal, note.total).items():
        setattr(note, name, value)
    changes.create(note, actor=actor, action="credit_note.issued", event="credit_note.issued", invoice_id=invoice.pk)
    for line in built:
        line.credit_note = note
    CreditNoteLine._base_manager.bulk_create(built)
    rollups.added(note)
    payments.apply(
        invoice,
        actor=actor,
        action="invoice.credited",
        day=day,
        credited=invoice.credited + note.total,
        credit_note_id=note.pk,
    )
    jobs.enqueue(render_document, kind="finance.creditnote", pk=note.pk)
    return note


def _built(invoice: Invoice, given: Sequence[CreditedLine] | None, amount: Decimal | None) -> list[CreditNoteLine]:
    left = _left_of(invoice)
    if amount is not None:
        return _by_amount(invoice, left, amount)
    if given is None:
        return _numbered([_taken(line, rest, rest.quantity) for line, rest in left if rest.taxable or rest.tax])
    return _by_lines(invoice, left, given)


class _Rest:
    """What earlier notes have left of a line."""

    def __init__(self, line: InvoiceLine) -> None:
        self.quantity, self.taxable, self.tax = line.quantity, line.taxable, line.tax


def _left_of(invoice: Invoice) -> list[tuple[InvoiceLine, _Rest]]:
    lines = {line.pk: line for line in invoice.lines.all()}
    rests = {pk: _Rest(line) for pk, line in lines.items()}
    for earlier in CreditNoteLine._base_manager.filter(credit_note__invoice_id=invoice.pk, line__isnull=False):
        rest = rests[earlier.line_id]
        rest.quantity -= earlier.quantity
        rest.taxable -= earlier.taxable
        rest.tax -= earlier.tax
    return [(lines[pk], rests[pk]) for pk in lines]


def _by_lines(
    invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]], given: Sequence[CreditedLine]
) -> list[CreditNoteLine]:
    known = {line.pk: (line, rest) for line, rest in left}
    built = []
    for number, one in enumerate(given):
        if one["line_id"] not in known:
            raise Invalid(_("The invoice has no such line."), code="does_not_exist", field=f"lines.{number}.line_id")
        line, rest = known.pop(one["line_id"])
        if one["quantity"] > rest.quantity:
            raise _too_much(invoice)
        built.append(_taken(line, rest, one["quantity"]))
    return _numbered(built)


def _taken(line: InvoiceLine, rest: _Rest, quantity: Decimal) -> CreditNoteLine:
    """So much of a line, with its share of what the line comes to; the last of it takes all that is left."""
    whole = quantity == rest.quantity
    part = quantity / line.quantity
    currency = line.invoice.currency
    taxable = rest.taxable if whole else min(money.quantize(line.taxable * part, currency), rest.taxable)
    tax = rest.tax if whole else min(money.quantize(line.tax * part, currency), rest.tax)
    return CreditNoteLine(
        line=line,
        quantity=quantity or line.quantity,
        gross=taxable,
        net=taxable,
        taxable=taxable,
        tax=tax,
        **{name: getattr(line, name) for name in _COPIED},
    )


def _by_amount(invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]], amount: Decimal) -> list[CreditNoteLine]:
    """An amount with its tax, spread over the kinds and rates of tax of the invoice as they stand on it."""
    if not money.fits(amount, invoice.currency):
        raise Invalid(_("It has more digits than its currency."), code="too_many_digits", field="amount")
    if amount > invoice.total - invoice.credited:
        raise _too_much(invoice)
    if amount == invoice.total - invoice.credited and not _has_flat_credits(invoice):
        return _built(invoice, None, None)
    groups: dict[tuple[str, Decimal, str], Decimal] = defaultdict(lambda: _ZERO)
    for line, _rest in left:
        groups[line.tax_category, line.tax_rate, line.tax_note] += line.taxable + line.tax
    shares = money.spread(amount, list(groups.values()), invoice.currency)
    return _numbered(
        [
            _flat(invoice, share, category, rate, note)
            for ((category, rate, note), share) in zip(groups, shares, strict=True)
            if share
        ]
    )


def _flat(invoice: Invoice, share: Decimal, category: str, rate: Decimal, note: str) -> CreditNoteLine:
    net = money.quantize(share * 100 / (100 + rate), invoice.currency)
    return CreditNoteLine(
        description=_("Credit for invoice %(number)s") % {"number": invoice.number},
        quantity=Decimal(1),
        unit_price=net,
        tax_rate=rate,
        tax_category=category,
        tax_note=note,
        gross=net,
        net=net,
        taxable=net,
        tax=share - net,
    )


def _has_flat_credits(invoice: Invoice) -> bool:
    return CreditNoteLine._base_manager.filter(credit_note__invoice_id=invoice.pk, line__isnull=True).exists()


def _numbered(lines: list[CreditNoteLine]) -> list[CreditNoteLine]:
    for number, line in enumerate(lines):
        line.position = number
    return lines


def _too_much(invoice: Invoice) -> Conflict:
    left = money.wire(invoice.total - invoice.credited, invoice.currency)
    return Conflict(
        _("Of the invoice %(left)s %(currency)s are left to credit.") % {"left": left, "currency": invoice.currency},
        code="credit_exceeds_invoice",
        left=left,
    )
