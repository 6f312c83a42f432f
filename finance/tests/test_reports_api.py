"""`/api/finance/reports/…`: the figures, who may ask, and that they cost the same however many rows there are."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Invoice, Payment
from finance.services import rollups
from finance.tests.factories import FinancialRecordFactory, InvoiceFactory
from hr.tests.payroll_rows import payslip
from hyperflow.core import clock

pytestmark = pytest.mark.django_db

REVENUE = "/api/finance/reports/revenue"
SPRING = {"start_date": "2026-03-01", "end_date": "2026-05-31"}


@pytest.fixture(autouse=True)
def company(settings: Any) -> None:
    settings.COMPANY_CURRENCY = "EUR"


@pytest.fixture
def boss() -> Any:
    return UserFactory.create(as_="finance")


def _invoice(
    client: Any, net: str, day: dt.date, currency: str = "EUR", company: str | None = None, **values: Any
) -> Any:
    amount = Decimal(net)
    known = Decimal(company) if company else (amount if currency == "EUR" else None)
    invoice = InvoiceFactory.create(
        issued=True,
        client=client,
        currency=currency,
        company_currency="EUR",
        subtotal=amount,
        tax=0,
        total=amount,
        balance=amount,
        company_subtotal=known,
        company_total=known,
        exchange_rate=known / amount if known and currency != "EUR" else None,
        issue_date=day,
        due_date=day + dt.timedelta(days=30),
        **values,
    )
    rollups.added(invoice)
    return invoice


def _paid(invoice: Any, amount: str, day: dt.date) -> None:
    before = rollups.facts_of(invoice)
    payment = Payment.objects.create(
        invoice=invoice,
        client=invoice.client,
        amount=Decimal(amount),
        applied=Decimal(amount),
        currency=invoice.currency,
        company_amount=Decimal(amount),
        received_on=day,
    )
    rollups.added(payment)
    invoice.paid, invoice.balance = Decimal(amount), invoice.total - Decimal(amount)
    if not invoice.balance:
        invoice.status, invoice.paid_on = Invoice.Status.PAID, day
    invoice.save()
    rollups.changed(before, invoice)


def test_revenue_by_month_with_what_was_converted_and_what_has_no_rate(api: Any, boss: Any) -> None:
    acme, far = ClientFactory.create(), ClientFactory.create(currency="JPY")
    first = _invoice(acme, "100.10", dt.date(2026, 3, 2))
    _invoice(acme, "200.20", dt.date(2026, 5, 31))
    _invoice(acme, "50", dt.date(2026, 2, 28))
    _invoice(far, "10000", dt.date(2026, 4, 1), "JPY", "61.50")
    _invoice(far, "777", dt.date(2026, 4, 2), "JPY")
    _paid(first, "40.10", dt.date(2026, 4, 9))
    told = api(boss).get(REVENUE, {**SPRING, "basis": "accrual"}).json()
    assert told["totals"] == {
        "revenue": "361.80",
        "invoiced": "361.80",
        "collected": "40.10",
        "outstanding": "321.70",
        "overdue": "321.70",
    }
    assert told["rows"] == {"revenue": 4, "invoiced": 4, "collected": 1, "outstanding": 4, "overdue": 4}
    assert [(one["key"], one["revenue"], one["collected"]) for one in told["series"]] == [
        ("2026-03", "100.10", "0.00"),
        ("2026-04", "61.50", "40.10"),
        ("2026-05", "200.20", "0.00"),
    ]
    assert told["comparison"] == {
        "previous_period": {"start_date": "2025-12-01", "end_date": "2026-02-28"},
        "revenue": "50.00",
        "change_pct": "623.6",
    }
    assert {(one["measure"], one["amount"], one["converted"]) for one in told["conversions"]} == {
        ("invoiced", "10000", "61.50"),
        ("invoiced_gross", "10000", "61.50"),
        ("owed", "10000", "61.50"),
    }
    assert {(one["measure"], one["currency"], one["amount"], one["rows"]) for one in told["excluded"]} == {
        ("invoiced", "JPY", "777", 1),
        ("invoiced_gross", "JPY", "777", 1),
        ("owed", "JPY", "777", 1),
    }


def test_by_cash_revenue_is_the_money_that_came(api: Any, boss: Any) -> None:
    invoice = _invoice(ClientFactory.create(), "100", dt.date(2026, 3, 2))
    _paid(invoice, "100", dt.date(2026, 5, 3))
    told = api(boss).get(REVENUE, {**SPRING, "basis": "cash", "group_by": "quarter"}).json()
    assert (told["totals"]["revenue"], told["totals"]["invoiced"], told["totals"]["outstanding"]) == (
        "100.00",
        "100.00",
        "0.00",
    )
    assert [(one["key"], one["revenue"]) for one in told["series"]] == [("2026-Q1", "0.00"), ("2026-Q2", "100.00")]
    assert told["comparison"]["change_pct"] is None


def test_in_another_currency_only_what_is_of_it_is_summed(api: Any, boss: Any) -> None:
    _invoice(ClientFactory.create(), "100", dt.date(2026, 3, 2))
    _invoice(ClientFactory.create(currency="JPY"), "5000", dt.date(2026, 3, 2), "JPY", "31")
    told = api(boss).get(REVENUE, {**SPRING, "currency": "JPY"}).json()
    assert (told["currency"], told["totals"]["revenue"]) == ("JPY", "5000")
    assert ("invoiced", "EUR", "100.00") in {(o["measure"], o["currency"], o["amount"]) for o in told["excluded"]}


def test_by_client_and_project_the_groups_are_the_total(api: Any, boss: Any) -> None:
    project = ProjectFactory.create()
    _invoice(project.client, "30", dt.date(2026, 3, 2), project=project)
    _invoice(project.client, "12", dt.date(2026, 3, 3))
    by_project = api(boss).get(REVENUE, {**SPRING, "group_by": "project"}).json()["series"]
    assert [(one["key"], one["label"], one["revenue"]) for one in by_project] == [
        (str(project.pk), project.name, "30.00"),
        ("0", "Without a project", "12.00"),
    ]
    [by_client] = api(boss).get(REVENUE, {**SPRING, "group_by": "client"}).json()["series"]
    assert (by_client["label"], by_client["revenue"], by_client["rows"]) == (project.client.name, "42.00", 2)


def test_a_document_is_counted_once_however_many_figures_have_it_in_them(api: Any, boss: Any) -> None:
    paid = _invoice(ClientFactory.create(), "100", dt.date(2026, 3, 2))
    _invoice(paid.client, "50", dt.date(2026, 3, 9))
    _paid(paid, "100", dt.date(2026, 4, 1))
    slip = payslip(gross=1_000)
    rollups.added(
        FinancialRecordFactory.create(category="rent", amount=70, record_date=dt.date(2026, 3, 4)),
        FinancialRecordFactory.create(
            category="payroll", amount=1_000, record_date=dt.date(2026, 3, 5), payslip=slip, source="payroll"
        ),
    )
    revenue = api(boss).get(REVENUE, SPRING).json()
    assert [one["rows"] for one in revenue["series"]] == [2, 1, 0]  # two invoices; a payment
    by_cash = api(boss).get(REVENUE, {**SPRING, "basis": "cash"}).json()
    assert [one["rows"] for one in by_cash["series"]] == [2, 1, 0]
    spent = api(boss).get("/api/finance/reports/expenses", {**SPRING, "group_by": "category"}).json()
    assert {one["key"]: one["rows"] for one in spent["series"]} == {"payroll": 1, "rent": 1}
    assert spent["rows"]["expenses"] == sum(one["rows"] for one in spent["series"]) == 2
    profit = api(boss).get("/api/finance/reports/profit-loss", SPRING).json()
    assert [one["rows"] for one in profit["series"]] == [4, 0, 0]
    assert profit["rows"] == {"income": 2, "expenses": 2}


def test_expenses_leave_payroll_out_for_who_may_not_see_payslips(api: Any, boss: Any) -> None:
    slip = payslip(gross=1_000)
    rent = FinancialRecordFactory.create(category="rent", amount=70, record_date=dt.date(2026, 3, 4))
    wages = FinancialRecordFactory.create(
        category="payroll", amount=1_000, record_date=dt.date(2026, 3, 5), payslip=slip, source="payroll"
    )
    rollups.added(rent, wages)
    path = "/api/finance/reports/expenses"
    seen = api(boss).get(path, {**SPRING, "group_by": "category"}).json()
    assert seen["totals"] == {"expenses": "1070.00", "payroll": "1000.00"}
    assert [(one["key"], one["expenses"]) for one in seen["series"]] == [("payroll", "1000.00"), ("rent", "70.00")]
    manager = UserFactory.create(as_="manager")
    hidden = api(manager).get(path, {**SPRING, "group_by": "category"}).json()
    assert hidden["totals"] == {"expenses": "70.00", "payroll": None}
    assert [one["key"] for one in hidden["series"]] == ["rent"]
    profit = api(manager).get("/api/finance/reports/profit-loss", SPRING).json()
    assert (profit["payroll_included"], profit["totals"]["profit"]) == (False, "-70.00")


def test_profit_and_loss_by_accrual_and_by_cash(api: Any, boss: Any) -> None:
    invoice = _invoice(ClientFactory.create(), "100", dt.date(2026, 3, 2))
    _paid(invoice, "60", dt.date(2026, 3, 9))
    payment = Payment.objects.get()
    booked = {"record_type": "income", "record_date": dt.date(2026, 3, 9)}
    rollups.added(
        FinancialRecordFactory.create(**booked, category="services", amount=60, payment=payment, source="payment"),
        FinancialRecordFactory.create(**booked, category="interest", amount=5),
        FinancialRecordFactory.create(category="rent", amount=45, record_date=dt.date(2026, 4, 1)),
    )
    taxed = {"record_date": dt.date(2026, 5, 4), "amount": Decimal("11.90"), "tax": Decimal("1.90")}
    rollups.added(FinancialRecordFactory.create(category="software", company_tax=Decimal("1.90"), **taxed))
    path = "/api/finance/reports/profit-loss"
    accrual = api(boss).get(path, SPRING).json()
    assert accrual["totals"] == {"income": "105.00", "expenses": "55.00", "profit": "50.00", "margin_pct": "47.62"}
    cash = api(boss).get(path, {**SPRING, "basis": "cash"}).json()
    assert cash["totals"] == {"income": "65.00", "expenses": "56.90", "profit": "8.10", "margin_pct": "12.46"}
    assert [(one["key"], one["profit"]) for one in cash["series"]] == [
        ("2026-03", "65.00"),
        ("2026-04", "-45.00"),
        ("2026-05", "-11.90"),
    ]


def test_receivables_by_age_of_each_client(api: Any, boss: Any) -> None:
    today = clock.business_date()
    acme, bolt = ClientFactory.create(name="Acme"), ClientFactory.create(name="Bolt")
    for client, days, amount in [(acme, 0, "1"), (acme, 1, "2"), (acme, 30, "4"), (acme, 31, "8"), (bolt, 91, "16")]:
        _invoice(client, amount, today - dt.timedelta(days=30 + days))
    told = api(boss).get("/api/finance/reports/receivables").json()
    assert told["totals"] == {
        "outstanding": "31.00",
        "overdue": "30.00",
        "not_due": "1.00",
        "0_30": "6.00",
        "31_60": "8.00",
        "61_90": "0.00",
        "90_plus": "16.00",
    }
    assert [(one["client_name"], one["outstanding"], one["rows"]) for one in told["clients"]] == [
        ("Bolt", "16.00", 1),
        ("Acme", "15.00", 4),
    ]
    only = api(boss).get("/api/finance/reports/receivables", {"client_id": acme.pk}).json()
    assert (only["totals"]["outstanding"], len(only["clients"])) == ("15.00", 1)


@pytest.mark.parametrize("role", list(Role.Code))
def test_who_may_ask(api: Any, role: str) -> None:
    person = UserFactory.create(as_=role)
    expected = 200 if role in {"admin", "finance", "manager"} else 403
    for path in ("reports/revenue", "reports/expenses", "reports/profit-loss", "reports/receivables", "analysis/cost"):
        assert api(person).get(f"/api/finance/{path}").status_code == expected


def test_a_report_sums_what_the_list_shows(api: Any) -> None:
    """Without the right to see all invoices, those of the clients that somebody may see."""
    from django.contrib.auth.models import Permission

    ours, theirs = ClientFactory.create(), ClientFactory.create()
    _invoice(ours, "10", dt.date(2026, 3, 2))
    _invoice(theirs, "700", dt.date(2026, 3, 2))
    person = UserFactory.create(as_="client")
    ours.portal_users.add(person)
    person.role.permissions.add(Permission.objects.get(codename="view_reports", content_type__app_label="finance"))
    told = api(person).get(REVENUE, SPRING).json()
    assert (told["totals"]["revenue"], told["totals"]["outstanding"]) == ("10.00", "10.00")
    assert api(person).get("/api/finance/reports/receivables").json()["totals"]["outstanding"] == "10.00"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start_date": "2026-05-01", "end_date": "2026-04-01"}, "invalid_period"),
        ({"start_date": "1900-01-01", "end_date": "1900-04-01"}, "invalid_period"),
        ({"start_date": "2000-01-01", "end_date": "2020-04-01"}, "invalid_period"),
        ({"group_by": "week"}, "invalid_choice"),
        ({"basis": "hope"}, "invalid_choice"),
        ({"currency": "XXX"}, "invalid_choice"),
        ({"currencies": "EUR"}, "unknown_parameter"),
    ],
)
def test_what_is_asked_wrongly_is_said(api: Any, boss: Any, query: dict[str, str], code: str) -> None:
    reply = api(boss).get(REVENUE, query)
    assert reply.status_code == 422
    assert code in {reply.json()["code"], *(one["code"] for one in reply.json().get("errors", []))}


@pytest.mark.parametrize("rows", [1, 7])
def test_a_report_costs_the_same_however_many_rows(
    api: Any, boss: Any, django_assert_num_queries: Any, rows: int
) -> None:
    for _ in range(rows):
        _invoice(ClientFactory.create(), "10", dt.date(2026, 3, 2))
        rollups.added(FinancialRecordFactory.create())
    rollups.fold_all()
    client = api(boss)
    client.get(REVENUE, SPRING)
    with django_assert_num_queries(3):  # who, sums, what is owed
        client.get(REVENUE, SPRING)
    with django_assert_num_queries(4):  # and names
        client.get(REVENUE, {**SPRING, "group_by": "client"})
    with django_assert_num_queries(2):
        client.get("/api/finance/reports/expenses", SPRING)
    with django_assert_num_queries(2):
        client.get("/api/finance/reports/profit-loss", SPRING)
    with django_assert_num_queries(3):
        client.get("/api/finance/reports/receivables")
