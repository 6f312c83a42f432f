"""Budgets: what counts towards them, and who is told once when they are nearly spent."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.models import Department, Notification
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Budget, FinancialRecord
from finance.selectors.budgets import standings
from finance.services import budgets, setup

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _spring():
    with time_machine.travel(dt.datetime(2026, 4, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


def budget(**more):
    values = {
        "name": "Plan", "scope": "company", "starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31),
        "amount": Decimal(1_000), "currency": "EUR", **more,
    }  # fmt: skip
    return setup.create_budget(actor=UserFactory(as_="finance"), **values)


def spent(amount, **more):
    values = {
        "record_type": "expense", "category": "software", "amount": Decimal(amount), "currency": "EUR",
        "record_date": dt.date(2026, 3, 1), "company_amount": Decimal(amount), **more,
    }  # fmt: skip
    return FinancialRecord.objects.create(**values)


def standing(row):
    [found] = standings(Budget.objects.filter(pk=row.pk))
    return found


def test_what_counts_is_in_the_period_of_the_scope_and_counted():
    design = Department.objects.create(name="Design")
    client = ClientFactory()
    project = ProjectFactory(client=client)
    company, department = budget(), budget(scope="department", department=design, category="software")
    of_client, of_project = budget(scope="client", client=client), budget(scope="project", project=project)
    spent("100.10"), spent("200.20", department=design), spent(50, department=design, category="rent")
    spent(30, client=client, project=project), spent(5, client=client)
    spent(999, record_date=dt.date(2025, 12, 31)), spent(999, status="rejected"), spent(999, record_type="income")

    assert standing(company).spent == Decimal("385.30")
    assert standing(department).spent == Decimal("200.20")
    assert standing(of_client).spent == 35
    assert standing(of_project).spent == 30
    assert (standing(company).left, standing(company).percent) == (Decimal("614.70"), Decimal("38.5"))


def test_other_currencies_count_by_their_worth_or_are_named():
    plan, dollars = budget(), budget(currency="USD")
    spent(100, currency="USD", company_amount=Decimal(90)), spent(7, currency="CHF", company_amount=None)
    assert (standing(plan).spent, standing(plan).unconverted) == (90, 1)
    assert (standing(dollars).spent, standing(dollars).unconverted) == (100, 1)


def test_whoever_looks_after_budgets_is_told_once_until_it_changes():
    keeper, other = UserFactory(as_="finance"), UserFactory(as_="employee")
    plan = budget(amount=Decimal(100), alert_percent=80)
    spent("79.99")
    assert budgets.warn() == 0
    spent("0.01")
    assert budgets.warn() == 1
    assert budgets.warn() == 0
    told = Notification.objects.filter(kind="budget.alert")
    assert keeper.pk in set(told.values_list("user_id", flat=True))
    assert other.pk not in set(told.values_list("user_id", flat=True))
    assert "80.0 %" in told.first().title
    plan.refresh_from_db()
    setup.update_budget(budget=plan, actor=keeper, amount=Decimal(90))
    assert budgets.warn() == 1


def test_a_budget_that_does_not_run_today_tells_nobody():
    budget(amount=Decimal(1), ends_on=dt.date(2026, 4, 14))
    spent(100)
    assert budgets.warn() == 0


def test_the_page_shows_the_fullest_first_and_leads_to_its_rows(client):
    client.force_login(UserFactory(as_="finance"))
    budget(name="Calm"), budget(name="Full", amount=Decimal(10))
    spent(9)
    reply = client.get("/reports/finance/budgets")
    page = reply.content.decode()
    assert page.index("Full") < page.index("Calm")
    assert "90.0" in page
    links = {str(cell.heading): cell.link for cell in reply.context["rows"][0]}
    assert client.get(links["Spent"]).context["total"] == "9.00"
    assert client.get(links["Left"]).context["total"] == "1.00"
