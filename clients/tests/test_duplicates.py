"""A suspected duplicate is made and named."""

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.duplicates import MOST
from clients.models import Client
from clients.services.clients import create_client
from clients.tests.factories import ClientFactory
from clients.tests.helpers import somebody_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER)


def _named(suspicions):
    return [(one.kind, one.client_id) for one in suspicions]


@pytest.mark.parametrize(
    ("known", "new", "kind"),
    [
        ({"name": "Nordlicht AG"}, {"name": "NORDLICHT GmbH"}, "similar_name"),
        ({"name": "Nordlicht"}, {"name": "Nordlict"}, "similar_name"),
        ({"name": "Xordlicht Media"}, {"name": "Nordlicht Media"}, "similar_name"),
        ({"name": "One", "website": "https://www.acme.io"}, {"name": "Two", "email": "ann@acme.io"}, "same_domain"),
        ({"name": "One", "tax_id": "DE 123 456"}, {"name": "Two", "tax_id": "de123456"}, "same_tax_id"),
    ],
    ids=["legal form", "slip at the end", "slip at the beginning", "domain", "tax id"],
)
def test_the_client_is_made_and_the_one_it_may_be_is_named(manager, known, new, kind):
    old = ClientFactory(**known)
    for n in range(60):
        ClientFactory(name=f"Nordwind {n} & Söhne")

    client, suspicions = create_client(actor=manager, **new)

    assert Client.objects.filter(pk=client.pk).exists()
    assert _named(suspicions) == [(kind, old.pk)]
    assert old.name in suspicions[0].message


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ({"name": "One", "email": "one@gmail.com"}, {"name": "Two", "email": "two@gmail.com"}),
        ({"name": "Studio 54"}, {"name": "Studio 55"}),
        ({"name": "One"}, {"name": "Two"}),
        ({"name": "!!!"}, {"name": "???"}),
    ],
    ids=["mail provider", "number", "nothing", "no letters"],
)
def test_what_says_nothing_names_nobody(manager, known, new):
    ClientFactory(**known)

    _client, suspicions = create_client(actor=manager, **new)

    assert suspicions == []


def test_only_clients_that_the_person_may_see_are_named():
    scout = somebody_with("add_client", "view_client")
    ClientFactory(name="Nordlicht")
    own = ClientFactory(name="Nordlicht AG", owner=scout)

    client, suspicions = create_client(actor=scout, name="Nordlicht GmbH")

    assert _named(suspicions) == [("similar_name", own.pk)]
    assert client.owner == scout  # or they would lose sight of it


def test_the_surest_reason_names_a_client_once_and_the_list_ends(manager):
    first = ClientFactory(name="Nordlicht", tax_id="DE1", website="https://nordlicht.io")
    for _ in range(20):
        ClientFactory(name="Nordlicht")

    _client, suspicions = create_client(
        actor=manager, name="Nordlicht", tax_id="de 1", website="https://www.nordlicht.io"
    )

    assert _named(suspicions)[0] == ("same_tax_id", first.pk)
    assert len(suspicions) == len({one.client_id for one in suspicions}) == MOST


@pytest.mark.parametrize("others", [1, 120])
def test_looking_costs_the_same_however_many_clients_there_are(manager, others, django_assert_num_queries):
    from clients.duplicates import suspected_duplicates

    for n in range(others):
        ClientFactory(name=f"Nord {n}")
    manager.has_perm("clients.view_client")

    with django_assert_num_queries(6):  # tax id, domain, two orders both ways
        suspected_duplicates(Client(name="Nord", name_key="nord", tax_key="1", website="https://nord.io"), user=manager)
