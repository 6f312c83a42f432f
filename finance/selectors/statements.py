"""A client's account with the agency: what it was charged and what came in, day by day, in each currency.

Invoices and what is paid out of a client's credit are charged; credit notes and payments count against them. Money
kept as credit counts on the day it came, so a payment by that credit moves nothing; what a credit note leaves of it
counts with the note, so that it is kept as credit moves nothing either. Void invoices are in no account.
The closing balance is thus what is open on all invoices, less what the client has in credit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from clients.models import Client
from finance.models import CreditEntry, CreditNote, Invoice, Payment
from finance.selectors.sums import Period

_ZERO = Decimal(0)
#: The order within a day: what is charged comes before what settles it.
INVOICE, CREDIT_NOTE, PAYMENT, REFUND, PAID_OUT = KINDS = ("invoice", "credit_note", "payment", "refund", "paid_out")


@dataclass(frozen=True)
class Movement:
    """A document, or money that came or went. ``number`` is that of its document; ``pk`` the row's own."""

    day: date
    kind: str
    pk: int
    currency: str
    number: str
    amount: Decimal
    reference: str = ""
    due: date | None = None

    @property
    def charged(self) -> Decimal:
        return max(self.amount, _ZERO)

    @property
    def received(self) -> Decimal:
        return max(-self.amount, _ZERO)


@dataclass
class Account:
    """One currency: the balance before the period, each movement with the balance after it, and the balance at last."""

    currency: str
    opening: Decimal = _ZERO
    entries: list[tuple[Movement, Decimal]] = field(default_factory=list)
    closing: Decimal = _ZERO


def statement(user: Any, client: Client, period: Period) -> list[Account]:
    """The client's account in each currency that it has one in, within the reader's scope."""
    accounts: dict[str, Account] = {}
    for one in sorted(_movements(user, client, period.end), key=_order):
        account = accounts.setdefault(one.currency, Account(one.currency))
        account.closing += one.amount
        if one.day < period.start:
            account.opening += one.amount
        else:
            account.entries.append((one, account.closing))
    shown = (one for one in accounts.values() if one.entries or one.opening)
    return sorted(shown, key=lambda one: (one.currency != client.currency, one.currency))


def _order(one: Movement) -> tuple[Any, ...]:
    return one.day, KINDS.index(one.kind), one.pk


def _movements(user: Any, client: Client, until: date) -> Iterator[Movement]:
    """Everything up to a day. Amounts are added up here: SQLite would sum decimals as floats."""
    issued = {"client": client, "issued_at__isnull": False, "issue_date__lte": until}
    invoices = Invoice.objects.visible_to(user).filter(**issued).exclude(status=Invoice.Status.VOID)
    for pk, day, currency, number, total, due in invoices.values_list(
        "pk", "issue_date", "currency", "number", "total", "due_date"
    ):
        yield Movement(day, INVOICE, pk, currency, number, total, due=due)
    notes = CreditNote.objects.visible_to(user).filter(**issued)
    for pk, day, currency, number, total, of in notes.values_list(
        "pk", "issue_date", "currency", "number", "total", "invoice__number"
    ):
        yield Movement(day, CREDIT_NOTE, pk, currency, number, -total, reference=of)
    money = Payment.objects.visible_to(user).filter(client=client, received_on__lte=until)
    for pk, day, currency, number, amount, reference in money.exclude(method=Payment.Method.CREDIT).values_list(
        "pk", "received_on", "currency", "invoice__number", "amount", "reference"
    ):
        yield Movement(day, PAYMENT if amount > 0 else REFUND, pk, currency, number, -amount, reference=reference)
    entries = CreditEntry.objects.visible_to(user).filter(client=client, kind=CreditEntry.Kind.PAID_OUT, day__lte=until)
    for pk, day, currency, amount, note in entries.values_list("pk", "day", "currency", "amount", "note"):
        yield Movement(day, PAID_OUT, pk, currency, "", -amount, reference=note)
