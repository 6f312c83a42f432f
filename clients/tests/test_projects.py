"""Projects and who works on them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, KeySequence, Project
from clients.services import projects
from clients.tests.factories import ClientFactory, ProjectFactory
from clients.tests.helpers import audited, somebody_with
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, NotFound
from hyperflow.core.registry import figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER)


@pytest.fixture
def with_tasks(monkeypatch):
    """Every project has tasks."""
    provider = lambda user, ids: dict.fromkeys(ids, user is None)  # noqa: E731
    monkeypatch.setitem(figures._providers, ("clients.project", "has_tasks"), provider)


def test_a_project_takes_the_clients_currency_and_a_key_of_both_names(manager):
    client = ClientFactory(currency="USD", key_sequence__prefix="ACME")
    member = UserFactory()

    project = projects.create_project(
        actor=manager, client=client, name=" Website relaunch ", budget=Decimal(5000), members=[member, member]
    )

    project.refresh_from_db()
    assert (project.name, project.currency, project.key_sequence.prefix) == ("Website relaunch", "USD", "ACMEWR")
    assert list(project.members.all()) == [member]
    assert audited() == ["project.create"]


def test_a_key_may_be_chosen_once(manager):
    client = ClientFactory()
    assert projects.create_project(actor=manager, client=client, name="A", key="WEB").key_sequence.prefix == "WEB"

    with pytest.raises(Conflict) as refusal:
        projects.create_project(actor=manager, client=client, name="B", key="WEB")

    assert refusal.value.code == "key_taken"
    assert Project.objects.count() == 1


def test_a_name_is_unique_at_its_client_whatever_its_case(manager):
    client = ClientFactory()
    projects.create_project(actor=manager, client=client, name="Website")
    sequences = KeySequence.objects.count()

    with pytest.raises(Conflict) as refusal:
        projects.create_project(actor=manager, client=client, name="WEBSITE")
    projects.create_project(actor=manager, client=ClientFactory(), name="Website")

    assert refusal.value.code == "name_taken"
    assert Project.objects.count() == 2
    assert KeySequence.objects.count() == sequences + 2  # the other client's and its project's


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "A\nB"},
        {"name": "A", "start_date": dt.date(2026, 2, 1), "end_date": dt.date(2026, 1, 31)},
        {"name": "A", "budget": Decimal(-1)},
        {"name": "A", "billing": "barter"},
        {"name": "A", "currency": "EURO"},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_what_the_model_forbids_is_refused(manager, fields):
    client = ClientFactory()

    with pytest.raises(ValidationError):
        projects.create_project(actor=manager, client=client, **fields)

    assert not Project.objects.exists()


def test_a_renamed_project_keeps_its_key(manager):
    project = ProjectFactory(name="Old")
    key = project.key_sequence.prefix

    projects.update_project(project=project, actor=manager, name="New", status=Project.Status.COMPLETED)

    project.refresh_from_db()
    assert (project.name, project.status, project.key_sequence.prefix, project.version) == ("New", "completed", key, 2)


def test_an_end_before_the_stored_start_is_refused(manager):
    project = ProjectFactory(start_date=dt.date(2026, 2, 1))

    with pytest.raises(ValidationError):
        projects.update_project(project=project, actor=manager, end_date=dt.date(2026, 1, 1))

    project.refresh_from_db()
    assert (project.end_date, project.version) == (None, 1)


def test_a_project_without_tasks_may_move_and_change_its_currency(manager):
    project, other = ProjectFactory(), ClientFactory()

    projects.update_project(project=project, actor=manager, client=other, currency="JPY")

    project.refresh_from_db()
    assert (project.client, project.currency) == (other, "JPY")


def test_a_project_with_tasks_stays(manager, with_tasks):
    project = ProjectFactory()

    for change, code in (({"client": ClientFactory()}, "project_has_tasks"), ({"currency": "JPY"}, "currency_in_use")):
        with pytest.raises(Conflict) as refusal:
            projects.update_project(project=project, actor=manager, **change)
        assert refusal.value.code == code
    projects.update_project(project=project, actor=manager, client=project.client, name="Renamed")

    project.refresh_from_db()
    assert (project.name, project.currency, project.version) == ("Renamed", "EUR", 2)


def test_a_move_onto_a_taken_name_is_refused(manager):
    project = ProjectFactory(name="Website")
    other = ProjectFactory(name="website").client

    with pytest.raises(Conflict) as refusal:
        projects.update_project(project=project, actor=manager, client=other)

    assert refusal.value.code == "name_taken"


def test_budgets_are_only_for_who_sees_them():
    blind = somebody_with("add_project", "change_project", "view_project", "view_all_clients", "view_client")
    project = ProjectFactory(budget=Decimal(5))

    for attempt in (
        lambda: projects.update_project(project=project, actor=blind, budget=None),
        lambda: projects.create_project(actor=blind, client=project.client, name="B", hourly_rate=Decimal(1)),
    ):
        with pytest.raises(NotAllowed):
            attempt()

    assert Project.objects.get().budget == Decimal(5)


def test_a_member_sees_the_project_and_its_client_until_taken_off(manager):
    project, person = ProjectFactory(), UserFactory()
    ProjectFactory()

    assert projects.add_member(project=project, user=person, actor=manager) is True
    assert projects.add_member(project=project, user=person, actor=manager) is False
    assert list(Project.objects.visible_to(person)) == [project]
    assert list(Client.objects.visible_to(person)) == [project.client]

    projects.remove_member(project=project, user_id=person.pk, actor=manager)

    project.refresh_from_db()
    assert not Project.objects.visible_to(person).exists()
    assert not Client.objects.visible_to(person).exists()
    assert project.version == 3
    assert audited() == ["project.members", "project.members"]
    with pytest.raises(NotFound):
        projects.remove_member(project=project, user_id=person.pk, actor=manager)


def test_an_owner_sees_the_client_and_all_its_projects():
    owner = UserFactory()
    project = ProjectFactory(client__owner=owner)

    assert list(Client.objects.visible_to(owner)) == [project.client]
    assert list(Project.objects.visible_to(owner)) == [project]


@pytest.mark.parametrize("who", [{"as_": "client"}, {"is_active": False}], ids=["portal", "gone"])
def test_a_member_works_here_now(manager, who):
    project = ProjectFactory()

    with pytest.raises(Invalid) as refusal:
        projects.add_member(project=project, user=UserFactory(**who), actor=manager)

    assert refusal.value.code == "not_active_staff"
    assert not project.members.exists()
