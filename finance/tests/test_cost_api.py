"""`/api/finance/analysis/cost`: what the team cost and for whom, and who may see which of it."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.facts import thousandths
from finance.models import FinancialRecord
from finance.models.rollup import RollupChange
from finance.selectors.sums import Period
from finance.selectors.team_cost import FOR_CLIENT, IDLE, INTERNAL, team_cost
from finance.services import books, records, rollups
from finance.tests.factories import FinancialRecordFactory, InvoiceFactory
from finance.tests.test_records import refusal
from hr.models import Attendance
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.payroll_rows import payslip, run_of
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

COST = "/api/finance/analysis/cost"
MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
ASKED = {"start_date": "2026-03-01", "end_date": "2026-03-31"}


@pytest.fixture(autouse=True)
def company(settings: Any) -> None:
    settings.COMPANY_CURRENCY = "EUR"


def _employee(amount: str = "2200", currency: str = "EUR", **values: Any) -> Any:
    employment = EmploymentFactory.create(**values)
    CompensationFactory.create(
        employment=employment, amount=Decimal(amount), currency=currency, employer_share=Decimal(20)
    )
    return employment.user


def _attended(person: Any, day: dt.date, hours: float = 7.5) -> None:
    came = dt.datetime.combine(day, dt.time(8), dt.UTC)
    gone = came + dt.timedelta(hours=hours)
    Attendance.objects.create(user=person, work_date=day, login_time=came, logout_time=gone, seconds=int(hours * 3600))


def _logged(person: Any, task: Any, day: dt.date, hour: int, minutes: int, *, billable: bool = True) -> Any:
    start = dt.datetime.combine(day, dt.time(hour), dt.UTC)
    ended = start + dt.timedelta(minutes=minutes)
    return TimeEntryFactory.create(user=person, task=task, started_at=start, ended_at=ended, billable=billable)


def test_a_salary_is_for_clients_internal_and_idle_time_exactly() -> None:
    person = _employee()
    acme, bolt = TaskFactory.create(), TaskFactory.create()
    for number in (2, 3, 4):
        _attended(person, dt.date(2026, 3, number))
    _logged(person, acme, dt.date(2026, 3, 2), 8, 225)
    _logged(person, bolt, dt.date(2026, 3, 3), 8, 137)
    found = team_cost(period=MARCH)
    assert found.cost == found.provisional == 2_640_000  # 2,200 and 20 %
    parts = [found.of_kind(kind) for kind in (FOR_CLIENT, INTERNAL, IDLE)]
    assert sum(parts) == 2_640_000
    assert all(part > 0 for part in parts)
    assert found.by_client()[acme.client_id].cost == 60_000  # a day of 120, half of it for them
    assert found.by_client()[acme.client_id].seconds == 225 * 60


def test_an_approved_payslip_restates_what_was_provisional() -> None:
    person = _employee()
    payslip(person, run_of("2026-03"), gross=Decimal("2345.67"), employer_share=Decimal("469.13"))
    found = team_cost(period=MARCH)
    assert (found.cost, found.final, found.provisional) == (2_814_800, 2_814_800, 0)
    assert found.restated == 2_814_800 - 2_640_000
    halves = [Period(dt.date(2026, 3, 1), dt.date(2026, 3, 9)), Period(dt.date(2026, 3, 10), dt.date(2026, 3, 31))]
    assert sum(team_cost(period=half).cost for half in halves) == 2_814_800


def test_a_draft_payslip_says_nothing_yet() -> None:
    person = _employee()
    payslip(person, run_of("2026-03", status="draft"), gross=Decimal(1))
    assert team_cost(period=MARCH).cost == 2_640_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_for_random_months_the_parts_are_the_payroll(seed: int) -> None:
    chance = random.Random(seed)
    tasks = [TaskFactory.create(project=ProjectFactory.create()) for _ in range(3)]
    run, total = run_of("2026-03"), 0
    for _ in range(4):
        person = _employee(str(chance.randint(900, 9_000)))
        for number in range(1, 32):
            day = dt.date(2026, 3, number)
            if chance.random() < 0.6:
                _attended(person, day, chance.randint(1, 11))
            if chance.random() < 0.5:
                _logged(person, chance.choice(tasks), day, 9, chance.randint(1, 500), billable=chance.random() < 0.7)
        gross, share = (Decimal(chance.randint(1, 10**6)) / 100 for _ in range(2))
        payslip(person, run, gross=gross, employer_share=share)
        total += thousandths(gross + share)
    payslip(UserFactory.create(), run, gross=Decimal("12.34"))  # a correction for somebody who left
    found = team_cost(period=MARCH)
    kinds = sum(found.of_kind(kind) for kind in (FOR_CLIENT, INTERNAL, IDLE))
    assert found.cost == kinds == total + 12_340


def test_pay_in_another_currency_comes_in_at_the_rate_of_its_expense_or_is_left_out() -> None:
    person, other = _employee("3000", "USD"), _employee("3000", "USD")
    slip = payslip(person, run_of("2026-03"), gross=Decimal(3_000), currency="USD")
    payslip(other, run_of("2026-03"), gross=Decimal(500), currency="USD")
    FinancialRecord.objects.create(
        record_type="expense",
        category="payroll",
        amount=3_000,
        currency="USD",
        exchange_rate=Decimal("0.9"),
        company_amount=2_700,
        record_date=dt.date(2026, 3, 31),
        source="payroll",
        payslip=slip,
    )
    found = team_cost(period=MARCH)
    assert found.cost == 2_700_000
    assert found.till.excluded() == [{"measure": "cost", "currency": "USD", "amount": "500.00", "rows": 1}]


def test_pay_in_another_currency_is_rated_by_finance_and_then_counts(client: Any) -> None:
    finance, run = UserFactory.create(as_="finance"), run_of("2026-03")
    people = [_employee("3000", "USD") for _ in range(2)]
    slips = [payslip(person, run, gross=Decimal(3_000), currency="USD") for person in people]
    booked = [
        FinancialRecordFactory.create(
            category="payroll", amount=3_000, currency="USD", exchange_rate=None, company_amount=None,
            record_date=dt.date(2026, 3, 31), source="payroll", payslip=slip,
        )
        for slip in slips
    ]  # fmt: skip
    rollups.added(*booked)
    assert (team_cost(period=MARCH).cost, team_cost(period=MARCH).till.excluded()[0]["rows"]) == (0, 2)
    client.force_login(finance)
    page = reverse("admin:finance_financialrecord_changelist")
    asked = {"action": "rate", "_selected_action": [one.pk for one in booked]}
    client.post(page, {**asked, "confirmed": "1", "rate": "0.8"})
    assert team_cost(period=MARCH).cost == 4_800_000
    assert team_cost(period=MARCH).till.excluded() == []
    assert sum(change.company for change in RollupChange.objects.all()) == 4_800_000
    records.state_rate(record=booked[0], actor=finance, rate=Decimal("0.9"))
    assert team_cost(period=MARCH).cost == 5_100_000
    rate = {"actor": finance, "rate": Decimal(1)}
    assert refusal(lambda: records.state_rate(record=FinancialRecordFactory(), **rate)) == "not_booked_by_payroll"
    books.close_period(starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 3, 31), actor=finance)
    assert refusal(lambda: records.state_rate(record=booked[0], **rate)) == "period_locked"


def test_margin_is_revenue_less_people_and_expenses(api: Any) -> None:
    person = _employee()
    project = ProjectFactory.create(budget=Decimal(1_000), currency="EUR")
    task = TaskFactory.create(client=project.client, project=project)
    _attended(person, dt.date(2026, 3, 2))
    _logged(person, task, dt.date(2026, 3, 2), 8, 450)
    invoice = InvoiceFactory.create(issued=True, client=project.client, project=project, currency="EUR")
    spent = FinancialRecordFactory.create(client=project.client, project=project, amount=30)
    rollups.added(invoice, spent)
    told = api(UserFactory.create(as_="admin")).get(COST, ASKED).json()
    [client] = told["client_costs"]
    assert (client["hours"], client["cost"], client["revenue"], client["expenses"], client["margin"]) == (
        7.5,
        "120.00",
        "100.00",
        "30.00",
        "-50.00",
    )
    [one] = told["project_costs"]
    assert (one["budget"], one["variance"], one["task_count"]) == ("1000.00", "850.00", 1)
    assert told["summary"]["total_cost"] == "2640.00"
    assert told["summary"]["margin"] == "-2570.00"
    assert [row["cost"] for row in told["employee_data"] if row["user_id"] == person.pk] == ["2640.00"]


def test_the_performance_of_a_client_has_cost_and_margin_of_the_margin_report(api: Any) -> None:
    person, stranger = _employee(), _employee()
    project = ProjectFactory.create(currency="EUR")
    client = project.client
    _attended(person, dt.date(2026, 3, 2))
    _logged(person, TaskFactory.create(client=client, project=project), dt.date(2026, 3, 2), 8, 450)
    _logged(stranger, TaskFactory.create(), dt.date(2026, 3, 3), 8, 60)
    invoice = InvoiceFactory.create(issued=True, client=client, project=project, currency="EUR")
    rollups.added(invoice, FinancialRecordFactory.create(client=client, project=project, amount=30))
    path = f"/api/client/clients/{client.pk}/reports/performance"
    caller = api(UserFactory.create(as_="admin"))
    told = caller.get(path, ASKED).json()
    assert (told["cost"], told["invoiced"], told["margin"]) == ("150.00", "100.00", "-50.00")
    [row] = [row for row in caller.get(COST, ASKED).json()["client_costs"] if row["client_id"] == client.pk]
    assert row["margin"] == told["margin"]
    wide = caller.get(path, {"start_date": "2000-01-01", "end_date": "2090-12-31"}).json()
    assert wide["margin"] == "-50.00"
    of_one = api(UserFactory.create(as_="finance")).get(path, ASKED).json()  # who may not see what one person costs
    assert (of_one["cost"], of_one["invoiced"], of_one["margin"]) == (None, "100.00", None)
    assert of_one["excluded"] == [{"measure": "cost", "currency": "EUR", "amount": None}]
    assert told["excluded"] == []


def test_no_client_has_a_cost_where_pay_has_no_rate(api: Any) -> None:
    foreign, finance = _employee(currency="GBP"), UserFactory.create(as_="finance")
    mine, yen = ClientFactory.create(currency="EUR"), ClientFactory.create(currency="JPY")
    _logged(foreign, TaskFactory.create(client=mine), dt.date(2026, 3, 2), 8, 60)
    idle = ClientFactory.create(currency="EUR")
    told = {
        client: api(finance).get(f"/api/client/clients/{client.pk}/reports/performance", ASKED).json()["cost"]
        for client in (mine, yen, idle)
    }
    assert told == {mine: None, yen: None, idle: "0.00"}


def test_who_sees_invoices_but_no_margins_sees_no_cost_of_a_client(api: Any) -> None:
    idle, finance = ClientFactory.create(currency="EUR"), UserFactory.create(as_="finance")
    finance.role.permissions.remove(Permission.objects.get(codename="view_margin"))
    told = api(finance).get(f"/api/client/clients/{idle.pk}/reports/performance", ASKED).json()
    assert (told["cost"], told["invoiced"], told["margin"]) == (None, "0.00", None)


def test_what_is_shown_of_a_months_cost_adds_up_to_the_cent(api: Any) -> None:
    dice = random.Random(7)
    tasks = [TaskFactory.create(client=ClientFactory.create(currency="EUR")) for _ in range(5)]
    for number in range(4):
        person = _employee(f"{2_100 + number * 33}.37")
        for day in range(2, 7):
            _attended(person, dt.date(2026, 3, day))
            _logged(person, dice.choice(tasks), dt.date(2026, 3, day), 8, dice.randint(20, 400))
    told = api(UserFactory.create(as_="admin")).get(COST, ASKED).json()
    said = {name: Decimal(told["summary"][f"{name}_cost"]) for name in ("total", "client", "internal", "idle")}
    assert said["client"] + said["internal"] + said["idle"] == said["total"]
    assert sum(Decimal(row["cost"]) for row in told["client_costs"]) == said["client"]
    assert sum(Decimal(row["cost"]) for row in told["employee_data"]) == said["total"]


def test_a_foreign_salary_is_not_read_from_what_has_no_rate(api: Any) -> None:
    _logged(_employee("3000", "GBP"), TaskFactory.create(), dt.date(2026, 3, 2), 8, 60)
    told = api(UserFactory.create(as_="manager")).get(COST, ASKED).json()
    assert [(one["measure"], one["amount"]) for one in told["excluded"]] == [("cost", None)]
    [open_one] = api(UserFactory.create(as_="admin")).get(COST, ASKED).json()["excluded"]
    assert open_one["amount"] == "3600.00"


def test_what_people_cost_takes_the_right_to_see_pay(api: Any) -> None:
    for _ in range(3):
        _employee()
    designer = _employee()
    designer.role = UserFactory.create(as_="marketing").role
    designer.save()
    told = api(UserFactory.create(as_="finance")).get(COST, {**ASKED, "group_by": "role"}).json()
    assert {row["cost"] for row in told["employee_data"]} == {None}
    assert {(row["role"], row["people"], row["cost"]) for row in told["role_distribution"]} == {
        ("Employee", 3, None),
        ("Others", 1, None),
    }
    assert told["summary"]["total_cost"] == "10560.00"  # of four people: nobody's own pay can be read from it
    assert {row["cost"] for row in told["groups"]} == {None}


def test_the_cost_of_few_people_is_not_told(api: Any) -> None:
    _employee()
    assert api(UserFactory.create(as_="finance")).get(COST, ASKED).json()["summary"]["total_cost"] is None


def test_without_the_right_to_see_margins_no_client_has_one(api: Any) -> None:
    person, finance = _employee(), UserFactory.create(as_="finance")
    _logged(person, TaskFactory.create(client=ClientFactory.create()), dt.date(2026, 3, 2), 8, 60)
    finance.role.permissions.remove(Permission.objects.get(codename="view_margin"))
    told = api(finance).get(COST, {**ASKED, "group_by": "client"}).json()
    assert [(row["hours"], row["cost"], row["margin"]) for row in told["client_costs"]] == [(1.0, None, None)]
    assert {row["cost"] for row in told["groups"]} == {None}


@pytest.mark.parametrize("people", [1, 7])
def test_it_costs_the_same_however_many_people(api: Any, django_assert_num_queries: Any, people: int) -> None:
    for _ in range(people):
        person = _employee()
        _logged(person, TaskFactory.create(project=ProjectFactory.create()), dt.date(2026, 3, 2), 8, 60)
    client = api(UserFactory.create(as_="admin"))
    client.get(COST, ASKED)
    with django_assert_num_queries(21):
        client.get(COST, ASKED)


def _asked_as(api: Any, role: str, **more: str) -> Any:
    return api(UserFactory.create(as_=role)).get(COST, {**ASKED, **more}).json()


def test_what_one_or_two_people_cost_for_a_client_is_not_told_without_the_right_to_see_pay(api: Any) -> None:
    team = [_employee(amount) for amount in ("2000", "2600", "3100", "4100")]
    large, small, middle = (TaskFactory.create(project=ProjectFactory.create()) for _ in range(3))
    for person in team:
        _logged(person, large, dt.date(2026, 3, 2), 8, 60)
        _logged(person, middle, dt.date(2026, 3, 4), 8, 60)
    _logged(team[0], small, dt.date(2026, 3, 3), 8, 60)

    seen, told = _asked_as(api, "admin"), _asked_as(api, "manager")

    assert {row["cost"] for row in seen["client_costs"]}.isdisjoint({None})
    hidden = {row["client_id"] for row in told["client_costs"] if row["cost"] is None}
    # The small one, and one more: else the total less the rest would say what it cost.
    assert small.client_id in hidden
    assert len(hidden) == 2
    for row in told["client_costs"]:
        assert (row["margin"], row["margin_pct"]) == (None, None) or row["client_id"] not in hidden
        assert row["hours"] > 0
    costs = {row["project_id"]: row["cost"] for row in told["project_costs"]}
    assert costs[small.project_id] is None
    for by in ("client", "project"):
        groups = {row["key"]: row["cost"] for row in _asked_as(api, "manager", group_by=by)["groups"]}
        assert groups[str(getattr(small, f"{by}_id"))] is None


def test_the_projects_of_a_client_do_not_say_what_one_of_them_hides(api: Any) -> None:
    client = ClientFactory.create()
    parts = [TaskFactory.create(client=client, project=ProjectFactory.create(client=client)) for _ in range(2)]
    other = TaskFactory.create(project=ProjectFactory.create())
    team = [_employee(amount) for amount in ("2000", "2600", "3100")]
    for person in team:
        for task in (parts[0], other):
            _logged(person, task, dt.date(2026, 3, 2 + task.pk % 5), 8, 60)
    _logged(team[0], parts[1], dt.date(2026, 3, 12), 8, 60)

    told = _asked_as(api, "manager")

    costs = {row["project_id"]: row["cost"] for row in told["project_costs"]}
    assert {row["client_id"]: row["cost"] is not None for row in told["client_costs"]}[client.pk]
    assert [costs[task.project_id] for task in parts] == [None, None]


def test_time_of_one_kind_of_one_person_is_not_told(api: Any) -> None:
    team = [_employee(amount) for amount in ("2000", "2600", "3100")]
    _attended(team[0], dt.date(2026, 3, 2))
    _logged(team[0], TaskFactory.create(), dt.date(2026, 3, 2), 8, 60)

    told = _asked_as(api, "manager", group_by="client")

    assert told["summary"]["total_cost"] == "9240.00"
    assert {told["summary"][f"{kind}_cost"] for kind in ("client", "internal", "idle")} == {None}
    assert {row["cost"] for row in told["groups"]} == {None}


def test_the_page_of_margins_has_no_total_where_some_costs_are_hidden(client: Any) -> None:
    team = [_employee(amount) for amount in ("2000", "2600", "3100", "4100")]
    large, small, middle = (TaskFactory.create() for _ in range(3))
    for person in team:
        _logged(person, large, dt.date(2026, 3, 2), 8, 60)
        _logged(person, middle, dt.date(2026, 3, 4), 8, 60)
    _logged(team[0], small, dt.date(2026, 3, 3), 8, 60)
    for role, hides in (("admin", False), ("manager", True)):
        client.force_login(UserFactory.create(as_=role))
        page = client.get("/reports/finance/margin", {"start": "2026-03-01", "end": "2026-03-31"})
        assert ("fewer than three people" in page.content.decode()) is hides
        cells = {cell.heading: cell.text for cell in page.context["totals"]}
        assert (cells["People"] == "–") is hides
