"""`/api/hr/employees`: who sees whom, and who sees what they are paid."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.models import Role, User
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import Compensation, Employment
from hr.tests.factories import CompensationFactory, EmploymentFactory

pytestmark = pytest.mark.django_db

URL = "/api/hr/employees"
CONTRACT = {
    "user_id", "name", "email", "employee_code", "department", "position", "manager_id", "employment_type", "hire_date",
    "end_date", "weekly_hours", "status", "timezone",
}  # fmt: skip
PAY = ["salary", "salary_kind", "currency", "employer_share"]


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


def test_hiring_a_newcomer(api, hr):
    DepartmentFactory(name="Design")
    boss = EmploymentFactory().user
    body = {
        "name": "Ann", "email": "ann@example.com", "department": "Design", "position": "Designer",
        "manager_id": boss.pk, "employment_type": "part_time", "hire_date": "2026-04-01", "weekly_hours": "20.5",
        "timezone": "Asia/Tokyo",
    }  # fmt: skip

    reply = api(hr).post(URL, body)

    made = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"{URL}/{made['user_id']}"
    assert set(made) >= CONTRACT
    assert {name: made[name] for name in CONTRACT} == {
        "user_id": User.objects.get(email="ann@example.com").pk, "name": "Ann", "email": "ann@example.com",
        "employee_code": made["employee_code"], "department": "Design", "position": "Designer", "manager_id": boss.pk,
        "employment_type": "part_time", "hire_date": "2026-04-01", "end_date": None, "weekly_hours": 20.5,
        "status": "planned", "timezone": "Asia/Tokyo",
    }  # fmt: skip
    assert api(hr).get(reply.headers["Location"]).json() == made


def test_hiring_somebody_with_an_account_and_changing_their_terms(api, hr):
    person = UserFactory()
    caller = api(hr)

    made = caller.post(URL, {"user_id": person.pk, "hire_date": "2026-01-01", "employee_code": "A-1"})
    path = made.headers["Location"]
    changed = caller.put(path, {"end_date": "2026-03-09", "department": None}, HTTP_IF_MATCH=made.headers["ETag"])
    stale = caller.put(path, {"position": "x"}, HTTP_IF_MATCH=made.headers["ETag"])
    again = caller.post(URL, {"user_id": person.pk, "hire_date": "2026-01-01"})

    assert (made.status_code, made.json()["status"], made.json()["employee_code"]) == (201, "active", "A-1")
    assert (changed.status_code, changed.json()["status"]) == (200, "ended")
    assert stale.status_code == 412
    assert (again.status_code, again.json()["code"]) == (409, "already_employed")
    assert Employment.objects.get().position == ""


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"hire_date": None}, 422, "null"),
        ({"hire_date": "2026-02-30"}, 422, "invalid"),
        ({"employee_code": "E1"}, 409, "code_taken"),
        ({"email": "taken@example.com"}, 409, "email_taken"),
        ({"email": "no address"}, 422, "invalid"),
        ({"department": "Nowhere"}, 422, "does_not_exist"),
        ({"manager_id": 999_999}, 422, "does_not_exist"),
        ({"pattern_id": 999_999}, 422, "does_not_exist"),
        ({"timezone": "Mars/Olympus"}, 422, "invalid_choice"),
        ({"employment_type": "slave"}, 422, "invalid_choice"),
        ({"weekly_hours": 81}, 422, "max_value"),
        ({"role": "king"}, 422, "invalid_choice"),
        ({"role": "admin"}, 403, "role_not_allowed"),
        ({"salary": 5_000}, 422, "unknown_field"),
        ({"user_id": 999_999}, 422, "does_not_exist"),
        ({"end_date": "2025-12-31"}, 422, "invalid"),
    ],
)
def test_what_is_refused_when_hiring(api, hr, change, status, code):
    EmploymentFactory(code="E1")
    UserFactory(email="taken@example.com")
    before = User.objects.count()

    reply = api(hr).post(URL, {"name": "Ann", "email": "ann@example.com", "hire_date": "2026-01-01", **change})

    problem = reply.json()
    assert reply.status_code == status
    assert code in {problem["code"], *(error["code"] for error in problem.get("errors", []))}
    assert (Employment.objects.count(), User.objects.count()) == (1, before)


def test_a_circle_of_managers_is_refused(api, hr):
    top = EmploymentFactory()
    low = EmploymentFactory(manager=top.user)

    reply = api(hr).put(f"{URL}/{top.user_id}", {"manager_id": low.user_id})

    assert (reply.status_code, reply.json()["code"]) == (409, "circular_manager")
    assert Employment.objects.get(pk=top.pk).manager is None


@pytest.mark.parametrize(
    ("role", "lists", "pay", "hires"),
    [
        ("admin", 200, 200, 201),
        ("hr", 200, 200, 201),
        ("manager", 200, 403, 403),
        ("employee", 403, 403, 403),
        ("finance", 403, 403, 403),
        ("marketing", 403, 403, 403),
        ("client", 403, 403, 403),
    ],
)
def test_who_may_do_what(api, role, lists, pay, hires):
    row, newcomer = EmploymentFactory(), UserFactory()
    caller = api(UserFactory(as_=role))
    body = {"effective_from": "2026-01-01", "amount": "1", "currency": "EUR"}

    assert caller.get(URL).status_code == lists
    assert caller.post(URL, {"user_id": newcomer.pk, "hire_date": "2026-01-01"}).status_code == hires
    assert caller.put(f"{URL}/{row.user_id}", {"position": "x"}).status_code == (200 if hires == 201 else 403)
    assert caller.get(f"{URL}/{row.user_id}/compensation").status_code == pay
    assert caller.post(f"{URL}/{row.user_id}/compensation", body).status_code == (201 if hires == 201 else 403)
    assert Compensation.objects.count() == (hires == 201)


def test_managers_see_their_reports_at_any_depth_but_not_their_pay(api):
    boss = UserFactory(as_="manager")
    direct = EmploymentFactory(manager=boss)
    indirect = EmploymentFactory(manager=direct.user)
    foreign = EmploymentFactory()
    for row in (direct, indirect, foreign):
        CompensationFactory(employment=row)
    caller = api(boss)

    listed = caller.get(URL).json()
    shown = caller.get(f"{URL}/{indirect.user_id}").json()

    assert [one["user_id"] for one in listed] == [direct.user_id, indirect.user_id]
    assert {one[name] for one in [*listed, shown] for name in PAY} == {None}
    hidden, missing = caller.get(f"{URL}/{foreign.user_id}"), caller.get(f"{URL}/999999")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert {**hidden.json(), "request_id": ""} == {**missing.json(), "request_id": ""}


def test_pay_is_shown_as_it_is_today_and_its_history_to_who_may_see_it(api, hr):
    row = EmploymentFactory()
    CompensationFactory(employment=row, amount="4000")
    caller = api(hr)
    path = f"{URL}/{row.user_id}/compensation"

    raised = caller.post(
        path,
        {"effective_from": "2026-04-01", "amount": 4500.5, "currency": "EUR", "employer_share": "21.5", "reason": "Up"},
    )
    hourly = {"effective_from": "2026-03-10", "amount": "25.125", "currency": "EUR", "kind": "hourly"}
    now = caller.post(path, hourly)

    assert (raised.status_code, raised.json()["amount"], raised.json()["set_by"]) == (201, "4500.50", hr.pk)
    assert now.status_code == 201
    shown = caller.get(f"{URL}/{row.user_id}").json()
    assert [shown[name] for name in PAY] == ["25.125", "hourly", "EUR", "0"]
    assert [shown] == [one for one in caller.get(URL).json() if one["user_id"] == row.user_id]
    assert [(one["effective_from"], one["amount"]) for one in caller.get(path).json()] == [
        ("2026-04-01", "4500.50"),
        ("2026-03-10", "25.125"),
        ("2025-01-01", "4000.00"),
    ]
    assert caller.put(path, {}).status_code == 405
    assert caller.get(f"{URL}/999999/compensation").status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"amount": -1}, {"amount": None}, {"currency": "XXX"}, {"employer_share": 201}, {"kind": "daily"}, {"until": 1}],
)
def test_pay_that_is_refused(api, hr, change):
    row = EmploymentFactory()
    body = {"effective_from": "2026-01-01", "amount": "1", "currency": "EUR", **change}

    assert api(hr).post(f"{URL}/{row.user_id}/compensation", body).status_code == 422
    assert not Compensation.objects.exists()


def test_nobody_sets_their_own_pay(api, hr):
    EmploymentFactory(user=hr)

    reply = api(hr).post(
        f"{URL}/{hr.pk}/compensation", {"effective_from": "2026-01-01", "amount": "1", "currency": "EUR"}
    )

    assert (reply.status_code, reply.json()["code"]) == (403, "self_approval")


def test_filters_search_and_orders(api, hr):
    design = DepartmentFactory(name="Design")
    boss = UserFactory()
    ann = EmploymentFactory(code="B", user__name="Ann Lee", user__department=design, manager=boss)
    bob = EmploymentFactory(code="A", hire_date=dt.date(2026, 5, 1), employment_type="intern", position="Writer")
    cid = EmploymentFactory(code="C", end_date=dt.date(2026, 3, 9))
    caller = api(hr)

    def found(query):
        return [one["user_id"] for one in caller.get(f"{URL}?{query}").json()]

    assert found("") == [bob.user_id, ann.user_id, cid.user_id]
    assert found("ordering=-hire_date") == [bob.user_id, cid.user_id, ann.user_id]
    assert found("status=active") == found("department=Design") == found("search=lee") == [ann.user_id]
    assert found(f"manager_id={boss.pk}") == found(f"search={ann.user.email}") == [ann.user_id]
    assert found("status=planned") == found("employment_type=intern") == found("search=writer") == [bob.user_id]
    assert found("status=ended") == [cid.user_id]
    assert found("hired_after=2026-04-01") == [bob.user_id]


@pytest.mark.parametrize(("role", "queries"), [("hr", 3), ("manager", 3)])
@pytest.mark.parametrize("rows", [1, 7])
def test_the_list_costs_the_same_however_many_rows(api, django_assert_num_queries, rows, role, queries):
    boss = UserFactory(as_=role)
    for row in EmploymentFactory.create_batch(rows, manager=boss, user__department=DepartmentFactory()):
        CompensationFactory(employment=row)
    caller = api(boss)
    caller.get(URL)

    with django_assert_num_queries(queries):  # who, page, and pay or whose reports
        assert len(caller.get(URL).json()) == rows


def test_a_role_that_sees_pay_only_sees_no_more_people(api):
    boss = UserFactory(as_="manager")
    row = EmploymentFactory(manager=boss)
    CompensationFactory(employment=row, amount=Decimal("10"))
    from django.contrib.auth.models import Permission

    Role.objects.get(code="manager").permissions.add(Permission.objects.get(codename="view_pay"))
    Role.objects.filter(code="manager").update(version=99)
    EmploymentFactory()

    (seen,) = api(User.objects.get(pk=boss.pk)).get(URL).json()

    assert seen["salary"] == "10.00"
