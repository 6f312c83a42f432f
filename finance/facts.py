"""What a row means to the sums: the same facts for who writes them, adds them up anew, and checks them.

A fact is an amount of a measure on a day. A row that changes has other facts afterwards; the sums get the difference.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from finance.models import CreditEntry, CreditNote, FinancialRecord, Invoice, Measure, Payment
from finance.models.rollup import THOUSANDTHS
from hyperflow.core import clock, money

#: Measures that have sums of categories: a record has one, and what is owed has its due date there.
CATEGORISED = frozenset(
    {Measure.INCOME, Measure.OTHER_INCOME, Measure.EXPENSE, Measure.NET_EXPENSE, Measure.PAYROLL, Measure.OWED}
)
#: Measures that leave out the tax in a record, as invoices do that are compared with them.
WITHOUT_TAX = frozenset({Measure.OTHER_INCOME, Measure.NET_EXPENSE})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fact belongs."""

    measure: str
    day: dt.date
    currency: str
    client: int = 0
    project: int = 0
    category: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """Thousandths, of how many facts. ``company`` leaves out the ``unconverted`` ones, whose amount is ``excluded``."""

    amount: int = 0
    company: int = 0
    excluded: int = 0
    count: int = 0
    unconverted: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.amount + other.amount,
            self.company + other.company,
            self.excluded + other.excluded,
            self.count + other.count,
            self.unconverted + other.unconverted,
        )

    def __neg__(self) -> "Sum":
        return Sum(-self.amount, -self.company, -self.excluded, -self.count, -self.unconverted)

    def __bool__(self) -> bool:
        return self != Sum()


Fact = tuple[Place, Sum]


def thousandths(amount: Decimal) -> int:
    return int(amount * THOUSANDTHS)


def of(row: Any) -> list[Fact]:
    """The facts of an invoice, credit note, payment, line of credit or record, as it now stands."""
    return _FACTS[type(row)](row)


def added_up(facts: Iterable[Fact]) -> dict[Place, Sum]:
    """One sum a place, without those that come to nothing."""
    sums: dict[Place, Sum] = defaultdict(Sum)
    for place, amount in facts:
        sums[place] += amount
    return {place: amount for place, amount in sums.items() if amount}


def difference(before: Iterable[Fact], after: Iterable[Fact]) -> dict[Place, Sum]:
    return added_up([*((place, -amount) for place, amount in before), *after])


def in_company(amount: Decimal, currency: str, rate: Decimal | None) -> Decimal | None:
    """At the rate that a document keeps; nothing where it has none."""
    if currency == settings.COMPANY_CURRENCY:
        return amount
    return None if rate is None else money.quantize(amount * rate, settings.COMPANY_CURRENCY)


def _sum(amount: Decimal, company: Decimal | None, count: int = 1) -> Sum:
    own = thousandths(amount)
    if company is None:
        return Sum(own, 0, own, count, count)
    return Sum(own, thousandths(company), 0, count, 0)


def _at_kept_rate(row: Any, amount: Decimal, company: Decimal | None) -> Decimal | None:
    """What the document keeps, if it is of the company's currency of today."""
    if row.currency == settings.COMPANY_CURRENCY:
        return amount
    return company if row.company_currency == settings.COMPANY_CURRENCY else None


def _of_invoice(row: Invoice) -> list[Fact]:
    """What it billed, on its date; that it was voided, on the day it was; and what of it is owed now."""
    if row.issued_at is None or row.issue_date is None:
        return []
    net = _sum(row.subtotal, _at_kept_rate(row, row.subtotal, row.company_subtotal))
    gross = _sum(row.total, _at_kept_rate(row, row.total, row.company_total))
    facts = [
        (_place(Measure.INVOICED, row.issue_date, row), net),
        (_place(Measure.INVOICED_GROSS, row.issue_date, row), gross),
    ]
    if row.status == Invoice.Status.VOID:
        facts += of_void(row)
    elif row.balance and row.due_date is not None:
        at_rate = in_company(row.balance, row.currency, row.exchange_rate)
        owed = _sum(row.balance, _at_kept_rate(row, row.balance, at_rate))
        facts.append((_place(Measure.OWED, row.issue_date, row, row.due_date.isoformat()), owed))
    return facts


def of_void(row: Invoice) -> list[Fact]:
    """What an invoice that was voided takes back, on that day of the company."""
    if row.voided_at is None or row.issued_at is None:
        return []
    day = clock.business_date(None, row.voided_at)
    net = _sum(row.subtotal, _at_kept_rate(row, row.subtotal, row.company_subtotal))
    gross = _sum(row.total, _at_kept_rate(row, row.total, row.company_total))
    return [(_place(Measure.INVOICED, day, row), _back(net)), (_place(Measure.INVOICED_GROSS, day, row), _back(gross))]


def _of_credit_note(row: CreditNote) -> list[Fact]:
    if row.issue_date is None:
        return []
    net = _sum(row.subtotal, _at_kept_rate(row, row.subtotal, row.company_subtotal))
    gross = _sum(row.total, _at_kept_rate(row, row.total, row.company_total))
    return [
        (_place(Measure.INVOICED, row.issue_date, row), _back(net)),
        (_place(Measure.INVOICED_GROSS, row.issue_date, row), _back(gross)),
    ]


def _of_payment(row: Payment) -> list[Fact]:
    """Money that came or went. What is paid from a client's credit came before."""
    if row.method == Payment.Method.CREDIT:
        return []
    place = Place(Measure.COLLECTED, row.received_on, row.currency, row.client_id, row.invoice.project_id or 0)
    return [(place, _sum(row.amount, _company_of(row)))]


def _of_credit_entry(row: CreditEntry) -> list[Fact]:
    """Credit that is paid out is money that went. What is kept of a payment came with it, and what a credit note leaves
    came before: neither moves money."""
    if row.kind != CreditEntry.Kind.PAID_OUT:
        return []
    place = Place(Measure.COLLECTED, row.day, row.currency, row.client_id)
    return [(place, _sum(row.amount, _company_of(row)))]


def _of_record(row: FinancialRecord) -> list[Fact]:
    if row.status in FinancialRecord.UNCOUNTED:
        return []
    company = _company_of(row)
    gross, net = _sum(row.amount, company), _sum(row.amount - row.tax, _without_tax(row, company))
    return [
        (_place(measure, row.record_date, row, row.category), net if measure in WITHOUT_TAX else gross)
        for measure in measures_of(row)
    ]


def _without_tax(row: FinancialRecord, company: Decimal | None) -> Decimal | None:
    if company is None:
        return None
    return company - (row.tax if row.currency == settings.COMPANY_CURRENCY else row.company_tax or Decimal(0))


def measures_of(row: FinancialRecord) -> list[str]:
    if row.record_type == FinancialRecord.Type.EXPENSE:
        return [Measure.EXPENSE, Measure.NET_EXPENSE] if row.payslip_id is None else [Measure.PAYROLL]
    moved_for_invoices = row.payment_id is not None or row.credit_entry_id is not None
    return [Measure.INCOME] if moved_for_invoices else [Measure.INCOME, Measure.OTHER_INCOME]


def _company_of(row: Payment | CreditEntry | FinancialRecord) -> Decimal | None:
    return row.amount if row.currency == settings.COMPANY_CURRENCY else row.company_amount


def _place(measure: str, day: dt.date, row: Any, category: str = "") -> Place:
    return Place(measure, day, row.currency, row.client_id or 0, row.project_id or 0, category)


def _back(amount: Sum) -> Sum:
    """What takes back is a fact of its own: it counts."""
    return Sum(-amount.amount, -amount.company, -amount.excluded, amount.count, amount.unconverted)


_FACTS: dict[type[Any], Any] = {
    Invoice: _of_invoice,
    CreditNote: _of_credit_note,
    Payment: _of_payment,
    CreditEntry: _of_credit_entry,
    FinancialRecord: _of_record,
}
