"""Contacts, brands and portal users of a client over the wire."""

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.admin_forms import PortalForm
from clients.models import Brand, Contact
from clients.services.contacts import add_contact
from clients.tests.factories import (
    ClientFactory,
    ContactFactory,
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
