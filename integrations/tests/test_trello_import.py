"""A Trello board comes in."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Notification, User
from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import ClientFactory
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry, Job
from integrations.importers import trello
from integrations.importers.boards import ImportRefused
from integrations.models import ExternalRef
from integrations.services.imports import BadItems, import_board, rehearse
from integrations.tests import boards
from tasks.models import Attachment, Comment, Task, TaskTag, TaskWatcher
from tasks.services.moves import set_status
from tasks.services.tasks import update_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(as_="admin", email="boss@example.com", name="Boss")


@pytest.fixture
def client():
    return ClientFactory(name="Acme", timezone="Europe/Berlin")


def bring_in(document, client, admin, **options):
    return import_board(actor=admin, board=trello.parse(document), client=client, **options)


def outcomes(report):
    return {outcome: sum(1 for item in report.items if item.outcome == outcome) for _, outcome in report.counts()}


def everything():
    """What an import could have written."""
    models = [Task, TaskTag, TaskWatcher, Comment, Attachment, Project, User, ExternalRef, AuditEntry]
    counts = [model._base_manager.count() for model in models]
    return counts, list(Task.objects.order_by("pk").values_list("pk", "version", "updated_at"))


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


# -- the command


def write(tmp_path, document):
    path = tmp_path / "board.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_the_command_reports_item_by_item(client, admin, tmp_path, capsys):
    path = write(tmp_path, boards.trello())

    call_command("import", "trello", path, client="acme", status_map="Doing=pending")

    said = capsys.readouterr().out
    assert "Project: Relaunch (new) of Acme" in said
    assert "made      card       Collect texts" in said
    assert "person    placeholder    Outside Person" in said
    assert "card made: 4, checkitem made: 2, comment made: 1" in said
    assert Task.objects.get(title="Build start page").status == "pending"


def test_a_dry_run_writes_nothing(client, admin, tmp_path, capsys):
    before = everything()
    call_command("import", "trello", write(tmp_path, boards.trello()), client="Acme", dry_run=True)

    assert everything() == before
    assert "Nothing was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 \xff", "is a PDF"),
        (b"PK\x03\x04zip", "is a ZIP archive"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b'{"id": "x",\n "cards": [,]}', "at line 2, column 12"),
        (b'{"id": "x", "cards": "\xff"}', "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"id": NaN}', "is not valid JSON"),
        (b"[]", "not a Trello board"),
        (b'{"cards": [], "lists": []}', "has no id"),
        (b'{"cards": {}, "lists": []}', "not a Trello board"),
        (b'{"data": []}', "use `manage.py import asana`"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(content, says, client, admin, tmp_path):
    path = tmp_path / "board.json"
    path.write_bytes(content)
    before = everything()

    with pytest.raises(CommandError, match=says) as refusal:
        call_command("import", "trello", str(path), client="Acme")

    assert refusal.value.returncode == 1
    assert everything() == before


def test_more_than_50_mb_are_refused(client, admin, tmp_path):
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)

    with pytest.raises(CommandError, match="larger than 50 MB"):
        call_command("import", "trello", str(path), client="Acme")


def test_who_and_for_whom_must_exist(client, admin, tmp_path):
    path = write(tmp_path, boards.trello())
    with pytest.raises(CommandError, match="no client 'Nobody'"):
        call_command("import", "trello", path, client="Nobody")
    with pytest.raises(CommandError, match=r"no active account ghost@example\.com"):
        call_command("import", "trello", path, client="Acme", actor="ghost@example.com")
    with pytest.raises(CommandError, match="'later' is no status"):
        call_command("import", "trello", path, client="Acme", status_map="Doing=later")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import", "trello", str(tmp_path / "none.json"), client="Acme")
    assert Task.objects.count() == 0


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


def test_of_clients_that_differ_in_case_the_one_that_was_named_is_meant(client, admin, tmp_path):
    other = ClientFactory(name="ACME")
    path = tmp_path / "board.json"
    path.write_text(json.dumps(boards.trello()))

    call_command("import", "trello", str(path), "--client", "ACME", verbosity=0)

    assert Project.objects.get().client == other
    with pytest.raises(CommandError, match="more than one"):
        call_command("import", "trello", str(path), "--client", "aCmE", verbosity=0)
