"""Time entries: overlaps, rates, the timer, corrections."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core import clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry
from tasks.models import Task, TimeEntry
from tasks.services import time as services
from tasks.services.entries import overlap, rate_for
from tasks.services.time import add_entry, change_entry
from tasks.services.timers import start_timer
from tasks.tests.factories import TaskFactory, TimeEntryFactory
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


instants = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2))

spans = st.tuples(instants, st.none() | instants).filter(lambda span: span[1] is None or span[0] < span[1])


@given(a=spans, b=spans)
def test_overlap_is_mutual_and_everything_overlaps_itself(a, b):
    assert overlap(a, b) == overlap(b, a)
    assert overlap(a, a)


@given(a=spans, b=spans, at=instants)
def test_two_stretches_overlap_when_they_share_an_instant(a, b, at):
    def holds(span):
        return span[0] <= at and (span[1] is None or at < span[1])

    if holds(a) and holds(b):
        assert overlap(a, b)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        (6, 7, True),
        (6, 8, True),
        (7.5, 8.5, False),
        (8, 9, False),
        (8.25, 8.75, False),
        (7, 11, False),
        (8.5, 9.5, False),
        (9, 10, True),
    ],
)
def test_time_of_one_person_never_overlaps(at_noon, worker, task, start, end, fits):
    midnight = NOW.replace(hour=0)
    kept = entry_at(worker, task, midnight + 8 * HOUR)
    added = {"start": midnight + start * HOUR, "hours": end - start}

    entry_at(UserFactory(), task, **added)  # somebody else's is no matter
    if fits:
        entry_at(worker, task, **added)
    else:
        with pytest.raises(Conflict) as refusal:
            entry_at(worker, task, **added)
        assert refusal.value.code == "time_overlap"
        assert refusal.value.extra["entry_id"] == kept.pk

    assert TimeEntry.objects.filter(user=worker).count() == (2 if fits else 1)


def test_a_running_timer_has_no_end(at_noon, worker, task):
    services.start_timer(task=task, actor=worker)
    at_noon.shift(2 * HOUR)

    with pytest.raises(Conflict):
        entry_at(worker, task, NOW + HOUR, hours=0.5)
    entry_at(worker, task, NOW - HOUR)


@pytest.mark.parametrize(
    ("start", "hours", "code"),
    [(-1, 2, "in_the_future"), (-30, 25, "too_long"), (-1, 0, "end_before_start"), (-1, -1, "end_before_start")],
)
def test_what_no_entry_can_be(at_noon, worker, task, start, hours, code):
    with pytest.raises(Invalid) as refusal:
        entry_at(worker, task, NOW + start * HOUR, hours=hours)

    assert refusal.value.code == code
    assert not TimeEntry.objects.exists()


# -- rates


def test_the_rate_of_the_task_then_project_client_person(settings, worker):
    settings.COMPANY_CURRENCY = "CHF"
    worker.billing_rate = Decimal(40)
    client = ClientFactory(currency="EUR", hourly_rate=Decimal(60))
    project = ProjectFactory(client=client, currency="USD", hourly_rate=Decimal(80))
    task = TaskFactory(client=client, project=project, hourly_rate=Decimal(100))

    def rate():
        found = rate_for(task, worker)
        return found.amount, found.currency, found.source

    assert rate() == (Decimal(100), "USD", "task")
    task.hourly_rate = None
    assert rate() == (Decimal(80), "USD", "project")
    project.hourly_rate = None
    assert rate() == (Decimal(60), "EUR", "client")
    client.hourly_rate = None
    assert rate() == (Decimal(40), "CHF", "person")
    worker.billing_rate = None
    assert rate() == (None, "USD", "none")


def test_a_rate_once_found_stays(at_noon, worker, task):
    task.client.hourly_rate = Decimal(50)
    task.client.save()
    entry = entry_at(worker, task, NOW - HOUR)
    task.client.hourly_rate = Decimal(70)
    task.client.save()

    services.change_entry(entry=entry, actor=worker, note="still")

    entry.refresh_from_db()
    assert (entry.rate, entry.currency, entry.rate_source, entry.note) == (Decimal(50), "EUR", "client", "still")


def test_on_another_task_time_is_worth_what_that_is_worth(at_noon, worker, task):
    entry = entry_at(worker, task, NOW - HOUR)
    other = TaskFactory(hourly_rate=Decimal(99))

    services.change_entry(entry=entry, actor=worker, task=other)

    entry.refresh_from_db()
    assert (entry.task, entry.rate, entry.rate_source) == (other, Decimal(99), "task")


@pytest.mark.parametrize(
    ("billable", "billing", "expected"),
    [
        (True, None, True),
        (False, None, False),
        (True, Project.Billing.HOURLY, True),
        (True, Project.Billing.RETAINER, True),
        (True, Project.Billing.FIXED, False),
        (False, Project.Billing.HOURLY, False),
    ],
)
def test_time_is_billable_as_task_and_project_say(at_noon, worker, billable, billing, expected):
    project = ProjectFactory(billing=billing) if billing else None
    client = project.client if project else ClientFactory()
    task = TaskFactory(client=client, project=project, billable=billable)

    assert entry_at(worker, task, NOW - HOUR).billable is expected
    assert not entry_at(worker, task, NOW - 3 * HOUR, billable=False).billable


# -- the timer


def test_starting_stops_what_runs_and_gives_both(at_noon, worker, task):
    other = TaskFactory(assigned_to=worker)
    first, none = services.start_timer(task=task, actor=worker, note="first")
    at_noon.shift(HOUR)

    second, stopped = services.start_timer(task=other, actor=worker)

    assert none is None
    assert stopped.pk == first.pk
    stopped.refresh_from_db()
    assert (stopped.ended_at, stopped.seconds) == (NOW + HOUR, 3600)
    assert (second.started_at, second.ended_at, second.task_id) == (NOW + HOUR, None, other.pk)
    assert TimeEntry.objects.running().count() == 1


def test_starting_twice_is_starting_once(at_noon, worker, task):
    first, _none = services.start_timer(task=task, actor=worker)
    at_noon.shift(HOUR)
    again, stopped = services.start_timer(task=task, actor=worker)

    assert (again.pk, stopped) == (first.pk, None)
    assert TimeEntry.objects.count() == 1


def test_switching_within_a_millisecond_leaves_no_empty_entry(at_noon, worker, task):
    services.start_timer(task=task, actor=worker)
    second, stopped = services.start_timer(task=TaskFactory(assigned_to=worker), actor=worker)

    assert stopped.started_at < stopped.ended_at == second.started_at


def test_a_forgotten_timer_is_cut_at_a_day(at_noon, worker, task):
    services.start_timer(task=task, actor=worker)
    at_noon.shift(70 * HOUR)

    stopped = services.stop_timer(actor=worker)

    assert stopped.ended_at - stopped.started_at == 24 * HOUR


def test_there_is_nothing_to_stop(at_noon, worker, task):
    services.start_timer(task=task, actor=worker)

    with pytest.raises(Conflict) as refusal:
        services.stop_timer(actor=worker, task=TaskFactory())
    assert refusal.value.code == "no_running_timer"
    with pytest.raises(Conflict):
        services.stop_timer(actor=UserFactory())
    assert TimeEntry.objects.running().count() == 1


def test_the_timer_runs_on_a_colleagues_task_as_time_by_hand_may(at_noon, worker):
    task = TaskFactory(assigned_to=UserFactory())

    started, _none = services.start_timer(task=task, actor=worker)

    assert (started.user, started.task, TimeEntry.objects.running().get()) == (worker, task, started)


def test_the_database_holds_one_running_timer_a_person(at_noon, worker, task):
    from django.db import IntegrityError, transaction

    services.start_timer(task=task, actor=worker)

    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntryFactory(user=worker, started_at=NOW, ended_at=None, seconds=0)


def test_a_completed_task_says_what_its_entries_say(at_noon, worker):
    task = TaskFactory(assigned_to=worker, status=Task.Status.COMPLETED, start_time=NOW, end_time=NOW)

    entry = entry_at(worker, task, NOW - 2 * HOUR)
    task.refresh_from_db()
    assert task.actual_time == Decimal("1.00")

    services.change_entry(entry=entry, actor=worker, ended_at=NOW)
    task.refresh_from_db()
    assert task.actual_time == Decimal("2.00")


# -- correcting


def test_only_the_owner_corrects_time(at_noon, worker, task):
    entry = entry_at(worker, task, NOW - HOUR)

    with pytest.raises(NotAllowed):
        services.change_entry(entry=entry, actor=UserFactory(as_="manager"), note="x")
    with pytest.raises(NotAllowed):
        services.delete_entry(entry=entry, actor=UserFactory(as_="admin"))
    with pytest.raises(PreconditionFailed):
        services.change_entry(entry=entry, actor=worker, note="x", expected_version=9)

    entry.refresh_from_db()
    assert (entry.note, entry.version) == ("", 1)


def test_a_correction_is_checked_like_a_new_entry(at_noon, worker, task):
    entry = entry_at(worker, task, NOW - HOUR)
    entry_at(worker, task, NOW - 4 * HOUR)

    with pytest.raises(Conflict):
        services.change_entry(entry=entry, actor=worker, started_at=NOW - 3.5 * HOUR)
    with pytest.raises(Invalid):
        services.change_entry(entry=entry, actor=worker, ended_at=NOW + HOUR)
    services.change_entry(entry=entry, actor=worker, started_at=NOW - 1.5 * HOUR)

    entry.refresh_from_db()
    assert entry.seconds == 5400


def test_who_approves_time_may_write_it_down_for_others(at_noon, worker, task):
    manager = UserFactory(as_="manager")

    entry = entry_at(manager, task, NOW - HOUR, user=worker)
    with pytest.raises(NotAllowed):
        entry_at(worker, task, NOW - 3 * HOUR, user=manager)

    assert entry.user_id == worker.pk


def test_deleted_time_stays_in_the_audit_log(at_noon, worker, task):
    entry = entry_at(worker, task, NOW - HOUR)

    services.delete_entry(entry=entry, actor=worker)

    assert not TimeEntry.objects.exists()
    assert AuditEntry.objects.get(action="time.deleted").changes["started_at"] == ["2026-03-10T11:00:00.000Z", None]


@pytest.mark.django_db
def test_who_works_does_not_say_that_unbilled_work_is_billed():
    person, boss = UserFactory(), UserFactory(as_="manager")
    task = TaskFactory(assigned_to=person, billable=False)
    times = {"started_at": clock.now() - dt.timedelta(hours=3), "ended_at": clock.now() - dt.timedelta(hours=2)}
    with pytest.raises(NotAllowed):
        add_entry(task=task, actor=person, billable=True, **times)
    entry = add_entry(task=task, actor=person, **times)
    assert not entry.billable
    with pytest.raises(NotAllowed):
        change_entry(entry=entry, actor=person, billable=True)
    with pytest.raises(NotAllowed):
        start_timer(task=task, actor=person, billable=True)
    later = {name: at + dt.timedelta(minutes=90) for name, at in times.items()}
    paid = add_entry(task=TaskFactory(assigned_to=person), actor=person, **later)
    assert paid.billable
    assert not change_entry(entry=paid, actor=person, task=task).billable
    assert add_entry(task=task, actor=boss, billable=True, **times).billable
