"""One task over the API: seeing, making, editing, moving, discussing it, and who may."""

import datetime as dt

import pytest

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.models import IdempotencyRecord
from hyperflow.core.registry import Figures
from tasks.api import views
from tasks.models import Attachment, Comment, Task
from tasks.tests.factories import TaskFactory, TimeEntryFactory
from tasks.tests.test_api_lists import CONTRACT

pytestmark = pytest.mark.django_db


@pytest.fixture
def task():
    return TaskFactory(assigned_to=UserFactory(as_="employee"))


# -- seeing


def test_a_task_with_what_belongs_to_it(api, task):
    worker = task.assigned_to
    Comment.objects.create(task=task, author=worker, content="x")
    Attachment.objects.create(task=task, external_url="https://example.com/a", name="a", uploaded_by=worker)
    TimeEntryFactory.create_batch(3, task=task)

    reply = api(worker).get(f"/api/employee/tasks/{task.pk}")

    shown = reply.json()
    assert reply.headers["ETag"] == '"v1"'
    assert set(shown) == CONTRACT | {
        "comments_count", "attachments", "insights", "time_entries_total", "progress_description", "drive_link",
        "billable", "hourly_rate", "currency",
    }  # fmt: skip
    assert (shown["comments_count"], shown["time_entries_total"], shown["insights"]) == (1, 3.0, [])
    (attachment,) = shown["attachments"]
    assert (attachment["url"], attachment["file_type"]) == ("https://example.com/a", None)
    assert api(worker).get(f"/api/client/tasks/{task.pk}").json() == shown


@pytest.mark.parametrize("parts", [1, 7])
def test_a_detail_costs_the_same_however_much_belongs_to_it(api, task, parts, django_assert_num_queries):
    person = task.assigned_to
    for number in range(parts):
        Comment.objects.create(task=task, author=person, content="x")
        Attachment.objects.create(task=task, external_url=f"https://e.com/{number}", name="a", uploaded_by=person)
    TimeEntryFactory.create_batch(parts, task=task)
    caller = api(person)
    caller.get("/api/employee/tasks")

    with django_assert_num_queries(3):  # caller, task with its figures, attachments
        shown = caller.get(f"/api/employee/tasks/{task.pk}").json()

    assert (shown["comments_count"], len(shown["attachments"]), shown["time_entries_total"]) == (parts, parts, parts)


def test_insights_come_from_whoever_knows_them(api, task, monkeypatch):
    known = Figures()
    known.register("tasks.task", "insights", lambda user, ids: {pk: [{"title": "late"}] for pk in ids})
    monkeypatch.setattr(views, "figures", known)

    assert api(task.assigned_to).get(f"/api/employee/tasks/{task.pk}").json()["insights"] == [{"title": "late"}]


def test_rates_are_shown_to_who_may_see_them(api, task):
    Task.objects.update(hourly_rate="80.50")

    assert api(task.assigned_to).get(f"/api/employee/tasks/{task.pk}").json()["hourly_rate"] is None
    assert api(UserFactory(as_="finance")).get(f"/api/client/tasks/{task.pk}").json()["hourly_rate"] == "80.50"


def test_portal_users_see_the_task_and_nothing_that_colleagues_keep(api, task):
    speaker = UserFactory(as_="client")
    task.client.portal_users.add(speaker)
    Comment.objects.create(task=task, author=task.assigned_to, content="between us")
    Attachment.objects.create(task=task, external_url="https://e.com", name="a", uploaded_by=task.assigned_to)
    TimeEntryFactory(task=task)
    caller = api(speaker)

    shown = caller.get(f"/api/client/tasks/{task.pk}").json()

    assert (shown["comments_count"], shown["attachments"], shown["time_entries_total"]) == (None, [], None)
    for path in ("comments", "attachments", "history"):
        assert caller.get(f"/api/employee/tasks/{task.pk}/{path}").status_code == 403


GETS = [
    "/api/employee/tasks/{pk}",
    "/api/employee/tasks/{pk}/comments",
    "/api/employee/tasks/{pk}/attachments",
    "/api/employee/tasks/{pk}/history",
    "/api/client/tasks/{pk}",
]
WRITES = [
    ("put", "/api/employee/tasks/{pk}/status", {"status": "in_progress"}),
    ("put", "/api/employee/tasks/{pk}/progress", {"progress": 5}),
    ("post", "/api/employee/tasks/{pk}/comments", {"content": "x"}),
    ("post", "/api/employee/tasks/{pk}/timer/start", {}),
    ("post", "/api/employee/tasks/{pk}/timer/stop", {}),
    ("put", "/api/client/tasks/{pk}", {"title": "x"}),
    ("patch", "/api/client/tasks/{pk}", {"title": "x"}),
    ("put", "/api/client/tasks/{pk}/position", {"after_id": None}),
]


@pytest.mark.parametrize("path", GETS)
def test_a_task_out_of_sight_is_as_one_that_does_not_exist(api, path):
    hidden = TaskFactory()
    caller = api(UserFactory())

    replies = [caller.get(path.format(pk=pk)) for pk in (hidden.pk, 999_999)]

    assert [reply.status_code for reply in replies] == [404, 404]
    first, second = (reply.json() | {"request_id": None} for reply in replies)
    assert first == second


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_hidden_task_cannot_be_written(api, method, path, body):
    hidden = TaskFactory()

    reply = getattr(api(UserFactory()), method)(path.format(pk=hidden.pk), body, format="json")

    hidden.refresh_from_db()
    assert reply.status_code == 404
    assert (hidden.version, Comment.objects.count()) == (1, 0)


@pytest.mark.parametrize("path", GETS + [path for _method, path, _body in WRITES])
def test_nobody_enters_without_signing_in(api, task, path):
    method = next((method for method, written, _body in WRITES if written == path), "get")

    assert getattr(api(), method)(path.format(pk=task.pk), {}, format="json").status_code == 401


EVERYBODY = ["admin", "manager", "marketing", "employee", "hr", "finance", "client"]


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("get", "/api/employee/tasks", None, EVERYBODY[:6]),
        ("get", "/api/employee/tasks/{pk}", None, EVERYBODY[:6]),
        ("put", "/api/employee/tasks/{pk}/status", {"status": "in_progress"}, EVERYBODY[:6]),
        ("put", "/api/employee/tasks/{pk}/progress", {"progress": 5}, EVERYBODY[:6]),
        ("post", "/api/employee/tasks/{pk}/comments", {"content": "x"}, EVERYBODY[:6]),
        ("get", "/api/employee/tasks/{pk}/history", None, EVERYBODY[:6]),
        ("post", "/api/employee/tasks/{pk}/timer/start", {}, EVERYBODY[:6]),
        ("get", "/api/client/tasks", None, EVERYBODY),
        ("get", "/api/client/tasks/{pk}", None, EVERYBODY),
        ("put", "/api/client/tasks/{pk}", {"title": "x"}, EVERYBODY[:4]),
        ("put", "/api/client/tasks/{pk}", {"assigned_to": None}, EVERYBODY[:3]),
        ("put", "/api/client/tasks/{pk}/position", {"after_id": None}, EVERYBODY[:4]),
        ("post", "/api/client/tasks", {"title": "x"}, [*EVERYBODY[:4], "client"]),
        ("get", "/api/client/clients/{client}/tasks", None, EVERYBODY),
    ],
)
def test_who_may(api, role, method, path, body, allowed):
    """On a task that is theirs in every way: assigned, of their project, of their company."""
    person = UserFactory(as_=role)
    project = ProjectFactory(members=[person], client=ClientFactory(portal_users=[person]))
    task = TaskFactory(client=project.client, project=project, assigned_to=person)
    if method == "post" and path.endswith("/client/tasks"):
        body = {**body, "client_id": project.client_id, "project_id": project.pk}

    reply = getattr(api(person), method)(path.format(pk=task.pk, client=project.client_id), body, format="json")

    assert (reply.status_code < 300) is (role in allowed), reply.content
    assert role in allowed or reply.status_code == 403


# -- making


def test_making_a_task(api):
    manager, worker = UserFactory(as_="manager"), UserFactory()
    project = ProjectFactory(key_sequence__prefix="ACME")
    parent = TaskFactory(client=project.client, project=project)

    reply = api(manager).post(
        "/api/client/tasks",
        {
            "client_id": project.client_id, "project_id": project.pk, "title": " Logo ", "description": "a\nb",
            "assigned_to": worker.pk, "priority": "urgent", "due_date": "2026-12-24", "estimated_time": 2.5,
            "tags": ["print"], "watchers": [worker.pk], "parent_id": parent.pk, "hourly_rate": "90", "billable": False,
        },
    )  # fmt: skip

    shown = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"/api/client/tasks/{shown['task_id']}"
    assert api(manager).get(reply.headers["Location"]).json() == shown
    expected = {
        "key": "ACME-1", "title": "Logo", "description": "a\nb", "assigned_to": worker.pk, "priority": "urgent",
        "due_date": "2026-12-24", "estimated_time": 2.5, "tags": ["print"], "watchers": [manager.pk, worker.pk],
        "parent_id": parent.pk, "hourly_rate": "90.00", "billable": False, "status": "pending",
        "created_by": manager.pk,
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected


def test_making_a_task_costs_few_queries(api, django_assert_num_queries):
    """Caller, client, project, assignee, key (2), task, audit, event, watcher, detail; the transaction."""
    manager, project = UserFactory(as_="manager"), ProjectFactory()
    caller = api(manager)
    caller.get("/api/employee/tasks")

    with django_assert_num_queries(13):
        body = {"client_id": project.client_id, "project_id": project.pk, "title": "x", "assigned_to": manager.pk}
        assert caller.post("/api/client/tasks", body).status_code == 201


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": ""}, "title", "blank"),
        ({"title": "a\nb"}, "title", "single_line"),
        ({"title": "x" * 301}, "title", "max_length"),
        ({"title": None}, "title", "null"),
        ({"titel": "x"}, "titel", "unknown_field"),
        ({"client_id": 999_999}, "client_id", "does_not_exist"),
        ({"client_id": "x"}, "client_id", "invalid"),
        ({"project_id": 2**63}, "project_id", "validation_error"),
        ({"assigned_to": 999_999}, "assigned_to", "does_not_exist"),
        ({"priority": "highest"}, "priority", "invalid_choice"),
        ({"priority": 3}, "priority", "invalid_choice"),
        ({"due_date": "2026-02-30"}, "due_date", "invalid"),
        ({"estimated_time": -1}, "estimated_time", "min_value"),
        ({"estimated_time": 1.234}, "estimated_time", "max_decimal_places"),
        ({"watchers": [999_999]}, "watchers", "does_not_exist"),
        ({"tags": "print"}, "tags", "not_a_list"),
        ({"status": "completed"}, "status", "unknown_field"),
    ],
)
def test_a_task_that_makes_no_sense_is_refused(api, change, field, code):
    body = {"client_id": ClientFactory().pk, "title": "x", **change}

    reply = api(UserFactory(as_="manager")).post("/api/client/tasks", body)

    assert reply.status_code == 422
    assert (field, code) in {(error["field"], error["code"]) for error in reply.json()["errors"]}
    assert not Task.objects.exists()


def test_an_employee_on_a_project_they_do_not_work_on(api):
    person = UserFactory()
    seen = TaskFactory(created_by=person)  # so they see its client
    project = ProjectFactory(client=seen.client)

    seen_but_not_theirs = api(person).post(
        "/api/client/tasks", {"client_id": seen.client_id, "project_id": project.pk, "title": "x"}
    )
    unseen = api(person).post("/api/client/tasks", {"client_id": ClientFactory().pk, "title": "x"})

    assert (seen_but_not_theirs.status_code, unseen.status_code) == (403, 422)
    assert Task.objects.count() == 1


def test_a_portal_user_asks_for_a_task(api):
    speaker = UserFactory(as_="client")
    own, foreign = ClientFactory(portal_users=[speaker]), ClientFactory()
    caller = api(speaker)

    made = caller.post("/api/client/tasks", {"client_id": own.pk, "title": "please"})
    refused = [
        caller.post("/api/client/tasks", {"client_id": foreign.pk, "title": "please"}),
        caller.post("/api/client/tasks", {"client_id": own.pk, "title": "please", "assigned_to": speaker.pk}),
        caller.post("/api/client/tasks", {"client_id": own.pk, "title": "please", "billable": False}),
    ]

    assert (made.status_code, made.json()["status"], made.json()["assigned_to"]) == (201, "pending", None)
    assert [reply.status_code for reply in refused] == [422, 403, 403]
    assert Task.objects.count() == 1


def test_the_same_request_twice_makes_one_task(api):
    manager, client = UserFactory(as_="manager"), ClientFactory()
    caller = api(manager, idempotency_key="abc")

    first = caller.post("/api/client/tasks", {"client_id": client.pk, "title": "x"})
    again = caller.post("/api/client/tasks", {"client_id": client.pk, "title": "x"})
    other = caller.post("/api/client/tasks", {"client_id": client.pk, "title": "y"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"
    assert (Task.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


# -- editing


def test_editing_and_assigning(api, task):
    worker = UserFactory()
    caller = api(UserFactory(as_="manager"))

    reply = caller.put(f"/api/client/tasks/{task.pk}", {"title": "new", "assigned_to": worker.pk, "tags": ["a"]})

    assert reply.status_code == 200
    assert reply.headers["ETag"] == '"v2"'
    assert (reply.json()["title"], reply.json()["assigned_to"], reply.json()["tags"]) == ("new", worker.pk, ["a"])
    assert list(Notification.objects.values_list("user", flat=True)) == [worker.pk]


def test_a_stale_if_match_changes_nothing(api, task):
    caller = api(UserFactory(as_="manager"))
    first = caller.put(f"/api/client/tasks/{task.pk}", {"title": "first"}, HTTP_IF_MATCH='"v1"')
    second = caller.put(f"/api/client/tasks/{task.pk}", {"title": "second"}, HTTP_IF_MATCH='"v1"')
    status = caller.put(f"/api/employee/tasks/{task.pk}/status", {"status": "cancelled"}, HTTP_IF_MATCH='"v1"')

    task.refresh_from_db()
    assert (first.status_code, second.status_code, status.status_code) == (200, 412, 412)
    assert second.json()["code"] == "precondition_failed"
    assert (task.title, task.status, task.version) == ("first", "pending", 2)


def test_an_edit_that_hides_the_task_from_its_editor_is_still_answered(api):
    person = UserFactory(as_="employee")
    project = ProjectFactory(members=[person])
    task = TaskFactory(client=project.client, project=project, assigned_to=person)
    boss = api(UserFactory(as_="manager"))

    assert boss.put(f"/api/client/tasks/{task.pk}", {"assigned_to": None, "project_id": None}).status_code == 200
    assert api(person).get(f"/api/client/tasks/{task.pk}").status_code == 404


def test_moving_before_and_after(api):
    caller = api(UserFactory(as_="manager"))
    project = ProjectFactory()
    first, second, foreign = (
        caller.post("/api/client/tasks", {"client_id": each.client_id, "project_id": each.pk, "title": "x"}).json()
        for each in (project, project, ProjectFactory())
    )
    path = f"/api/client/tasks/{second['task_id']}/position"

    moved = caller.put(path, {"before_id": first["task_id"]})
    refused = caller.put(path, {"before_id": foreign["task_id"]})
    both = caller.put(path, {"before_id": first["task_id"], "after_id": first["task_id"]})

    assert moved.json()["position"] < first["position"]
    assert (refused.status_code, refused.json()["code"]) == (422, "other_order")
    assert (both.status_code, both.json()["code"]) == (422, "one_neighbour")
    nowhere = caller.put(path, {})
    assert (nowhere.status_code, nowhere.json()["errors"][0]["code"]) == (422, "required")
    assert caller.put(path, {"before_id": None}).json()["position"] > first["position"]


# -- working


def test_an_illegal_step_names_the_legal_ones(api, task):
    reply = api(task.assigned_to).put(f"/api/employee/tasks/{task.pk}/status", {"status": "completed"})

    assert reply.status_code == 409
    assert (reply.json()["code"], reply.json()["allowed"]) == ("invalid_transition", ["cancelled", "in_progress"])


def test_starting_and_finishing(api, task):
    caller = api(task.assigned_to)
    path = f"/api/employee/tasks/{task.pk}/status"

    started = caller.put(path, {"status": "in_progress"}).json()
    progress = caller.put(
        f"/api/employee/tasks/{task.pk}/progress",
        {"progress": 60, "progress_description": "half", "drive_link": "https://drive.example.com/1"},
    ).json()
    done = caller.put(path, {"status": "completed", "note": "there"}).json()

    assert started["start_time"] is not None
    assert (progress["progress"], progress["progress_description"]) == (60, "half")
    assert (done["status"], done["progress"], done["comments_count"]) == ("completed", 100, 1)
    assert done["end_time"] is not None
    assert done["actual_time"] is not None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("status", {}),
        ("status", {"status": "done"}),
        ("status", {"status": None}),
        ("progress", {"progress": 101}),
        ("progress", {"progress": -1}),
        ("progress", {}),
        ("progress", {"progress": 5, "drive_link": "javascript:alert(1)"}),
        ("status", []),
    ],
)
def test_bad_input_changes_nothing(api, task, path, body):
    reply = api(task.assigned_to).put(f"/api/employee/tasks/{task.pk}/{path}", body, format="json")

    task.refresh_from_db()
    assert reply.status_code == 422
    assert task.version == 1


@pytest.mark.parametrize("path", ["status", "progress"])
def test_the_task_of_a_colleague_is_seen_but_not_moved(api, path):
    person = UserFactory()
    project = ProjectFactory(members=[person])
    task = TaskFactory(client=project.client, project=project, assigned_to=UserFactory())
    body = {"status": {"status": "in_progress"}, "progress": {"progress": 4}}[path]

    assert api(person).get(f"/api/employee/tasks/{task.pk}").status_code == 200
    assert api(person).put(f"/api/employee/tasks/{task.pk}/{path}", body).status_code == 403


def test_what_the_detail_shows_is_what_the_schema_says(api, task):
    from tasks.api.serializers import TaskDetailSerializer, TaskSerializer

    caller = api(task.assigned_to)

    assert list(caller.get(f"/api/employee/tasks/{task.pk}").json()) == list(TaskDetailSerializer().fields)
    assert list(caller.get("/api/employee/tasks").json()[0]) == list(TaskSerializer().fields)


def test_times_without_an_offset_are_the_callers(api):
    person = UserFactory(timezone="Asia/Tokyo")
    inside, outside = (
        TaskFactory(assigned_to=person, created_at=dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC)) for hour in (14, 16)
    )

    found = api(person).get("/api/employee/tasks?created_before=2026-01-01").json()

    assert [task["task_id"] for task in found] == [inside.pk]
    assert outside.pk
