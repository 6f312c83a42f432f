"""Counters that parallel tries can't pass."""

import datetime as dt
import os
import subprocess
import sys
import threading

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction

from hyperflow.core import clock, limits
from hyperflow.core.errors import RateLimited
from hyperflow.core.limits import Limit
from hyperflow.core.models import AttemptCounter

FIVE = Limit("test", times=5, seconds=60)


@pytest.mark.django_db
def test_a_limit_lets_so_many_through_and_no_more():
    for _ in range(5):
        limits.check(FIVE, "ann", "10.0.0.1")
        limits.hit(FIVE, "ann", "10.0.0.1")

    for refused in (limits.hit, limits.check):
        with pytest.raises(RateLimited) as refusal:
            refused(FIVE, "ann", "10.0.0.1")
        assert 55 <= refusal.value.retry_after <= 60
    limits.hit(FIVE, "ann", "10.0.0.2")
    limits.hit(FIVE, "bob", "10.0.0.1")
    limits.hit(Limit("other", 5, 60), "ann", "10.0.0.1")


@pytest.mark.django_db
def test_a_window_ends_for_good():
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        for _ in range(5):
            limits.hit(FIVE, "ann")
    with time_machine.travel("2026-03-01T10:00:59Z", tick=False), pytest.raises(RateLimited) as refusal:
        limits.hit(FIVE, "ann")
    assert refusal.value.retry_after == 1
    with time_machine.travel("2026-03-01T10:01:00Z", tick=False):
        limits.check(FIVE, "ann")
        assert limits.count(FIVE, "ann") == 1


@pytest.mark.django_db
def test_a_refused_try_does_not_make_it_longer():
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        for _ in range(5):
            limits.hit(FIVE, "ann")
        for _ in range(5):
            with pytest.raises(RateLimited):
                limits.hit(FIVE, "ann")
    row = AttemptCounter.objects.get()
    assert (row.count, row.window_ends_at) == (5, dt.datetime(2026, 3, 1, 10, 1, tzinfo=dt.UTC))


@pytest.mark.django_db
def test_counting_never_refuses():
    assert [limits.count(FIVE, "ann") for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.django_db
def test_a_try_can_be_given_back_and_all_forgotten():
    for _ in range(5):
        limits.hit(FIVE, "ann")
    limits.refund(FIVE, "ann")
    limits.hit(FIVE, "ann")
    limits.reset(FIVE, "ann")
    assert not AttemptCounter.objects.exists()
    limits.refund(FIVE, "nobody")
    assert limits.count(FIVE, "nobody") == 1


@pytest.mark.django_db
def test_what_is_counted_is_not_stored_readably():
    limits.hit(FIVE, "ann@example.com", "10.0.0.1")
    key = AttemptCounter.objects.get().key
    assert len(key) == 64
    assert "ann" not in key


@pytest.mark.django_db
def test_all_addresses_of_one_ipv6_network_are_one():
    for number in range(5):
        limits.hit(FIVE, f"2001:db8:1:2::{number:x}")
    with pytest.raises(RateLimited):
        limits.hit(FIVE, "2001:db8:1:2:ffff::1")
    limits.hit(FIVE, "2001:db8:1:3::1")


@pytest.mark.django_db
def test_parts_do_not_run_together():
    limits.hit(FIVE, "a", "b")
    limits.hit(FIVE, "a b")
    assert AttemptCounter.objects.count() == 2


def in_threads(number: int, work) -> None:
    gate = threading.Barrier(number)

    def run() -> None:
        try:
            gate.wait()
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.services  # in memory, SQLite's threads can't wait for each other; on a file, see below
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_a_row", [False, True])
def test_parallel_tries_never_pass_the_limit(with_a_row):
    if with_a_row:
        limits.hit(FIVE, "ann")
        limits.refund(FIVE, "ann")
    outcomes: list[bool] = []

    def attempt() -> None:
        try:
            limits.hit(FIVE, "ann")
        except RateLimited:
            outcomes.append(False)
        else:
            outcomes.append(True)

    in_threads(20, attempt)
    assert sorted(outcomes) == [False] * 15 + [True] * 5
    assert AttemptCounter.objects.get().count == 5


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_parallel_counts_are_all_counted():
    in_threads(20, lambda: limits.count(FIVE, "ann"))
    assert AttemptCounter.objects.get().count == 20


TRY_FROM_TEN_THREADS = """
import threading, django
django.setup()
from django.db import connection
from hyperflow.core import limits
from hyperflow.core.errors import RateLimited

let_through = []
def attempt():
    try:
        limits.hit(limits.Limit("test", 5, 3600), "ann")
        let_through.append(1)
    except RateLimited:
        pass
    finally:
        connection.close()

threads = [threading.Thread(target=attempt) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(let_through))
"""


def test_processes_on_one_sqlite_file_share_a_limit(tmp_path):
    keep = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment = {
        **keep,
        "DATA_DIR": str(tmp_path),
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "hyperflow.settings.base",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "core", "-v", "0"], cwd=settings.BASE_DIR, env=environment, check=True
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TRY_FROM_TEN_THREADS], cwd=settings.BASE_DIR, env=environment,
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    answers = [process.communicate(timeout=100)[0] for process in processes]
    assert sum(int(answer) for answer in answers) == 5


@pytest.mark.django_db(transaction=True)
def test_a_count_outlives_the_callers_rollback():
    with transaction.atomic():
        limits.hit(FIVE, "ann")
        transaction.set_rollback(True)

    # With SQLite's one writer the count is part of the caller's transaction.
    kept = 0 if connection.vendor == "sqlite" else 1
    assert AttemptCounter.objects.filter(count=1, window_ends_at__gt=clock.now()).count() == kept


@pytest.mark.django_db(transaction=True)
def test_an_error_while_counting_goes_up(monkeypatch):
    def broken(*_: object) -> str:
        raise OSError("away")

    monkeypatch.setattr(limits, "_key", broken)
    with pytest.raises(OSError, match="away"):
        limits.hit(FIVE, "ann")
    with pytest.raises(OSError, match="away"), transaction.atomic():
        limits.hit(FIVE, "ann")
