"""How MariaDB reads lists of tasks: along an index, as far as the page goes. No clock is asked."""

import datetime as dt
import random

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.models import ProjectMember
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.api.pagination import Keyset, Position
from tasks import reading
from tasks.api.views import ClientTaskViewSet
from tasks.models import Task

# Alone, since its rows stay for the whole module: others would find them.
pytestmark = [pytest.mark.services, pytest.mark.serial, pytest.mark.django_db]

ROWS = 20_000
MIDDLE = {
    "created_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    "updated_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    "due_order": dt.date(9999, 12, 31),  # a third of all has no due date
    "priority": 2,
    "position": 10_000,
}


@pytest.fixture(scope="module")
def agency(django_db_setup, django_db_blocker):
    """20,000 tasks as an agency has them, with statistics; gone again after this module."""
    with django_db_blocker.unblock():
        users = UserFactory.create_batch(40)
        clients = ClientFactory.create_batch(50)
        projects = [ProjectFactory(client=clients[number % 50]) for number in range(100)]
        draw = random.Random(1)
        start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

        def task(number):
            project = projects[draw.randrange(100)] if number % 4 else None
            made = start + dt.timedelta(minutes=7 * number)
            return Task(
                key=f"P-{number}",
                title=f"Task {number}",
                client=project.client if project else clients[draw.randrange(50)],
                project=project,
                assigned_to=users[draw.randrange(40)] if number % 5 else None,
                created_by=users[draw.randrange(40)],
                status=draw.choice(["pending", "in_progress", "cancelled", "cancelled", "cancelled"]),
                priority=draw.randrange(4) + 1,
                due_date=None if number % 3 == 0 else dt.date(2026, 1, 1) + dt.timedelta(days=draw.randrange(120)),
                position=number,
                created_at=made,
                updated_at=made + dt.timedelta(minutes=draw.randrange(10_000)),
            )

        Task.objects.bulk_create((task(number) for number in range(ROWS)), batch_size=2_000)
        ProjectMember.objects.bulk_create(ProjectMember(project=project, user=users[0]) for project in projects[:6])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE TABLE tasks")
            cursor.fetchall()
        yield {"users": users, "clients": clients, "projects": projects}
        made = [Task.objects.filter(key__startswith="P-"), ProjectMember.objects.filter(user=users[0])]
        for rows in made:
            rows._raw_delete(rows.db)
        for owner in (*projects, *clients):
            owner.delete()
            owner.key_sequence.delete()
        for user in users:
            user.delete()


def analysed(sql, values):
    """What the server says it did (``ANALYZE`` runs the statement): one row a table."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {sql}", values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def check(plan):
    for step in plan:
        assert "filesort" not in (step["Extra"] or ""), plan
        assert "temporary" not in (step["Extra"] or ""), plan
    assert sum(float(step["r_rows"] or 0) for step in plan if step["table"] == "tasks") < 1_000, plan


def branch(agency, lead):
    return {
        "alone": {},
        "status": {"status": "pending"},
        "rare status": {"status": "completed"},
        "assignee": {"assigned_to_id": agency["users"][3].pk},
        "client": {"client_id": agency["clients"][3].pk},
        "project": {"project_id": agency["projects"][3].pk},
    }[lead]


def wanted(ordering, behind):
    asked = Keyset.of(Task, ClientTaskViewSet.orderings, "-created_at").read({"ordering": ordering})
    if not behind:
        return asked
    position = Position(MIDDLE[asked.column], 10_000)
    return type(asked)(asked.limit, asked.ordering, asked.column, asked.descending, position)


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("lead", ["alone", "status", "rare status", "assignee", "client", "project"])
@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize("column", ["created_at", "updated_at", "due_date", "priority"])
def test_a_page_is_read_along_an_index(agency, column, way, lead, behind):
    asked, narrow = wanted(way + column, behind), branch(agency, lead)
    for ids_only in (False, True):
        statement = reading._statement(asked, narrow, None, ids_only=ids_only)
        values = [*statement.bind(reading._values(asked, narrow)), asked.limit + 1]
        check(analysed(f"{statement.sql} LIMIT %s", values))


@pytest.mark.parametrize("behind", [False, True])
def test_the_manual_order_of_a_project_is_read_along_an_index(agency, behind):
    asked, narrow = wanted("position", behind), branch(agency, "project")
    statement = reading._statement(asked, narrow, None)

    check(analysed(f"{statement.sql} LIMIT %s", [*statement.bind(reading._values(asked, narrow)), asked.limit + 1]))


@pytest.mark.parametrize("behind", [False, True])
def test_everything_that_concerns_somebody_is_read_branch_by_branch(agency, behind, monkeypatch):
    """Assigned, made, or in one of six projects: each branch reads a page of its own, not the table."""
    person = agency["users"][0]
    branches = reading.branches_for(person)
    assert len(branches) == 8
    asked = wanted("-created_at", behind)

    for narrow in branches:
        statement = reading._statement(asked, narrow, None, ids_only=True)
        check(analysed(f"{statement.sql} LIMIT %s", [*statement.bind(reading._values(asked, narrow)), asked.limit + 1]))
    found = reading.read_page(asked, branches)

    seen = Task.objects.visible_to(person).order_by("-created_at", "-pk")
    if behind:
        seen = seen.filter(created_at__lt=MIDDLE["created_at"])
    assert [row[0] for row in found.rows] == list(seen.values_list("pk", flat=True)[:50])


def test_a_join_to_names_never_starts_at_the_small_table(agency):
    """An INNER JOIN here made MariaDB sort the whole table of tasks; the pages use LEFT JOINs."""
    statement = reading._statement(wanted("-created_at", False), {}, None)

    assert "INNER JOIN" not in statement.sql
    assert statement.sql.count("LEFT OUTER JOIN") == 3
    assert analysed(f"{statement.sql} LIMIT %s", [*statement.bind({}), 51])[0]["table"] == "tasks"
