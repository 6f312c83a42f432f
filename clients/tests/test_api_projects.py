"""Projects of a client and who works on them, over the wire."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import (
    ClientFactory,
    ProjectFactory,
)
from clients.tests.helpers import somebody_with

pytestmark = pytest.mark.django_db

BASE = "/api/client"


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER, name="Mara")


@pytest.fixture
def browser(api, manager):
    return api(manager)


def test_a_project_is_agreed_on(browser, manager):
    client = ClientFactory(name="Acme", currency="JPY", key_sequence__prefix="ACME")

    reply = browser.post(
        f"{BASE}/projects",
        {
            "client_id": client.pk,
            "name": "Website relaunch",
            "billing": "fixed",
            "budget": "500000",
            "budget_hours": 120.5,
            "hourly_rate": "9000",
            "start_date": "2026-01-01",
            "end_date": "2026-06-30",
            "member_ids": [manager.pk],
        },
    )

    body = reply.json()
    assert reply.status_code == 201
    assert reply["Location"] == f"{BASE}/projects/{body['project_id']}"
    assert body == {
        "project_id": body["project_id"],
        "client_id": client.pk,
        "client_name": "Acme",
        "name": "Website relaunch",
        "key": "ACMEWR",
        "status": "active",
        "billing": "fixed",
        "budget": "500000",
        "currency": "JPY",
        "budget_hours": 120.5,
        "hourly_rate": "9000",
        "start_date": "2026-01-01",
        "end_date": "2026-06-30",
        "members": [{"user_id": manager.pk, "name": "Mara"}],
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    changed = browser.put(reply["Location"], {"status": "on_hold"}, headers={"If-Match": reply["ETag"]})
    assert (changed.status_code, changed.json()["status"], changed["ETag"]) == (200, "on_hold", '"v2"')
    assert browser.put(reply["Location"], {"name": "Late"}, headers={"If-Match": reply["ETag"]}).status_code == 412


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"client_id": 4711}, "client_id", "does_not_exist"),
        ({"name": None}, "name", "null"),
        ({"name": "a\nb"}, "name", "single_line"),
        ({"key": "web"}, "key", "invalid"),
        ({"key": "W"}, "key", "invalid"),
        ({"key": "WEB-1"}, "key", "invalid"),
        ({"billing": "barter"}, "billing", "invalid_choice"),
        ({"budget": "1e9"}, "budget", "invalid"),
        ({"start_date": "2026-02-30"}, "start_date", "invalid"),
        ({"start_date": "2026-02-02", "end_date": "2026-02-01"}, "end_date", "invalid"),
        ({"member_ids": [4711]}, "member_ids.0", "does_not_exist"),
        ({"members": []}, "members", "unknown_field"),
    ],
)
def test_a_bad_project_is_refused(browser, change, field, code):
    reply = browser.post(f"{BASE}/projects", {"client_id": ClientFactory().pk, "name": "Website", **change})

    [error] = reply.json()["errors"]
    assert (reply.status_code, error["field"], error["code"]) == (422, field, code)
    assert not Project.objects.exists()


def test_a_project_is_agreed_on_only_with_a_client_in_sight(api):
    person = somebody_with("view_client", "view_project", "add_project")
    hidden, own = ClientFactory(), ClientFactory(owner=person)

    replies = [
        api(person).post(f"{BASE}/projects", {"client_id": pk, "name": "Website"}) for pk in (hidden.pk, 4711, own.pk)
    ]

    assert [one.status_code for one in replies] == [422, 422, 201]
    assert replies[0].json()["errors"] == replies[1].json()["errors"]
    assert Project.objects.get().client == own


def test_a_portal_user_sees_the_project_without_its_money_and_people(api, manager):
    person = UserFactory(as_="client")
    project = ProjectFactory(
        client__portal_users=[person], members=[manager], budget=Decimal(5), hourly_rate=Decimal(1)
    )

    [shown] = api(person).get(f"{BASE}/projects").json()

    assert shown["project_id"] == project.pk
    assert (shown["budget"], shown["hourly_rate"], shown["members"]) == (None, None, [])


def test_projects_are_filtered(browser):
    first = ProjectFactory(name="Alpha", status="planned", billing="fixed", start_date=dt.date(2026, 1, 10))
    second = ProjectFactory(name="Beta", end_date=dt.date(2026, 3, 1), members=[UserFactory()])

    def ids(query):
        reply = browser.get(f"{BASE}/projects?{query}")
        assert reply.status_code == 200
        return [one["project_id"] for one in reply.json()]

    assert ids("") == [first.pk, second.pk]
    assert ids("ordering=-name") == [second.pk, first.pk]
    assert ids(f"client_id={first.client_id}") == ids("status=planned") == ids("billing=fixed") == [first.pk]
    assert ids("search=alp") == ids("start_after=2026-01-10&start_before=2026-01-10") == [first.pk]
    assert ids("start_after=2026-01-11") == ids("end_before=2026-02-28") == []
    assert ids("end_after=2026-03-01") == ids(f"member_id={second.members.get().pk}") == [second.pk]


def test_members_come_and_go(api, browser, manager):
    project, person = ProjectFactory(), UserFactory(name="Eli")
    path = f"{BASE}/projects/{project.pk}/members"

    added = browser.post(path, {"user_id": person.pk})
    again = browser.post(path, {"user_id": person.pk})
    seen = api(person).get(f"{BASE}/projects/{project.pk}").json()["members"]
    listed = browser.get(path).json()
    removed = browser.delete(added["Location"])

    assert (added.status_code, again.status_code, removed.status_code) == (201, 200, 204)
    assert seen == listed == [{"user_id": person.pk, "name": "Eli"}]
    assert browser.delete(added["Location"]).status_code == 404
    assert api(person).get(f"{BASE}/projects/{project.pk}").status_code == 404


def test_amounts_do_not_become_those_of_another_currency(browser):
    project = ProjectFactory(currency="EUR", hourly_rate=Decimal(80), budget=None)
    path = f"{BASE}/projects/{project.pk}"

    refused = browser.put(path, {"currency": "USD"})

    assert (refused.status_code, refused.json()["code"]) == (422, "currency_mismatch")
    changed = browser.put(path, {"currency": "USD", "hourly_rate": "90"})
    assert (changed.status_code, changed.json()["hourly_rate"], changed.json()["currency"]) == (200, "90.00", "USD")
