"""The life of an invoice: made, changed, issued, overdue, void."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from clients.tests.helpers import audited
from finance.facts import added_up, of
from finance.models import Invoice, NumberSeries, RollupChange, SettledTime
from finance.services import books, credit_notes, invoices, overdue, payments
from finance.tests.documents import draft, issued, line
from hyperflow.core import clock
from hyperflow.core.errors import Conflict, DomainError, Invalid, NotAllowed, PreconditionFailed
from hyperflow.core.models import OutboxEvent
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


def refusal(work):
    with pytest.raises(DomainError) as caught:
        work()
    return caught.value.code


def test_a_draft_has_sums_and_no_number(bookkeeper):
    invoice = draft(bookkeeper, line("80.50", 10, 19), line(20, 1, 7))

    assert (invoice.status, invoice.number, invoice.issued_at) == ("draft", None, None)
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal(825), Decimal("154.35"), Decimal("979.35"))
    assert invoice.balance == invoice.total
    assert [one.tax for one in invoice.lines.all()] == [Decimal("152.95"), Decimal("1.40")]
    assert not RollupChange.objects.exists()
    assert audited() == ["invoice.created"]


def test_issuing_numbers_and_freezes_it(bookkeeper):
    client = ClientFactory(name="Acme", address="1 High Street", payment_terms_days=14)
    invoice = issued(bookkeeper, client=client, issue_date=None)
    type(client).objects.filter(pk=client.pk).update(name="Other", address="Moved")

    invoice.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.sequence) == ("pending", "INV-2026-0001", 1)
    assert (invoice.issue_date, invoice.due_date) == (dt.date(2026, 3, 16), dt.date(2026, 3, 30))
    assert (invoice.buyer["name"], invoice.buyer["address"]) == ("Acme", "1 High Street")
    assert invoice.seller["name"] == "HyperFlow Agency"
    assert (invoice.company_currency, invoice.company_total, invoice.exchange_rate) == ("EUR", Decimal(100), 1)
    assert {change.measure for change in RollupChange.objects.all()} == {"invoiced", "invoiced_gross", "owed"}
    assert list(OutboxEvent.objects.values_list("kind", flat=True)) == ["invoice.created", "invoice.issued"]


def test_numbers_follow_each_other_within_the_year_of_the_date(bookkeeper):
    numbers = [
        issued(bookkeeper, issue_date=day).number
        for day in (dt.date(2026, 3, 2), dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2025, 1, 1))
    ]

    assert numbers == ["INV-2026-0001", "INV-2025-0001", "INV-2026-0002", "INV-2025-0002"]


def test_a_refused_issue_takes_no_number(bookkeeper):
    books.close_period(starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 1, 31), actor=bookkeeper)
    closed = draft(bookkeeper, issue_date=dt.date(2026, 1, 31))

    assert refusal(lambda: invoices.set_status(invoice=closed, status="pending", actor=bookkeeper)) == "period_locked"
    closed.refresh_from_db()
    assert (closed.status, closed.number) == ("draft", None)
    assert not NumberSeries.objects.exists()
    assert issued(bookkeeper).number == "INV-2026-0001"


def test_an_issued_invoice_does_not_change(bookkeeper):
    invoice = issued(bookkeeper)

    change = lambda: invoices.update_invoice(invoice=invoice, actor=bookkeeper, notes="Thanks")  # noqa: E731
    assert refusal(change) == "invoice_issued"
    assert Invoice.objects.get().notes == ""


def test_a_draft_changes_with_its_lines(bookkeeper):
    invoice = draft(bookkeeper, line(100), line(50))
    first, second = invoice.lines.all()

    invoices.update_invoice(
        invoice=invoice,
        actor=bookkeeper,
        notes="Thanks",
        lines=[{**line(70), "line_id": second.pk}, line(5, 2)],
    )

    invoice.refresh_from_db()
    kept, new = invoice.lines.all()
    assert (kept.pk, kept.unit_price, kept.position) == (second.pk, 70, 0)
    assert (new.net, invoice.total, invoice.balance, invoice.notes) == (10, 80, 80, "Thanks")
    assert (invoice.version, invoice.lines.filter(pk=first.pk).exists()) == (2, False)
    unknown = lambda: invoices.update_invoice(  # noqa: E731
        invoice=invoice, actor=bookkeeper, lines=[{**line(), "line_id": first.pk}]
    )
    assert refusal(unknown) == "does_not_exist"


def test_a_draft_gets_a_due_date_with_its_date(bookkeeper):
    invoice = draft(bookkeeper)

    invoices.update_invoice(invoice=invoice, actor=bookkeeper, issue_date=dt.date(2026, 3, 2))
    assert Invoice.objects.get().due_date == dt.date(2026, 4, 1)
    invoices.update_invoice(invoice=invoice, actor=bookkeeper, due_date=dt.date(2026, 3, 9))

    assert Invoice.objects.get().due_date == dt.date(2026, 3, 9)


def test_a_stale_change_is_refused(bookkeeper):
    invoice = draft(bookkeeper)
    invoices.update_invoice(invoice=invoice, actor=bookkeeper, notes="One")

    with pytest.raises(PreconditionFailed):
        invoices.update_invoice(invoice=invoice, actor=bookkeeper, notes="Two", expected_version=1)
    assert Invoice.objects.get().notes == "One"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"currency": "USD"}, "exchange_rate_required"),
        ({"issue_date": dt.date(2026, 3, 2), "due_date": dt.date(2026, 3, 1)}, "due_before_issue"),
        ({"service_from": dt.date(2026, 3, 2), "service_until": dt.date(2026, 3, 1)}, "invalid_period"),
        ({"lines": [line(100), line(200, -1)]}, "negative_total"),
        ({"lines": [line(999_999_999_999, 1_000)]}, "amount_too_large"),
        ({"lines": [line(discount_amount=Decimal("0.001"))]}, "too_many_digits"),
        ({"lines": [line(tax_code="none")]}, "does_not_exist"),
        ({"invoice_number": "inv-2026-0007"}, "number_not_allowed"),
    ],
)
def test_what_is_no_draft_is_refused(bookkeeper, fields, code):
    values = {"actor": bookkeeper, "client": ClientFactory(), "lines": [line()], **fields}

    assert refusal(lambda: invoices.create_invoice(**values)) == code
    assert not Invoice.objects.exists()


def test_a_task_of_another_client_is_refused(bookkeeper):
    assert refusal(lambda: draft(bookkeeper, line(task=TaskFactory()))) == "task_of_another_client"


def test_another_currency_keeps_its_rate(bookkeeper):
    client = ClientFactory(currency="EUR")
    invoice = issued(bookkeeper, line(100), client=client, currency="USD", exchange_rate=Decimal("0.91"))

    assert (invoice.currency, invoice.exchange_rate, invoice.company_total) == ("USD", Decimal("0.91"), Decimal(91))
    other = issued(bookkeeper, line(1_000), client=ClientFactory(currency="JPY"), currency="JPY")
    assert (other.company_total, other.exchange_rate) == (None, None)


def test_a_usual_rate_brings_its_note(bookkeeper):
    invoice = draft(bookkeeper, {**line(100), "tax_rate": None, "tax_code": "reverse_charge"})
    [one] = invoice.lines.all()

    assert (one.tax_rate, one.tax_category, one.tax) == (0, "reverse_charge", 0)
    assert one.tax_note.startswith("Reverse charge")


def test_an_old_document_brings_its_number(bookkeeper):
    invoice = issued(bookkeeper, invoice_number="2019/17", issue_date=dt.date(2019, 5, 1))

    assert (invoice.number, invoice.sequence, invoice.is_imported) == ("2019/17", None, True)
    assert refusal(lambda: draft(bookkeeper, invoice_number="2019/17")) == "number_taken"
    assert not NumberSeries.objects.exists()


def test_steps_that_there_are_not(bookkeeper):
    """Each is refused and changes nothing."""
    move = lambda invoice, status: refusal(  # noqa: E731
        lambda: invoices.set_status(invoice=invoice, status=status, actor=bookkeeper)
    )
    fresh, open_one, paid = draft(bookkeeper), issued(bookkeeper), issued(bookkeeper)
    invoices.set_status(invoice=paid, status="paid", actor=bookkeeper)
    void = draft(bookkeeper)
    invoices.set_status(invoice=void, status="void", actor=bookkeeper)

    steps = {"draft": fresh, "pending": open_one, "paid": paid, "void": void}
    refused = {
        was: [to for to in ("draft", "pending", "paid", "overdue", "void") if not allowed(was, to) and move(row, to)]
        for was, row in steps.items()
    }

    assert refused == {
        "draft": ["draft", "paid", "overdue"],
        "pending": ["draft", "pending", "overdue"],
        "paid": ["draft", "pending", "paid", "overdue", "void"],
        "void": ["draft", "pending", "paid", "overdue", "void"],
    }
    assert {was: Invoice.objects.get(pk=row.pk).status for was, row in steps.items()} == {one: one for one in steps}


def allowed(was, to):
    return to in Invoice.NEXT[was]


def test_overdue_follows_from_the_date(bookkeeper):
    late = issued(bookkeeper, due_date=dt.date(2026, 3, 15))
    due = issued(bookkeeper, due_date=dt.date(2026, 3, 16))

    answered = invoices.set_status(invoice=late, status="overdue", actor=bookkeeper)

    assert (answered.status, answered.status_on(books.today())) == ("pending", "overdue")
    assert refusal(lambda: invoices.set_status(invoice=due, status="overdue", actor=bookkeeper)) == "invalid_transition"


def test_what_became_overdue_is_announced_once(bookkeeper):
    late = issued(bookkeeper, due_date=dt.date(2026, 3, 15))
    issued(bookkeeper, due_date=dt.date(2026, 3, 16))

    assert (overdue.announce(), overdue.announce()) == (1, 0)
    events = OutboxEvent.objects.filter(kind="invoice.overdue")
    assert list(events.values_list("subject_id", flat=True)) == [late.pk]


def test_voiding_leaves_the_number_used_and_gives_the_hours_back(bookkeeper):
    invoice = issued(bookkeeper)
    entry = TimeEntryFactory(status="billed")
    SettledTime.objects.create(
        entry=entry, line=invoice.lines.get(), seconds=entry.seconds, settled_at=clock.now(), settled_by=bookkeeper
    )

    invoices.set_status(invoice=invoice, status="void", actor=bookkeeper, reason="Wrong client")

    invoice.refresh_from_db()
    entry.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.balance) == ("void", "INV-2026-0001", 0)
    assert (entry.status, SettledTime.objects.holding().count(), SettledTime.objects.count()) == ("approved", 0, 1)
    assert issued(bookkeeper).number == "INV-2026-0002"
    assert sorted((place.measure, place.day.day, sums.amount) for place, sums in added_up(of(invoice)).items()) == [
        ("invoiced", 2, 100_000),
        ("invoiced", 16, -100_000),
        ("invoiced_gross", 2, 100_000),
        ("invoiced_gross", 16, -100_000),
    ]


def test_what_has_money_or_credit_is_not_voided(bookkeeper):
    with_money, with_credit, refunded = issued(bookkeeper), issued(bookkeeper), issued(bookkeeper)
    payments.record_payment(invoice=with_money, actor=bookkeeper, amount=Decimal(1))
    credit_notes.credit(invoice=with_credit, actor=bookkeeper, amount=Decimal(1))
    payments.record_payment(invoice=refunded, actor=bookkeeper, amount=Decimal(1))
    payments.record_refund(invoice=refunded, actor=bookkeeper, amount=Decimal(1))

    for invoice in (with_money, with_credit):
        with pytest.raises(Conflict) as caught:
            invoices.set_status(invoice=invoice, status="void", actor=bookkeeper)
        assert (caught.value.code, "void" in caught.value.extra["allowed"]) == ("invalid_transition", False)
    invoices.set_status(invoice=refunded, status="void", actor=bookkeeper)
    assert sorted(Invoice.objects.values_list("status", flat=True)) == ["pending", "pending", "void"]


def test_each_step_takes_its_own_right(bookkeeper):
    manager = UserFactory(as_="manager")
    invoice = draft(bookkeeper)

    with pytest.raises(NotAllowed):
        invoices.set_status(invoice=invoice, status="pending", actor=manager)
    with pytest.raises(NotAllowed):
        invoices.set_status(invoice=invoice, status="void", actor=manager)
    with pytest.raises(NotAllowed):
        books.close_period(starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 1, 2), actor=manager)
    assert Invoice.objects.get().status == "draft"


def test_an_invoice_of_nothing_is_not_issued(bookkeeper):
    empty = draft(bookkeeper, line(0))

    assert refusal(lambda: invoices.set_status(invoice=empty, status="pending", actor=bookkeeper)) == "empty_invoice"
    with pytest.raises(Invalid):
        invoices.set_status(invoice=empty, status="void", actor=bookkeeper, payment={"amount": Decimal(1)})
