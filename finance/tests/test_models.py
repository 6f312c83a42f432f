"""What the database itself refuses, and who sees which rows."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import (
    BilledExpense,
    CreditNote,
    Estimate,
    FinancialRecord,
    Invoice,
    InvoiceLine,
    NumberSeries,
    SettledTime,
    TaxRate,
)
from finance.tests.factories import (
    CreditNoteFactory,
    EstimateFactory,
    FinancialRecordFactory,
    InvoiceFactory,
    InvoiceLineFactory,
    series,
)
from hr.tests.payroll_rows import payslip
from hyperflow.core import clock
from tasks.tests.factories import TimeEntryFactory

pytestmark = pytest.mark.django_db


def refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_an_entry_is_billed_or_written_off_once_until_it_is_given_back():
    entry, first, second = TimeEntryFactory(), InvoiceLineFactory(), InvoiceLineFactory()
    values = {"entry": entry, "seconds": 3_600, "settled_at": clock.now()}
    billed = SettledTime.objects.create(kind="billed", line=first, **values)

    refused(lambda: SettledTime.objects.create(kind="billed", line=second, **values))
    refused(lambda: SettledTime.objects.create(kind="written_off", **values))
    SettledTime.objects.filter(pk=billed.pk).update(released_at=clock.now())
    again = SettledTime.objects.create(kind="billed", line=second, **values)

    assert list(SettledTime.objects.holding()) == [again]


def test_an_expense_is_billed_once_until_it_is_given_back():
    values = {"record": FinancialRecordFactory(), "settled_at": clock.now()}
    billed = BilledExpense.objects.create(line=InvoiceLineFactory(), **values)

    refused(lambda: BilledExpense.objects.create(line=InvoiceLineFactory(), **values))
    BilledExpense.objects.filter(pk=billed.pk).update(released_at=clock.now())
    BilledExpense.objects.create(line=InvoiceLineFactory(), **values)


def test_an_invoice_is_what_its_status_says():
    day = dt.date(2026, 3, 2)

    refused(lambda: InvoiceFactory(status="pending"))
    refused(lambda: InvoiceFactory(issued=True, due_date=dt.date(2026, 3, 1)))
    refused(lambda: InvoiceFactory(issued=True, status="paid"))
    refused(lambda: InvoiceFactory(issued=True, status="void", paid=Decimal(1), balance=Decimal(99)))
    refused(lambda: InvoiceFactory(issued=True, credited=Decimal(101)))
    refused(lambda: InvoiceFactory(issue_date=day, issued_at=clock.now()))
    InvoiceFactory(status="void")


def test_a_number_is_given_once():
    InvoiceFactory(issued=True, number="INV-2026-0001", series=series(), sequence=1)

    refused(lambda: InvoiceFactory(issued=True, number="INV-2026-0001"))
    refused(lambda: InvoiceFactory(issued=True, series=series(), sequence=1))
    refused(lambda: NumberSeries.objects.create(kind="invoice", year=2026))
    assert series().spell(7) == "INV-2026-0007"
    assert series("credit_note").spell(12_345) == "CN-2026-12345"


def test_a_tax_of_nothing_has_no_rate():
    refused(lambda: InvoiceLineFactory(tax_category="reverse_charge", tax_rate=Decimal(19)))
    refused(lambda: InvoiceLineFactory(quantity=Decimal(0)))
    refused(lambda: InvoiceLineFactory(unit_price=Decimal(-1)))
    assert TaxRate.objects.exclude(category="standard").exclude(rate=0).count() == 0


def test_a_record_is_made_by_its_source():
    refused(lambda: FinancialRecordFactory(source="payroll"))
    refused(lambda: FinancialRecordFactory(amount=Decimal(-1)))
    refused(lambda: FinancialRecordFactory(record_type="income", status="submitted"))


def test_overdue_is_the_day_after_the_due_date():
    invoice = InvoiceFactory(issued=True)

    assert invoice.status_on(dt.date(2026, 3, 31)) == "pending"
    assert invoice.status_on(dt.date(2026, 4, 1)) == "overdue"
    assert list(Invoice.objects.overdue(dt.date(2026, 3, 31))) == []
    assert list(Invoice.objects.overdue(dt.date(2026, 4, 1))) == [invoice]
    assert InvoiceFactory().status_on(dt.date(2026, 4, 1)) == "draft"


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("admin", "all"),
        ("finance", "all"),
        ("manager", "all"),
        ("client", "own issued"),
        ("employee", "none"),
        ("hr", "none"),
        ("marketing", "none"),
    ],
)
def test_who_sees_which_documents(role, seen):
    user = UserFactory(as_=role)
    mine = ClientFactory(portal_users=[user] if role == "client" else [])
    invoice = InvoiceFactory(client=mine, issued=True)
    line, note = InvoiceLineFactory(invoice=invoice), CreditNoteFactory(invoice=invoice)
    InvoiceLineFactory(invoice__client=mine)  # a draft
    InvoiceFactory(client=mine, status="void")  # a draft that was given up
    CreditNoteFactory(), EstimateFactory(client=mine)  # another client's; nothing that was sent
    found = [
        model.objects.visible_to(user) for model in (Invoice, InvoiceLine, CreditNote, Estimate)
    ]  # fmt: skip

    counts = [rows.count() for rows in found]
    assert counts == {"all": [4, 2, 2, 1], "own issued": [1, 1, 1, 0], "none": [0, 0, 0, 0]}[seen]
    if seen == "own issued":
        assert [rows.get() for rows in found[:3]] == [invoice, line, note]


@pytest.mark.parametrize("role", Role.Code.values)
def test_who_sees_which_records(role):
    user = UserFactory(as_=role)
    FinancialRecordFactory()
    FinancialRecordFactory(source="claim", user=user, status="submitted")
    FinancialRecordFactory(source="claim", user=UserFactory(), status="submitted")
    FinancialRecordFactory(source="payroll", payslip=payslip(UserFactory()), user=user)

    seen = {"admin": 4, "finance": 4, "manager": 3, "employee": 1, "hr": 1, "marketing": 1, "client": 0}
    assert FinancialRecord.objects.visible_to(user).count() == seen[role]
    assert FinancialRecord.objects.counted().count() == 2
