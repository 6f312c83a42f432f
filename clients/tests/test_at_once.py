"""What twenty people do at the same moment. Only a real database server can answer."""

import pytest

from accounts.tests.factories import UserFactory
from clients.models import Brand, Contact, ContactHandle, KeySequence, Project, ProjectMember
from clients.services import contacts, preferences, projects
from clients.services.clients import update_client
from clients.tests.factories import ClientFactory, ProjectFactory
from clients.tests.helpers import at_once
from hyperflow.core.errors import Conflict, PreconditionFailed

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def manager():
    return UserFactory(as_="manager")


def _refusals(results):
    return [one.code for one in results if isinstance(one, Exception)]


def test_of_twenty_with_one_tag_one_writes(manager):
    client = ClientFactory()

    results = at_once(20, lambda n: update_client(client=client, actor=manager, expected_version=1, name=f"Name {n}"))

    client.refresh_from_db()
    assert [type(one) for one in results].count(PreconditionFailed) == 19
    assert client.version == 2


def test_a_handle_that_twenty_want_is_given_once(manager):
    clients = ClientFactory.create_batch(20)
    handles = [{"platform": "slack", "handle": "U1"}]

    results = at_once(20, lambda n: contacts.add_contact(client=clients[n], actor=manager, name="Ann", handles=handles))

    assert _refusals(results) == ["handle_taken"] * 19
    assert (ContactHandle.objects.count(), Contact.objects.count()) == (1, 1)


def test_a_name_that_twenty_want_is_given_once(manager):
    client = ClientFactory()

    made = at_once(20, lambda n: projects.create_project(actor=manager, client=client, name="Website"))
    branded = at_once(20, lambda n: preferences.add_brand(client=client, actor=manager, name="Glow"))

    assert _refusals(made) == _refusals(branded) == ["name_taken"] * 19
    assert (Project.objects.count(), Brand.objects.count()) == (1, 1)
    assert KeySequence.objects.count() == 2  # the client's and the project's


def test_a_key_that_twenty_want_is_given_once(manager):
    clients = ClientFactory.create_batch(20)

    made = at_once(20, lambda n: projects.create_project(actor=manager, client=clients[n], name="Website", key="WEB"))

    assert _refusals(made) == ["key_taken"] * 19
    assert Project.objects.get().key_sequence.prefix == "WEB"


def test_a_member_added_twenty_times_is_one(manager):
    project, person = ProjectFactory(), UserFactory()

    results = at_once(20, lambda n: projects.add_member(project=project, user=person, actor=manager))

    assert sorted(results) == [False] * 19 + [True]
    assert ProjectMember.objects.count() == 1


def test_a_currency_changes_before_the_first_project_or_never(manager):
    for _round in range(5):
        client = ClientFactory(currency="EUR")

        results = at_once(
            2,
            lambda n, client=client: (
                projects.create_project(actor=manager, client=client, name="Website")
                if n
                else update_client(client=client, actor=manager, currency="USD")
            ),
        )

        client.refresh_from_db()
        assert _refusals(results) in ([], ["currency_in_use"])
        assert Project.objects.get(client=client).currency == client.currency


def test_names_that_the_database_takes_for_one_are_refused_by_name(manager):
    """MariaDB's collation of names ignores case; the refusal is the same as for equal names."""
    client = ClientFactory()
    projects.create_project(actor=manager, client=client, name="Café")

    with pytest.raises(Conflict) as refusal:
        projects.create_project(actor=manager, client=client, name="CAFÉ")

    assert refusal.value.code == "name_taken"
    for other in ("Cafe", "\N{ROCKET}", "\N{PARTY POPPER}", "İ", "ı"):
        projects.create_project(actor=manager, client=client, name=other)
    assert [one.name for one in Project.objects.filter(name__icontains="\N{ROCKET}")] == ["\N{ROCKET}"]
