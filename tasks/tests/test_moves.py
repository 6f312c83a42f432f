"""Moving tasks in the order that people make by hand."""

import random

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.errors import Invalid, NotAllowed
from hyperflow.core.models import AuditEntry
from tasks.models import Task
from tasks.services.moves import move_task
from tasks.services.tasks import create_task, update_task

pytestmark = pytest.mark.django_db


def in_order(project):
    return list(Task.objects.filter(project=project).order_by("position", "pk").values_list("title", flat=True))


def make(project, actor, *titles):
    return [create_task(actor=actor, client=project.client, project=project, title=title) for title in titles]


def test_new_tasks_come_last_also_after_others_were_moved_to_the_end():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    a, b, _c = make(project, actor, "a", "b", "c")

    move_task(task=a, actor=actor)
    move_task(task=b, actor=actor)
    make(project, actor, "d")

    assert in_order(project) == ["c", "a", "b", "d"]


def test_a_task_goes_right_before_or_right_after_another():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    a, b, c, d = make(project, actor, "a", "b", "c", "d")

    move_task(task=d, actor=actor, before=a)
    move_task(task=a, actor=actor, after=b)
    move_task(task=c, actor=actor, before=d)

    assert in_order(project) == ["c", "d", "b", "a"]


def test_a_thousand_inserts_into_one_gap_keep_their_order():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    first, last = make(project, actor, "first", "last")
    tasks = make(project, actor, *(str(number) for number in range(20)))
    expected = ["first", "last", *(str(number) for number in range(20))]
    choose = random.Random(7)

    for turn in range(1000):
        task = tasks[turn % 20]
        expected.remove(task.title)
        if choose.random() < 0.5:
            move_task(task=task, actor=actor, after=first)
            expected.insert(expected.index("first") + 1, task.title)
        else:
            move_task(task=task, actor=actor, before=last)
            expected.insert(expected.index("last"), task.title)

    assert in_order(project) == expected
    found = list(Task.objects.filter(project=project).values_list("position", flat=True))
    assert len(found) == len(set(found)) == 22


def test_a_thousand_new_rows_fit_into_one_gap():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    first, _last = make(project, actor, "first", "last")
    anchor = first
    for number in range(120):
        (task,) = make(project, actor, f"{number:03}")
        anchor = move_task(task=task, actor=actor, after=anchor)

    assert in_order(project) == ["first", *(f"{number:03}" for number in range(120)), "last"]


def test_rows_that_share_a_position_are_told_apart():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    a, _b, c = make(project, actor, "a", "b", "c")
    Task.objects.filter(project=project).update(position=5)

    move_task(task=c, actor=actor, after=a)

    assert in_order(project) == ["a", "c", "b"]


def test_spreading_neighbours_changes_neither_their_version_nor_their_history():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    a, b, c = make(project, actor, "a", "b", "c")
    Task.objects.filter(pk=a.pk).update(position=1)
    Task.objects.filter(pk=b.pk).update(position=2)

    move_task(task=c, actor=actor, after=a)

    b.refresh_from_db()
    assert b.version == 1
    assert not AuditEntry.objects.filter(action="task.moved").exclude(target_id=c.pk).exists()


def test_tasks_without_a_project_have_one_order_a_client():
    actor, client = UserFactory(as_="manager"), ClientFactory()
    a, b = (create_task(actor=actor, client=client, title=title) for title in "ab")

    move_task(task=b, actor=actor, before=a)

    assert list(Task.objects.order_by("position").values_list("title", flat=True)) == ["b", "a"]


def test_a_task_that_changes_its_project_goes_to_the_end_there_and_keeps_its_key():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    other = ProjectFactory(client=project.client)
    (moved,) = make(project, actor, "moved")
    make(other, actor, "one", "two")
    key = moved.key

    update_task(task=moved, actor=actor, project=other)

    moved.refresh_from_db()
    assert in_order(other) == ["one", "two", "moved"]
    assert moved.key == key


def test_only_tasks_of_one_order_are_neighbours():
    actor, project = UserFactory(as_="manager"), ProjectFactory()
    (task,) = make(project, actor, "task")
    (foreign,) = make(ProjectFactory(client=project.client), actor, "foreign")

    for place in ({"before": foreign}, {"after": task}, {"before": foreign, "after": foreign}):
        with pytest.raises(Invalid):
            move_task(task=task, actor=actor, **place)

    task.refresh_from_db()
    assert task.version == 1


def test_who_may_not_edit_a_task_may_not_move_it():
    project = ProjectFactory(members=[member := UserFactory()])
    (task,) = make(project, UserFactory(as_="manager"), "task")

    with pytest.raises(NotAllowed):
        move_task(task=task, actor=member)
