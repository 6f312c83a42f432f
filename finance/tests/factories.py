"""Documents and records for tests, written past the services: an `InvoiceFactory()` is a draft without lines."""

import datetime as dt
from decimal import Decimal

import factory

from clients.tests.factories import ClientFactory
from finance.models import CreditNote, Estimate, FinancialRecord, Invoice, InvoiceLine, NumberSeries
from hyperflow.core import clock


class InvoiceFactory(factory.django.DjangoModelFactory[Invoice]):
    """A draft; with ``issued=True`` one that was issued on 2 March 2026 and is due on the 31st."""

    class Meta:
        model = Invoice

    class Params:
        issued = factory.Trait(
            status=Invoice.Status.PENDING,
            number=factory.Sequence(lambda n: f"TEST-{n}"),
            issue_date=dt.date(2026, 3, 2),
            due_date=dt.date(2026, 3, 31),
            issued_at=factory.LazyFunction(clock.now),
            subtotal=Decimal(100),
            total=Decimal(100),
            balance=Decimal(100),
        )

    client = factory.SubFactory(ClientFactory)
    currency = factory.SelfAttribute("client.currency")


class InvoiceLineFactory(factory.django.DjangoModelFactory[InvoiceLine]):
    class Meta:
        model = InvoiceLine

    invoice = factory.SubFactory(InvoiceFactory)
    description = factory.Sequence(lambda n: f"Work {n}")
    quantity = Decimal(1)
    unit_price = Decimal(100)
    gross = net = taxable = Decimal(100)


class CreditNoteFactory(factory.django.DjangoModelFactory[CreditNote]):
    class Meta:
        model = CreditNote

    invoice = factory.SubFactory(InvoiceFactory, issued=True)
    client = factory.SelfAttribute("invoice.client")
    currency = factory.SelfAttribute("invoice.currency")
    number = factory.Sequence(lambda n: f"TEST-CN-{n}")
    issue_date = dt.date(2026, 3, 3)
    issued_at = factory.LazyFunction(clock.now)
    subtotal = total = Decimal(10)


class EstimateFactory(factory.django.DjangoModelFactory[Estimate]):
    class Meta:
        model = Estimate

    client = factory.SubFactory(ClientFactory)
    currency = factory.SelfAttribute("client.currency")


class FinancialRecordFactory(factory.django.DjangoModelFactory[FinancialRecord]):
    class Meta:
        model = FinancialRecord

    record_type = FinancialRecord.Type.EXPENSE
    category = "software"
    amount = Decimal(50)
    currency = "EUR"
    record_date = dt.date(2026, 3, 2)


def series(kind: str = "invoice", year: int = 2026) -> NumberSeries:
    return NumberSeries.objects.get_or_create(kind=kind, year=year)[0]
