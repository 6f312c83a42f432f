"""A Trello board that is imported once more: what changed there changes here, and nothing else."""

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hyperflow.core.models import AuditEntry
from integrations.tests import boards
from integrations.tests.trello_rows import bring_in, everything, outcomes
from tasks.models import Task
from tasks.services.moves import set_status
from tasks.services.tasks import update_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(as_="admin", email="boss@example.com", name="Boss")


@pytest.fixture
def client():
    return ClientFactory(name="Acme", timezone="Europe/Berlin")


def test_importing_again_changes_nothing(client, admin):
    bring_in(boards.trello(), client, admin)
    before = everything()

    report = bring_in(boards.trello(), client, admin)

    assert everything() == before
    assert outcomes(report) == {"unchanged": 8}
    assert not report.changed


def test_an_edited_export_changes_what_was_edited_there_and_nothing_else(client, admin):
    bring_in(boards.trello(), client, admin)
    task = Task.objects.get(title="Collect texts")
    update_task(task=task, actor=admin, description="Ours now", priority=Task.Priority.URGENT)
    edited = boards.trello()
    edited["cards"][0]["name"] = "Collect all texts"
    edited["cards"][0]["idList"] = "64b000000000000000000013"
    edited["actions"][0]["data"]["text"] = "All of them are in the wiki"
    edited["cards"][0]["attachments"][0]["name"] = "The brief"

    report = bring_in(edited, client, admin)

    task.refresh_from_db()
    assert (task.title, task.description, task.priority) == ("Collect all texts", "Ours now", Task.Priority.URGENT)
    assert task.status == "completed"
    assert task.end_time is not None
    assert task.comments.get().content == "All of them are in the wiki"
    assert task.attachments.get().name == "The brief"
    assert outcomes(report) == {"updated": 3, "unchanged": 5}
    steps = AuditEntry.objects.filter(target_id=task.pk, action="task.status").order_by("id")
    assert [entry.changes["status"] for entry in steps] == [["pending", "in_progress"], ["in_progress", "completed"]]


def test_a_status_changed_here_stays_while_the_card_lies_where_it_lay(client, admin):
    bring_in(boards.trello(), client, admin)
    task = Task.objects.get(title="Collect texts")
    set_status(task=task, status="in_progress", actor=admin)
    edited = boards.trello()
    edited["cards"][0]["desc"] = "From the new site"

    bring_in(edited, client, admin)

    task.refresh_from_db()
    assert (task.status, task.description) == ("in_progress", "From the new site")


def test_labels_members_and_due_dates_follow_the_source(client, admin):
    UserFactory(name="Nora Beck")
    bring_in(boards.trello(), client, admin)
    edited = boards.trello()
    edited["cards"][0] |= {
        "idLabels": ["64b000000000000000000022"],
        "due": None,
        "idMembers": ["64b000000000000000000032"],
    }

    bring_in(edited, client, admin)

    task = Task.objects.get(title="Collect texts")
    assert task.tags == ["red"]
    assert list(task.tag_rows.values_list("name", flat=True)) == ["red"]
    assert task.due_date is None
    assert task.assigned_to.name == "Outside Person"


def test_a_card_that_vanished_stays_and_is_named(client, admin):
    bring_in(boards.trello(), client, admin)
    key = Task.objects.get(title="Old idea").key
    edited = boards.trello()
    del edited["cards"][3]

    report = bring_in(edited, client, admin)

    assert report.remarks == [f"no longer in the file, left as they are here: {key}"]
    assert Task.objects.filter(title="Old idea").exists()


def test_a_new_card_joins_the_project_at_the_end(client, admin):
    first = bring_in(boards.trello(), client, admin)
    edited = boards.trello()
    edited["cards"].append({**edited["cards"][2], "id": "64b000000000000000000045", "name": "Choose domain"})

    second = bring_in(edited, client, admin)

    assert second.project == first.project
    assert Task.objects.get(title="Choose domain").key.endswith("-7")
    assert outcomes(second) == {"made": 1, "unchanged": 8}
