"""`/api/client/clients`: the contract's rows, bad input, who sees what."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, Contact, KeySequence
from clients.services.contacts import add_contact
from clients.services.preferences import add_brand
from clients.tests.factories import (
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    PreferenceFactory,
)
from clients.tests.helpers import somebody_with
from hyperflow.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db

CLIENTS = "/api/client/clients"

FIELDS = [
    "client_id",
    "client_name",
    "key",
    "description",
    "contact_info",
    "email",
    "phone",
    "website",
    "industry",
    "status",
    "owner_id",
    "currency",
    "hourly_rate",
    "payment_terms_days",
    "tax_id",
    "address",
    "timezone",
    "contacts",
    "brands",
    "preferences",
    "created_at",
    "updated_at",
    "stats",
    "warnings",
]


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER)


@pytest.fixture
def browser(api, manager):
    """Signed in as somebody who looks after every client."""
    return api(manager)


def test_creating_answers_201_with_its_place_and_all_fields(api, manager, time_machine):
    time_machine.move_to(dt.datetime(2026, 3, 1, 9, 30, 0, 125_999, tzinfo=dt.UTC), tick=False)
    browser = api(manager)
    known = ClientFactory(name="ACME AG")

    reply = browser.post(
        CLIENTS,
        {
            "client_name": "Acme GmbH",
            "email": "ann@acme.io",
            "website": "https://acme.io",
            "status": "lead",
            "owner_id": manager.pk,
            "currency": "JPY",
            "hourly_rate": "95.50",
            "tax_id": "DE 1",
            "timezone": "Asia/Tokyo",
            "contacts": [{"name": "Ann", "handles": [{"platform": "whatsapp", "handle": "+49 170 1"}]}],
            "preferences": {"dos": ["Short"], "donts": ["Emoji"]},
        },
    )

    body = reply.json()
    assert reply.status_code == 201
    assert reply["Location"] == f"{CLIENTS}/{body['client_id']}"
    assert reply["ETag"] == '"v1"'
    assert list(body) == FIELDS
    contact = Contact.objects.get()
    assert body == {
        "client_id": body["client_id"],
        "client_name": "Acme GmbH",
        "key": "ACME",
        "description": "",
        "contact_info": "",
        "email": "ann@acme.io",
        "phone": "",
        "website": "https://acme.io",
        "industry": "",
        "status": "lead",
        "owner_id": manager.pk,
        "currency": "JPY",
        "hourly_rate": "95.5",
        "payment_terms_days": 30,
        "tax_id": "DE 1",
        "address": "",
        "timezone": "Asia/Tokyo",
        "contacts": [
            {
                "contact_id": contact.pk,
                "client_id": body["client_id"],
                "name": "Ann",
                "email": "",
                "phone": "",
                "position": "",
                "is_primary": False,
                "notes": "",
                "handles": [{"platform": "whatsapp", "handle": "491701"}],
                "created_at": "2026-03-01T09:30:00.125Z",
                "updated_at": "2026-03-01T09:30:00.125Z",
            }
        ],
        "brands": [],
        "preferences": {"dos": ["Short"], "donts": ["Emoji"]},
        "created_at": "2026-03-01T09:30:00.125Z",
        "updated_at": "2026-03-01T09:30:00.125Z",
        "stats": {**body["stats"], "unpaid_amount": "0", "currency": "JPY", "last_contact": None},
        "warnings": [
            {"kind": "similar_name", "client_id": known.pk, "message": "“ACME AG” has a similar name."},
        ],
    }
    assert browser.get(reply["Location"]).json() == {**body, "warnings": []}


def test_a_list_has_no_stats_and_a_detail_tells_the_last_contact(browser):
    entry = CommunicationFactory(created_at=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))

    [listed] = browser.get(CLIENTS).json()
    shown = browser.get(f"{CLIENTS}/{entry.client_id}").json()

    assert list(listed) == list(shown) == FIELDS
    assert listed["stats"] is None
    assert shown["stats"]["last_contact"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_a_part_may_be_sent_and_the_rest_stays(browser, verb):
    client = ClientFactory(name="Acme", email="ann@acme.io", hourly_rate=Decimal(80))
    PreferenceFactory(client=client, text="Old")

    reply = getattr(browser, verb)(
        f"{CLIENTS}/{client.pk}", {"status": "paused", "hourly_rate": None, "preferences": {"dos": ["New"]}}
    )

    body = reply.json()
    assert reply.status_code == 200
    assert reply["ETag"] == '"v2"'
    assert (body["client_name"], body["email"], body["status"], body["hourly_rate"]) == (
        "Acme",
        "ann@acme.io",
        "paused",
        None,
    )
    assert body["preferences"] == {"dos": ["New"], "donts": []}


def test_of_two_who_read_the_same_one_writes(browser):
    client = ClientFactory(name="Acme")
    path, tag = f"{CLIENTS}/{client.pk}", browser.get(f"{CLIENTS}/{client.pk}")["ETag"]

    first = browser.put(path, {"client_name": "First"}, headers={"If-Match": tag})
    second = browser.put(path, {"client_name": "Second"}, headers={"If-Match": tag})

    client.refresh_from_db()
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "precondition_failed"
    assert client.name == "First"


def test_a_new_contact_makes_an_old_tag_stale(browser, manager):
    client = ClientFactory()
    tag = browser.get(f"{CLIENTS}/{client.pk}")["ETag"]
    add_contact(client=client, actor=manager, name="Ann")

    assert browser.put(f"{CLIENTS}/{client.pk}", {"phone": "1"}, headers={"If-Match": tag}).status_code == 412


def test_the_same_key_creates_once(browser):
    body, key = {"client_name": "Acme"}, {"Idempotency-Key": "one"}

    first = browser.post(CLIENTS, body, headers=key)
    again = browser.post(CLIENTS, body, headers=key)
    other = browser.post(CLIENTS, {"client_name": "Other"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert other.json()["code"] == "idempotency_key_reused"
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"client_name": ""}, "client_name", "blank"),
        ({"client_name": None}, "client_name", "null"),
        ({"client_name": 7}, "client_name", "invalid"),
        ({"client_name": "a\nb"}, "client_name", "single_line"),
        ({"client_name": "a\r\nBcc: x@y.io"}, "client_name", "single_line"),
        ({"client_name": "a\x07b"}, "client_name", "control_characters"),
        ({"client_name": "x" * 201}, "client_name", "max_length"),
        ({"client_nme": "Acme"}, "client_nme", "unknown_field"),
        ({"client_id": 7}, "client_id", "unknown_field"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"email": "a@acme.io\nBcc: x@y.io"}, "email", "invalid"),
        ({"website": "javascript:alert(1)"}, "website", "scheme"),
        ({"website": "ftp://acme.io"}, "website", "scheme"),
        ({"status": "rich"}, "status", "invalid_choice"),
        ({"owner_id": "1e3"}, "owner_id", "invalid"),
        ({"owner_id": 4711}, "owner_id", "does_not_exist"),
        ({"owner_id": True}, "owner_id", "invalid"),
        ({"currency": "eur"}, "currency", "invalid_choice"),
        ({"currency": ["EUR"]}, "currency", "invalid_choice"),
        ({"hourly_rate": "-1"}, "hourly_rate", "min_value"),
        ({"hourly_rate": "NaN"}, "hourly_rate", "invalid"),
        ({"hourly_rate": "1.0000001"}, "hourly_rate", "max_decimal_places"),
        ({"hourly_rate": "1000000000000"}, "hourly_rate", "max_value"),
        ({"payment_terms_days": 366}, "payment_terms_days", "max_value"),
        ({"payment_terms_days": "soon"}, "payment_terms_days", "invalid"),
        ({"timezone": "Mars/Olympus"}, "timezone", "invalid"),
        ({"contacts": {"name": "Ann"}}, "contacts", "not_a_list"),
        ({"contacts": [{"email": "a@b.io"}]}, "contacts.0.name", "required"),
        ({"contacts": [{"name": "Ann", "handles": [{"platform": "fax", "handle": "1"}]}]}, None, "invalid_choice"),
        ({"contacts": [{"name": "Ann", "age": 7}]}, "contacts.0.age", "unknown_field"),
        ({"preferences": ["Short"]}, "preferences", "invalid"),
        ({"preferences": {"dos": "Short"}}, "preferences.dos", "not_a_list"),
        ({"preferences": {"maybe": []}}, "preferences.maybe", "unknown_field"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_bad_input_names_its_field_and_writes_nothing(browser, change, field, code):
    reply = browser.post(CLIENTS, {"client_name": "Acme", **change})

    [error] = reply.json()["errors"]
    assert reply.status_code == 422
    assert error["code"] == code
    assert field is None or error["field"] == field
    assert not Client.objects.exists()
    assert not KeySequence.objects.exists()
    assert not AuditEntry.objects.exists()
    assert browser.post(CLIENTS, {"client_name": "Acme"}).status_code == 201


@pytest.mark.parametrize("body", ["null", "[]", '"x"', "1", "", "{"])
@pytest.mark.parametrize("verb", ["post", "put", "patch"])
def test_what_is_no_object_is_refused(browser, verb, body):
    client = ClientFactory(name="Acme")
    path = CLIENTS if verb == "post" else f"{CLIENTS}/{client.pk}"

    reply = getattr(browser, verb)(path, data=body, content_type="application/json")

    client.refresh_from_db()
    assert reply.status_code in {400, 422}
    assert reply["Content-Type"] == "application/problem+json"
    assert (client.version, Client.objects.count()) == (1, 1)


@pytest.mark.parametrize("pk", ["0", "-1", "abc", "1.0", "9223372036854775808", "1" * 30, "١", "1%20OR%201=1", "1/"])
def test_what_is_no_id_is_nowhere(browser, pk):
    ClientFactory()
    reply = browser.get(f"{CLIENTS}/{pk}")

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_scripts_are_kept_and_given_back_as_they_are(browser):
    name = "<script>alert(1)</script> {{7*7}} =HYPERLINK(1)"

    body = browser.post(CLIENTS, {"client_name": name, "description": "<img onerror=x>\n{% load x %}"}).json()

    assert Client.objects.get().name == name
    assert body["client_name"] == name
    assert body["description"] == "<img onerror=x>\n{% load x %}"
    assert body["key"] == "SCRIPT"


def test_rates_are_null_for_who_may_not_see_them_and_refused_from_them(api):
    client = ClientFactory(hourly_rate=Decimal(80))
    blind = api(somebody_with("view_client", "view_all_clients", "change_client", "add_client"))

    assert blind.get(f"{CLIENTS}/{client.pk}").json()["hourly_rate"] is None
    assert blind.get(CLIENTS).json()[0]["hourly_rate"] is None
    for reply in (
        blind.put(f"{CLIENTS}/{client.pk}", {"hourly_rate": None}),
        blind.post(CLIENTS, {"client_name": "Acme", "hourly_rate": "1"}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (403, "permission_denied")
        assert reply.json()["errors"][0]["field"] == "hourly_rate"
    assert Client.objects.get().hourly_rate == Decimal(80)


def test_a_portal_user_reads_the_own_record_without_what_is_kept_about_it(api):
    person = UserFactory(as_="client")
    client = ClientFactory(portal_users=[person], hourly_rate=Decimal(80))
    ContactFactory(client=client, notes="Difficult")
    PreferenceFactory(client=client)
    CommunicationFactory(client=client)
    add_brand(client=client, actor=None, name="Glow")

    body = api(person).get(f"{CLIENTS}/{client.pk}").json()

    assert body["client_id"] == client.pk
    assert (body["hourly_rate"], body["contacts"], body["brands"]) == (None, [], [])
    assert body["preferences"] == {"dos": [], "donts": []}
    assert body["stats"]["last_contact"] is None


def test_creating_announces_once(browser):
    browser.post(CLIENTS, {"client_name": "Acme"})

    assert list(OutboxEvent.objects.values_list("kind", flat=True)) == ["client.created"]
