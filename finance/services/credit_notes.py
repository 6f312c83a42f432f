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
#: The last digit of a price.
_PRICE = Decimal("0.000001")


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
    invoice never take back more than it charged (`Conflict` ``credit_exceeds_invoice``). What was paid beyond what is
    left of it is kept as the client's credit.
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
    worth = issuing.worth(note.currency, note.exchange_rate, subtotal, note.total)
    if note.total == invoice.total - invoice.credited:
        worth |= _worth_left(invoice)  # rounded note by note, it would leave or take cents
    for name, value in worth.items():
        setattr(note, name, value)
    changes.create(note, actor=actor, action="credit_note.issued", event="credit_note.issued", invoice_id=invoice.pk)
    for line in built:
        line.credit_note = note
    CreditNoteLine._base_manager.bulk_create(built)
    rollups.added(note)
    payments.apply_credit_note(note, invoice=invoice, actor=actor, day=day)
    jobs.enqueue(render_document, kind="finance.creditnote", pk=note.pk)
    return note


def _worth_left(invoice: Invoice) -> dict[str, Decimal]:
    """What the earlier notes have left of the invoice in the company's currency, where its rate is known."""
    if invoice.company_total is None or invoice.company_subtotal is None:
        return {}
    earlier = CreditNote._base_manager.filter(invoice=invoice).order_by("pk")
    subtotals, totals = invoice.company_subtotal, invoice.company_total
    for subtotal, total in earlier.values_list("company_subtotal", "company_total"):
        subtotals -= subtotal or _ZERO
        totals -= total or _ZERO
    return {"company_subtotal": subtotals, "company_total": totals}


def _built(invoice: Invoice, given: Sequence[CreditedLine] | None, amount: Decimal | None) -> list[CreditNoteLine]:
    left = _left_of(invoice)
    if amount is not None:
        return _by_amount(invoice, left, amount)
    if given is None:
        return _all_left(invoice, left)
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
        if not one["quantity"]:
            message = _("Say how much of the line is taken back.")
            raise Invalid(message, code="min_value", field=f"lines.{number}.quantity")
        if not _is_within(one["quantity"], rest.quantity):
            raise _too_much(invoice)
        built.append(_taken(line, rest, one["quantity"]))
    _check_kinds(invoice, left, built)
    return _numbered(built)


def _check_kinds(invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]], built: list[CreditNoteLine]) -> None:
    """What is taken of lines is also within what amounts that were credited before have left of each kind of tax.

    Without such amounts only lines count: a deduction that is still there may leave its kind below nothing meanwhile.
    """
    charged = _kinds_of(invoice)
    kinds = _kinds_left(invoice, left)
    for line in built:
        kinds[_kind(line)].take(line)
    for key, rest in kinds.items():
        if rest.has_flats and not (_is_within(rest.net, charged[key].net) and _is_within(rest.tax, charged[key].tax)):
            raise _too_much(invoice)


def _taken(line: InvoiceLine, rest: _Rest, quantity: Decimal) -> CreditNoteLine:
    """So much of a line, with its share of what the line comes to; the last of it takes all that is left."""
    whole = quantity == rest.quantity
    part = quantity / line.quantity
    currency = line.invoice.currency
    taxable = rest.taxable if whole else _within(money.quantize(line.taxable * part, currency), rest.taxable)
    tax = rest.tax if whole else _within(money.quantize(line.tax * part, currency), rest.tax)
    taken, copied = quantity or line.quantity, {name: getattr(line, name) for name in _COPIED}
    if line.taxable != line.gross:  # discounted: the note shows the price that was really charged
        copied["unit_price"] = (taxable / taken).quantize(_PRICE)
    return CreditNoteLine(line=line, quantity=taken, gross=taxable, net=taxable, taxable=taxable, tax=tax, **copied)


def _is_within(value: Decimal, limit: Decimal) -> bool:
    """Does it lie between nothing and the limit, which is below nothing for what was deducted?"""
    return 0 <= value <= limit or limit <= value <= 0


def _within(value: Decimal, limit: Decimal) -> Decimal:
    return value if _is_within(value, limit) else limit


def _by_amount(invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]], amount: Decimal) -> list[CreditNoteLine]:
    """An amount with its tax, spread over the kinds and rates of tax of the invoice as they stand on it."""
    if not money.fits(amount, invoice.currency):
        raise Invalid(_("It has more digits than its currency."), code="too_many_digits", field="amount")
    if amount > invoice.total - invoice.credited:
        raise _too_much(invoice)
    if amount == invoice.total - invoice.credited:
        return _built(invoice, None, None)
    kinds = _kinds_left(invoice, left)
    shares = money.spread(amount, [kind.net + kind.tax for kind in kinds.values()], invoice.currency)
    built = []
    for (key, kind), share in zip(kinds.items(), shares, strict=True):
        net = money.quantize(share * 100 / (100 + key[1]), invoice.currency)
        # Within what is left of both: the last of a kind takes exactly the net and the tax that are left of it. What
        # is deducted at a rate of its own is below nothing.
        least, most = sorted((share - kind.tax, kind.net))
        net = min(max(net, least), most)
        if share:
            built.append(_flat(invoice, key, net, share - net))
    return _numbered(built)


def _all_left(invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]]) -> list[CreditNoteLine]:
    """By lines; of an invoice of which amounts were credited, by what is left of each kind of tax."""
    if not _has_flat_credits(invoice):
        return _numbered([_taken(line, rest, rest.quantity) for line, rest in left if rest.taxable or rest.tax])
    kinds = _kinds_left(invoice, left)
    return _numbered([_flat(invoice, key, kind.net, kind.tax) for key, kind in kinds.items() if kind.net or kind.tax])


_Kind = tuple[str, Decimal, str]


class _KindLeft:
    """What all earlier notes have left of the lines of one kind and rate of tax."""

    def __init__(self) -> None:
        self.net = self.tax = _ZERO
        #: Was an amount credited that stands on no line?
        self.has_flats = False

    def take(self, line: CreditNoteLine) -> None:
        self.net -= line.taxable
        self.tax -= line.tax


def _kind(line: Any) -> _Kind:
    return str(line.tax_category), line.tax_rate, line.tax_note


def _kinds_left(invoice: Invoice, left: Sequence[tuple[InvoiceLine, _Rest]]) -> dict[_Kind, _KindLeft]:
    kinds: dict[_Kind, _KindLeft] = defaultdict(_KindLeft)
    for line, rest in left:
        kinds[_kind(line)].net += rest.taxable
        kinds[_kind(line)].tax += rest.tax
    for flat in CreditNoteLine._base_manager.filter(credit_note__invoice_id=invoice.pk, line__isnull=True):
        kinds[_kind(flat)].take(flat)
        kinds[_kind(flat)].has_flats = True
    return kinds


def _kinds_of(invoice: Invoice) -> dict[_Kind, _KindLeft]:
    """What the invoice charged at each kind and rate of tax."""
    kinds: dict[_Kind, _KindLeft] = defaultdict(_KindLeft)
    for line in invoice.lines.all():
        kinds[_kind(line)].net += line.taxable
        kinds[_kind(line)].tax += line.tax
    return kinds


def _flat(invoice: Invoice, kind: _Kind, net: Decimal, tax: Decimal) -> CreditNoteLine:
    category, rate, note = kind
    sign = -1 if net < 0 else 1
    return CreditNoteLine(
        description=_("Credit for invoice %(number)s") % {"number": invoice.number},
        quantity=Decimal(sign),  # prices are never negative, quantities may be
        unit_price=net * sign,
        tax_rate=rate,
        tax_category=category,
        tax_note=note,
        gross=net,
        net=net,
        taxable=net,
        tax=tax,
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
