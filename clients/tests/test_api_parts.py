"""What hangs on a client and on projects: contacts, brands, portal users, the log, members, the report."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.admin_forms import PortalForm
from clients.models import Brand, CommunicationLog, Contact, Project
from clients.services.contacts import add_contact
from clients.services.projects import add_member
from clients.tests.factories import (
    BrandFactory,
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    ProjectFactory,
)
from clients.tests.helpers import somebody_with
from hyperflow.core.registry import figures
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

BASE = "/api/client"


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER, name="Mara")


@pytest.fixture
def browser(api, manager):
    return api(manager)


# -- contacts and brands


def test_a_contact_is_added_changed_and_removed(browser):
    client = ClientFactory()

    made = browser.post(
        f"{BASE}/clients/{client.pk}/contacts",
        {"name": "Ann", "email": "ann@acme.io", "handles": [{"platform": "slack", "handle": "U1"}]},
    )
    path = made["Location"]
    changed = browser.put(
        path, {"handles": [{"platform": "discord", "handle": "ann"}]}, headers={"If-Match": made["ETag"]}
    )
    late = browser.put(path, {"name": "Bob"}, headers={"If-Match": made["ETag"]})
    listed = browser.get(f"{BASE}/clients/{client.pk}/contacts").json()
    removed = browser.delete(path)

    assert made.status_code == 201
    assert path == f"{BASE}/contacts/{made.json()['contact_id']}"
    assert list(made.json()) == [
        "contact_id",
        "client_id",
        "name",
        "email",
        "phone",
        "position",
        "is_primary",
        "notes",
        "handles",
        "created_at",
        "updated_at",
    ]
    assert changed.json()["handles"] == [{"platform": "discord", "handle": "ann"}]
    assert (changed.status_code, late.status_code, removed.status_code) == (200, 412, 204)
    assert listed == [changed.json()]
    assert browser.get(path).status_code == 404
    assert not Contact.objects.exists()


def test_a_taken_handle_is_409_and_tells_of_nobody(api, manager):
    add_contact(
        client=ClientFactory(name="Secret"), actor=manager, name="Zoe", handles=[{"platform": "slack", "handle": "U1"}]
    )
    person = somebody_with("view_client", "view_contact", "change_contact")
    contact = ContactFactory(client__owner=person)

    reply = api(person).put(f"{BASE}/contacts/{contact.pk}", {"handles": [{"platform": "slack", "handle": "U1"}]})

    assert (reply.status_code, reply.json()["code"]) == (409, "handle_taken")
    assert "Zoe" not in reply.content.decode()
    assert "Secret" not in reply.content.decode()
    assert not contact.handles.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"handles": [{"platform": "slack"}]}, "required"),
        ({"handles": [{"platform": "slack", "handle": ""}]}, "blank"),
        ({"name": "a\nb"}, "single_line"),
        ({"is_primary": "perhaps"}, "invalid"),
        ({"client_id": 1}, "unknown_field"),
    ],
)
def test_a_bad_contact_is_refused(browser, body, code):
    contact = ContactFactory()

    reply = browser.put(f"{BASE}/contacts/{contact.pk}", body)

    contact.refresh_from_db()
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)
    assert contact.version == 1


def test_a_brand_is_added_changed_and_removed(browser):
    client = ClientFactory()
    path = f"{BASE}/clients/{client.pk}/brands"

    made = browser.post(path, {"name": "Glow", "preferences": {"dos": ["Shine"]}})
    taken = browser.post(path, {"name": "glow"})
    changed = browser.patch(made["Location"], {"guidelines": "Be bright.\nAlways."})
    shown = browser.get(f"{BASE}/clients/{client.pk}").json()["brands"]
    removed = browser.delete(made["Location"])

    assert (made.status_code, changed.status_code, removed.status_code) == (201, 200, 204)
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert changed.json()["preferences"] == {"dos": ["Shine"], "donts": []}
    assert shown == [changed.json()]
    assert not Brand.objects.exists()


# -- portal users


def test_portal_users_are_given_and_taken_the_view(api, browser):
    client, person = ClientFactory(), UserFactory(as_="client", email="zoe@acme.io", name="Zoe")
    path, portal = f"{BASE}/clients/{client.pk}/portal-users", api(person)
    assert portal.get(f"{BASE}/clients/{client.pk}").status_code == 404

    added = browser.post(path, {"email": "ZOE@acme.io"})
    again = browser.post(path, {"user_id": person.pk})
    seen = portal.get(f"{BASE}/clients/{client.pk}").status_code
    listed = browser.get(path).json()
    removed = browser.delete(added["Location"])

    assert (added.status_code, again.status_code, seen, removed.status_code) == (201, 200, 200, 204)
    assert listed == [{"user_id": person.pk, "name": "Zoe", "email": "zoe@acme.io", "is_active": True}]
    assert browser.get(added["Location"]).status_code == 404
    assert browser.delete(added["Location"]).status_code == 404
    assert portal.get(f"{BASE}/clients/{client.pk}").status_code == 404


def test_a_portal_account_belongs_to_one_client(browser):
    person = UserFactory(as_="client", email="zoe@acme.io")
    first, second = ClientFactory(name="Acme", portal_users=[person]), ClientFactory()

    refused = browser.post(f"{BASE}/clients/{second.pk}/portal-users", {"user_id": person.pk})

    assert (refused.status_code, refused.json()["code"]) == (409, "portal_user_elsewhere")
    assert b"Acme" not in refused.content
    assert not second.portal_users.exists()
    assert browser.post(f"{BASE}/clients/{first.pk}/portal-users", {"email": "zoe@acme.io"}).status_code == 200
    form = PortalForm({"email": "zoe@acme.io"}, actor=UserFactory(as_=Role.Code.MANAGER), rows=[second])
    assert list(form.errors) == ["email"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"email": "a@b.io", "user_id": 1}, None),
        ({"email": "nobody@acme.io"}, "does_not_exist"),
        ({"email": "mara@agency.io"}, "does_not_exist"),
        ({"user_id": 4711}, "does_not_exist"),
    ],
)
def test_nobody_else_becomes_a_portal_user(api, body, code):
    client = ClientFactory()
    mara = UserFactory(as_=Role.Code.MANAGER, email="mara@agency.io")

    reply = api(mara).post(f"{BASE}/clients/{client.pk}/portal-users", body)

    assert reply.status_code == 422
    assert code is None or reply.json()["errors"][0]["code"] == code
    assert not client.portal_users.exists()


# -- the communication log


def test_what_was_said_is_appended_and_never_edited(browser, manager):
    contact = ContactFactory()
    path = f"{BASE}/clients/{contact.client_id}/communications"

    reply = browser.post(
        path,
        {
            "channel": "meeting",
            "direction": "outbound",
            "subject": "Kick-off",
            "message": "We begin <b>now</b>.",
            "contact_id": contact.pk,
            "external_url": "https://example.com/x",
            "created_at": "2026-01-02T03:04:05.678901+01:00",
        },
    )

    body = reply.json()
    assert reply.status_code == 201
    assert body == {
        "log_id": body["log_id"],
        "client_id": contact.client_id,
        "sender_id": manager.pk,
        "sender_name": "Mara",
        "contact_id": contact.pk,
        "channel": "meeting",
        "direction": "outbound",
        "subject": "Kick-off",
        "message": "We begin <b>now</b>.",
        "external_url": "https://example.com/x",
        "created_at": "2026-01-02T02:04:05.678Z",
    }
    assert browser.get(reply["Location"]).json() == body
    assert browser.put(reply["Location"], {"message": "Never"}).status_code == 405
    assert browser.delete(reply["Location"]).status_code == 405


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": "smoke"}, "invalid_choice"),
        ({"direction": "up"}, "invalid_choice"),
        ({"message": " "}, "blank"),
        ({"subject": "a\r\nBcc: x@y.io"}, "single_line"),
        ({"created_at": "2999-12-31T23:59:00Z"}, "in_future"),
        ({"created_at": "9999-12-31T23:59:00Z"}, "invalid"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "invalid"),
        ({"created_at": "yesterday"}, "invalid"),
        ({"contact_id": "other"}, "contact_of_another_client"),
        ({"contact_id": 4711}, "does_not_exist"),
        ({"sender_id": 1}, "unknown_field"),
        ({"external_url": "javascript:alert(1)"}, "scheme"),
    ],
)
def test_what_was_not_said_like_that_is_refused(browser, change, code):
    client = ClientFactory()
    if change.get("contact_id") == "other":
        change = {"contact_id": ContactFactory().pk}

    reply = browser.post(
        f"{BASE}/clients/{client.pk}/communications",
        {"channel": "phone", "direction": "inbound", "message": "Hi", **change},
    )

    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)
    assert not CommunicationLog.objects.exists()


def test_the_log_is_filtered_and_newest_first(browser):
    day = lambda n: dt.datetime(2026, 1, n, 12, tzinfo=dt.UTC)  # noqa: E731
    contact = ContactFactory()
    log = {"client": contact.client}
    first = CommunicationFactory(**log, created_at=day(1), message="100% sure")
    second = CommunicationFactory(**log, created_at=day(2), channel="chat", direction="outbound", contact=contact)
    CommunicationFactory()

    def ids(query):
        reply = browser.get(f"{BASE}/clients/{contact.client_id}/communications?{query}")
        assert reply.status_code == 200
        return [one["log_id"] for one in reply.json()]

    assert ids("") == [second.pk, first.pk]
    assert ids("channel=chat") == ids("direction=outbound") == ids(f"contact_id={contact.pk}") == [second.pk]
    assert ids("search=100%25") == ids("created_before=2026-01-01") == [first.pk]
    assert ids("created_after=2026-01-02") == [second.pk]
    assert ids("ordering=created_at") == [first.pk, second.pk]


# -- projects


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


@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("projects", 5),  # who, page, client, key, members
        ("clients/{client}/contacts", 4),  # who, client, page, handles
        ("clients/{client}/brands", 4),  # who, client, page, wishes
        ("clients/{client}/communications", 3),
        ("clients/{client}/portal-users", 3),
        ("projects/{project}/members", 3),
    ],
)
def test_lists_cost_the_same_however_many_rows(browser, manager, rows, path, queries, django_assert_num_queries):
    client = ClientFactory()
    project = ProjectFactory(client=client, members=[UserFactory() for _ in range(rows)])
    for n in range(rows):
        if n:
            ProjectFactory(client=client, members=[manager])
        add_contact(client=client, actor=manager, name="Ann", handles=[{"platform": "slack", "handle": f"U{n}"}])
        BrandFactory(client=client)
        CommunicationFactory(client=client)
        client.portal_users.add(UserFactory(as_="client"))
    path = f"{BASE}/{path.format(client=client.pk, project=project.pk)}"
    browser.get(path)

    with django_assert_num_queries(queries):
        page = browser.get(path).json()

    assert len(page) == rows


# -- the report


def test_the_performance_report(browser, monkeypatch):
    client = ClientFactory(name="Acme", currency="KWD")
    work = {
        "tasks": {"pending": 1, "in_progress": 0, "completed": 2, "cancelled": 4},
        "finished": 2,
        "finished_with_due": 2,
        "finished_on_time": 1,
        "estimated_hours": Decimal(0),
        "estimate_error_hours": Decimal(0),
        "hours": Decimal("7.126"),
        "billable_hours": Decimal(5),
    }
    monkeypatch.setitem(figures._providers, ("clients.client", "work"), lambda user, ids, **p: dict.fromkeys(ids, work))

    reply = browser.get(f"{BASE}/clients/{client.pk}/reports/performance?start_date=2026-01-01&end_date=2026-03-31")

    assert reply.status_code == 200
    assert reply.json() == {
        "client_id": client.pk,
        "client_name": "Acme",
        "period": {"start_date": "2026-01-01", "end_date": "2026-03-31"},
        "currency": "KWD",
        "tasks": {"pending": 1, "in_progress": 0, "completed": 2, "cancelled": 4},
        "completion_rate": "66.67",
        "on_time_rate": "50",
        "estimate_accuracy": None,
        "hours": 7.13,
        "billable_hours": 5.0,
        "cost": None,
        "invoiced": None,
        "margin": None,
    }


def test_the_report_and_the_detail_count_real_work(browser):
    """What the task app registers fits what this app asks for."""
    at = lambda day: dt.datetime(2026, 1, day, 23, 30, tzinfo=dt.UTC)  # noqa: E731
    client = ClientFactory(timezone="Europe/Berlin")
    done = {"client": client, "status": "completed", "start_time": at(1)}
    TaskFactory(client=client, created_at=at(5))
    TaskFactory(client=client, created_at=at(30), status="cancelled")
    TaskFactory(client=client, created_at=at(31))  # in Berlin it is February
    on_time = TaskFactory(
        **done, created_at=at(2), end_time=at(9), due_date=dt.date(2026, 1, 10), estimated_time=4, actual_time=5
    )
    TaskFactory(**done, created_at=at(3), end_time=at(10), due_date=dt.date(2026, 1, 10))
    TaskFactory(created_at=at(5))
    for billable in (True, False):
        TimeEntryFactory(task=on_time, billable=billable)

    report = browser.get(
        f"{BASE}/clients/{client.pk}/reports/performance?start_date=2026-01-01&end_date=2026-01-31"
    ).json()
    stats = browser.get(f"{BASE}/clients/{client.pk}").json()["stats"]

    assert report["tasks"] == {"pending": 1, "in_progress": 0, "completed": 2, "cancelled": 1}
    assert (report["completion_rate"], report["on_time_rate"], report["estimate_accuracy"]) == ("66.67", "50", "75")
    assert (report["hours"], report["billable_hours"]) == (2.0, 1.0)
    assert stats["open_tasks"] == 2


@pytest.mark.parametrize(
    "query", ["start_date=2026-02-01&end_date=2026-01-01", "start_date=soon", "from=2026-01-01", "end_date=9999-12-31"]
)
def test_a_bad_period_is_refused(browser, query):
    assert browser.get(f"{BASE}/clients/{ClientFactory().pk}/reports/performance?{query}").status_code == 422


def test_a_member_reads_the_log_of_the_client(api, manager):
    person, project = UserFactory(), ProjectFactory()
    CommunicationFactory(client=project.client)
    path = f"{BASE}/clients/{project.client_id}/communications"
    assert api(person).get(path).status_code == 404

    add_member(project=project, user=person, actor=manager)

    assert len(api(person).get(path).json()) == 1
