"""An Asana project comes in."""

import copy
import datetime as dt

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hyperflow.core.models import AuditEntry
from integrations.importers import asana
from integrations.importers.boards import ImportRefused
from integrations.models import ExternalRef
from integrations.services.imports import BadItems, import_board
from integrations.tests import boards
from tasks.models import Attachment, Comment, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(as_="admin", name="Boss")


@pytest.fixture
def client():
    return ClientFactory(name="Acme", timezone="Europe/Berlin")


def bring_in(document, client, admin, **options):
    return import_board(actor=admin, board=asana.parse(document), client=client, **options)


def project(*tasks):
    """An export of these tasks, all in one project."""
    membership = {"project": {"gid": "77", "name": "Launch"}, "section": {"gid": "1", "name": "Doing"}}
    return {"data": [{"memberships": [copy.deepcopy(membership)], **task} for task in tasks]}


def test_the_real_export_comes_in_whole(client, admin):
    document = boards.document("asana-small.json")
    report = bring_in(document, client, admin)

    assert report.project.name == "Audit Asana"
    (raw,) = document["data"]
    task = Task.objects.get(parent=None)
    assert task.title == raw["name"]
    assert task.description == f"{raw['notes']}\n\nAudit points: 5\nAudit stage: Review"
    assert task.due_date == dt.date(2026, 9, 30)
    assert task.created_at == dt.datetime(2026, 8, 1, 10, tzinfo=dt.UTC)
    assert task.tags == ["Audit label"]
    assert (task.assigned_to.email, task.assigned_to.is_placeholder) == ("asana-a@example.com", True)
    part = Task.objects.get(parent=task)
    assert (part.title, part.status, part.progress) == ("Audit subtask", "completed", 100)
    comment = Comment.objects.get()
    assert (comment.content, comment.author.name) == ("Audit comment", "asana-user")
    assert comment.created_at == dt.datetime(2026, 9, 30, 12, 34, 56, tzinfo=dt.UTC)
    link = Attachment.objects.get()
    assert (link.name, link.external_url) == ("audit.txt", "https://app.asana.com/app/asana/-/get_asset?asset_id=5")
    refs = ExternalRef.objects.filter(source="asana", scope="2").order_by("kind")
    assert [(ref.kind, ref.external_id) for ref in refs] == [
        ("attachment", "5"), ("board", "2"), ("card", "1"), ("comment", "30"), ("subtask", "11"),
    ]  # fmt: skip


def test_importing_the_real_export_again_changes_nothing(client, admin):
    document = boards.document("asana-small.json")
    bring_in(document, client, admin)
    before = (AuditEntry.objects.count(), list(Task.objects.values_list("version", "updated_at")))

    report = bring_in(document, client, admin)

    assert (AuditEntry.objects.count(), list(Task.objects.values_list("version", "updated_at"))) == before
    assert not report.changed


def test_people_are_known_by_their_address(client, admin):
    known = UserFactory(email="asana-a@example.com", name="Somebody Else")
    bring_in(boards.document("asana-small.json"), client, admin)

    assert Task.objects.get(parent=None).assigned_to == known


def test_a_portal_user_is_not_given_work(client, admin):
    UserFactory(email="asana-a@example.com", as_="client", name="At the client")
    report = bring_in(boards.document("asana-small.json"), client, admin)

    task = Task.objects.get(parent=None)
    assert task.assigned_to is None
    assert report.remarks == ["Audit task – Å 中文: At the client is no member of staff, so nobody is assigned"]


def test_sections_give_the_status_unless_the_task_says_that_it_is_done(client, admin):
    bring_in(
        project(
            {"gid": "1", "name": "Open", "completed": False},
            {"gid": "2", "name": "Finished", "completed": True, "completed_at": "2026-02-03T10:00:00.000Z"},
        ),
        client,
        admin,
    )
    assert dict(Task.objects.values_list("title", "status")) == {"Open": "in_progress", "Finished": "completed"}
    assert Task.objects.get(title="Finished").end_time == dt.datetime(2026, 2, 3, 10, tzinfo=dt.UTC)


def test_a_subtask_that_stands_in_the_project_too_comes_once(client, admin):
    bring_in(
        project(
            {"gid": "1", "name": "Whole", "subtasks": [{"gid": "2", "name": "Part"}]}, {"gid": "2", "name": "Part"}
        ),
        client,
        admin,
    )
    assert Task.objects.get(title="Part").parent.title == "Whole"


def test_too_deep_a_tree_is_a_bad_item(client, admin):
    task = {"gid": "9", "name": "9"}
    for number in range(8, 0, -1):
        task = {"gid": str(number), "name": str(number), "subtasks": [task]}

    with pytest.raises(BadItems) as refusal:
        bring_in(project(task), client, admin)

    assert [problem.reason for problem in refusal.value.problems] == ["lies more than 5 levels deep"]
    assert Task.objects.count() == 0


def test_every_kind_of_custom_field_becomes_a_line(client, admin):
    letters = [{"name": "A"}, {"name": "B"}]
    fields = [
        {"gid": "1", "name": "Text", "resource_subtype": "text", "text_value": "as it is"},
        {"gid": "2", "name": "Number", "resource_subtype": "number", "number_value": 0},
        {"gid": "3", "name": "Several", "resource_subtype": "multi_enum", "multi_enum_values": letters},
        {"gid": "4", "name": "Day", "resource_subtype": "date", "date_value": {"date": "2026-01-02"}},
        {"gid": "5", "name": "Who", "resource_subtype": "people", "people_value": [{"name": "Nora"}]},
        {"gid": "6", "name": "Formula", "resource_subtype": "formula", "display_value": "12 %"},
        {"gid": "7", "name": "Empty", "resource_subtype": "enum", "enum_value": None},
    ]  # fmt: skip
    bring_in(project({"gid": "1", "name": "Task", "custom_fields": fields}), client, admin)

    assert Task.objects.get().description == (
        "Text: as it is\nNumber: 0\nSeveral: A, B\nDay: 2026-01-02\nWho: Nora\nFormula: 12 %"
    )


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"cards": [], "lists": []}, "manage.py import trello"),
        ({"data": {}}, "not an Asana export"),
        ({"data": [{"name": "x"}]}, "no item in `data` has a gid"),
        ({"data": [{"gid": "1", "name": "x"}]}, "names no project"),
        (None, "not an Asana export"),
        ([], "not an Asana export"),
    ],
)
def test_another_document_is_refused_in_a_sentence(document, says):
    with pytest.raises(ImportRefused, match=says):
        asana.parse(document)
