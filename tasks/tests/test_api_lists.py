"""Lists of tasks over the API: what is in them, in which order, at what cost, and that every way gives the same."""

import datetime as dt
import json
from urllib.parse import urlencode, urlsplit

import pytest

from accounts.tests.factories import UserFactory
from clients.models import Client, ProjectMember
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.api.pagination import Keyset
from tasks import reading
from tasks.api.views import ClientTaskViewSet
from tasks.models import Task, TaskTag
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db

ROLES = ["admin", "manager", "marketing", "hr", "finance", "employee", "client"]
CONTRACT = {
    "task_id", "key", "title", "description", "client_id", "client_name", "project_id", "project_name", "assigned_to",
    "assignee_name", "created_by", "status", "priority", "progress", "estimated_time", "actual_time", "due_date",
    "start_time", "end_time", "tags", "parent_id", "watchers", "position", "created_at", "updated_at",
}  # fmt: skip


def ids(reply):
    assert reply.status_code == 200, reply.json()
    return [task["task_id"] for task in reply.json()]


def instant(day, hour=0):
    return dt.datetime(2026, 1, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def world():
    """Tasks of every kind, and people with every relation to them."""
    people = {role: UserFactory(as_=role) for role in ROLES}
    own_client = ClientFactory(portal_users=[people["client"]])
    member_project = ProjectFactory(client=own_client, members=[people["employee"]])
    other_project = ProjectFactory()
    statuses = ["pending", "in_progress", "cancelled"]
    for number in range(24):
        in_project = (member_project, other_project, None)[number % 3]
        TaskFactory(
            client=in_project.client if in_project else (own_client, other_project.client)[number % 2],
            project=in_project,
            assigned_to=(people["employee"], people["manager"], None, people["finance"])[number % 4],
            created_by=(people["manager"], people["employee"], people["client"], people["admin"])[number // 2 % 4],
            status=statuses[number % 3],
            priority=number % 4 + 1,
            due_date=None if number % 5 == 0 else dt.date(2026, 2, number % 7 + 1),
            created_at=instant(number % 6 + 1),
            updated_at=instant(number % 4 + 1, number % 3).replace(microsecond=number % 2 * 5000),
            estimated_time=None if number % 4 else "1.25",
            tags=["ü & <b>"] if number % 6 == 0 else [],
            watcher_ids=[people["admin"].pk] if number % 7 == 0 else [],
        )
    people["projects"] = [member_project, other_project]
    people["clients"] = [own_client, other_project.client]
    return people


def test_a_task_on_the_wire(api):
    manager, worker = UserFactory(as_="manager"), UserFactory(name="Jo")
    project = ProjectFactory(name="Site", client__name="Acme")
    task = TaskFactory(
        key="ACME-7", title="Logo ✏", description="big", client=project.client, project=project, assigned_to=worker,
        created_by=manager, status="completed", priority=4, progress=100, estimated_time="2.50", actual_time="3",
        due_date=dt.date(2026, 5, 1), start_time=instant(1), end_time=instant(2).replace(microsecond=7000),
        tags=["a", "é"], watcher_ids=[manager.pk], position=9, created_at=instant(1), updated_at=instant(3),
    )  # fmt: skip

    (shown,) = api(worker).get("/api/employee/tasks").json()

    assert shown == {
        "task_id": task.pk, "key": "ACME-7", "title": "Logo ✏", "description": "big", "client_id": project.client_id,
        "client_name": "Acme", "project_id": project.pk, "project_name": "Site", "assigned_to": worker.pk,
        "assignee_name": "Jo", "created_by": manager.pk, "status": "completed", "priority": "urgent", "progress": 100,
        "estimated_time": 2.5, "actual_time": 3.0, "due_date": "2026-05-01", "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-01-02T00:00:00.007Z", "tags": ["a", "é"], "parent_id": None, "watchers": [manager.pk],
        "position": 9, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-03T00:00:00Z",
    }  # fmt: skip
    assert set(shown) == CONTRACT


@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize(
    ("role", "path", "queries"),
    [
        ("employee", "/api/employee/tasks", 2),  # caller, page
        ("manager", "/api/client/tasks", 2),
        ("employee", "/api/client/tasks", 4),  # caller, memberships, ids, page
        ("client", "/api/client/tasks", 3),  # caller, own clients, page
        ("manager", "/api/client/clients/{client}/tasks", 3),  # caller, client, page
        ("manager", "/api/client/tasks?search=task", 2),
    ],
)
def test_a_list_costs_the_same_however_many_rows(api, django_assert_num_queries, rows, role, path, queries):
    person = UserFactory(as_=role)
    client = ClientFactory(portal_users=[person])
    TaskFactory.create_batch(rows, client=client, assigned_to=UserFactory() if role == "client" else person)
    caller = api(person)
    caller.get("/api/employee/tasks")  # what the role grants is read once

    with django_assert_num_queries(queries):
        page = caller.get(path.format(client=client.pk))

    assert len(page.json()) == rows


@pytest.mark.parametrize("role", ROLES)
def test_the_branches_of_a_person_are_exactly_what_they_see(world, role):
    person = world[role]
    wanted = Keyset.of(Task, ClientTaskViewSet.orderings, "-created_at").read(
        {"limit": "200", "ordering": "-created_at"}
    )

    found = reading.read_page(wanted, reading.branches_for(person))

    expected = Task.objects.visible_to(person).order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert [row[0] for row in found.rows] == list(expected)
    assert len(expected) > 0


FILTERS = [
    {},
    {"status": "pending"},
    {"priority": "high", "status": "in_progress"},
    {"assigned_to": "employee"},
    {"assigned_to": "manager", "created_by": "manager"},
    {"client_id": 0},
    {"client_id": 1, "status": "cancelled"},
    {"project_id": 0},
    {"project_id": 1},
]


@pytest.mark.parametrize("role", ["manager", "employee", "client"])
@pytest.mark.parametrize("ordering", ["created_at", "-created_at", "-updated_at", "due_date", "-priority"])
def test_the_compiled_way_and_the_other_give_the_same_bytes(api, world, monkeypatch, role, ordering):
    """Forth and back in pages of three, compiled and not, with each of the filters."""
    caller = api(world[role])

    def walk(address, relation):
        pages = []
        while address:
            reply = caller.get(address)
            assert reply.status_code == 200, reply.json()
            pages.append((reply.content, links(reply.headers["Link"])))
            address = pages[-1][1].get(relation)
        return pages

    def there_and_back(query):
        forth = walk(f"/api/client/tasks?{urlencode({**query, 'ordering': ordering, 'limit': 3})}", "next")
        return forth, walk(forth[-2][1]["next"], "prev") if len(forth) > 1 else forth

    queries = [in_numbers(world, filters) for filters in FILTERS]
    compiled = [there_and_back(query) for query in queries]
    monkeypatch.setattr(ClientTaskViewSet, "_exact", lambda self: None)
    assert [there_and_back(query) for query in queries] == compiled
    for forth, back in compiled:
        assert [body for body, _links in reversed(back)] == [body for body, _links in forth]
    assert len(compiled[0][0]) > 2


def in_numbers(world, filters):
    rows = {"client_id": "clients", "project_id": "projects"}
    found = {}
    for name, value in filters.items():
        if name in rows:
            found[name] = world[rows[name]][value].pk
        else:
            found[name] = world[value].pk if value in world else value
    return found


def links(header):
    found = {}
    for part in header.split(", "):
        address, relation = part.split("; ")
        parts = urlsplit(address.strip("<>"))
        found[relation.split('"')[1]] = f"{parts.path}?{parts.query}"
    return found


def test_own_tasks_are_those_assigned_to_the_caller(api, world):
    person = world["employee"]

    assert set(ids(api(person).get("/api/employee/tasks"))) == set(
        Task.objects.filter(assigned_to=person).values_list("pk", flat=True)
    )


def test_filters(api):
    person = UserFactory(as_="manager", timezone="UTC")
    mine = {"assigned_to": person}
    late = TaskFactory(due_date=dt.date(2020, 1, 1), **mine)
    done_late = TaskFactory(due_date=dt.date(2020, 1, 1), status="cancelled", **mine)
    tagged = TaskFactory(title="Find the fox", created_at=instant(5), updated_at=instant(6), **mine)
    TaskTag.objects.create(task=tagged, name="fox")
    child = TaskFactory(parent=late, client=late.client)
    caller = api(person)

    def found(query, path="/api/client/tasks"):
        return set(ids(caller.get(f"{path}?{query}")))

    assert found("overdue=true") == {late.pk}
    assert found("overdue=false") == {done_late.pk, tagged.pk, child.pk}
    assert found("due_before=2020-01-01", "/api/employee/tasks") == {late.pk, done_late.pk}
    assert found("due_after=2020-01-02") == set()
    assert found("search=the+FOX") == {tagged.pk}
    assert found(f"search={child.key}") == {child.pk}
    assert found("tag=fox") == {tagged.pk}
    assert found("tag=FOX") == set()
    assert found(f"parent_id={late.pk}") == {child.pk}
    assert found("unassigned=true") == {child.pk}
    assert found("unassigned=false") == {late.pk, done_late.pk, tagged.pk}
    assert found("created_before=2026-01-05") == {tagged.pk}
    assert found("updated_since=2026-01-07") == {late.pk, done_late.pk, child.pk}
    assert found(f"client_id={late.client_id}&status=pending") == {late.pk, child.pk}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=done", "validation_error"),
        ("priority=5", "validation_error"),
        ("client_id=abc", "validation_error"),
        ("client_id=9223372036854775808", "validation_error"),
        ("client_id=١", "validation_error"),
        ("overdue=maybe", "validation_error"),
        ("due_before=2026-02-30", "validation_error"),
        ("limit=0", "validation_error"),
        ("limit=201", "validation_error"),
        ("ordering=title", "invalid_ordering"),
        ("ordering=position", "ordering_needs_project"),
        ("cursor=abc", "invalid_cursor"),
        ("skip=10001", "skip_too_large"),
        ("colour=red", "unknown_parameter"),
        ("status=pending&status=cancelled", "validation_error"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api, query, code):
    reply = api(UserFactory(as_="manager")).get(f"/api/client/tasks?{query}")

    assert reply.status_code == 422
    codes = {reply.json()["code"], *(error["code"] for error in reply.json().get("errors", []))}
    assert code in codes


@pytest.mark.parametrize("name", ["assigned_to", "created_by", "unassigned"])
def test_own_tasks_have_no_filter_for_whose_they_are(api, name):
    assert api(UserFactory()).get(f"/api/employee/tasks?{name}=1").status_code == 422


def test_no_due_date_comes_after_every_due_date(api):
    person = UserFactory()
    never = TaskFactory(assigned_to=person)
    soon, later = (TaskFactory(assigned_to=person, due_date=dt.date(2030, 1, day)) for day in (1, 2))

    assert ids(api(person).get("/api/employee/tasks?ordering=due_date")) == [soon.pk, later.pk, never.pk]


def test_the_manual_order_of_a_project(api):
    project = ProjectFactory()
    last, first = (TaskFactory(client=project.client, project=project, position=place) for place in (9, -9))
    caller = api(UserFactory(as_="manager"))

    assert ids(caller.get(f"/api/client/tasks?project_id={project.pk}&ordering=position")) == [first.pk, last.pk]


def test_a_count_is_given_to_who_asks(api, world):
    caller = api(world["employee"])

    plain = caller.get("/api/employee/tasks?limit=2")
    counted = caller.get("/api/employee/tasks?limit=2", HTTP_PREFER="count=exact")

    assert "X-Total-Count" not in plain.headers
    assert counted.headers["X-Total-Count"] == str(Task.objects.filter(assigned_to=world["employee"]).count())


def test_skipping_for_older_clients(api, world):
    for role in ("manager", "employee"):
        caller = api(world[role])
        everything = ids(caller.get("/api/client/tasks?limit=200"))
        assert ids(caller.get("/api/client/tasks?limit=5&skip=3")) == everything[3:8]


def test_a_filter_against_the_client_of_the_path_leaves_nothing(api):
    one, other = TaskFactory(), TaskFactory()
    path = f"/api/client/clients/{one.client_id}/tasks"
    caller = api(UserFactory(as_="manager"))

    reply = caller.get(path, {"client_id": other.client_id}, headers={"Prefer": "count=exact"})

    assert (reply.json(), reply.headers["X-Total-Count"]) == ([], "0")
    assert ids(caller.get(f"{path}?client_id={one.client_id}")) == [one.pk]


def test_the_tasks_of_a_client_the_caller_does_not_see_are_not_there(api, world):
    foreign = ClientFactory()
    TaskFactory(client=foreign)

    assert api(world["employee"]).get(f"/api/client/clients/{foreign.pk}/tasks").status_code == 404
    assert api(world["client"]).get(f"/api/client/clients/{foreign.pk}/tasks").status_code == 404
    assert api(world["employee"]).get("/api/client/clients/999999/tasks").status_code == 404


def test_of_a_clients_tasks_one_sees_those_in_scope(api, world):
    own_client = world["clients"][0]
    for role in ("employee", "client", "finance"):
        expected = Task.objects.visible_to(world[role]).filter(client=own_client).values_list("pk", flat=True)
        shown = ids(api(world[role]).get(f"/api/client/clients/{own_client.pk}/tasks?limit=200"))
        assert sorted(shown) == sorted(expected)


def test_who_is_in_very_many_projects_is_read_by_one_or(api, monkeypatch):
    person = UserFactory()
    tasks = [TaskFactory(project=project, client=project.client) for project in ProjectFactory.create_batch(4)]
    ProjectMember.objects.bulk_create(ProjectMember(project=task.project, user=person) for task in tasks)
    monkeypatch.setattr(reading, "MOST_BRANCHES", 4)
    TaskFactory()

    assert reading.branches_for(person) is None
    assert sorted(ids(api(person).get("/api/client/tasks"))) == sorted(task.pk for task in tasks)


def test_a_page_that_was_printed_before_is_printed_anew_once_anything_in_it_changed(api):
    """Names of other rows are part of a page too, and change without the task."""
    boss, mine = UserFactory(as_="admin"), TaskFactory(title="Draft")
    caller = api(boss)

    def shown():
        [row] = caller.get(f"/api/client/tasks?client_id={mine.client_id}").json()
        return row["title"], row["client_name"], row["progress"]

    before = shown()
    assert shown() == before
    Client.objects.filter(pk=mine.client_id).update(name="Renamed AG")
    assert shown() == (before[0], "Renamed AG", before[2])
    Task.objects.filter(pk=mine.pk).update(progress=before[2] + 1)
    assert shown() == (before[0], "Renamed AG", before[2] + 1)


def test_only_so_many_pages_are_kept_as_printed_and_no_long_one(monkeypatch):
    monkeypatch.setattr(reading, "_printed", {})
    monkeypatch.setattr(reading, "MOST_PRINTED", 2)
    row = (1, "K-1", "T", "", 1, "C", None, None, None, None, 1, "pending", 2, 0, None, None, None, None, None, "[]",
           None, "[]", 1, "2026-01-01 00:00:00", "2026-01-01 00:00:00")  # fmt: skip
    pages = [[(number, *row[1:])] for number in range(4)]
    printed = [reading.render_page(page) for page in pages]
    assert [json.loads(page)[0]["task_id"] for page in printed] == [0, 1, 2, 3]
    assert list(reading._printed.values()) == printed[2:]
    reading.render_page([(9, "K-9", "T", "x" * reading.LONGEST_PRINTED, *row[4:])])
    assert list(reading._printed.values()) == printed[2:]
