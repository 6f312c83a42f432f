"""Taking on clients and changing what is known of them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, Contact, ContactHandle, KeySequence
from clients.services.clients import create_client, update_client
from clients.tests.factories import ClientFactory, ContactFactory, ProjectFactory
from clients.tests.helpers import audited, somebody_with
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent
from hyperflow.core.registry import figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER)


def test_a_client_is_taken_on_with_its_keys_contacts_and_wishes(manager, settings):
    settings.COMPANY_CURRENCY = "CHF"
    client, _ = create_client(
        actor=manager,
        name="  Acme GmbH ",
        website="https://www.acme.io",
        tax_id="DE 1",
        hourly_rate=Decimal("95.5"),
        contacts=[{"name": "Ann", "is_primary": True, "handles": [{"platform": "slack", "handle": "U1"}]}],
        preferences={"dos": ["Short sentences", "Short sentences", " "], "donts": ["Emoji"]},
    )

    client.refresh_from_db()
    assert (client.name, client.currency, client.key_sequence.prefix, client.version) == ("Acme GmbH", "CHF", "ACME", 1)
    assert (client.name_key, client.name_tail, client.domain, client.tax_key) == ("acme", "emca", "acme.io", "DE1")
    assert list(client.preferences.values_list("kind", "text")) == [("do", "Short sentences"), ("dont", "Emoji")]
    assert ContactHandle.objects.get(contact__client=client).handle == "U1"
    assert audited() == ["client.create", "contact.create", "client.preferences", "client.preferences"]
    assert list(OutboxEvent.objects.values_list("kind", "subject_id")) == [("client.created", client.pk)]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Acme\nBcc: x@example.com"},
        {"name": " "},
        {"name": "Acme", "currency": "XXX"},
        {"name": "Acme", "hourly_rate": Decimal(-1)},
        {"name": "Acme", "payment_terms_days": 366},
        {"name": "Acme", "timezone": "Mars/Olympus"},
        {"name": "Acme", "website": "javascript:alert(1)"},
        {"name": "Acme", "status": "rich"},
        {"name": "Acme", "contacts": [{"name": "Ann\r\n" + "x"}]},
        {"name": "Acme", "preferences": {"dos": ["x" * 501]}},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_what_the_model_forbids_is_refused_whole(manager, fields):
    with pytest.raises(ValidationError):
        create_client(actor=manager, **fields)

    assert not Client.objects.exists()
    assert not KeySequence.objects.exists()
    assert not Contact.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("owner", [{"as_": "client"}, {"as_": "employee", "is_active": False}], ids=["portal", "gone"])
def test_an_owner_works_here_now(manager, owner):
    client = ClientFactory()
    for attempt in (
        lambda: create_client(actor=manager, name="Acme", owner=UserFactory(**owner)),
        lambda: update_client(client=client, actor=manager, owner=UserFactory(**owner)),
    ):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert (refusal.value.code, refusal.value.field) == ("not_active_staff", "owner_id")

    assert Client.objects.get().owner is None


def test_a_rate_is_not_for_who_may_not_see_rates():
    blind = somebody_with("add_client", "change_client", "view_client", "view_all_clients")
    client = ClientFactory(hourly_rate=Decimal(80))

    for attempt in (
        lambda: create_client(actor=blind, name="Acme", hourly_rate=Decimal(1)),
        lambda: update_client(client=client, actor=blind, hourly_rate=None),
    ):
        with pytest.raises(NotAllowed):
            attempt()

    assert Client.objects.get().hourly_rate == Decimal(80)


def test_a_change_counts_is_audited_and_announced_once(manager):
    client = ClientFactory(name="Acme")

    update_client(client=client, actor=manager, name="Nordlicht AG", status=Client.Status.PAUSED)
    update_client(client=client, actor=manager, name="Nordlicht AG")

    client.refresh_from_db()
    assert (client.version, client.name_key, client.name_tail) == (2, "nordlicht", "thcildron")
    assert audited() == ["client.update"]
    assert AuditEntry.objects.get().changes["status"] == ["active", "paused"]
    assert OutboxEvent.objects.get().payload == {"changed": ["name", "name_key", "name_tail", "status"]}


def test_wishes_are_replaced_in_order_and_count_as_a_change(manager):
    client = ClientFactory()

    update_client(client=client, actor=manager, preferences={"dos": ["b", "a"], "donts": ["c"]})
    update_client(client=client, actor=manager, preferences={"dos": ["a", "b"]})
    update_client(client=client, actor=manager, preferences={"dos": ["a", "b"]})

    client.refresh_from_db()
    assert list(client.preferences.order_by("kind", "pk").values_list("text", flat=True)) == ["a", "b", "c"]
    assert client.version == 3


def test_who_is_late_is_told_and_changes_nothing(manager):
    client = ClientFactory(name="Acme")
    update_client(client=client, actor=manager, expected_version=1, name="First")

    with pytest.raises(PreconditionFailed):
        update_client(client=client, actor=manager, expected_version=1, name="Second")

    client.refresh_from_db()
    assert client.name == "First"


def test_the_currency_stays_once_there_is_a_project(manager):
    client = ClientFactory(currency="EUR")
    update_client(client=client, actor=manager, currency="USD")
    ProjectFactory(client=client)

    with pytest.raises(Conflict) as refusal:
        update_client(client=client, actor=manager, currency="EUR", name="Renamed")

    client.refresh_from_db()
    assert refusal.value.code == "currency_in_use"
    assert (client.currency, client.version) == ("USD", 2)


def test_the_currency_stays_once_an_upper_app_counts_in_it(manager, monkeypatch):
    client = ClientFactory(currency="EUR")
    monkeypatch.setitem(
        figures._providers, ("clients.client", "has_money"), lambda user, ids: dict.fromkeys(ids, user is None)
    )

    with pytest.raises(Conflict) as refusal:
        update_client(client=client, actor=manager, currency="USD")

    assert refusal.value.code == "currency_in_use"


def test_parts_are_only_for_who_may_write_them():
    actor = somebody_with("add_client", "change_client", "view_client", "view_all_clients")

    for attempt in (
        lambda: create_client(actor=actor, name="Acme", contacts=[{"name": "Ann"}]),
        lambda: create_client(actor=actor, name="Acme", preferences={"dos": ["a"]}),
    ):
        with pytest.raises(NotAllowed):
            attempt()

    assert not Client.objects.exists()
    assert ContactFactory._meta.model.objects.count() == 0
