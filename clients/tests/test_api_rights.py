"""Who may what, on which row: every call × eight callers × an own, another and a missing row."""

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, CommunicationLog, Contact, Preference, Project
from clients.tests.factories import (
    BrandFactory,
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    PreferenceFactory,
    ProjectFactory,
)
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db

MISSING = 4_711_000
ROLES = [str(code) for code in Role.Code]
WRITERS = {"admin", "manager", "marketing"}
READERS = WRITERS | {"finance", "hr"}


def _who(every=frozenset(), own=frozenset()):
    """Who gets through to every row, and who only to own ones; everybody else is refused before any row is read."""
    return {role: (True, True) if role in every else (True, False) if role in own else (False, False) for role in ROLES}


SEES = _who(READERS, {"employee", "client"})
STAFF_SEES = _who(READERS, {"employee"})
WRITES = _who(WRITERS)
JUDGES = _who(WRITERS | {"finance"})

CALLS = [
    ("get", "clients/{client}", None, 200, SEES),
    ("put", "clients/{client}", {"phone": "1"}, 200, WRITES),
    ("patch", "clients/{client}", {"phone": "1"}, 200, WRITES),
    ("get", "clients/{client}/reports/performance", None, 200, JUDGES),
    ("get", "clients/{client}/contacts", None, 200, STAFF_SEES),
    ("post", "clients/{client}/contacts", {"name": "New"}, 201, WRITES),
    ("get", "contacts/{contact}", None, 200, STAFF_SEES),
    ("put", "contacts/{contact}", {"phone": "1"}, 200, WRITES),
    ("get", "clients/{client}/brands", None, 200, STAFF_SEES),
    ("post", "clients/{client}/brands", {"name": "New"}, 201, WRITES),
    ("get", "brands/{brand}", None, 200, STAFF_SEES),
    ("put", "brands/{brand}", {"guidelines": "x"}, 200, WRITES),
    ("get", "clients/{client}/communications", None, 200, STAFF_SEES),
    (
        "post",
        "clients/{client}/communications",
        {"channel": "note", "direction": "internal", "message": "x"},
        201,
        WRITES,
    ),
    ("get", "communications/{communication}", None, 200, STAFF_SEES),
    ("get", "clients/{client}/portal-users", None, 200, STAFF_SEES),
    ("post", "clients/{client}/portal-users", {"email": "outside"}, 201, WRITES),
    ("get", "projects/{project}", None, 200, SEES),
    ("put", "projects/{project}", {"status": "active"}, 200, WRITES),
    ("get", "projects/{project}/members", None, 200, STAFF_SEES),
    ("post", "projects/{project}/members", {"user_id": "colleague"}, 201, WRITES),
    ("delete", "projects/{project}/members/{member}", None, 204, WRITES),
    ("delete", "clients/{client}/portal-users/{portal}", None, 204, WRITES),
    ("delete", "contacts/{contact}", None, 204, WRITES),
    ("delete", "brands/{brand}", None, 204, WRITES),
]


def _rows(user):
    """A client of the user's with all that hangs on it, in whatever way somebody of that role has clients."""
    staff, portal = UserFactory(), UserFactory(as_="client")
    member = user if user is not None and user.is_staff else staff
    outside = [portal, user] if user is not None and not user.is_staff else [portal]
    client = ClientFactory(portal_users=outside)
    return {
        "client": client.pk,
        "contact": ContactFactory(client=client).pk,
        "brand": BrandFactory(client=client).pk,
        "communication": CommunicationFactory(client=client).pk,
        "project": ProjectFactory(client=client, members=[member, staff] if member is not staff else [staff]).pk,
        "member": staff.pk,
        "portal": portal.pk,
    }


def _ask(browser, verb, path, body, colleague):
    if body and body.get("user_id") == "colleague":
        body = {"user_id": colleague.pk}
    if body == {"email": "outside"}:  # another account each time: one belongs to one client
        body = {"email": UserFactory(as_="client").email}
    reply = getattr(browser, verb)(f"/api/client/{path}", body)
    return reply.status_code


@pytest.mark.parametrize("role", [*ROLES, None])
def test_every_call_for_every_role(api, role):
    user = UserFactory(as_=role) if role else None
    browser, colleague = api(user), UserFactory()
    own, other = _rows(user), _rows(None)
    missing = dict.fromkeys(own, MISSING)
    expected, found = {}, {}

    for verb, path, body, good, policy in CALLS:
        every, ours = (False, False) if role is None else policy[role][::-1]
        refused = 401 if role is None else 404 if every or ours else 403
        expected[verb, path] = (good if every or ours else refused, good if every else refused, refused)
        found[verb, path] = tuple(
            _ask(browser, verb, path.format(**rows), body, colleague) for rows in (own, other, missing)
        )

    assert found == expected


@pytest.mark.parametrize("role", ["finance", "hr", "employee", "client"])
def test_who_may_only_read_changes_nothing(api, role):
    user = UserFactory(as_=role)
    browser, colleague = api(user), UserFactory()
    own = _rows(user)
    before = AuditEntry.objects.count(), Contact.objects.count(), CommunicationLog.objects.count()

    for verb, path, body, _good, _policy in CALLS:
        if verb != "get":
            assert _ask(browser, verb, path.format(**own), body, colleague) == 403

    assert (AuditEntry.objects.count(), Contact.objects.count(), CommunicationLog.objects.count()) == before
    assert list(Client.objects.values_list("version", flat=True)) == [1]
    assert list(Project.objects.values_list("version", flat=True)) == [1]


@pytest.mark.parametrize("role", [*ROLES, None])
def test_lists_hold_only_rows_in_scope(api, role):
    user = UserFactory(as_=role) if role else None
    own, other = _rows(user), _rows(None)
    browser = api(user)
    everything = role in READERS

    for path, kind, key in (("clients", "client", "client_id"), ("projects", "project", "project_id")):
        reply = browser.get(f"/api/client/{path}")
        if role is None:
            assert reply.status_code == 401
        else:
            assert {one[key] for one in reply.json()} == ({own[kind], other[kind]} if everything else {own[kind]})


@pytest.mark.parametrize("role", [*ROLES, None])
def test_who_takes_on_clients_and_projects(api, role):
    browser, client = api(UserFactory(as_=role) if role else None), ClientFactory()
    good = 201 if role in WRITERS else 401 if role is None else 403

    made = browser.post("/api/client/clients", {"client_name": "Acme"})
    agreed = browser.post("/api/client/projects", {"client_id": client.pk, "name": "Website"})

    assert (made.status_code, agreed.status_code) == (good, good)
    assert Client.objects.count() == 1 + (good == 201)
    assert Project.objects.count() == (good == 201)


def test_hidden_and_missing_are_told_apart_by_nothing(api):
    person = UserFactory(as_="client")
    hidden, browser = _rows(None), api(person)

    first = browser.get(f"/api/client/clients/{hidden['client']}").json()
    second = browser.get(f"/api/client/clients/{MISSING}").json()

    assert {**first, "request_id": ""} == {**second, "request_id": ""}


@pytest.mark.parametrize("role", ROLES)
def test_parts_of_a_client_are_seen_by_who_may_see_their_kind(role):
    user = UserFactory(as_=role)
    own = _rows(user)
    PreferenceFactory(client_id=own["client"])

    seen = [model.objects.visible_to(user).count() for model in (Contact, Preference, CommunicationLog)]

    assert seen == ([0, 0, 0] if role == "client" else [1, 1, 1])
