"""Contacts, handles, brands and portal users."""

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Brand, Contact, ContactHandle, Preference
from clients.selectors import match_contact
from clients.services import contacts, portal, preferences
from clients.tests.factories import BrandFactory, ClientFactory, ContactFactory
from clients.tests.helpers import audited
from hyperflow.core.errors import Conflict, Invalid, NotFound, PreconditionFailed

pytestmark = pytest.mark.django_db

SLACK = [{"platform": "slack", "handle": "U1"}]


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER)


def test_a_contact_counts_as_a_change_of_the_client(manager):
    client = ClientFactory()

    contact = contacts.add_contact(client=client, actor=manager, name="Ann", email="ann@acme.io", handles=SLACK)

    client.refresh_from_db()
    assert client.version == 2
    assert list(contact.handles.values_list("platform", "handle")) == [("slack", "U1")]
    assert audited() == ["contact.create"]


def test_there_is_one_main_contact(manager):
    client = ClientFactory()
    first = contacts.add_contact(client=client, actor=manager, name="Ann", is_primary=True)
    second = contacts.add_contact(client=client, actor=manager, name="Bob", is_primary=True)

    assert list(client.contacts.filter(is_primary=True)) == [second]
    contacts.change_contact(contact=first, actor=manager, is_primary=True)
    assert list(client.contacts.filter(is_primary=True)) == [first]


def test_a_handle_belongs_to_one_contact_and_the_refusal_names_nobody(manager):
    theirs = contacts.add_contact(client=ClientFactory(name="Secret"), actor=manager, name="Zoe", handles=SLACK)
    client = ClientFactory()

    with pytest.raises(Conflict) as refusal:
        contacts.add_contact(client=client, actor=manager, name="Ann", handles=[{"platform": "slack", "handle": " U1"}])

    client.refresh_from_db()
    assert refusal.value.code == "handle_taken"
    assert "Zoe" not in refusal.value.message
    assert "Secret" not in refusal.value.message
    assert (client.version, Contact.objects.count()) == (1, 1)
    assert ContactHandle.objects.get().contact == theirs


def test_handles_are_replaced_and_freed(manager):
    contact = contacts.add_contact(client=ClientFactory(), actor=manager, name="Ann", handles=SLACK)

    changed = contacts.change_contact(
        contact=contact, actor=manager, handles=[{"platform": "whatsapp", "handle": "+49 170 1"}]
    )
    other = contacts.add_contact(client=ClientFactory(), actor=manager, name="Bob", handles=SLACK)

    assert changed.version == 2
    assert list(contact.handles.values_list("platform", "handle")) == [("whatsapp", "491701")]
    assert match_contact("slack", "U1") == other


def test_a_refused_handle_leaves_the_old_ones(manager):
    contacts.add_contact(client=ClientFactory(), actor=manager, name="Zoe", handles=SLACK)
    contact = contacts.add_contact(
        client=ClientFactory(), actor=manager, name="Ann", handles=[{"platform": "discord", "handle": "ann"}]
    )

    with pytest.raises(Conflict):
        contacts.change_contact(contact=contact, actor=manager, name="Anna", handles=SLACK)

    contact.refresh_from_db()
    assert (contact.name, contact.version) == ("Ann", 1)
    assert contact.handles.get().handle == "ann"


def test_handles_are_exact_on_every_database(manager):
    contacts.add_contact(
        client=ClientFactory(), actor=manager, name="Zoe", handles=[{"platform": "slack", "handle": "zoe"}]
    )
    contacts.add_contact(
        client=ClientFactory(), actor=manager, name="Zoé", handles=[{"platform": "slack", "handle": "zoé"}]
    )

    assert match_contact("slack", "zoé").name == "Zoé"
    assert match_contact("slack", "ZOE") is None


def test_an_empty_handle_is_refused(manager):
    with pytest.raises(Invalid):
        contacts.add_contact(
            client=ClientFactory(), actor=manager, name="Ann", handles=[{"platform": "slack", "handle": "@"}]
        )
    assert not Contact.objects.exists()


def test_mail_is_matched_by_the_address_too_but_not_when_two_have_it():
    ann = ContactFactory(email="Ann@acme.io")
    ContactFactory(email="àlice@acme.io")
    ContactFactory.create_batch(2, email="info@acme.io")

    assert match_contact("gmail", "ann@ACME.io") == ann
    assert match_contact("zoho", "alice@acme.io") is None
    assert match_contact("gmail", "info@acme.io") is None
    assert match_contact("slack", "ann@acme.io") is None
    assert match_contact("gmail", " ") is None


def test_a_removed_contact_frees_its_handles_and_counts(manager):
    contact = contacts.add_contact(client=ClientFactory(), actor=manager, name="Ann", handles=SLACK)

    with pytest.raises(PreconditionFailed):
        contacts.remove_contact(contact=contact, actor=manager, expected_version=7)
    contacts.remove_contact(contact=contact, actor=manager)

    contact.client.refresh_from_db()
    assert contact.client.version == 3
    assert not ContactHandle.objects.exists()
    with pytest.raises(NotFound):
        contacts.remove_contact(contact=contact, actor=manager)


def test_a_brand_has_its_own_wishes_and_a_name_of_its_own(manager):
    client = ClientFactory()
    brand = preferences.add_brand(client=client, actor=manager, name="Glow", preferences={"dos": ["Shine"]})

    with pytest.raises(Conflict) as refusal:
        preferences.add_brand(client=client, actor=manager, name="GLOW")
    preferences.add_brand(client=ClientFactory(), actor=manager, name="Glow")
    preferences.change_brand(brand=brand, actor=manager, name="Glow", preferences={"donts": ["Whisper"]})

    client.refresh_from_db()
    assert refusal.value.code == "name_taken"
    assert Brand.objects.filter(client=client).count() == 1
    assert list(brand.preferences.values_list("kind", "text")) == [("do", "Shine"), ("dont", "Whisper")]
    assert client.version == 3


def test_a_removed_brand_takes_its_wishes_with_it(manager):
    brand = BrandFactory()
    preferences.change_brand(brand=brand, actor=manager, preferences={"dos": ["Shine"]})

    preferences.remove_brand(brand=brand, actor=manager)

    assert not Brand.objects.exists()
    assert not Preference.objects.exists()


def test_portal_users_are_people_outside(manager):
    client, outside = ClientFactory(), UserFactory(as_="client")

    assert portal.add_portal_user(client=client, user=outside, actor=manager) is True
    assert portal.add_portal_user(client=client, user=outside, actor=manager) is False
    for refused in (UserFactory(as_="employee"), UserFactory(as_="client", is_active=False)):
        with pytest.raises(Invalid) as refusal:
            portal.add_portal_user(client=client, user=refused, actor=manager)
        assert refusal.value.code == "not_a_portal_user"

    assert list(portal.portal_users(client)) == [outside]
    assert audited() == ["client.portal_user_added"]


def test_portal_accounts_are_found_by_their_exact_address():
    outside = UserFactory(as_="client", email="zoe@acme.io")
    UserFactory(as_="employee", email="ann@agency.io")

    assert portal.portal_account(" Zoe@Acme.io") == outside
    for address in ("zoé@acme.io", "ann@agency.io", "nobody@acme.io"):
        with pytest.raises(Invalid) as refusal:
            portal.portal_account(address)
        assert refusal.value.code == "does_not_exist"


def test_a_portal_user_who_comes_to_work_here_sees_nothing_through_the_portal(manager):
    client, person = ClientFactory(), UserFactory(as_="client")
    portal.add_portal_user(client=client, user=person, actor=manager)

    person.role = Role.objects.get(code="employee")
    person.save()

    assert list(portal.portal_users(client)) == []
    assert not type(client).objects.visible_to(person).exists()


def test_a_portal_user_is_removed_once(manager):
    client, person = ClientFactory(), UserFactory(as_="client")
    portal.add_portal_user(client=client, user=person, actor=manager)

    portal.remove_portal_user(client=client, user_id=person.pk, actor=manager)

    assert not client.portal_users.exists()
    with pytest.raises(NotFound):
        portal.remove_portal_user(client=client, user_id=person.pk, actor=manager)
