"""Rows of finance's models for the tests that walk every admin class: ``MAKERS[model](count, parts=n)``."""

import datetime as dt
import itertools

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import (
    BankLine,
    BillingDetails,
    Budget,
    ClosedPeriod,
    CreditEntry,
    CreditNote,
    CreditNoteLine,
    Estimate,
    EstimateLine,
    FinancialRecord,
    Invoice,
    Issuer,
    Milestone,
    NumberSeries,
    Payment,
    RecurringInvoice,
    RecurringLine,
    RecurringPeriod,
    Reminder,
    ReminderStage,
    Retainer,
    RetainerMonth,
    TaxRate,
)
from finance.models.issuing import THE_ONE
from finance.tests.factories import (
    CreditNoteFactory,
    EstimateFactory,
    FinancialRecordFactory,
    InvoiceFactory,
    InvoiceLineFactory,
)
from hyperflow.core import clock

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
        for stage in stages(parts):
            _payment(invoice)
            Reminder.objects.create(invoice=invoice, stage=stage, created_at=clock.now())
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


def credit_entries(count, parts=0):
    paid = (_payment(InvoiceFactory(issued=True)) for _ in range(count))
    return [
        CreditEntry.objects.create(
            client=one.client, kind="kept", amount=5, currency=one.currency, payment=one, day=dt.date(2026, 3, 9),
            made_by=UserFactory(), created_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
        )
        for one in paid
    ]  # fmt: skip


def estimates(count, parts=0):
    made = EstimateFactory.create_batch(count)
    for estimate, _part in itertools.product(made, range(parts)):
        EstimateLine.objects.create(estimate=estimate, description="Work", quantity=1, unit_price=10)
    return made


def schedules(count, parts=0):
    start = dt.date(2026, 1, 1)
    made = [
        RecurringInvoice.objects.create(client=ClientFactory(), name="Hosting", starts_on=start, currency="EUR")
        for _ in range(count)
    ]
    for schedule, part in itertools.product(made, range(parts)):
        RecurringLine.objects.create(schedule=schedule, description="Hosting", unit_price=10)
        RecurringPeriod.objects.create(
            schedule=schedule, period=f"2026-{part + 1:02}-01", starts_on=start, ends_on=start, created_at=clock.now(),
            invoice=InvoiceFactory(client=schedule.client),
        )  # fmt: skip
    return made


def milestones(count, parts=0):
    return [
        Milestone.objects.create(project=ProjectFactory(), name="Design", amount=10, currency="EUR")
        for _ in range(count)
    ]


def retainers(count, parts=0):
    start = dt.date(2026, 1, 1)
    made = [
        Retainer.objects.create(
            project=ProjectFactory(), name="Care", starts_on=start, fee=10, currency="EUR", included_seconds=3600
        )
        for _ in range(count)
    ]
    for retainer, part in itertools.product(made, range(parts)):
        RetainerMonth.objects.create(
            retainer=retainer, month=dt.date(2026, part + 1, 1), included=3600, carried=3600, invoice=InvoiceFactory()
        )
    return made


def records(count, parts=0):
    return FinancialRecordFactory.create_batch(count)


def closed_periods(count, parts=0):
    day = dt.date(2020, 1, 1)
    return [ClosedPeriod.objects.create(starts_on=day, ends_on=day, closed_by=UserFactory()) for _ in range(count)]


def bank_lines(count, parts=0):
    return [
        BankLine.objects.create(
            fingerprint=f"line-{next(_number)}", booked_on=dt.date(2026, 3, 9), amount=10, currency="EUR",
            proposed=InvoiceFactory(issued=True),
        )
        for _ in range(count)
    ]  # fmt: skip


MAKERS = {
    Estimate: estimates,
    RecurringInvoice: schedules,
    Milestone: milestones,
    Retainer: retainers,
    FinancialRecord: records,
    ClosedPeriod: closed_periods,
    BankLine: bank_lines,
    Invoice: invoices,
    CreditNote: credit_notes,
    Payment: payments,
    CreditEntry: credit_entries,
    TaxRate: tax_rates,
    Issuer: issuers,
    BillingDetails: billing_details,
    ReminderStage: stages,
    NumberSeries: series,
    Budget: budgets,
}
