"""Statements that are compiled once, and inserts that are put together once."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection
from django.db.models import BigIntegerField, CharField

from accounts.tests.factories import UserFactory
from clients.models import KeySequence
from clients.tests.factories import ClientFactory
from hyperflow.core import clock
from hyperflow.core.compiled import Hole, Statements, compile_rows, insert, insert_many, union
from hyperflow.core.models import AuditEntry, Job
from tasks.models import Task
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db

COLUMNS = ("pk", "title", "created_at", "due_date", "estimated_time", "tags", "billable", "client__name", "parent_id")


def test_a_statement_gives_what_the_queryset_gives():
    TaskFactory(title="é", due_date=dt.date(2026, 1, 2), estimated_time="1.50", tags=["a"], created_at=clock.now())
    TaskFactory(billable=False)
    rows = Task.objects.order_by("pk").values_list(*COLUMNS)

    assert [tuple(row) for row in compile_rows(rows).fetch()] == list(rows)


def test_a_shape_is_compiled_once_and_takes_any_value():
    statements, compiled = Statements(), []
    a, b = TaskFactory(title="a"), TaskFactory(title="b")

    def find(title):
        def build():
            compiled.append(title)
            return Task.objects.filter(title=Hole("title", CharField())).values_list("pk")

        return statements.get("by title", build).fetch({"title": title}, limit=5)

    assert [find("a"), find("b"), find("c")] == [[(a.pk,)], [(b.pk,)], []]
    assert compiled == ["a"]


def test_what_belongs_to_a_shape_is_no_value():
    statement = compile_rows(Task.objects.filter(parent_id=Hole("parent", BigIntegerField())).values_list("pk"))

    with pytest.raises(ValueError, match="isnull"):
        statement.fetch({"parent": None})
    for rows in (
        Task.objects.all(),
        Task.objects.values_list("pk")[:3],
        Task.objects.values_list("pk").select_for_update(),
    ):
        with pytest.raises(ValueError, match="values_list"):
            compile_rows(rows)


def test_what_can_match_nothing_asks_nothing(django_assert_num_queries):
    statement = compile_rows(Task.objects.filter(pk__in=[]).values_list("pk"))

    with django_assert_num_queries(0):
        assert statement.fetch() == []
        assert union([(statement, {})], limit=3, order="1") == []


def test_names_are_joined_from_the_left():
    TaskFactory()
    sql = compile_rows(
        Task.objects.order_by("-pk").values_list("pk", "client__name", "client__key_sequence__prefix")
    ).sql

    assert "INNER JOIN" not in sql
    assert sql.count("LEFT OUTER JOIN") == 2


def test_limits_and_offsets_are_numbers():
    tasks = TaskFactory.create_batch(5)
    statement = compile_rows(Task.objects.order_by("pk").values_list("pk"))

    assert statement.fetch(limit=2, offset=1) == [(tasks[1].pk,), (tasks[2].pk,)]
    with pytest.raises(ValueError, match="invalid literal"):
        statement.fetch(limit="2; DROP TABLE tasks")


def test_a_union_merges_each_row_once_in_order():
    client = ClientFactory()
    tasks = [TaskFactory(client=client, priority=1 + number % 2) for number in range(6)]
    by_client = compile_rows(
        Task.objects.filter(client_id=Hole("client", BigIntegerField())).order_by("-pk").values_list("pk")
    )
    by_priority = compile_rows(
        Task.objects.filter(priority=Hole("priority", BigIntegerField())).order_by("-pk").values_list("pk")
    )

    found = union([(by_client, {"client": client.pk}), (by_priority, {"priority": 1})], limit=4, order="1 DESC")

    assert [row[0] for row in found] == sorted((task.pk for task in tasks), reverse=True)[:4]


def test_an_inserted_row_is_as_one_that_was_saved():
    person = UserFactory()
    values = {"actor": person, "action": "x", "changes": {"a": [1, "é"]}, "ip": "::1", "at": clock.now()}
    inserted, saved = AuditEntry(**values), AuditEntry(**values)

    insert(inserted)
    saved.save(force_insert=True)

    first, second = (AuditEntry.objects.filter(pk=row.pk).values().get() | {"id": 0} for row in (inserted, saved))
    assert first == second
    assert not inserted._state.adding


def test_generated_columns_of_an_inserted_row_can_be_read():
    made = TaskFactory.build(client=ClientFactory(), created_by=UserFactory(), due_date=dt.date(2026, 1, 1))

    insert(made)

    assert made.due_order == dt.date(2026, 1, 1)


def test_a_row_with_a_number_of_its_own_keeps_it_and_constraints_hold():
    insert(KeySequence(pk=77, prefix="SEVEN"))

    assert KeySequence.objects.get(prefix="SEVEN").pk == 77
    with pytest.raises(IntegrityError):
        insert(KeySequence(prefix="SEVEN"))


def test_an_insert_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        insert(Job(kind="x", arguments={"a": 1}))

    assert Job.objects.get().arguments == {"a": 1}
    assert connection.vendor in {"sqlite", "mysql"}


def test_many_are_inserted_as_each_alone_would_be(django_assert_num_queries):
    at = dt.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)
    rows = [AuditEntry(action=f"x.{number}", at=at, changes={"a": [None, number]}) for number in range(3)]
    with django_assert_num_queries(1):
        insert_many(rows)
    insert_many([])
    made = AuditEntry.objects.filter(action__startswith="x.").order_by("pk").values_list("action", "at", "changes")
    assert list(made) == [(f"x.{number}", at, {"a": [None, number]}) for number in range(3)]
    assert [row.pk for row in rows] == [None] * 3
