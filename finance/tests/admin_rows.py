"""Rows of finance's models for the tests that walk every admin class: ``MAKERS[model](count, parts=n)``."""

import datetime as dt
import itertools

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import (
    BillingDetails,
    Budget,
    CreditNote,
    CreditNoteLine,
    Invoice,
    Issuer,
    NumberSeries,
    Payment,
    ReminderStage,
    TaxRate,
)
from finance.models.issuing import THE_ONE
from finance.tests.factories import CreditNoteFactory, InvoiceFactory, InvoiceLineFactory

_number = itertools.count(1)


def tax_rates(count, parts=0):
    return [TaxRate.objects.create(code=f"rate-{next(_number)}", name="Rate", rate=7) for _ in range(count)]


def issuers(count, parts=0):
    """There is one, however many are asked for."""
    return [Issuer.objects.get_or_create(pk=THE_ONE, defaults={"name": "The agency"})[0]] * count


def billing_details(count, parts=0):
    return [BillingDetails.objects.create(client=ClientFactory()) for _ in range(count)]


def stages(count, parts=0):
    return [
        ReminderStage.objects.create(name="Stage", days_after_due=next(_number) % 300 + 60, subject="S", text="T")
        for _ in range(count)
    ]


def series(count, parts=0):
    return [NumberSeries.objects.create(kind="invoice", year=2100 + next(_number)) for _ in range(count)]


def budgets(count, parts=0):
    start, end = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    return [
        Budget.objects.create(
            name="Budget", scope="client", client=ClientFactory(), starts_on=start, ends_on=end, amount=100,
            currency="EUR",
        )
        for _ in range(count)
    ]  # fmt: skip


def invoices(count, parts=0):
    made = InvoiceFactory.create_batch(count, issued=True)
    for invoice in made:
        InvoiceLineFactory.create_batch(parts, invoice=invoice)
        CreditNoteFactory.create_batch(parts, invoice=invoice)
        for _ in range(parts):
            _payment(invoice)
    return made


def credit_notes(count, parts=0):
    made = CreditNoteFactory.create_batch(count)
    for note, _part in itertools.product(made, range(parts)):
        CreditNoteLine.objects.create(credit_note=note, description="Work", quantity=1, unit_price=10)
    return made


def payments(count, parts=0):
    return [_payment(InvoiceFactory(issued=True)) for _ in range(count)]


def _payment(invoice):
    return Payment.objects.create(
        invoice=invoice, client=invoice.client, amount=10, applied=10, currency=invoice.currency,
        received_on=dt.date(2026, 3, 9), recorded_by=UserFactory(),
    )  # fmt: skip


MAKERS = {
    Invoice: invoices,
    CreditNote: credit_notes,
    Payment: payments,
    TaxRate: tax_rates,
    Issuer: issuers,
    BillingDetails: billing_details,
    ReminderStage: stages,
    NumberSeries: series,
    Budget: budgets,
}
