"""Money for invoices: parts, refunds, credit, credit notes, and the records and sums that follow. M04, M05."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import CreditEntry, CreditNote, FinancialRecord, Invoice, Measure, Payment
from finance.models.rollup import THOUSANDTHS
from finance.selectors import sums, verification
from finance.selectors.sums import Period
from finance.services import books, credit_notes, invoices, payments, records, rollups
from finance.tests.documents import draft, issued, line
from hyperflow.core.errors import Conflict, DomainError, NotAllowed
from hyperflow.core.models import OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


def D(text):
    return Decimal(str(text))


def refusal(work):
    with pytest.raises(DomainError) as caught:
        work()
    return caught.value.code


def standing(invoice):
    invoice.refresh_from_db()
    return invoice.status, invoice.paid, invoice.credited, invoice.balance


def pay(invoice, actor, amount, **more):
    return payments.record_payment(invoice=invoice, actor=actor, amount=D(amount), **more)


def test_parts_settle_an_invoice(bookkeeper):
    invoice = issued(bookkeeper, line(100, 1, 19))

    pay(invoice, bookkeeper, "19.50", date=dt.date(2026, 3, 10), reference="A")
    assert standing(invoice) == ("pending", D("19.50"), 0, D("99.50"))
    pay(invoice, bookkeeper, "99.50", date=dt.date(2026, 3, 12))

    assert standing(invoice) == ("paid", 119, 0, 0)
    assert invoice.paid_on == dt.date(2026, 3, 12)
    records = FinancialRecord.objects.order_by("pk")
    assert list(records.values_list("record_type", "amount", "record_date", "source")) == [
        ("income", D("19.50"), dt.date(2026, 3, 10), "payment"),
        ("income", D("99.50"), dt.date(2026, 3, 12), "payment"),
    ]
    assert OutboxEvent.objects.filter(kind="invoice.paid").count() == 1


def test_more_than_the_balance_is_refused_and_changes_nothing(bookkeeper):
    """M05"""
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 40)

    assert refusal(lambda: pay(invoice, bookkeeper, "60.01")) == "overpayment"
    assert standing(invoice) == ("pending", 40, 0, 60)
    assert (Payment.objects.count(), FinancialRecord.objects.count()) == (1, 1)


def test_what_is_more_is_kept_as_credit_and_pays_another(bookkeeper):
    client = ClientFactory()
    first, second = issued(bookkeeper, client=client), issued(bookkeeper, client=client)

    payment = pay(first, bookkeeper, 130, keep_as_credit=True)
    assert (payment.applied, payment.kept, payments.credit_of(client.pk, "EUR")) == (100, 30, 30)
    assert refusal(lambda: pay(second, bookkeeper, 31, method="credit")) == "insufficient_credit"
    pay(second, bookkeeper, 30, method="credit")

    assert standing(second) == ("pending", 30, 0, 70)
    assert payments.credit_of(client.pk, "EUR") == 0
    assert [entry.kind for entry in CreditEntry.objects.order_by("pk")] == ["kept", "used"]
    assert [record.amount for record in FinancialRecord.objects.all()] == [130]  # the money came once


def test_credit_is_paid_out_once(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 130, keep_as_credit=True)
    out = lambda amount: payments.pay_out_credit(  # noqa: E731
        client=invoice.client, actor=bookkeeper, amount=D(amount), currency="EUR"
    )

    out(30)

    assert refusal(lambda: out("0.01")) == "insufficient_credit"
    assert payments.credit_of(invoice.client_id, "EUR") == 0


def test_credit_that_is_paid_out_takes_its_income_back_once(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 130, keep_as_credit=True)

    entry = payments.pay_out_credit(client=invoice.client, actor=bookkeeper, currency="EUR")  # all of it

    record = entry.record
    assert (record.amount, record.company_amount, record.record_type, record.source) == (-30, -30, "income", "payment")
    assert (record.client, record.record_date) == (invoice.client, entry.day)
    assert sum(one.amount for one in FinancialRecord.objects.all()) == 100
    rollups.fold_all()
    period = [Period(entry.day, entry.day)]
    for measure, amount in ((Measure.COLLECTED, 100), (Measure.INCOME, 100), (Measure.OTHER_INCOME, 0)):
        found = sum((one.sum.amount for one in sums.sums(bookkeeper, period, [measure])), 0)
        assert found == amount * THOUSANDTHS, measure
    assert verification.differences() == []
    with pytest.raises(Conflict):
        records.update_record(record=record, actor=bookkeeper, description="mine")


def test_credit_in_another_currency_counts_at_the_rate_of_its_payment(bookkeeper):
    invoice = issued(bookkeeper, client=ClientFactory(currency="USD"), exchange_rate=D("0.9"))
    pay(invoice, bookkeeper, 110, keep_as_credit=True)
    out = lambda amount, **more: payments.pay_out_credit(  # noqa: E731
        client=invoice.client, actor=bookkeeper, amount=D(amount), currency="USD", **more
    )

    assert out(4).record.company_amount == D("-3.6")
    assert out(5, exchange_rate=D("0.8")).record.company_amount == -4
    assert refusal(lambda: out(1, exchange_rate=D(0))) == "min_value"
    assert payments.credits_of(invoice.client_id) == {"USD": 1}


def test_a_refund_reopens(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 100)

    refund = payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D(25))

    assert standing(invoice) == ("pending", 75, 0, 25)
    assert (invoice.paid_on, refund.amount, refund.record.amount, refund.kind) == (None, -25, -25, "refund")
    more = lambda: payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D("75.01"))  # noqa: E731
    assert refusal(more) == "refund_exceeds_paid"
    assert standing(invoice) == ("pending", 75, 0, 25)


def test_settling_records_the_balance(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 40)
    settle = lambda **payment: invoices.set_status(  # noqa: E731
        invoice=invoice, status="paid", actor=bookkeeper, payment=payment
    )

    assert refusal(lambda: settle(amount=D("59.99"))) == "amount_mismatch"
    assert standing(invoice) == ("pending", 40, 0, 60)
    settle(amount=D(60), date=dt.date(2026, 3, 15), method="cash", reference="B")

    assert standing(invoice) == ("paid", 100, 0, 0)
    last = invoice.payments.get(reference="B")
    assert (last.amount, last.received_on, last.method) == (60, dt.date(2026, 3, 15), "cash")


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        ({"amount": 1, "currency": "EUR"}, "currency_mismatch"),
        ({"amount": "0.5"}, "too_many_digits"),
        ({"amount": 0}, "min_value"),
        ({"amount": 1, "date": dt.date(2026, 3, 18)}, "in_future"),
        ({"amount": 1, "date": dt.date(2026, 1, 5)}, "period_locked"),
    ],
)
def test_money_that_is_none_is_refused(bookkeeper, payment, code):
    """M04"""
    books.close_period(starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 1, 31), actor=bookkeeper)
    invoice = issued(bookkeeper, line(10_000), client=ClientFactory(currency="JPY"), currency="JPY")

    assert refusal(lambda: pay(invoice, bookkeeper, **payment)) == code
    assert standing(invoice) == ("pending", 0, 0, 10_000)
    assert not Payment.objects.exists()


def test_drafts_and_void_ones_take_no_money(bookkeeper):
    void = issued(bookkeeper)
    invoices.set_status(invoice=void, status="void", actor=bookkeeper)

    for invoice in (draft(bookkeeper), void):
        assert refusal(lambda invoice=invoice: pay(invoice, bookkeeper, 1)) == "invoice_not_open"
        assert refusal(lambda invoice=invoice: credit_notes.credit(invoice=invoice, actor=bookkeeper)) == "invoice_not_open"  # fmt: skip  # noqa: E501
    with pytest.raises(NotAllowed):
        pay(issued(bookkeeper), UserFactory(as_="manager"), 1)


def test_an_amount_is_credited_with_its_tax(bookkeeper):
    invoice = issued(bookkeeper, line(100, 1, 19), line(100, 1, 7))

    note = credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(113), reason="Late")

    assert (note.number, note.total, note.subtotal, note.tax) == ("CN-2026-0001", 113, 100, 13)
    assert [(one.tax_rate, one.net, one.tax) for one in note.lines.all()] == [(19, 50, D("9.50")), (7, 50, D("3.50"))]
    assert standing(invoice) == ("pending", 0, 113, 113)


def test_lines_are_credited_until_nothing_is_left(bookkeeper):
    invoice = issued(bookkeeper, line("33.33", 3, 19), line(10, 1, 0))
    first, second = invoice.lines.all()
    take = lambda *lines: credit_notes.credit(  # noqa: E731
        invoice=invoice,
        actor=bookkeeper,
        lines=[{"line_id": one.pk, "quantity": D(quantity)} for one, quantity in lines],
    )

    one = take((first, 1))
    two = take((first, 1), (second, 1))
    assert refusal(lambda: take((first, "1.5"))) == "credit_exceeds_invoice"
    rest = credit_notes.credit(invoice=invoice, actor=bookkeeper)

    assert [(note.subtotal, note.tax) for note in (one, two, rest)] == [
        (D("33.33"), D("6.33")), (D("43.33"), D("6.33")), (D("33.33"), D("6.34")),
    ]  # fmt: skip
    assert standing(invoice) == ("paid", 0, D("128.99"), 0)
    assert [note.number for note in CreditNote.objects.order_by("pk")] == [f"CN-2026-000{n}" for n in (1, 2, 3)]
    assert refusal(lambda: credit_notes.credit(invoice=invoice, actor=bookkeeper)) == "credit_exceeds_invoice"


def test_crediting_what_is_paid_becomes_credit_of_the_client(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 100)
    records_before = FinancialRecord.objects.count()

    note = credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(30))

    assert standing(invoice) == ("paid", 70, 30, 0)
    entry = CreditEntry.objects.get()
    assert (entry.kind, entry.amount, entry.credit_note, entry.payment, entry.day) == (
        "kept", 30, note, None, note.issue_date,
    )  # fmt: skip
    assert payments.credits_of(invoice.client_id) == {"EUR": 30}
    assert FinancialRecord.objects.count() == records_before
    rollups.fold_all()
    assert collected(bookkeeper) == 100
    assert verification.differences() == []
    assert refusal(lambda: pay(invoice, bookkeeper, 1)) == "overpayment"


def test_a_refund_takes_first_what_a_credit_note_left(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 100)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(40))
    assert standing(invoice) == ("paid", 60, 40, 0)

    refund = payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D(30))

    assert standing(invoice) == ("paid", 60, 40, 0)
    assert payments.credits_of(invoice.client_id) == {"EUR": 10}
    assert (refund.record.amount, refund.credit_entry.amount) == (-30, -30)
    payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D(15))
    assert standing(invoice) == ("pending", 55, 40, 5)
    assert payments.credits_of(invoice.client_id) == {}
    rollups.fold_all()
    assert collected(bookkeeper) == 55
    assert verification.differences() == []


def test_credit_of_a_credit_note_pays_other_invoices_and_is_paid_out_once(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 100)
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert standing(invoice) == ("paid", 0, 100, 0)
    refund = lambda amount: payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D(amount))  # noqa: E731
    assert refusal(lambda: refund(101)) == "refund_exceeds_paid"

    other = issued(bookkeeper, client=invoice.client)
    pay(other, bookkeeper, 60, method="credit")
    out = payments.pay_out_credit(client=invoice.client, actor=bookkeeper, currency="EUR")

    assert standing(other) == ("pending", 60, 0, 40)
    assert (out.amount, out.record.amount) == (-40, -40)
    assert refusal(lambda: refund(1)) == "refund_exceeds_paid"
    assert (payments.credits_of(invoice.client_id), Payment.objects.filter(kind="refund").count()) == ({}, 0)
    rollups.fold_all()
    assert collected(bookkeeper) == 60
    assert verification.differences() == []


def test_only_what_is_below_zero_is_kept_and_the_rest_is_refunded(bookkeeper):
    invoice = issued(bookkeeper)
    pay(invoice, bookkeeper, 80)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(15))
    assert (standing(invoice), CreditEntry.objects.count()) == (("pending", 80, 15, 5), 0)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(15))
    assert standing(invoice) == ("paid", 70, 30, 0)
    assert payments.credits_of(invoice.client_id) == {"EUR": 10}
    assert payments.refundable(invoice) == 80
    payments.record_refund(invoice=invoice, actor=bookkeeper, amount=D(80))
    assert standing(invoice) == ("pending", 0, 30, 70)
    assert payments.refundable(invoice) == 0


def test_credit_of_a_credit_note_in_another_currency_counts_at_the_rate_of_that(bookkeeper):
    invoice = issued(bookkeeper, client=ClientFactory(currency="USD"), exchange_rate=D("0.9"))
    pay(invoice, bookkeeper, 100)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(50))
    out = payments.pay_out_credit(client=invoice.client, actor=bookkeeper, currency="USD")
    assert (out.amount, out.company_amount) == (-50, -45)


def collected(actor):
    found = sums.sums(actor, [Period(dt.date(2000, 1, 1), dt.date(2100, 1, 1))], [Measure.COLLECTED])
    return sum((one.sum.amount for one in found), 0) / THOUSANDTHS


def test_credit_and_money_together_settle(bookkeeper):
    invoice = issued(bookkeeper)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(30))
    pay(invoice, bookkeeper, 70)

    assert standing(invoice) == ("paid", 70, 30, 0)
    assert Invoice.objects.unpaid().count() == 0


def test_after_an_amount_the_rest_is_credited_as_an_amount(bookkeeper):
    invoice = issued(bookkeeper, line(100, 1, 19), line(50, 1, 7))
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D("0.01"))

    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D("172.49"))

    assert standing(invoice) == ("paid", 0, D("172.50"), 0)


# -- credit to the cent


def sums_of(invoice):
    notes = CreditNote.objects.filter(invoice=invoice).order_by("pk")
    return sum(one.subtotal for one in notes), sum(one.tax for one in notes)


def test_amounts_that_are_credited_take_back_exactly_the_net_and_the_tax(bookkeeper):
    invoice = issued(bookkeeper, line(100, tax=19))
    for amount in ("39.67", "39.67", "39.66"):
        credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(amount))
    assert sums_of(invoice) == (D(100), D(19))


def test_an_amount_after_a_line_takes_only_of_what_is_left_of_each_rate(bookkeeper):
    invoice = issued(bookkeeper, line(100, tax=19), line(100, tax=0))
    untaxed = invoice.lines.get(tax_rate=0)
    credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=[{"line_id": untaxed.pk, "quantity": D(1)}])
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(100))
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert sums_of(invoice) == (D(200), D(19))


def test_a_line_takes_no_more_than_amounts_have_left_of_its_rate(bookkeeper):
    invoice = issued(bookkeeper, line(100, tax=19), line(100, tax=0))
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D("109.50"))
    taxed = [{"line_id": invoice.lines.get(tax_rate=19).pk, "quantity": D(1)}]
    assert refusal(lambda: credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=taxed)) == (
        "credit_exceeds_invoice"
    )
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert sums_of(invoice) == (D(200), D(19))


def with_a_deduction(bookkeeper):
    """1,000 at 19 % less 200 that were paid in advance at 7 %: 1,190 − 214 = 976."""
    return issued(bookkeeper, line(500, 2, 19), line(100, -2, 7))


def test_lines_beside_a_deduction_at_another_rate_are_credited(bookkeeper):
    invoice = with_a_deduction(bookkeeper)
    charged, deducted = invoice.lines.all()

    def take(*lines, times=1):
        given = [{"line_id": one.pk, "quantity": times * one.quantity / 2} for one in lines]
        return credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=given).total

    assert take(charged, deducted) == 595 - 107
    assert refusal(lambda: take(deducted)) == "credit_exceeds_invoice"  # alone it would charge the client
    assert refusal(lambda: take(charged)) == "credit_exceeds_invoice"  # 488 are left
    assert refusal(lambda: take(charged, deducted, times=2)) == "credit_exceeds_invoice"
    assert take(charged, deducted) == 488
    assert sums_of(invoice) == (D(800), D(176))


@pytest.mark.parametrize("amounts", [(100,), ("0.01", "333.33"), (500, "475.99")])
def test_amounts_beside_a_deduction_at_another_rate_are_credited_to_the_cent(bookkeeper, amounts):
    invoice = with_a_deduction(bookkeeper)
    for amount in amounts:
        note = credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D(amount))
        assert (note.total, sum(one.net + one.tax for one in note.lines.all())) == (D(amount), D(amount))
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert sums_of(invoice) == (D(800), D(176))
    assert standing(invoice)[0] == "paid"


def test_a_line_of_which_a_deduction_is_left_takes_its_own_part(bookkeeper):
    invoice = issued(bookkeeper, line(1000, 1, 19), line(200, -2, 19), line(500, 1, 0))
    first, deducted, _untaxed = invoice.lines.all()
    given = [{"line_id": first.pk, "quantity": D(1)}, {"line_id": deducted.pk, "quantity": D(-1)}]
    note = credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=given)
    assert (note.subtotal, note.tax) == (800, 152)
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert sums_of(invoice) == (1_100, 114)


def test_all_that_is_left_can_be_credited_after_an_amount(bookkeeper):
    invoice = issued(bookkeeper, line(100, tax=19))
    credit_notes.credit(invoice=invoice, actor=bookkeeper, amount=D("59.50"))
    credit_notes.credit(invoice=invoice, actor=bookkeeper)
    assert sums_of(invoice) == (D(100), D(19))


def test_nothing_of_a_line_is_no_credit(bookkeeper):
    invoice = issued(bookkeeper, line(100, 5))
    nothing = [{"line_id": invoice.lines.get().pk, "quantity": D(0)}]
    assert refusal(lambda: credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=nothing)) == "min_value"


def test_an_invoice_that_is_credited_in_parts_is_worth_nothing_in_the_companys_currency(bookkeeper, settings):
    settings.COMPANY_CURRENCY = "EUR"
    client = ClientFactory(currency="USD")
    invoice = issued(
        bookkeeper, *(line("33.33") for _ in range(3)), client=client, currency="USD", exchange_rate=D("1.17")
    )
    for one in invoice.lines.all():
        credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=[{"line_id": one.pk, "quantity": D(1)}])
    notes = CreditNote.objects.filter(invoice=invoice)
    assert sum(note.company_subtotal for note in notes) == invoice.company_subtotal
    assert sum(note.company_total for note in notes) == invoice.company_total


def test_a_discounted_line_is_credited_at_the_price_that_was_charged(bookkeeper):
    invoice = issued(bookkeeper, line(50, 2, discount_percent=D(10)))
    one = invoice.lines.get()
    note = credit_notes.credit(invoice=invoice, actor=bookkeeper, lines=[{"line_id": one.pk, "quantity": D(1)}])
    [taken] = note.lines.all()
    assert (taken.quantity * taken.unit_price, taken.net) == (D(45), D(45))


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_is_above_zero(bookkeeper, rate):
    client = ClientFactory(currency="USD")
    assert refusal(lambda: draft(bookkeeper, client=client, currency="USD", exchange_rate=D(rate))) == "min_value"
    invoice = issued(bookkeeper, line(10))
    pay = {"invoice": invoice, "actor": bookkeeper, "amount": D(1)}
    assert refusal(lambda: payments.record_payment(**pay, exchange_rate=D(rate))) == "min_value"
    assert refusal(lambda: payments.record_payment(**pay, exchange_rate=D(2))) == "validation_error"


def test_a_discount_has_the_digits_of_its_currency(bookkeeper):
    assert refusal(lambda: draft(bookkeeper, line(10), discount_amount=D("1.555"))) == "too_many_digits"
    client = ClientFactory(currency="JPY")
    invoice = draft(bookkeeper, line(10, discount_amount=D("1.55")), client=client, currency="EUR")
    change = {"invoice": invoice, "actor": bookkeeper, "currency": "JPY", "exchange_rate": D("0.01")}
    assert refusal(lambda: invoices.update_invoice(**change)) == "too_many_digits"
