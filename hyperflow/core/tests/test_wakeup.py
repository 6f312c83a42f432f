"""Nobody waits for a broker."""

import logging
import threading
import time

import pytest
from django.db import transaction

from hyperflow.core import jobs, wakeup
from hyperflow.core.tests.jobs_for_tests import note
from hyperflow.core.wakeup import Notifier

told: list[tuple[int, str]] = []


def tell(job_id: int, queue: str) -> None:
    """``settings.JOB_WAKE_UP`` of these tests."""
    told.append((job_id, queue))


def fail(job_id: int, queue: str) -> None:
    raise ConnectionError("canary")


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()


@pytest.mark.django_db
def test_a_worker_is_woken_on_commit(settings, django_capture_on_commit_callbacks):
    settings.JOB_WAKE_UP = f"{__name__}.tell"
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue(note, text="x")
        assert told == []
    assert told == [(job.pk, "default")]


@pytest.mark.django_db
def test_nobody_is_woken_for_a_job_that_was_rolled_back(settings, django_capture_on_commit_callbacks):
    settings.JOB_WAKE_UP = f"{__name__}.tell"
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        jobs.enqueue(note, text="x")
        transaction.set_rollback(True)
    assert told == []


@pytest.mark.django_db
def test_a_wake_up_that_fails_harms_nobody(settings, django_capture_on_commit_callbacks):
    settings.JOB_WAKE_UP = f"{__name__}.fail"
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(note, text="x")


def test_what_is_told_is_sent_in_order():
    sent: list[tuple[int, str]] = []
    notifier = Notifier(lambda pk, queue: sent.append((pk, queue)))
    for number in range(5):
        notifier.tell(number, "mail")
    notifier.flush(5)
    assert sent == [(number, "mail") for number in range(5)]


def test_a_broker_that_hangs_holds_nobody_up():
    gate = threading.Event()
    notifier = Notifier(lambda *_: gate.wait(10))
    begun = time.monotonic()
    for number in range(2_000):  # more than it keeps
        notifier.tell(number, "default")
    assert time.monotonic() - begun < 5
    gate.set()


def test_a_broker_that_failed_is_left_alone_for_a_while(caplog, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(wakeup.time, "monotonic", lambda: now)
    tries: list[int] = []

    def send(pk: int, queue: str) -> None:
        tries.append(pk)
        raise ConnectionError("redis://:canary@host")

    notifier = Notifier(send)
    with caplog.at_level(logging.WARNING):
        notifier.tell(1, "default")
        notifier._waiting.join()
        notifier.tell(2, "default")
        notifier._waiting.join()
        assert tries == [1]
        now += 31
        notifier.tell(3, "default")
        notifier._waiting.join()
    assert tries == [1, 3]
    assert [record.message for record in caplog.records] == ["broker.unavailable"] * 2
    assert "canary" not in caplog.text
