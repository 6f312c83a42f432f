"""What lists of leave are narrowed by, and what is said about a balance that is overdrawn."""

import datetime as dt

import pytest

from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import LeaveEntry
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import leave

pytestmark = pytest.mark.django_db
BALANCES = "/api/hr/leave-balances"


@pytest.mark.parametrize("path", ["/api/hr/leave-requests", "/api/hr/leave-ledger"])
@pytest.mark.parametrize(("word", "status"), [("annual", 200), ("half_day", 200), ("foo", 422), ("ANNUAL2", 422)])
def test_a_kind_of_leave_that_nobody_knows_is_refused_as_a_filter(api, hr, path, word, status):
    reply = api(hr).get(path, {"leave_type": word})

    assert reply.status_code == status
    if status == 422:
        [error] = reply.json()["errors"]
        assert (reply.json()["code"], error["field"], error["code"]) == (
            "validation_error", "leave_type", "invalid_choice",
        )  # fmt: skip
        assert "annual, " in error["message"]


def test_requests_are_found_by_the_word_they_were_asked_by(api, hr):
    person = EmploymentFactory().user
    leave(person, dt.date(2026, 3, 9), code="annual")
    leave(person, dt.date(2026, 3, 10), code="sick")

    found = api(hr).get("/api/hr/leave-requests", {"leave_type": "sick"}).json()

    assert [(row["leave_type"], row["start_date"]) for row in found] == [("sick", "2026-03-10")]


def test_balances_are_narrowed_to_a_department_and_a_person(api, hr):
    design, code = DepartmentFactory(name="Design"), DepartmentFactory(name="Code")
    one, two = (EmploymentFactory(user__department=design).user for _number in range(2))
    other = EmploymentFactory(user__department=code).user
    client = api(hr)

    def found(**query):
        return [row["user_id"] for row in client.get(BALANCES, query).json()]

    assert found(department="Design") == [one.pk, two.pk]
    assert found(department_id=code.pk) == [other.pk]
    assert found(department="Design", user_id=two.pk) == [two.pk]
    assert found(department="Nowhere") == []


def test_a_balance_that_an_adjustment_overdraws_is_named(api, hr):
    person = EmploymentFactory(user__name="Wanda").user
    client = api(hr)
    sent = {"user_id": person.pk, "leave_type": "annual", "reason": "Moved from the old system"}

    above = client.post(f"{BALANCES}/adjust", {**sent, "days": "10"})
    below = client.post(f"{BALANCES}/adjust", {**sent, "days": "-300"})

    assert (above.status_code, above.json()["warnings"], below.status_code) == (201, [], 201)
    [warning] = below.json()["warnings"]
    assert (warning["code"], warning["balance"]) == ("negative_balance", "-290")
    assert "Wanda now owes 290 days" in warning["message"]
    assert [entry.days for entry in LeaveEntry.objects.filter(kind="adjusted").order_by("pk")] == [10, -300]


@pytest.mark.parametrize("rows", [1, 7])
def test_balances_of_a_department_cost_the_same_however_many(api, rows, django_assert_num_queries):
    design = DepartmentFactory(name="Design")
    for _number in range(rows):
        EmploymentFactory(user__department=design)
    client = api(UserFactory(as_="hr"))
    client.get(BALANCES)

    with django_assert_num_queries(5):
        assert len(client.get(BALANCES, {"department": "Design"}).json()) == rows
