"""Nobody who listens misses an event, however late it is committed."""

import datetime as dt
import threading
import time

import pytest
import time_machine
from django.db import connection, transaction

from accounts.tests.factories import UserFactory
from hyperflow.core import clock, outbox
from hyperflow.core.models import Heartbeat, OutboxEvent, OutboxReader
from hyperflow.core.outbox import Seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject():
    return UserFactory()


def event(pk: int, kind: str = "test.happened") -> OutboxEvent:
    """As if committed now with an id that was given out earlier or later."""
    return OutboxEvent.objects.create(pk=pk, kind=kind, subject_type="test.row", subject_id=1)


def ids(reader: str, **options: int) -> list[int]:
    with transaction.atomic():
        return [event.pk for event in outbox.unread(reader, **options)]


def test_an_event_is_part_of_the_transaction_that_makes_it_true(subject):
    with transaction.atomic():
        outbox.emit("test.happened", subject)
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()

    outbox.emit("test.happened", subject, at=clock.now(), by=subject)
    stored = OutboxEvent.objects.get()
    assert (stored.kind, stored.subject_type, stored.subject_id) == ("test.happened", "accounts.user", subject.pk)
    assert stored.payload["by"] == subject.pk


def test_each_event_comes_once_in_order_to_each_reader():
    outbox.start_reading("a")
    outbox.start_reading("b")
    for pk in (1001, 1002, 1003):
        event(pk)

    assert ids("a", limit=2) == [1001, 1002]
    assert ids("a") == [1003]
    assert ids("a") == []
    assert ids("b") == [1001, 1002, 1003]


def test_an_id_that_commits_late_is_not_skipped():
    event(1000)
    outbox.start_reading("a")
    event(1003)
    assert ids("a") == [1003]
    event(1001)
    assert ids("a") == [1001]
    event(1004)
    event(1002)
    assert ids("a") == [1002, 1004]
    assert ids("a") == []


def test_what_was_not_handled_is_unread_again():
    outbox.start_reading("a")
    event(1001)
    with transaction.atomic():
        assert [event.pk for event in outbox.unread("a")] == [1001]
        transaction.set_rollback(True)
    assert ids("a") == [1001]


def test_a_new_reader_begins_with_what_comes():
    event(1001)
    assert ids("a") == []
    event(1002)
    assert ids("a") == [1002]


def test_what_a_reader_remembers_stays_small():
    event(1000)
    outbox.start_reading("a")
    for pk in range(1001, 1050, 2):
        event(pk)
    ids("a")
    row = OutboxReader.objects.get()
    assert row.position == 1001
    assert row.handled == [[pk, pk] for pk in range(1003, 1050, 2)]

    with time_machine.travel(clock.now() + outbox.LONGEST_TRANSACTION + dt.timedelta(minutes=1)):
        event(1050)
        assert ids("a") == [1050]
        row.refresh_from_db()
        assert (row.position, row.handled) == (1050, [])


def test_events_that_were_thrown_away_do_not_hold_a_reader_up():
    event(1000)
    outbox.start_reading("a")
    event(1002)
    ids("a")
    OutboxEvent.objects.all().delete()
    event(1005)
    assert ids("a") == [1005]
    assert OutboxReader.objects.get().position == 1002


def test_what_is_committed_late_in_a_wide_gap_is_not_lost():
    """The table was emptied, or thousands of events were announced at once and rolled back."""
    outbox.start_reading("a")  # before anything: at 0
    event(9_000)
    assert ids("a") == [9_000]
    event(8_999)
    assert ids("a") == [8_999]
    event(20_000)
    assert ids("a") == [20_000]
    event(15_000)
    event(3)
    assert ids("a") == [3, 15_000]
    assert ids("a") == []
    assert OutboxReader.objects.get().handled == [[3, 3], [8_999, 9_000], [15_000, 15_000], [20_000, 20_000]]


def test_of_too_many_gaps_the_oldest_are_given_up(monkeypatch):
    monkeypatch.setattr(outbox, "_MOST_WIDE_GAPS", 2)
    event(1_000)
    outbox.start_reading("a")
    for pk in (1_010, 1_020, 1_030, 1_040):
        event(pk)
    assert ids("a") == [1_010, 1_020, 1_030, 1_040]
    ids("a")
    row = OutboxReader.objects.get()
    assert (row.position, row.handled) == (1_020, [[1_030, 1_030], [1_040, 1_040]])


def test_a_page_follows_what_happens_without_a_row():
    event(1001)
    tail = outbox.tail()
    assert tail.take(10) == []
    event(1003)
    event(1002)
    assert [event.pk for event in tail.take(10)] == [1002, 1003]
    assert not OutboxReader.objects.exists()


@pytest.mark.parametrize(
    ("added", "position", "spans", "gaps"),
    [
        ([11, 12], 12, [], []),
        ([12], 10, [(12, 12)], [(11, 11)]),
        ([12, 11], 12, [], []),
        ([14, 12, 13], 10, [(12, 14)], [(11, 11)]),
        ([12, 15, 11], 12, [(15, 15)], [(13, 14)]),
        ([12, 12], 10, [(12, 12)], [(11, 11)]),
        ([9], 10, [], []),
    ],
)
def test_what_was_seen_is_kept_as_spans(added, position, spans, gaps):
    seen = Seen(10)
    for pk in added:
        seen.add(pk)
    assert (seen.position, seen.spans, seen.gaps()) == (position, spans, gaps)


@pytest.mark.services  # with SQLite's one writer ids are committed in order
@pytest.mark.django_db(transaction=True)
def test_parallel_readers_of_one_name_and_late_commits_lose_and_double_nothing():
    """Writers hold their transactions open for different times, so ids are committed in another order."""
    event_count = 40
    subject = Heartbeat.objects.create(name="test")
    outbox.start_reading("a")
    handled: list[int] = []
    written = threading.Event()

    def write(number: int) -> None:
        try:
            with transaction.atomic():
                outbox.emit("test.happened", subject, number=number)
                time.sleep(0.02 * (number % 3))
        finally:
            connection.close()

    def read() -> None:
        try:
            while True:
                last = written.is_set()
                with transaction.atomic():
                    found = [event.payload["number"] for event in outbox.unread("a", limit=7)]
                handled.extend(found)
                if last and not found:
                    return
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(event_count)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    written.set()
    for thread in readers:
        thread.join()
    assert sorted(handled) == list(range(event_count))
