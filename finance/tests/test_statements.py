"""Statements of account: every movement once, in its currency, with balances that meet those of the invoices."""

import contextlib
import csv
import datetime as dt
import io
import random
from collections import defaultdict
from decimal import Decimal

import pytest
from pypdf import PdfReader

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import CreditEntry, Invoice
from finance.selectors.statements import statement
from finance.selectors.sums import Period
from finance.services import credit_notes, invoices, payments, setup, statements
from finance.tests.documents import draft, issued, line
from finance.tests.test_papers import client_of
from hyperflow.core.errors import DomainError

pytestmark = pytest.mark.django_db

YEAR = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


def day(number):
    return dt.date(2026, 1, 1) + dt.timedelta(days=number)


def told(account):
    return [(one.day, one.kind, one.amount, balance) for one, balance in account.entries]


@pytest.fixture
def acme(boss):
    """Charged 119 and paid with 200, of which 81 are kept; then 50 paid by credit, 20 paid out."""
    acme = ClientFactory(currency="EUR", name="Acme")
    first = issued(boss, line(100, tax=19), client=acme, issue_date=day(10))
    payments.record_payment(invoice=first, actor=boss, amount=Decimal(200), date=day(40), keep_as_credit=True)
    second = issued(boss, line(60), client=acme, issue_date=day(50))
    payments.record_payment(invoice=second, actor=boss, amount=Decimal(50), date=day(51), method="credit")
    payments.pay_out_credit(client=acme, actor=boss, amount=Decimal(20), currency="EUR", date=day(52))
    credit_notes.credit(invoice=second, actor=boss, amount=Decimal(10), reason="Goodwill", issue_date=day(53))
    return acme


def test_each_movement_counts_once_on_its_day(boss, acme):
    draft(boss, line(5), client=acme)
    issued(boss, line(7), client=ClientFactory(currency="EUR"))
    void = issued(boss, line(9), client=acme, issue_date=day(11))
    invoices.set_status(invoice=void, status="void", actor=boss, reason="Wrong")
    (account,) = statement(boss, acme, YEAR)

    assert told(account) == [
        (day(10), "invoice", 119, 119),
        (day(40), "payment", -200, -81),
        (day(50), "invoice", 60, -21),
        (day(52), "paid_out", 20, -1),
        (day(53), "credit_note", -10, -11),
    ]
    assert (account.opening, account.closing) == (0, -11)


def test_a_period_begins_where_the_one_before_ended(boss, acme):
    (before,) = statement(boss, acme, Period(day(0), day(40)))
    (after,) = statement(boss, acme, Period(day(41), day(300)))
    assert before.closing == after.opening == -81
    assert [one.kind for one, _balance in after.entries] == ["invoice", "paid_out", "credit_note"]
    (late,) = statement(boss, acme, Period(day(200), day(300)))
    assert (late.entries, late.opening, late.closing) == ([], -11, -11)


def test_credit_that_a_credit_note_leaves_moves_nothing(boss):
    acme = ClientFactory(currency="EUR")
    invoice = issued(boss, line(100, tax=19), client=acme, issue_date=day(10))
    payments.record_payment(invoice=invoice, actor=boss, amount=Decimal(119), date=day(20))
    credit_notes.credit(invoice=invoice, actor=boss, reason="Wrong", issue_date=day(30))
    (account,) = statement(boss, acme, YEAR)
    assert told(account) == [
        (day(10), "invoice", 119, 119), (day(20), "payment", -119, 0), (day(30), "credit_note", -119, -119),
    ]  # fmt: skip
    payments.pay_out_credit(client=acme, actor=boss, currency="EUR", date=day(40))
    (account,) = statement(boss, acme, YEAR)
    assert (told(account)[-1], account.closing) == ((day(40), "paid_out", 119, 0), 0)


def test_nothing_before_the_first_document(boss, acme):
    assert statement(boss, acme, Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))) == []


@pytest.mark.parametrize("seed", range(6))
def test_it_closes_with_what_is_open_less_what_is_in_credit(boss, seed):
    """Random documents and money in several currencies against the sums of the invoices' own balances."""
    chance = random.Random(seed)
    acme = ClientFactory(currency="EUR")
    for number in range(14):
        currency = chance.choice(["EUR", "JPY", "KWD"])
        price = Decimal(chance.randint(1, 9_999))
        invoice = issued(
            boss, line(price, chance.randint(1, 5), tax=chance.choice([0, 7, 19])), client=acme, currency=currency,
            issue_date=day(number * 3), exchange_rate=None if currency == "EUR" else Decimal("0.5"),
        )  # fmt: skip
        for _ in range(chance.randint(0, 3)):
            invoice.refresh_from_db()
            amount = Decimal(chance.randint(1, 5_000))
            with contextlib.suppress(DomainError):  # what is refused has no part in this
                match chance.choice(["pay", "keep", "refund", "credit", "by_credit"]):
                    case "pay":
                        payments.record_payment(invoice=invoice, actor=boss, amount=min(amount, invoice.balance))
                    case "keep":
                        payments.record_payment(invoice=invoice, actor=boss, amount=amount, keep_as_credit=True)
                    case "refund":
                        payments.record_refund(invoice=invoice, actor=boss, amount=min(amount, invoice.paid))
                    case "credit":
                        credit_notes.credit(invoice=invoice, actor=boss, amount=amount, reason="x")
                    case "by_credit":
                        payments.record_payment(invoice=invoice, actor=boss, amount=amount, method="credit")
    expected = defaultdict(Decimal)
    for currency, balance in Invoice.objects.filter(client=acme).values_list("currency", "balance"):
        expected[currency] += balance
    for currency, amount in CreditEntry.objects.filter(client=acme).values_list("currency", "amount"):
        expected[currency] -= amount
    accounts = statement(boss, acme, Period(dt.date(2026, 1, 1), dt.date(2030, 1, 1)))

    assert {one.currency: one.closing for one in accounts} == dict(expected)
    for one in accounts:
        assert one.opening + sum(entry.amount for entry, _balance in one.entries) == one.closing


def test_the_page_and_its_downloads_say_the_same(client, boss, acme):
    client.force_login(UserFactory(as_="finance"))
    address = f"/reports/finance/statement?client={acme.pk}&start=2026-02-01&end=2026-12-31"
    text = client.get(address).content.decode()
    for expected in ("Acme: -11.00 EUR", "Balance before", "119.00", "INV-2026-0002", "CN-2026-0001"):
        assert expected in text, expected

    lines = list(
        csv.reader(io.StringIO(b"".join(client.get(f"{address}&format=csv").streaming_content).decode("utf-8-sig")))
    )
    assert [(row[2], row[6], row[7], row[8]) for row in lines[1:]] == [
        ("Balance before", "", "", "119.00"),
        ("Payment", "", "200.00", "-81.00"),
        ("Invoice", "60.00", "", "-21.00"),
        ("Credit paid out", "20.00", "", "-1.00"),
        ("Credit note", "", "10.00", "-11.00"),
        ("Balance", "", "", "-11.00"),
    ]
    pdf = client.get(f"{address}&format=pdf")
    assert pdf["Content-Disposition"] == f'attachment; filename="statement-{acme.pk}-2026-12-31.pdf"'
    assert pdf.content.startswith(b"%PDF")


def test_the_document_is_in_the_clients_language_and_names_each_currency(boss):
    setup.create_issuer(actor=boss, name="Werkhof GmbH", city="Berlin")
    acme = client_of(boss)
    issued(boss, line(1234.5, tax=19), client=acme, issue_date=day(60))
    issued(boss, line(300), client=acme, currency="JPY", exchange_rate=Decimal("0.006"), issue_date=day(61))
    pdf = statements.render(client=acme, period=YEAR, actor=boss)
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    for expected in ("Kontoauszug", "Kaffee & Söhne <b>", "EUR 1.469,06", "JPY 300", "Saldo vorher", "Werkhof GmbH"):
        assert expected in text, expected


def test_without_a_client_it_asks_for_one(client):
    client.force_login(UserFactory(as_="finance"))
    answer = client.get("/reports/finance/statement")
    assert (answer.status_code, "Choose a client." in answer.content.decode()) == (200, True)
    assert client.get("/reports/finance/statement?client=999999").status_code == 400
    assert client.get("/reports/finance/statement?format=pdf").content.startswith(b"%PDF")


@pytest.mark.parametrize("page", ["clients/client/{client}", "finance/invoice/{invoice}"])
def test_a_button_leads_there_for_who_may_read_it(client, acme, page):
    address = f"/admin/{page.format(client=acme.pk, invoice=Invoice.objects.first().pk)}/change/"
    link = f"/reports/finance/statement?client={acme.pk}"
    client.force_login(UserFactory(as_="finance"))
    assert link in client.get(address).content.decode()
    client.force_login(UserFactory(as_="marketing"))
    assert link not in client.get(address).content.decode()
