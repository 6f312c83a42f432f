"""What holds when many bill, pay and close at once, on a real server. M05, M06, M07, P16."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from clients.tests.helpers import at_once
from finance.models import ClosedPeriod, CreditNote, FinancialRecord, Invoice, NumberSeries, Payment, SettledTime
from finance.selectors import verification
from finance.services import books, credit_notes, invoices, overdue, payments, rollups
from finance.services.from_time import bill_time
from finance.tests.documents import draft, issued
from hyperflow.core.errors import Conflict
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
DAY = dt.date(2026, 3, 2)


class GaveUpError(Exception):
    """The request broke after its invoice was issued."""


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


def codes(results):
    return sorted(one.code for one in results if isinstance(one, Conflict))


def numbers():
    return sorted(Invoice.objects.filter(sequence__isnull=False).values_list("sequence", flat=True))


def test_of_64_issues_with_every_fifth_rolled_back_the_numbers_have_no_hole(bookkeeper):
    """M07, P16: the first of a year too, whose series is not there yet."""
    drafts = [draft(bookkeeper, issue_date=DAY) for _number in range(64)]

    def issue(number):
        with transaction.atomic():
            invoice = invoices.set_status(invoice=drafts[number], status="pending", actor=bookkeeper)
            if number % 5 == 0:
                raise GaveUpError
            return invoice

    results = at_once(64, issue)

    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, GaveUpError)] == []
    assert sum(isinstance(one, GaveUpError) for one in results) == 13
    assert numbers() == list(range(1, 52))
    assert NumberSeries.objects.get().last == 51
    assert set(Invoice.objects.filter(status="pending").values_list("number", flat=True)) == {
        f"INV-2026-{number:04d}" for number in range(1, 52)
    }


def test_one_draft_is_issued_once(bookkeeper):
    invoice = draft(bookkeeper, issue_date=DAY)

    results = at_once(20, lambda _number: invoices.set_status(invoice=invoice, status="pending", actor=bookkeeper))

    assert codes(results) == ["invalid_transition"] * 19
    assert numbers() == [1]


def test_of_two_full_payments_one_is_taken(api, bookkeeper):
    """M05"""
    invoice = issued(bookkeeper)
    callers = [api(bookkeeper) for _number in range(2)]
    path = f"/api/finance/invoices/{invoice.pk}/payments"

    replies = at_once(2, lambda number: callers[number].post(path, {"amount": "100.00"}))

    assert sorted((reply.status_code, reply.json().get("code", "")) for reply in replies) == [
        (201, ""), (409, "overpayment"),
    ]  # fmt: skip
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.status, FinancialRecord.objects.count()) == (100, "paid", 1)


def test_of_twenty_parts_as_many_are_taken_as_fit(bookkeeper):
    invoice = issued(bookkeeper)

    results = at_once(
        20, lambda _number: payments.record_payment(invoice=invoice, actor=bookkeeper, amount=Decimal("30"))
    )

    assert codes(results) == ["overpayment"] * 17
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance, Payment.objects.count()) == (90, 10, 3)


def test_one_key_of_twenty_makes_one_invoice(api, bookkeeper):
    """M06"""
    client = ClientFactory()
    callers = [api(bookkeeper) for _number in range(20)]
    lines = [{"description": "Work", "quantity": "1", "unit_price": "1", "tax_rate": "0"}]

    def ask(number):
        body = {"client_id": client.pk, "lines": lines}
        headers = {"Idempotency-Key": "once"}
        return callers[number].post("/api/finance/invoices", body, format="json", headers=headers)

    replies = at_once(20, ask)

    assert {reply.status_code for reply in replies} <= {201, 409}
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} <= {"in_progress"}
    assert len({reply.json()["invoice_id"] for reply in replies if reply.status_code == 201}) == 1
    assert Invoice.objects.count() == 1


def test_credit_is_used_once(bookkeeper):
    client = ClientFactory()
    payments.record_payment(
        invoice=issued(bookkeeper, client=client), actor=bookkeeper, amount=Decimal(150), keep_as_credit=True
    )
    bills = [issued(bookkeeper, client=client) for _number in range(8)]

    results = at_once(
        8,
        lambda number: payments.record_payment(
            invoice=bills[number], actor=bookkeeper, amount=Decimal(50), method="credit"
        ),
    )

    assert codes(results) == ["insufficient_credit"] * 7
    assert payments.credit_of(client.pk, "EUR") == 0


def test_an_invoice_is_credited_once_in_full(bookkeeper):
    invoice = issued(bookkeeper)

    results = at_once(8, lambda _number: credit_notes.credit(invoice=invoice, actor=bookkeeper))

    assert codes(results) == ["credit_exceeds_invoice"] * 7
    assert [note.sequence for note in CreditNote.objects.all()] == [1]


def test_nothing_slips_into_days_that_are_being_closed(bookkeeper):
    drafts = [draft(bookkeeper, issue_date=DAY) for _number in range(12)]

    def act(number):
        if number == 12:
            return books.close_period(starts_on=DAY, ends_on=DAY, actor=bookkeeper)
        return invoices.set_status(invoice=drafts[number], status="pending", actor=bookkeeper)

    results = at_once(13, act)

    before = Invoice.objects.filter(status="pending")
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, Conflict)] == []
    assert codes(results) == ["period_locked"] * (12 - before.count())
    assert ClosedPeriod.objects.count() == 1
    assert numbers() == list(range(1, before.count() + 1))


def test_what_became_overdue_is_announced_once(bookkeeper):
    for _number in range(5):
        issued(bookkeeper, issue_date=dt.date(2026, 1, 1), due_date=dt.date(2026, 1, 2))

    results = at_once(4, lambda _number: overdue.announce())

    assert sum(results) == 5


def test_the_sums_stand_after_all_of_it(bookkeeper):
    bills = [issued(bookkeeper) for _number in range(6)]

    def act(number):
        invoice = bills[number % 6]
        if number < 6:
            return payments.record_payment(invoice=invoice, actor=bookkeeper, amount=Decimal("33.33"))
        if number < 12:
            return credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=Decimal("10"))
        return rollups.fold()

    results = at_once(14, act)

    assert [one for one in results if isinstance(one, Exception)] == []
    rollups.fold_all()
    assert verification.differences() == []


def test_hours_are_billed_once_however_many_bill_them(bookkeeper):
    project = ProjectFactory()
    task = TaskFactory(client=project.client, project=project)
    for _number in range(5):
        TimeEntryFactory(task=task, status="approved", rate=Decimal(90))

    results = at_once(8, lambda _number: bill_time(actor=bookkeeper, project=project, until=dt.date(2026, 1, 31)))

    assert codes(results) == ["nothing_to_bill"] * 7
    assert (Invoice.objects.get().total, SettledTime.objects.holding().count()) == (450, 5)
