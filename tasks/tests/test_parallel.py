"""What holds when many do it at once, on a real server."""

import datetime as dt
import threading
from itertools import pairwise

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.tests.factories import ProjectFactory
from hyperflow.core import clock
from hyperflow.core.errors import Conflict
from tasks.models import Task, TimeEntry
from tasks.services import time
from tasks.services.moves import move_task, set_status
from tasks.services.tasks import create_task, update_task
from tasks.tests.factories import TaskFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def at_once(*works):
    """Runs the functions at the same moment, each on its own connection; gives what each gave or raised."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(index, work):
        try:
            start.wait()
            results[index] = work()
        except Exception as error:  # noqa: BLE001 (handed to the test)
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twenty_starts_leave_one_running_timer():
    worker = UserFactory()
    tasks = TaskFactory.create_batch(20, assigned_to=worker)

    results = at_once(*(lambda task=task: time.start_timer(task=task, actor=worker) for task in tasks))

    assert [error for error in results if isinstance(error, Exception)] == []
    assert TimeEntry.objects.running().count() == 1
    entries = list(TimeEntry.objects.order_by("started_at"))
    assert len(entries) == 20
    for before, after in pairwise(entries):
        assert before.ended_at <= after.started_at


def test_twenty_starts_on_one_task_are_one():
    worker = UserFactory()
    task = TaskFactory(assigned_to=worker)

    results = at_once(*(lambda: time.start_timer(task=task, actor=worker) for _turn in range(20)))

    assert [error for error in results if isinstance(error, Exception)] == []
    assert TimeEntry.objects.count() == 1


def test_of_twenty_entries_for_one_hour_one_is_written():
    worker, task = UserFactory(), TaskFactory()
    end = clock.now()
    start = end - dt.timedelta(hours=1)

    results = at_once(
        *(lambda: time.add_entry(task=task, actor=worker, started_at=start, ended_at=end) for _turn in range(20))
    )

    assert sum(isinstance(one, TimeEntry) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["time_overlap"] * 19


def test_of_two_who_move_a_task_one_wins():
    worker = UserFactory()
    task = TaskFactory(assigned_to=worker)

    results = at_once(
        *(lambda: set_status(task=task, status=Task.Status.IN_PROGRESS, actor=worker) for _turn in range(10))
    )

    assert sum(isinstance(one, Task) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["invalid_transition"] * 9


def test_keys_and_places_of_tasks_made_at_once_are_all_different():
    manager, project = UserFactory(as_="manager"), ProjectFactory()

    results = at_once(
        *(
            lambda number=number: create_task(actor=manager, client=project.client, project=project, title=str(number))
            for number in range(20)
        )
    )

    assert [error for error in results if isinstance(error, Exception)] == []
    found = Task.objects.filter(project=project)
    assert len(set(found.values_list("key", flat=True))) == 20
    assert len(set(found.values_list("position", flat=True))) == 20


def test_moves_at_once_into_one_gap_get_places_of_their_own():
    manager, project = UserFactory(as_="manager"), ProjectFactory()
    first, *others = [
        create_task(actor=manager, client=project.client, project=project, title=str(number)) for number in range(12)
    ]

    results = at_once(*(lambda task=task: move_task(task=task, actor=manager, after=first) for task in others))

    assert [error for error in results if isinstance(error, Exception)] == []
    positions = list(Task.objects.order_by("position").values_list("position", flat=True))
    assert len(set(positions)) == 12
    assert Task.objects.order_by("position").first() == first


def test_a_day_closed_while_time_is_written_stays_as_it_was_closed():
    manager = UserFactory(as_="manager")
    workers, task = UserFactory.create_batch(8), TaskFactory()
    end = clock.now()
    start = end - dt.timedelta(minutes=1)
    day = start.date()
    counted = {}

    def close():
        period = time.lock_period(starts_on=day, ends_on=day, actor=manager)
        counted["then"] = TimeEntry.objects.filter(created_at__lte=clock.now()).count()
        return period

    at_once(
        *(
            lambda worker=worker: time.add_entry(task=task, actor=worker, started_at=start, ended_at=end)
            for worker in workers
        ),
        close,
    )

    assert TimeEntry.objects.count() == counted["then"]


def test_two_tasks_never_become_parts_of_each_other():
    lead, project = UserFactory(as_="manager"), ProjectFactory()

    for _round in range(8):
        one, two = TaskFactory.create_batch(2, client=project.client, project=project)
        results = at_once(
            lambda one=one, two=two: update_task(task=one, actor=lead, parent=two),
            lambda one=one, two=two: update_task(task=two, actor=lead, parent=one),
        )

        assert [error.code for error in results if isinstance(error, Exception)] == ["circular_parent"]


@pytest.mark.parametrize("new", [True, False])
def test_a_part_never_stays_behind_when_its_task_moves_to_another_project(new):
    lead, project = UserFactory(as_="manager"), ProjectFactory()

    for _round in range(8):
        whole, part = TaskFactory.create_batch(2, client=project.client, project=project)
        parents = {"parent": Task.objects.get(pk=whole.pk)}
        at_once(
            lambda whole=whole: update_task(task=whole, actor=lead, project=None),
            lambda part=part, parents=parents: (
                create_task(actor=lead, client=project.client, project=project, title="new", **parents)
                if new
                else update_task(task=part, actor=lead, **parents)
            ),
        )

        assert set(Task.objects.filter(parent=whole).values_list("project", flat=True)) <= {None}
