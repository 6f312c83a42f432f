"""The sums that reports read: kept with the facts, folded, made anew, and the same as the rows say."""

import datetime as dt
import random
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance import facts
from finance.models import CreditNote, FinancialRecord, Invoice, Measure, Payment, Rollup, RollupChange
from finance.selectors import sums, verification
from finance.selectors.sums import Period
from finance.services import rollups
from finance.tests.factories import CreditNoteFactory, FinancialRecordFactory, InvoiceFactory
from hyperflow.core import clock, money

YEAR = Period(dt.date(2025, 11, 7), dt.date(2026, 10, 19))
RATES = {"EUR": None, "USD": Decimal("0.9137"), "JPY": None, "KWD": Decimal("2.9871")}
GROUPS = ("", "client", "project", "category")


@pytest.fixture(autouse=True)
def company(settings: Any) -> None:
    settings.COMPANY_CURRENCY = "EUR"
    settings.COMPANY_TIME_ZONE = "Pacific/Auckland"


def _amount(chance: random.Random, currency: str) -> Decimal:
    return money.quantize(Decimal(chance.randint(1, 10**9)) / 977, currency)


def _company(amount: Decimal, currency: str) -> Decimal | None:
    if currency == "EUR":
        return amount
    rate = RATES[currency]
    return None if rate is None else money.quantize(amount * rate, "EUR")


def _invoice(chance: random.Random, project: Any, currency: str, number: int) -> Invoice:
    net = _amount(chance, currency)
    tax = money.quantize(net * 19 / 100, currency)
    issued = YEAR.start + dt.timedelta(days=chance.randint(-40, 380))
    invoice = InvoiceFactory.create(
        issued=True,
        client=project.client,
        project=chance.choice([project, None]),
        currency=currency,
        exchange_rate=RATES[currency],
        company_currency="EUR",
        company_subtotal=_company(net, currency),
        company_total=_company(net + tax, currency),
        subtotal=net,
        tax=tax,
        total=net + tax,
        balance=net + tax,
        issue_date=issued,
        due_date=issued + dt.timedelta(days=14),
    )
    rollups.added(invoice)
    return invoice


def _what_follows(chance: random.Random, invoice: Invoice, currency: str) -> None:
    before = rollups.facts_of(invoice)
    match chance.randint(0, 3):
        case 0:
            invoice.status, invoice.balance = Invoice.Status.VOID, Decimal(0)
            day = YEAR.start + dt.timedelta(days=chance.randint(0, 380))
            invoice.voided_at = dt.datetime.combine(day, dt.time(chance.randint(0, 23)), dt.UTC)
        case 1:
            invoice.paid = money.quantize(invoice.total / 3, currency)
            invoice.balance = invoice.total - invoice.paid
            _pay(chance, invoice, invoice.paid)
        case 2:
            invoice.paid, invoice.balance, invoice.status = invoice.total, Decimal(0), Invoice.Status.PAID
            _pay(chance, invoice, invoice.total)
        case 3:
            net = money.quantize(invoice.subtotal / 2, currency)
            note = CreditNoteFactory.create(
                invoice=invoice,
                project=invoice.project,
                issue_date=(invoice.issue_date or YEAR.start) + dt.timedelta(days=3),
                company_currency="EUR",
                subtotal=net,
                total=net,
                company_subtotal=_company(net, currency),
                company_total=_company(net, currency),
            )
            rollups.added(note)
            invoice.credited, invoice.balance = net, invoice.total - net
    invoice.save()
    rollups.changed(before, invoice)


def _pay(chance: random.Random, invoice: Invoice, amount: Decimal) -> None:
    payment = Payment.objects.create(
        invoice=invoice,
        client=invoice.client,
        amount=amount,
        applied=amount,
        currency=invoice.currency,
        exchange_rate=RATES[invoice.currency],
        company_amount=_company(amount, invoice.currency),
        received_on=YEAR.start + dt.timedelta(days=chance.randint(-5, 380)),
    )
    rollups.added(payment)


def _record(chance: random.Random, project: Any, currency: str) -> None:
    amount = _amount(chance, currency)
    tax = money.quantize(amount * chance.choice([0, 7, 19]) / 119, currency)
    kind = chance.choice(["income", "expense"])
    record = FinancialRecordFactory.create(
        record_type=kind,
        category=chance.choice(["software", "travel", "rent"]),
        client=project.client,
        project=chance.choice([project, None]),
        amount=amount,
        tax=tax,
        currency=currency,
        exchange_rate=RATES[currency],
        company_amount=_company(amount, currency),
        company_tax=_company(tax, currency),
        record_date=YEAR.start + dt.timedelta(days=chance.randint(-40, 380)),
        status=chance.choice(["submitted", "approved"]) if kind == "expense" else "booked",
        source="claim" if kind == "expense" else "manual",
        user=UserFactory.create() if kind == "expense" else None,
    )
    rollups.added(record)
    if record.status == "submitted":
        before = rollups.facts_of(record)
        FinancialRecord.objects.filter(pk=record.pk).update(status="approved")
        record.refresh_from_db()
        rollups.changed(before, record)


def _business(seed: int, many: int = 40) -> None:
    chance = random.Random(seed)
    projects = [ProjectFactory.create(client=ClientFactory.create()) for _ in range(3)]
    for number in range(many):
        project, currency = chance.choice(projects), chance.choice(list(RATES))
        invoice = _invoice(chance, project, currency, number)
        _what_follows(chance, invoice, currency)
        _record(chance, project, currency)


def _as_set(found: list[sums.Found]) -> dict[Any, Any]:
    summed: dict[Any, Any] = {}
    for one in found:
        key = (one.part, one.measure, one.bucket, one.currency)
        summed[key] = summed[key] + one.sum if key in summed else one.sum
    return {key: amount for key, amount in summed.items() if amount}


def _both(user: Any, by: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    measures = list(Measure.values) if by != "category" else sorted(verification.CATEGORISED)
    return _as_set(sums._kept([YEAR], measures, by)), _as_set(sums._counted(user, [YEAR], measures, by))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kept_sums_are_those_of_the_rows_before_and_after_they_are_folded(seed: int) -> None:
    _business(seed)
    admin = UserFactory.create(as_="admin")
    whole = [_without_months(pair) for pair in (_both(admin, by) for by in GROUPS)]
    for kept, counted in whole:
        assert kept == counted
    rollups.fold(limit=37)
    assert all(kept == counted for kept, counted in (_without_months(_both(admin, by)) for by in GROUPS))
    rollups.fold_all()
    assert RollupChange.objects.count() == 0
    assert all(kept == counted for kept, counted in (_without_months(_both(admin, by)) for by in GROUPS))
    assert verification.differences() == []


def _without_months(pair: tuple[dict[Any, Any], dict[Any, Any]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Time is in months where they are whole and in days where not: compared by month."""
    together: list[dict[Any, Any]] = []
    for found in pair:
        summed: dict[Any, Any] = {}
        for (part, measure, bucket, currency), amount in found.items():
            key = (part, measure, bucket.replace(day=1) if isinstance(bucket, dt.date) else bucket, currency)
            summed[key] = summed[key] + amount if key in summed else amount
        together.append({key: amount for key, amount in summed.items() if amount})
    return together[0], together[1]


@pytest.mark.django_db
def test_the_total_is_an_independent_sum_in_sql() -> None:
    _business(7)
    rollups.fold_all()
    admin = UserFactory.create(as_="admin")
    found = sums.sums(admin, [YEAR], [Measure.INVOICED_GROSS, Measure.EXPENSE, Measure.COLLECTED], "")
    ours = {}
    for one in found:
        ours[one.measure, one.currency] = ours.get((one.measure, one.currency), 0) + one.sum.amount
    within = [YEAR.start, YEAR.end]
    statements = {
        "expense": (
            """SELECT currency, SUM(CAST(ROUND(amount * 1000) AS {whole})) FROM financial_records WHERE
            record_type = 'expense' AND status NOT IN ('submitted', 'rejected') AND record_date BETWEEN %s AND %s
            GROUP BY currency""",
            within,
        ),
        "collected": (
            """SELECT currency, SUM(CAST(ROUND(amount * 1000) AS {whole})) FROM finance_payment
            WHERE received_on BETWEEN %s AND %s GROUP BY currency""",
            within,
        ),
    }
    whole = "SIGNED" if connection.vendor == "mysql" else "INTEGER"
    for measure, (statement, params) in statements.items():
        with connection.cursor() as cursor:
            cursor.execute(statement.format(whole=whole), params)
            told = {currency: int(amount) for currency, amount in cursor.fetchall()}
        assert told == {currency: amount for (name, currency), amount in ours.items() if name == measure}


@pytest.mark.django_db
def test_a_changed_old_row_is_found_and_mended_by_making_the_sums_anew() -> None:
    _business(11, many=12)
    rollups.fold_all()
    row = FinancialRecord.objects.filter(record_type="expense").exclude(status="submitted").order_by("pk")[0]
    FinancialRecord.objects.filter(pk=row.pk).update(amount=row.amount + 1)  # past the service
    found = [one for one in verification.differences() if one.grain == "month" and one.dimension == "all"]
    month = row.record_date.replace(day=1)
    assert [(one.measure, one.starts_on) for one in found] == [("expense", month), ("net_expense", month)]
    assert {one.rows.amount - one.kept.amount for one in found} == {1_000}
    rollups.rebuild()
    assert verification.differences() == []


@pytest.mark.django_db
def test_an_update_adds_the_sums_without_tax_to_what_is_there() -> None:
    _business(12, many=12)
    rollups.fold_all()
    with_tax = Rollup.objects.filter(measure="other_income")
    FinancialRecord.objects.update(company_tax=None)
    assert with_tax.exists()
    # As the sums were before there were any without tax.
    Rollup.objects.filter(measure__in=("net_expense", "other_income")).delete()
    rows = FinancialRecord.objects.counted().filter(record_type="income", payment=None, credit_entry=None)
    before = [
        (facts.Place("other_income", row.record_date, row.currency, row.client_id or 0, row.project_id or 0,
                     row.category), facts._sum(row.amount, facts._company_of(row)))
        for row in rows
    ]  # fmt: skip
    rollups._write(facts.added_up(before))

    import_module("finance.migrations.0007_expenses_without_tax").add_sums(apps, None)

    assert verification.differences() == []
    assert not FinancialRecord.objects.filter(company_amount__isnull=False, company_tax__isnull=True, tax__gt=0)


@pytest.mark.django_db
def test_a_report_reads_as_many_sums_as_groups_however_many_rows() -> None:
    client = ClientFactory.create()
    for count in (10, 90):
        for _ in range(count):
            rollups.added(FinancialRecordFactory.create(client=client, record_date=dt.date(2026, 3, 5)))
        rollups.fold_all()
        # A day and a month: of all, the client, no project, the category; with tax and without.
        assert Rollup.objects.count() == 16


@pytest.mark.django_db
def test_drafts_and_paying_by_credit_are_no_facts() -> None:
    assert rollups.facts_of(InvoiceFactory.create()) == []
    invoice = InvoiceFactory.create(issued=True)
    payment = Payment(invoice=invoice, client=invoice.client, amount=10, applied=10, method=Payment.Method.CREDIT)
    payment.received_on = dt.date(2026, 3, 3)
    assert rollups.facts_of(payment) == []


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ((2026, 4, 1), (2026, 6, 30), ((2026, 1, 1), (2026, 3, 31))),
        ((2024, 3, 1), (2024, 3, 31), ((2024, 2, 1), (2024, 2, 29))),
        ((2026, 1, 1), (2026, 12, 31), ((2025, 1, 1), (2025, 12, 31))),
        ((2026, 3, 5), (2026, 3, 9), ((2026, 2, 28), (2026, 3, 4))),
    ],
)
def test_the_period_before_is_as_long_in_months_or_in_days(start: Any, end: Any, before: Any) -> None:
    found = Period(dt.date(*start), dt.date(*end)).before
    assert (found.start, found.end) == (dt.date(*before[0]), dt.date(*before[1]))


def test_the_pieces_of_a_period_cover_each_day_once() -> None:
    for first in range(0, 70, 3):
        for length in range(0, 130, 7):
            start = dt.date(2025, 12, 1) + dt.timedelta(days=first)
            period = Period(start, start + dt.timedelta(days=length))
            days: list[dt.date] = []
            for _grain, begin, end in period.pieces():
                days += [begin + dt.timedelta(days=n) for n in range((end - begin).days + 1)]
            assert sorted(days) == [start + dt.timedelta(days=n) for n in range(length + 1)]


def test_credit_notes_take_back() -> None:
    note = CreditNote(issue_date=dt.date(2026, 3, 3), currency="EUR", company_currency="EUR", client_id=4)
    note.subtotal = note.company_subtotal = note.total = note.company_total = Decimal("12.34")
    [(place, amount), _gross] = rollups.facts_of(note)
    assert (place.client, place.day, amount.amount, amount.count) == (4, clock.dt.date(2026, 3, 3), -12_340, 1)
