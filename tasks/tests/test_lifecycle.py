"""Status and progress."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.models import Notification, WorkingCalendar, WorkingHours
from accounts.tests.factories import UserFactory
from hyperflow.core.errors import Conflict, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent
from tasks.models import Comment, Task
from tasks.services.moves import set_progress, set_status
from tasks.signals import task_completed
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

Status = Task.Status
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
LEGAL = {
    ("pending", "in_progress"),
    ("pending", "cancelled"),
    ("in_progress", "pending"),
    ("in_progress", "completed"),
    ("in_progress", "cancelled"),
    ("completed", "in_progress"),
    ("cancelled", "pending"),
}
NEXT = {before: sorted(after for was, after in LEGAL if was == before) for before in Status.values}


def task_that_is(status, **values):
    done = {"start_time": MONDAY, "end_time": MONDAY} if status == "completed" else {}
    return TaskFactory(status=status, **{**done, **values})


@pytest.mark.parametrize("before", Status.values)
@pytest.mark.parametrize("after", Status.values)
def test_status_moves_along_its_table_only(before, after):
    worker = UserFactory()
    task = task_that_is(before, assigned_to=worker)

    if (before, after) in LEGAL:
        set_status(task=task, status=after, actor=worker)
        expected = after
    else:
        with pytest.raises(Conflict) as refusal:
            set_status(task=task, status=after, actor=worker)
        assert (refusal.value.code, refusal.value.extra["allowed"]) == ("invalid_transition", NEXT[before])
        assert not AuditEntry.objects.exists()
        assert not OutboxEvent.objects.exists()
        expected = before

    task.refresh_from_db()
    assert task.status == expected


def test_the_first_start_is_kept_and_completing_takes_the_hours_from_time_entries():
    worker = UserFactory()
    task = TaskFactory(assigned_to=worker)
    with time_machine.travel(MONDAY, tick=False):
        set_status(task=task, status=Status.IN_PROGRESS, actor=worker)
    TimeEntryFactory.create_batch(2, task=task, user=worker)

    with time_machine.travel(MONDAY + dt.timedelta(hours=3), tick=False):
        set_status(task=task, status=Status.PENDING, actor=worker)
        set_status(task=task, status=Status.IN_PROGRESS, actor=worker)
        done = set_status(task=task, status=Status.COMPLETED, actor=worker)

    done.refresh_from_db()
    assert done.start_time == MONDAY
    assert done.end_time == MONDAY + dt.timedelta(hours=3)
    assert (done.actual_time, done.progress) == (Decimal("2.00"), 100)


def test_without_time_entries_working_hours_from_start_to_end_count():
    calendar = WorkingCalendar.objects.create(name="nine to five")
    for weekday in range(5):
        WorkingHours.objects.create(calendar=calendar, weekday=weekday, starts_at=dt.time(9), ends_at=dt.time(17))
    worker = UserFactory(calendar=calendar)
    task = TaskFactory(assigned_to=worker)

    with time_machine.travel(MONDAY + dt.timedelta(days=4, hours=6), tick=False):  # Friday 15:00
        set_status(task=task, status=Status.IN_PROGRESS, actor=worker)
    with time_machine.travel(MONDAY + dt.timedelta(days=7, hours=1, minutes=30), tick=False):  # Monday 10:30
        done = set_status(task=task, status=Status.COMPLETED, actor=worker)

    done.refresh_from_db()
    assert done.actual_time == Decimal("3.50")


def test_reopening_takes_back_end_and_hours():
    worker = UserFactory()
    task = task_that_is("completed", assigned_to=worker, actual_time=Decimal("4"))

    set_status(task=task, status=Status.IN_PROGRESS, actor=worker)

    task.refresh_from_db()
    assert (task.end_time, task.actual_time, task.start_time) == (None, None, MONDAY)


def test_open_sub_tasks_do_not_hold_a_task_back():
    worker = UserFactory()
    task = TaskFactory(assigned_to=worker, status="in_progress", start_time=MONDAY)
    part = TaskFactory(parent=task, client=task.client)

    set_status(task=task, status=Status.COMPLETED, actor=worker)

    part.refresh_from_db()
    assert part.status == "pending"


def test_a_move_is_audited_announced_and_told_to_watchers_who_may_see_it():
    worker, watcher, stranger = UserFactory(), UserFactory(as_="manager"), UserFactory()
    task = TaskFactory(assigned_to=worker, watcher_ids=[watcher.pk, stranger.pk, worker.pk])

    set_status(task=task, status=Status.IN_PROGRESS, actor=worker, note="on it")

    entry = AuditEntry.objects.get(action="task.status")
    assert entry.actor == worker
    assert entry.changes["status"] == ["pending", "in_progress"]
    event = OutboxEvent.objects.get(kind="task.updated")
    assert event.payload["status_before"] == "pending"
    assert list(Notification.objects.values_list("user", "kind")) == [(watcher.pk, "task.status")]
    assert Comment.objects.get().content == "on it"


def test_completing_is_announced_to_apps_above():
    heard = []
    task = TaskFactory(status="in_progress", start_time=MONDAY)

    def hear(sender, task_id, **kwargs):
        heard.append(task_id)

    task_completed.connect(hear)
    try:
        set_status(task=task, status=Status.COMPLETED, actor=UserFactory(as_="manager"))
    finally:
        task_completed.disconnect(hear)

    assert heard == [task.pk]


def test_the_callers_copy_is_never_trusted():
    manager = UserFactory(as_="manager")
    task = TaskFactory()
    stale = Task.objects.get(pk=task.pk)
    set_status(task=task, status=Status.CANCELLED, actor=manager)

    with pytest.raises(Conflict):
        set_status(task=stale, status=Status.IN_PROGRESS, actor=manager)
    with pytest.raises(PreconditionFailed):
        set_status(task=stale, status=Status.PENDING, actor=manager, expected_version=1)


@pytest.mark.parametrize(
    ("role", "assigned", "may"),
    [
        ("employee", True, True),
        ("employee", False, False),
        ("hr", False, False),
        ("finance", True, True),
        ("manager", False, True),
        ("marketing", False, True),
        ("admin", False, True),
    ],
)
def test_who_may_work_on_a_task(role, assigned, may):
    person = UserFactory(as_=role)
    task = TaskFactory(assigned_to=person if assigned else None, created_by=person)

    if may:
        set_status(task=task, status=Status.IN_PROGRESS, actor=person)
        set_progress(task=task, progress=40, actor=person)
    else:
        with pytest.raises(NotAllowed):
            set_status(task=task, status=Status.IN_PROGRESS, actor=person)
        with pytest.raises(NotAllowed):
            set_progress(task=task, progress=40, actor=person)

    task.refresh_from_db()
    assert (task.status, task.progress) == (("in_progress", 40) if may else ("pending", 0))


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_progress_of_a_closed_task_stays_but_its_link_may_come_later(status):
    worker = UserFactory()
    task = task_that_is(status, assigned_to=worker, progress=100)

    with pytest.raises(Conflict) as refusal:
        set_progress(task=task, progress=50, actor=worker)
    set_progress(task=task, progress=100, actor=worker, drive_link="https://drive.example.com/x")

    task.refresh_from_db()
    assert refusal.value.code == "task_closed"
    assert (task.progress, task.drive_link) == (100, "https://drive.example.com/x")


def test_saying_the_same_again_writes_nothing():
    worker = UserFactory()
    task = TaskFactory(assigned_to=worker, progress=30)

    set_progress(task=task, progress=30, actor=worker)

    task.refresh_from_db()
    assert task.version == 1
    assert not AuditEntry.objects.exists()
