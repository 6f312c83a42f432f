"""What tasks tell the pages of clients, and the counters of the home page."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from clients.models import Client
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.registry import figures
from tasks import selectors
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

TOKYO = ZoneInfo("Asia/Tokyo")


def test_the_clients_of_own_tasks_are_seen():
    person = UserFactory()
    given, made, _other = TaskFactory(assigned_to=person), TaskFactory(created_by=person), TaskFactory()

    assert set(Client.objects.visible_to(person)) == {given.client, made.client}


def test_open_tasks_are_counted_in_the_scope_of_who_asks():
    person, client = UserFactory(), ClientFactory()
    TaskFactory(client=client, assigned_to=person)
    TaskFactory(client=client, status="in_progress")
    TaskFactory(client=client, status="cancelled", assigned_to=person)
    empty = ClientFactory()

    def count(user):
        return figures.of("clients.client", "open_tasks", user, [client.pk, empty.pk])

    assert count(UserFactory(as_="manager")) == {client.pk: 2, empty.pk: 0}
    assert count(person) == {client.pk: 1, empty.pk: 0}


def test_what_ties_currency_and_client():
    priced = TimeEntryFactory(rate=Decimal(5)).task.client
    free = TimeEntryFactory().task.client
    project, empty = TaskFactory(project=ProjectFactory()).project, ProjectFactory()

    assert figures.of("clients.client", "has_money", None, [priced.pk, free.pk], default=False) == {
        priced.pk: True,
        free.pk: False,
    }
    assert figures.of("clients.project", "has_tasks", None, [project.pk, empty.pk], default=False) == {
        project.pk: True,
        empty.pk: False,
    }


def test_the_work_of_a_period_by_the_clients_own_days():
    client = ClientFactory()
    march = {"start": dt.date(2026, 3, 1), "end": dt.date(2026, 3, 31), "zone": TOKYO}
    inside = dt.datetime(2026, 2, 28, 15, tzinfo=dt.UTC)  # the first of March in Tokyo
    after = dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)  # April there
    done = {"client": client, "status": "completed", "start_time": inside - dt.timedelta(days=1)}
    TaskFactory(client=client, created_at=inside)
    TaskFactory(client=client, created_at=after)
    TaskFactory(
        **done, created_at=inside, end_time=inside, due_date=dt.date(2026, 3, 1), estimated_time=4, actual_time=3
    )
    late = TaskFactory(
        **done, created_at=after, end_time=inside, due_date=dt.date(2026, 2, 28), estimated_time=2, actual_time=5
    )
    TaskFactory(**done, created_at=inside, end_time=after, actual_time=9, estimated_time=9)
    TimeEntryFactory(task=late, work_date=dt.date(2026, 3, 31), billable=False)
    TimeEntryFactory(task=late, work_date=dt.date(2026, 3, 1))
    TimeEntryFactory(task=late, work_date=dt.date(2026, 4, 1))
    idle = ClientFactory()

    found = selectors.work_for_clients(UserFactory(as_="manager"), [client.pk, idle.pk], **march)

    assert found[client.pk] == {
        "tasks": {"pending": 1, "in_progress": 0, "completed": 2, "cancelled": 0},
        "finished": 2,
        "finished_with_due": 2,
        "finished_on_time": 1,
        "estimated_hours": Decimal(6),
        "estimate_error_hours": Decimal(4),
        "hours": Decimal(2),
        "billable_hours": Decimal(1),
    }
    assert found[idle.pk]["finished"] == 0


def test_the_home_page_says_what_waits():
    with time_machine.travel(dt.datetime(2026, 3, 11, 9, tzinfo=dt.UTC), tick=False):  # a Wednesday
        manager, worker = UserFactory(as_="manager"), UserFactory()
        for due in (dt.date(2026, 3, 10), dt.date(2026, 3, 15), dt.date(2026, 3, 16), None):
            TaskFactory(assigned_to=worker, due_date=due)
        TaskFactory(assigned_to=worker, status="cancelled", due_date=dt.date(2026, 3, 1))
        TaskFactory()
        closed = TaskFactory(status="cancelled")
        TimeEntryFactory(status="submitted", task=closed)
        TimeEntryFactory(status="submitted", task=closed, user=manager)

        def values(user):
            return {str(counter.label): counter.value for counter in selectors.home_counters(user)}

        assert values(worker) == {"My open tasks": 4, "Overdue": 1, "Due this week": 1}
        assert values(manager) == {
            "My open tasks": 0, "Overdue": 0, "Due this week": 0, "Unassigned": 1, "Time to approve": 1,
        }  # fmt: skip
        assert values(UserFactory(as_="client")) == {}
