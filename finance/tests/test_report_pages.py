"""`/reports/finance/…`: the pages say what the API says, to those who may read it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.reports import REPORTS
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
        invoices = client.get(cell.link).context["cl"].result_list
        assert sum(one.balance for one in invoices) == Decimal(cell.text), cell.heading
    weeks = client.get("/reports/finance/cash-forecast").context["rows"]
    found = [one.balance for one in client.get(weeks[0][1].link).context["cl"].result_list]
    assert sum(found) == Decimal(weeks[0][1].text)
