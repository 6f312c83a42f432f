"""Locking, changing, auditing and announcing are one thing."""

import datetime as dt
import threading
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.models import Department, User
from accounts.tests.factories import UserFactory
from hyperflow.core import audit, changes, context
from hyperflow.core.errors import NotFound, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent
from hyperflow.core.transactions import command

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return UserFactory()


@pytest.fixture
def department(actor):
    return changes.create(
        Department(name="Design"), actor=actor, action="department.create", event="department.created"
    )


def test_creating_writes_the_row_one_entry_and_one_event(actor, department):
    entry, event = (
        AuditEntry.objects.get(action="department.create"),
        OutboxEvent.objects.get(kind="department.created"),
    )

    assert department.version == 1
    assert (entry.actor, entry.target_type, entry.target_id) == (actor, "accounts.department", department.pk)
    assert (entry.target_label, entry.changes) == ("Design", {"name": [None, "Design"]})
    assert (event.subject_type, event.subject_id) == ("accounts.department", department.pk)


def test_updating_counts_the_version_and_keeps_before_and_after(actor, department):
    before = department.updated_at
    made = changes.update(
        department,
        actor=actor,
        action="department.rename",
        event="department.updated",
        payload={"why": "x"},
        name="Art",
    )

    department.refresh_from_db()
    assert made == {"name": ("Design", "Art")}
    assert (department.name, department.version) == ("Art", 2)
    assert department.updated_at >= before
    assert AuditEntry.objects.get(action="department.rename").changes == {"name": ["Design", "Art"]}
    assert OutboxEvent.objects.get(kind="department.updated").payload == {"changed": ["name"], "why": "x"}


def test_a_change_that_changes_nothing_writes_nothing(actor, department):
    assert changes.update(department, actor=actor, action="department.rename", event="x", name="Design") == {}
    assert department.version == 1
    assert not AuditEntry.objects.filter(action="department.rename").exists()
    assert not OutboxEvent.objects.filter(kind="x").exists()


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(actor, department):
    with pytest.raises(ValidationError):
        changes.update(department, actor=actor, action="department.rename", name="x" * 81)
    department.refresh_from_db()
    assert (department.name, department.version) == ("Design", 1)


def test_many_rows_are_changed_by_a_few_statements_and_each_has_its_entry_and_event(
    actor, django_assert_max_num_queries
):
    rows = [UserFactory(timezone="UTC") for _ in range(7)]
    there = UserFactory(timezone="Asia/Tokyo")
    before = {row.pk: row.version for row in rows}

    with django_assert_max_num_queries(3):
        changed = changes.update_all(
            [*rows, there],
            actor=actor,
            action="user.move",
            event="user.moved",
            payload=lambda row: {"of": row.pk},
            timezone="Asia/Tokyo",
        )

    assert changed == rows
    for row in changed:
        kept = User.objects.get(pk=row.pk)
        assert (kept.timezone, kept.version, row.version) == ("Asia/Tokyo", before[row.pk] + 1, before[row.pk] + 1)
        entry = audit.history(row).first()
        assert (entry.action, entry.actor, entry.changes) == ("user.move", actor, {"timezone": ["UTC", "Asia/Tokyo"]})
    told = OutboxEvent.objects.filter(kind="user.moved").order_by("pk")
    assert [(one.subject_id, one.payload) for one in told] == [
        (row.pk, {"changed": ["timezone"], "of": row.pk}) for row in changed
    ]
    with django_assert_max_num_queries(0):
        assert changes.update_all(changed, actor=actor, action="user.move", timezone="Asia/Tokyo") == []


def test_secrets_do_not_go_into_the_audit_log(actor):
    person = UserFactory()
    changes.update(person, actor=actor, action="user.password", password="canary-1")
    entry = AuditEntry.objects.get(action="user.password")
    assert entry.changes == {"password": ["…", "…"]}


def test_locking_reads_the_row_as_it_is_now(actor, department):
    Department.objects.filter(pk=department.pk).update(name="Moved", version=7)
    with transaction.atomic():
        assert changes.lock(department).name == "Moved"
        assert changes.lock(department, expected_version=7).version == 7
        with pytest.raises(PreconditionFailed):
            changes.lock(department, expected_version=1)


def test_a_row_that_is_gone_is_not_found(department):
    Department.objects.filter(pk=department.pk).delete()
    with transaction.atomic(), pytest.raises(NotFound):
        changes.lock(department)


def test_several_rows_are_locked_in_the_order_of_their_ids():
    rows = [Department.objects.create(name=name) for name in "abc"]
    with transaction.atomic():
        locked = changes.lock_all(Department, [rows[2].pk, rows[0].pk, 999_999])
    assert locked == [rows[0], rows[2]]


def test_an_entry_knows_the_request_and_nobody_can_be_its_actor():
    with context.running(context.Context(request_id="r-1", ip="10.0.0.1")):
        entry = audit.record("sign-in.failed", actor=None)
    assert (entry.actor, entry.request_id, entry.ip, entry.target_id) == (None, "r-1", "10.0.0.1", None)


def test_the_history_of_a_row_is_its_own_newest_first(actor, department):
    changes.update(department, actor=actor, action="department.rename", name="Art")
    changes.create(Department(name="Other"), actor=actor, action="department.create")
    assert [entry.action for entry in audit.history(department)] == ["department.rename", "department.create"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("x", "x"),
        (Decimal("1.10"), "1.10"),
        (dt.date(2026, 3, 1), "2026-03-01"),
        (
            dt.datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2026-03-01T10:00:00.123Z",
        ),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [Decimal("0.5")]}, {"a": ["0.5"]}),
        (("a", 1), ["a", 1]),
        (1.5, "1.5"),
    ],
)
def test_values_are_kept_exactly(value, expected):
    assert audit.plain(value) == expected


@pytest.mark.services  # in memory, SQLite's threads can't wait for each other
@pytest.mark.django_db(transaction=True)
def test_two_editors_do_not_overwrite_each_other():
    """P19: of two changes based on the same version one is made and one refused."""
    row = Department.objects.create(name="0")

    @command
    def rename(name: str, version: int) -> None:
        locked = changes.lock(row, expected_version=version)
        changes.update(locked, actor=None, action="department.rename", name=name)

    for version in range(1, 6):
        outcomes: list[str] = []

        def attempt(name: str, version: int = version, outcomes: list[str] = outcomes) -> None:
            try:
                rename(name, version)
                outcomes.append("made")
            except PreconditionFailed:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=attempt, args=(f"{version}-{number}",)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["made", "refused"]
    row.refresh_from_db()
    assert row.version == 6
