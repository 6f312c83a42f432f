"""What hangs on a client: the log of what was said, what lists cost, the report."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import CommunicationLog
from clients.services.contacts import add_contact
from clients.services.projects import add_member
from clients.tests.factories import (
    BrandFactory,
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    ProjectFactory,
)
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


# -- what lists cost


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
        "invoiced": "0.000",
        "margin": None,
        "excluded": [{"measure": "cost", "currency": "EUR", "amount": None}],
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


def test_parts_of_a_client_are_narrowed(browser, manager):
    client = ClientFactory()
    said = CommunicationFactory(client=client, sender=manager)
    CommunicationFactory(client=client)
    first = ContactFactory(client=client, is_primary=True)
    ContactFactory(client=client)
    brand = BrandFactory(client=client, name="Ola")
    BrandFactory(client=client, name="Tonic")
    ProjectFactory(client=client, currency="EUR")
    dollars = ProjectFactory(client=client, currency="USD")
    someone = UserFactory(as_="client", name="Zoe")
    client.portal_users.add(someone, UserFactory(as_="client", name="Ann"))

    def found(path, field):
        reply = browser.get(f"{BASE}/{path}")
        assert reply.status_code == 200, reply.json()
        return [row[field] for row in reply.json()]

    here = f"clients/{client.pk}"
    assert found(f"{here}/communications?sender_id={manager.pk}", "log_id") == [said.pk]
    assert found(f"{here}/contacts?is_primary=true", "contact_id") == [first.pk]
    assert found(f"{here}/brands?search=OLA", "brand_id") == [brand.pk]
    assert found(f"{here}/portal-users?search=zo", "user_id") == [someone.pk]
    assert found("projects?currency=USD", "project_id") == [dollars.pk]
    assert browser.get(f"{BASE}/communications/{said.pk}").headers["ETag"]


def test_how_a_project_is_planned_is_not_for_the_client(api):
    project = ProjectFactory(budget_hours=Decimal(40))
    speaker = UserFactory(as_="client")
    project.client.portal_users.add(speaker)

    assert api(speaker).get(f"{BASE}/projects/{project.pk}").json()["budget_hours"] is None
    assert api(UserFactory(as_="admin")).get(f"{BASE}/projects/{project.pk}").json()["budget_hours"] == 40.0
