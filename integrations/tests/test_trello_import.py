"""A Trello board comes in."""

import datetime as dt

import pytest

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import ClientFactory
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry, Job
from integrations.importers import trello
from integrations.importers.boards import ImportRefused
from integrations.models import ExternalRef
from integrations.services.imports import BadItems, rehearse
from integrations.tests import boards
from integrations.tests.trello_rows import bring_in, everything, outcomes
from tasks.models import Attachment, Comment, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(as_="admin", email="boss@example.com", name="Boss")


@pytest.fixture
def client():
    return ClientFactory(name="Acme", timezone="Europe/Berlin")


def test_every_card_becomes_a_task_with_all_that_belongs_to_it(client, admin):
    nora = UserFactory(name="Nora Beck")
    report = bring_in(boards.trello(), client, admin)

    assert report.project.name == "Relaunch"
    assert report.project.client == client
    by_title = {task.title: task for task in Task.objects.filter(project=report.project)}
    assert {title: task.status for title, task in by_title.items()} == {
        "Collect texts": "pending",
        "Build start page": "in_progress",
        "Choose host": "completed",
        "Old idea": "cancelled",
        "First": "completed",
        "Second": "pending",
    }
    collect = by_title["Collect texts"]
    assert collect.description == "From the old site"
    assert collect.due_date == dt.date(2026, 3, 31)
    assert collect.tags == ["Design", "red"]
    assert sorted(collect.tag_rows.values_list("name", flat=True)) == ["Design", "red"]
    assert collect.assigned_to == nora
    assert collect.created_at == dt.datetime.fromtimestamp(0x64B00000, dt.UTC)
    comment = collect.comments.get()
    assert (comment.content, comment.author) == ("Half of them are in the wiki", nora)
    assert comment.created_at == dt.datetime(2026, 2, 20, 8, tzinfo=dt.UTC)
    link = collect.attachments.get()
    assert (link.name, link.external_url) == ("Brief", "https://files.example.com/brief.pdf")

    build = by_title["Build start page"]
    assert list(build.subtasks.order_by("position").values_list("title", flat=True)) == ["First", "Second"]
    outside = build.assigned_to
    assert (outside.name, outside.is_placeholder, outside.is_active) == ("Outside Person", True, False)
    assert build.watcher_ids == [nora.pk]
    done = by_title["Choose host"]
    assert done.end_time == dt.datetime(2026, 2, 2, 10, tzinfo=dt.UTC)
    assert done.progress == 100
    assert [(known.person.name, known.how) for known in report.people] == [
        ("Nora Beck", "name"),
        ("Outside Person", "placeholder"),
    ]


def test_keys_follow_the_boards_order_and_the_sequence_knows_it(client, admin):
    report = bring_in(boards.trello(), client, admin)

    project = report.project
    project.key_sequence.refresh_from_db()
    tasks = list(Task.objects.filter(project=project).order_by("position"))
    assert [task.key for task in tasks] == [f"{project.key_sequence.prefix}-{n}" for n in range(1, 7)]
    assert [task.title for task in tasks] == [
        "Old idea", "Collect texts", "Build start page", "First", "Second", "Choose host",
    ]  # fmt: skip
    assert project.key_sequence.last == 6


def test_nobody_is_told_and_nothing_is_queued(client, admin):
    UserFactory(name="Nora Beck")
    bring_in(boards.trello(), client, admin)

    assert Notification.objects.count() == 0
    assert Job.objects.count() == 0


def test_the_history_says_where_a_task_came_from(client, admin):
    bring_in(boards.trello(), client, admin)

    task = Task.objects.get(title="Build start page")
    entry = AuditEntry.objects.get(target_type="tasks.task", target_id=task.pk, action="task.imported")
    assert entry.actor == admin
    assert entry.changes["list"] == [None, "Doing"]
    assert entry.changes["title"] == [None, "Build start page"]


def test_a_board_belongs_to_one_client_and_project(client, admin):
    bring_in(boards.trello(), client, admin)
    before = everything()

    with pytest.raises(Exception, match="for Acme") as other_client:
        bring_in(boards.trello(), ClientFactory(name="Other"), admin)
    with pytest.raises(Exception, match="already") as other_project:
        bring_in(boards.trello(), client, admin, project_name="Else")

    assert (other_client.value.code, other_project.value.code) == ("other_client", "other_project")
    assert everything() == before


def test_the_status_map_decides_before_the_guess(client, admin):
    statuses = {"doing": "pending", "archived": "completed"}
    bring_in(boards.trello(), client, admin, statuses=statuses)

    assert Task.objects.get(title="Build start page").status == "pending"
    assert Task.objects.get(title="Old idea").status == "completed"


def test_bad_items_refuse_the_whole_file_unless_they_are_left_out(client, admin):
    broken = boards.trello()
    broken["cards"][1]["name"] = "  "
    broken["cards"][0]["attachments"][0]["url"] = "javascript:alert(1)"
    broken["cards"].append("no card")
    before = everything()

    with pytest.raises(BadItems) as refusal:
        bring_in(broken, client, admin)

    assert everything() == before
    assert [str(problem) for problem in refusal.value.problems] == [
        "card 1 (64b000000000000000000041), attachment 1: has no http(s) address",
        "card 2 (64b000000000000000000042): has no name",
        "card 5: is not an object",
    ]
    report = bring_in(broken, client, admin, skip_bad=True)
    assert outcomes(report) == {"skipped": 3, "made": 4}


def test_the_same_id_twice_is_a_bad_item(client, admin):
    broken = boards.trello()
    broken["actions"].append(broken["actions"][0])

    with pytest.raises(BadItems) as refusal:
        bring_in(broken, client, admin)

    assert [problem.reason for problem in refusal.value.problems] == ["comment x1 is in the file twice"]


def test_a_rehearsal_reports_the_same_and_writes_nothing(client, admin):
    before = everything()
    rehearsed = rehearse(actor=admin, board=trello.parse(boards.trello()), client=client)

    assert everything() == before
    real = bring_in(boards.trello(), client, admin)
    assert rehearsed.counts() == real.counts()


def test_who_may_not_lead_work_may_not_import(client):
    for role in ("employee", "hr", "finance", "client"):
        with pytest.raises(Exception, match="may not import"):
            bring_in(boards.trello(), client, UserFactory(as_=role))
    assert Task.objects.count() == 0


def test_two_people_of_one_name_are_not_guessed(client, admin):
    UserFactory(name="Nora Beck")
    UserFactory(name="nora  beck")

    report = bring_in(boards.trello(), client, admin)

    assert Task.objects.get(title="Collect texts").assigned_to.is_placeholder
    assert "Nora Beck: 2 people here are called so; a placeholder stands in" in report.remarks


# -- the real exports


@pytest.mark.parametrize("name", ["trello-project100.json", "trello-small.json"])
def test_a_real_export_comes_in_whole(name, client, admin):
    document = boards.document(name)
    report = bring_in(document, client, admin)

    tasks = Task.objects.filter(project=report.project)
    cards = {card["id"]: card for card in document["cards"]}
    items = [item for one in document["checklists"] for item in one["checkItems"]]
    comments = [action for action in document["actions"] if action["type"] == "commentCard"]
    links = [link for card in document["cards"] for link in card["attachments"]]
    refs = ExternalRef.objects.filter(source="trello", scope=document["id"])
    assert set(refs.filter(kind="card").values_list("external_id", flat=True)) == set(cards)
    assert set(refs.filter(kind="checkitem").values_list("external_id", flat=True)) == {item["id"] for item in items}
    assert tasks.count() == len(cards) + len(items)
    assert tasks.filter(parent=None).count() == len(cards)
    assert Comment.objects.filter(task__project=report.project).count() == len(comments)
    assert {comment.content for comment in Comment.objects.all()} == {one["data"]["text"] for one in comments}
    assert Attachment.objects.filter(task__project=report.project).count() == len(links)
    assert {link.external_url for link in Attachment.objects.all()} == {link["url"] for link in links}

    fields = {field["id"]: field["name"] for field in document.get("customFields", [])}
    labels = {label["id"]: label["name"] or label["color"] for label in document["labels"]}
    for ref in refs.filter(kind="card"):
        task, card = tasks.get(pk=ref.object_id), cards[ref.external_id]
        assert task.title == card["name"]
        assert task.description.startswith(card["desc"])
        assert task.tags == [labels[label] for label in card["idLabels"]]
        values = card.get("customFieldItems", [])
        lines = task.description.splitlines()[-len(values) :] if values else []
        assert [line.split(": ")[0] for line in lines] == [fields[value["idCustomField"]] for value in values]
        assert bool(task.assigned_to) == bool(card["idMembers"])
        assert bool(task.due_date) == bool(card["due"])


def test_the_lists_of_the_real_board_become_statuses(client, admin):
    bring_in(boards.document("trello-project100.json"), client, admin)

    found = dict(Task.objects.values_list("title", "status"))
    assert found == {"Write code": "pending", "Review code": "pending", "Visualize code": "in_progress"}
    visualize = Task.objects.get(title="Visualize code")
    assert visualize.description == (
        "Text Value: Test text\nNumber Value: 100.32\nDropdown: Down\nDate Value: 2021-01-28T10:00Z\nLogical Value: yes"
    )
    assert visualize.created_at == dt.datetime(2020, 12, 5, 20, 23, 34, 998000, dt.UTC)
    assert visualize.start_time == dt.datetime(2020, 12, 5, 20, 23, 36, 833000, dt.UTC)


def test_the_imported_cards_are_seen_by_the_client_page_and_once_assigned_by_the_employee(client, admin, api):
    bring_in(boards.document("trello-project100.json"), client, admin)
    worker = UserFactory()

    seen = api(admin).get(f"/api/client/clients/{client.pk}/tasks")
    assert seen.status_code == 200
    assert sorted(task["title"] for task in seen.json()) == ["Review code", "Visualize code", "Write code"]
    assert api(worker).get("/api/employee/tasks").json() == []

    task = Task.objects.get(title="Write code")
    assigned = api(admin).put(f"/api/client/tasks/{task.pk}", {"assigned_to": worker.pk}, format="json")
    assert assigned.status_code == 200
    own = api(worker).get("/api/employee/tasks").json()
    assert [(one["task_id"], one["key"], one["client_name"]) for one in own] == [(task.pk, task.key, "Acme")]


def test_a_board_must_be_an_object():
    for document in (None, 1, "x", [], {"lists": [], "cards": [], "id": {}}):
        with pytest.raises(ImportRefused):
            trello.parse(document)


def test_a_due_date_that_is_none_is_named_and_takes_nothing_away(client, admin):
    document = boards.trello()
    document["cards"][0]["due"] = "2026-05-01T10:00:00Z"
    bring_in(document, client, admin)
    before = list(Task.objects.order_by("pk").values_list("pk", "due_date", "version"))
    document["cards"][0]["due"] = "garbage"

    with pytest.raises(BadItems) as refusal:
        bring_in(document, client, admin)

    assert [problem.reason for problem in refusal.value.problems] == ["has a due date that is none: 'garbage'"]
    assert list(Task.objects.order_by("pk").values_list("pk", "due_date", "version")) == before


def test_a_board_without_cards_makes_no_project(client, admin):
    document = boards.trello()
    document["cards"], document["checklists"] = [], []

    with pytest.raises(Conflict) as refusal:
        bring_in(document, client, admin)

    assert refusal.value.code == "nothing_to_import"
    assert not Project.objects.exists()
