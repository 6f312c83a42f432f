"""What has had its time goes, what has not stays."""

import datetime as dt

import pytest

from accounts.tests.factories import UserFactory
from hyperflow.core import clock, upkeep
from hyperflow.core.models import AttemptCounter, IdempotencyRecord, Job, OutboxEvent

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def ended(state: str, days: int) -> Job:
    return Job.objects.create(kind="x", state=state, finished_at=clock.now() - days * DAY)


def test_everything_that_expired_is_deleted_and_nothing_else():
    now, user = clock.now(), UserFactory()
    gone = [ended("done", 31), ended("cancelled", 31), ended("failed", 91)]
    kept = [ended("done", 29), ended("failed", 89), Job.objects.create(kind="x", created_at=now - 400 * DAY)]
    for age in (29, 31):
        OutboxEvent.objects.create(kind=f"{age}", subject_type="x", subject_id=1, created_at=now - age * DAY)
    for hours in (23, 25):
        created_at = now - dt.timedelta(hours=hours)
        IdempotencyRecord.objects.create(user=user, key=f"{hours}", request_hash="x", created_at=created_at)
    for name, seconds in (("over", -1), ("running", 60)):
        AttemptCounter.objects.create(key=name, window_ends_at=now + dt.timedelta(seconds=seconds))

    assert upkeep.clean_up() == {
        "core.finished_jobs": 2, "core.failed_jobs": 1, "core.events": 1, "core.attempts": 1, "core.idempotency": 1,
    }  # fmt: skip
    assert set(Job.objects.all()) == set(kept)
    assert not set(gone) & set(Job.objects.all())
    assert OutboxEvent.objects.get().kind == "29"
    assert IdempotencyRecord.objects.get().key == "23"
    assert AttemptCounter.objects.get().key == "running"
    assert upkeep.clean_up() == {}


def test_an_app_adds_its_own_and_many_rows_go_in_parts(monkeypatch):
    monkeypatch.setattr(upkeep, "_expiring", {})
    monkeypatch.setattr(upkeep, "_BATCH", 3)
    upkeep.expires("test.counters", lambda: AttemptCounter.objects.filter(count=0))
    AttemptCounter.objects.bulk_create(
        [AttemptCounter(key=f"{number}", window_ends_at=clock.now()) for number in range(10)]
    )
    AttemptCounter.objects.create(key="counted", count=1, window_ends_at=clock.now())

    assert upkeep.clean_up() == {"test.counters": 10}
    assert AttemptCounter.objects.get().key == "counted"
