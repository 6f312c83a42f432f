"""`/reports/finance/…`: the pages say what the API says, to those who may read it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.reports import REPORTS
from finance.reports.money import notes_of
from finance.services import books, rollups
from finance.tests.documents import issued, line
from finance.tests.factories import FinancialRecordFactory, InvoiceFactory
from hr.tests.factories import CompensationFactory, EmploymentFactory
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

SPRING = "start=2026-01-01&end=2026-05-31"
FILTERS = {
    "finance/receivables": "currency=EUR", "finance/cash-forecast": "currency=EUR", "finance/budgets": "which=all",
    "finance/trace": "invoice=",
}  # fmt: skip
SLUGS = [report.slug for report in REPORTS]


@pytest.fixture
def business() -> None:
    employment = EmploymentFactory.create()
    CompensationFactory.create(employment=employment)
    task = TaskFactory.create()
    TimeEntryFactory.create(user=employment.user, task=task)
    rollups.added(
        InvoiceFactory.create(issued=True, client=task.client, currency="EUR"),
        FinancialRecordFactory.create(client=task.client, record_date=dt.date(2026, 3, 9)),
    )


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("role", [Role.Code.ADMIN, Role.Code.FINANCE, Role.Code.MANAGER])
def test_each_page_opens_with_its_numbers(client: Any, business: None, slug: str, role: str) -> None:
    client.force_login(UserFactory.create(as_=role))
    for query in ("", FILTERS.get(slug, SPRING)):
        assert client.get(f"/reports/{slug}?{query}").status_code == 200
    csv = client.get(f"/reports/{slug}?format=csv")
    assert (csv.status_code, csv["Content-Type"].split(";")[0]) == (200, "text/csv")


@pytest.mark.parametrize("slug", SLUGS)
def test_others_do_not_read_them(client: Any, slug: str) -> None:
    for role in (Role.Code.EMPLOYEE, Role.Code.HR, Role.Code.MARKETING):
        client.force_login(UserFactory.create(as_=role))
        assert client.get(f"/reports/{slug}").status_code == 403


@pytest.mark.parametrize("group", ["month", "quarter", "year", "client", "project"])
def test_the_page_sums_what_the_api_sums(client: Any, business: None, group: str) -> None:
    client.force_login(UserFactory.create(as_="finance"))
    for slug in ("finance/revenue", "finance/profit-loss", "finance/expenses"):
        page = client.get(f"/reports/{slug}?{SPRING}&group={group}")
        assert page.status_code == 200
    page = client.get(f"/reports/finance/revenue?{SPRING}&group={group}").content.decode()
    assert "100.00" in page
    assert "Unpaid of this period&#x27;s invoices: 100.00" in page


def test_a_period_that_is_too_long_is_refused(client: Any) -> None:
    client.force_login(UserFactory.create(as_="finance"))
    assert client.get("/reports/finance/team-cost?start=2020-01-01&end=2026-01-01").status_code == 400


def test_every_age_of_a_debt_leads_to_its_invoices(client: Any) -> None:
    boss, owing = UserFactory.create(as_="admin"), ClientFactory.create(currency="EUR")
    today = books.today()
    for number, late in enumerate((-3, 0, 1, 30, 31, 60, 61, 90, 91, 200), 1):
        due = today - dt.timedelta(days=late)
        issued(boss, line(number), client=owing, issue_date=due - dt.timedelta(days=5), due_date=due)
    client.force_login(boss)
    [row] = client.get("/reports/finance/receivables").context["rows"]
    for cell in row[2:8]:
        behind = client.get(cell.link).context
        assert sum(Decimal(one[-1].text) for one in behind["rows"]) == Decimal(cell.text), cell.heading
        assert behind["total"] == cell.text
    weeks = client.get("/reports/finance/cash-forecast").context["rows"]
    found = [Decimal(one[-1].text) for one in client.get(weeks[0][1].link).context["rows"]]
    assert sum(found) == Decimal(weeks[0][1].text)


def test_a_week_counts_the_invoices_that_it_leads_to_those_without_a_rate_among_them(client: Any) -> None:
    boss, today = UserFactory.create(as_="admin"), books.today()
    for currency in ("EUR", "USD"):
        owing = ClientFactory.create(currency=currency)
        issued(boss, line(10), client=owing, currency=currency, issue_date=today, due_date=today)
    client.force_login(boss)
    week = client.get("/reports/finance/cash-forecast").context["rows"][0]
    shown = {str(cell.heading): cell for cell in week}
    assert len(client.get(shown["Expected"].link).context["rows"]) == 2
    assert (shown["Invoices expected"].text, shown["Expected"].text) == ("2", "10.00")


@pytest.mark.parametrize("address", ["team-cost?group=person", "margin?group=person", "team-cost?group=role"])
def test_what_people_cost_is_hidden_in_the_total_too(client: Any, business: None, address: str) -> None:
    employment = EmploymentFactory.create()
    CompensationFactory.create(employment=employment)
    TimeEntryFactory.create(user=employment.user)
    for role, hidden in ((Role.Code.MANAGER, True), (Role.Code.ADMIN, False)):
        client.force_login(UserFactory.create(as_=role))
        page = client.get(f"/reports/finance/{address}&{SPRING}")
        lines = [*page.context["rows"], page.context["totals"] or []]
        shown = [cell.text for line in lines for cell in line if str(cell.heading) in ("Cost", "People", "Revenue")]
        assert ({*shown} == {"–"}) is hidden


def test_what_was_converted_is_told_once_for_each_currency_and_rate() -> None:
    one = {"currency": "USD", "rows": 2}
    told = {
        "currency": "EUR",
        "conversions": [
            {**one, "measure": "invoiced", "amount": "1000.00", "converted": "900.00"},
            {**one, "measure": "invoiced_gross", "amount": "1190.00", "converted": "1071.00"},
            {**one, "measure": "collected", "amount": "100.00", "converted": "95.00", "rows": 1},
            {**one, "measure": "cost", "amount": None, "converted": None},
        ],
        "excluded": [{**one, "measure": "invoiced", "currency": "JPY", "amount": "777", "rows": 1}],
    }
    amounts, left_out = notes_of(told)
    assert str(amounts.text).startswith("Amounts are in EUR. Others came in at the rates")
    assert amounts.points == [
        "USD at 0.9: Invoiced 1,000.00 → 900.00 (2 documents), Invoiced with tax 1,190.00 → 1,071.00 (2 documents)",
        "USD at 0.95: Collected 100.00 → 95.00 (1 document)",
    ]
    assert str(left_out) == "Without a rate, and in no sum: Invoiced: 777 JPY (1 row)"
