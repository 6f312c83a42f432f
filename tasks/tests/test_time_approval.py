"""Time that is handed in, approved and given back, and days that are closed for it."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from hyperflow.core import clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import AuditEntry
from tasks.models import LockedPeriod, TimeEntry
from tasks.services import time as services
from tasks.tests.factories import TaskFactory
from tasks.tests.hours import HOUR, NOW, entry_at


@pytest.fixture
def at_noon(db):
    with time_machine.travel(NOW, tick=False) as clock_hand:
        yield clock_hand


@pytest.fixture
def worker(db):
    return UserFactory()


@pytest.fixture
def task(worker):
    return TaskFactory(assigned_to=worker)


def lock(start, end=None):
    return services.lock_period(starts_on=start, ends_on=end or start, actor=UserFactory(as_="manager"))


def test_time_is_handed_in_approved_and_given_back(at_noon, worker, task):
    manager = UserFactory(as_="manager")
    entry = entry_at(worker, task, NOW - HOUR)
    services.submit(ids=[entry.pk], actor=worker)
    services.approve(ids=[entry.pk], actor=manager)
    entry.refresh_from_db()
    assert (entry.status, entry.approved_by, entry.approved_at) == ("approved", manager, NOW)

    for refused in (
        lambda: services.change_entry(entry=entry, actor=worker, note="x"),
        lambda: services.delete_entry(entry=entry, actor=worker),
    ):
        with pytest.raises(Conflict) as refusal:
            refused()
        assert refusal.value.code == "entry_approved"

    services.unapprove(ids=[entry.pk], actor=manager)
    entry.refresh_from_db()
    assert (entry.status, entry.approved_by) == ("open", None)
    services.change_entry(entry=entry, actor=worker, note="x")


def test_many_are_approved_by_the_same_few_statements(at_noon, task, django_assert_max_num_queries):
    manager = UserFactory(as_="manager")

    def entries(count):
        return [entry_at(UserFactory(), task, NOW - HOUR).pk for _ in range(count)]

    few, many = entries(2), entries(40)
    with CaptureQueriesContext(connection) as asked:
        services.approve(ids=few, actor=manager)
    with django_assert_max_num_queries(len(asked)):
        services.approve(ids=many, actor=manager)
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {"approved"}


def test_nobody_approves_their_own_time(at_noon, task):
    manager = UserFactory(as_="manager")
    own, other = entry_at(manager, task, NOW - HOUR), entry_at(UserFactory(), task, NOW - HOUR)

    with pytest.raises(NotAllowed) as refusal:
        services.approve(ids=[own.pk, other.pk], actor=manager)

    assert refusal.value.code == "self_approval"
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {"open"}


def test_approval_is_all_or_nothing(at_noon, worker, task):
    manager = UserFactory(as_="manager")
    good, approved = entry_at(worker, task, NOW - HOUR), entry_at(worker, task, NOW - 2 * HOUR)
    services.approve(ids=[approved.pk], actor=manager)
    running, _none = services.start_timer(task=task, actor=worker)

    with pytest.raises(Conflict) as stuck:
        services.approve(ids=[good.pk, approved.pk], actor=manager)
    with pytest.raises(Conflict) as runs:
        services.approve(ids=[good.pk, running.pk], actor=manager)
    with pytest.raises(Invalid) as missing:
        services.approve(ids=[good.pk, 999_999], actor=manager)

    assert (stuck.value.code, stuck.value.extra["ids"]) == ("invalid_transition", [approved.pk])
    assert (runs.value.code, runs.value.extra["ids"]) == ("timer_running", [running.pk])
    assert (missing.value.code, missing.value.extra["ids"]) == ("does_not_exist", [999_999])
    good.refresh_from_db()
    assert good.status == "open"


@pytest.mark.parametrize("role", ["employee", "hr", "finance", "marketing"])
def test_who_may_not_approve(at_noon, worker, task, role):
    entry = entry_at(worker, task, NOW - HOUR)

    with pytest.raises(NotAllowed):
        services.approve(ids=[entry.pk], actor=UserFactory(as_=role))

    entry.refresh_from_db()
    assert entry.status == "open"


def test_closed_days_take_no_time_and_give_none_away(at_noon, worker, task):
    entry = entry_at(worker, task, NOW - 24 * HOUR)
    period = lock(dt.date(2026, 3, 9))

    refused = [
        lambda: entry_at(worker, task, NOW - 30 * HOUR),
        lambda: services.change_entry(entry=entry, actor=worker, note="x"),
        lambda: services.delete_entry(entry=entry, actor=worker),
        lambda: services.change_entry(
            entry=entry_at(worker, task, NOW - HOUR), actor=worker, started_at=NOW - 20 * HOUR
        ),
    ]
    for attempt in refused:
        with pytest.raises(Conflict) as refusal:
            attempt()
        assert refusal.value.code == "period_locked"

    services.unlock_period(period=period, actor=UserFactory(as_="manager"))
    entry_at(worker, task, NOW - 30 * HOUR)
    assert not LockedPeriod.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="period.").count() == 2


@pytest.mark.parametrize(
    ("status", "command", "role"),
    [("open", "submit", None), ("open", "approve", "manager"), ("submitted", "approve", "manager"),
     ("approved", "unapprove", "manager")],
)  # fmt: skip
def test_on_closed_days_no_time_is_handed_in_approved_or_given_back(at_noon, worker, task, status, command, role):
    closed, free = entry_at(worker, task, NOW - 24 * HOUR), entry_at(worker, task, NOW - HOUR)
    TimeEntry.objects.update(status=status)
    period = lock(dt.date(2026, 3, 9))
    actor = worker if role is None else UserFactory(as_=role)
    move = getattr(services, command)

    with pytest.raises(Conflict) as refusal:
        move(ids=[free.pk, closed.pk], actor=actor)

    assert (refusal.value.code, refusal.value.extra["ids"]) == ("period_locked", [closed.pk])
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {status}
    assert not AuditEntry.objects.filter(action__in=["time.submitted", "time.approved", "time.unapproved"]).exists()
    move(ids=[free.pk], actor=actor)
    services.unlock_period(period=period, actor=UserFactory(as_="manager"))
    move(ids=[closed.pk], actor=actor)
    assert len(set(TimeEntry.objects.values_list("status", flat=True)) - {status}) == 1


@pytest.mark.parametrize(
    ("zone", "refused"), [("UTC", False), ("Pacific/Auckland", True), ("America/New_York", False), ("Asia/Tokyo", True)]
)
def test_a_day_is_the_persons_own(at_noon, zone, refused):
    worker = UserFactory(timezone=zone)
    task = TaskFactory(assigned_to=worker)
    lock(dt.date(2026, 3, 9))
    start = dt.datetime(2026, 3, 8, 20, tzinfo=dt.UTC)  # the 9th in Auckland and Tokyo

    if refused:
        with pytest.raises(Conflict):
            entry_at(worker, task, start)
    else:
        assert entry_at(worker, task, start).work_date == dt.date(2026, 3, 8)


def test_a_night_that_ends_on_a_closed_day_touches_it(at_noon, worker, task):
    lock(dt.date(2026, 3, 9))

    with pytest.raises(Conflict):
        entry_at(worker, task, dt.datetime(2026, 3, 8, 22, tzinfo=dt.UTC), hours=4)


def test_days_with_a_running_timer_cannot_be_closed(at_noon, worker, task):
    services.start_timer(task=task, actor=worker)

    with pytest.raises(Conflict) as refusal:
        lock(dt.date(2026, 3, 10))

    assert refusal.value.code == "timer_running"
    assert not LockedPeriod.objects.exists()


def test_no_timer_starts_on_a_closed_day(at_noon, worker, task):
    lock(dt.date(2026, 3, 10))

    with pytest.raises(Conflict):
        services.start_timer(task=task, actor=worker)

    assert not TimeEntry.objects.exists()


@pytest.mark.parametrize("role", ["employee", "finance", "hr", "marketing"])
def test_who_may_not_close_days(worker, role):
    with pytest.raises(NotAllowed):
        services.lock_period(
            starts_on=clock.business_date(), ends_on=clock.business_date(), actor=UserFactory(as_=role)
        )
