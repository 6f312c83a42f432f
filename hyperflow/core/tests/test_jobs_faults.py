"""Jobs under kills and outages, with real processes on real servers.

Figures P8 to P11 of the project's bar: short with ``FAULTS=short`` (`make test-services`), whole with ``FAULTS=full``
(`make faults`).
"""

import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection, transaction

from hyperflow.core import clock, jobs
from hyperflow.core.models import AuditEntry, Job
from hyperflow.core.tests import workers
from hyperflow.core.tests.jobs_for_tests import (
    kill_own_process,
    note,
    run_long,
    run_long_in_a_transaction,
    sync_one,
    watch_progress,
)
from scripts import services

pytestmark = [
    pytest.mark.services,
    pytest.mark.serial,
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
]


@dataclass(frozen=True)
class Figures:
    jobs: int
    kills: int
    outage: float
    run_long: float


FULL = os.environ.get("FAULTS") == "full"
FIGURES = Figures(jobs=1_000, kills=20, outage=60, run_long=40) if FULL else Figures(200, 5, 10, 8)
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "workers.log"


@pytest.fixture(autouse=True)
def _no_outage_before() -> None:
    """An outage of another test would leave the broker alone for half a minute of this one."""
    from hyperflow import celery

    celery._notifier.try_again()


@pytest.fixture(params=["embedded", "celery"])
def crew(request: pytest.FixtureRequest, log: Path) -> tuple[workers.Worker, workers.Worker]:
    """What is killed, and what watches over the jobs meanwhile."""
    worker = workers.embedded(log) if request.param == "embedded" else workers.celery(log)
    return worker, workers.scheduler(log)


def all_done() -> bool:
    return not Job.objects.filter(state__in=OPEN).exclude(dedupe_key__startswith="periodic:").exists()


def done() -> int:
    return Job.objects.filter(state=Job.State.DONE).count()


def effects() -> list[int]:
    return sorted(entry.changes["number"][1] for entry in AuditEntry.objects.filter(action="test.effect"))


def enqueue_many(count: int) -> None:
    for number in range(count):
        jobs.enqueue(sync_one, number=number)


def test_killed_workers_lose_no_job_and_do_none_twice(crew):
    """P8."""
    worker, scheduler = crew
    enqueue_many(FIGURES.jobs)
    with workers.running(worker, scheduler):
        for kill in range(FIGURES.kills):
            enough = FIGURES.jobs * (kill + 1) // (FIGURES.kills + 1)
            workers.wait_until(lambda enough=enough: done() >= enough or all_done(), 120)
            time.sleep(random.uniform(0, 0.1))
            worker.kill()
            worker.start()
        seconds = workers.wait_until(all_done, 120)

    ended = Job.objects.filter(kind="core.sync_one")
    assert ended.filter(state=Job.State.DONE).count() == FIGURES.jobs
    assert effects() == list(range(FIGURES.jobs))
    assert seconds <= 60


def test_a_job_that_kills_its_process_harms_only_itself(crew):
    """P10."""
    worker, scheduler = crew
    poison = jobs.enqueue(kill_own_process)
    enqueue_many(FIGURES.jobs)
    with workers.running(worker, scheduler):
        workers.wait_until(all_done, 300, supervise=(worker,))

    poison.refresh_from_db()
    assert (poison.state, poison.attempts) == (Job.State.FAILED, 3)
    assert "killed" in poison.error
    assert effects() == list(range(FIGURES.jobs))


@pytest.mark.parametrize("job", [run_long, run_long_in_a_transaction], ids=lambda job: job.name)
def test_a_slow_job_runs_once_although_it_outlasts_its_lease(log, job):
    """P11: four leases and more."""
    row = jobs.enqueue(job, seconds=FIGURES.run_long)
    crew = [workers.embedded(log), workers.embedded(log), workers.celery(log), workers.scheduler(log)]
    with workers.running(*crew):
        workers.wait_until(all_done, FIGURES.run_long + 60)

    row.refresh_from_db()
    assert (row.state, row.attempts) == (Job.State.DONE, 1)
    assert AuditEntry.objects.filter(action="test.begun").count() == 1


def test_a_worker_that_hung_cannot_finish_what_another_took_over(log):
    row = jobs.enqueue(run_long_in_a_transaction, seconds=1.5)
    hung, other = workers.embedded(log), workers.embedded(log)
    with workers.running(hung):
        workers.wait_until(lambda: Job.objects.filter(state=Job.State.RUNNING).exists(), 60)
        hung.signal(signal.SIGSTOP)
        with workers.running(other):
            workers.wait_until(all_done, 60)
            hung.signal(signal.SIGCONT)
            time.sleep(3)

    row.refresh_from_db()
    assert (row.state, row.attempts) == (Job.State.DONE, 2)
    assert AuditEntry.objects.filter(action="test.begun").count() == 1


def test_a_worker_that_is_asked_to_stop_ends_its_job_or_gives_it_back(log):
    short = jobs.enqueue(run_long, seconds=1)
    patient = workers.embedded(log, "--grace", "20")
    with workers.running(patient):
        workers.wait_until(lambda: Job.objects.filter(state=Job.State.RUNNING).exists(), 60)
        assert patient.terminate(30) == 0
    short.refresh_from_db()
    assert (short.state, short.attempts) == (Job.State.DONE, 1)

    long = jobs.enqueue(run_long_in_a_transaction, seconds=60)
    hasty = workers.embedded(log, "--grace", "1")
    with workers.running(hasty):
        workers.wait_until(lambda: Job.objects.filter(state=Job.State.RUNNING).exists(), 60)
        assert hasty.terminate(30) == 0
    long.refresh_from_db()
    assert (long.state, long.attempts, long.token) == (Job.State.QUEUED, 0, "")
    assert AuditEntry.objects.filter(action="test.begun").count() == 1  # the other one's


def test_progress_is_seen_while_the_job_runs(log):
    row = jobs.enqueue(watch_progress)
    seen: set[int] = set()

    def look() -> bool:
        seen.update(Job.objects.filter(pk=row.pk).values_list("progress", flat=True))
        return all_done()

    with workers.running(workers.embedded(log)):
        workers.wait_until(look, 60)
    assert len(seen - {0, 100}) >= 2
    row.refresh_from_db()
    assert row.progress == 100  # it may be done between two looks


def test_workers_outlive_a_restart_of_the_database(log):
    enqueue_many(100)
    worker, scheduler = workers.embedded(log), workers.scheduler(log)
    with workers.running(worker, scheduler):
        workers.wait_until(lambda: done() > 10, 60)
        services.kill("mariadb")
        connection.close()
        time.sleep(2)
        services.restart("mariadb")
        seconds = workers.wait_until(all_done, 60)
        assert not worker.is_dead
        assert not scheduler.is_dead

    assert effects() == list(range(100))
    assert seconds < 30


def outage_down() -> Callable[[], None]:
    services.kill("redis")
    return lambda: services.restart("redis")


def outage_hung() -> Callable[[], None]:
    services.pause("redis")
    return lambda: services.resume("redis")


@pytest.mark.parametrize("outage", [outage_down, outage_hung])
def test_without_redis_commands_go_on_and_no_job_is_lost(log, outage):
    """P9."""

    def ask(number: int) -> float:
        begun = time.monotonic()
        with transaction.atomic():
            jobs.enqueue(sync_one, number=number)
        return time.monotonic() - begun

    worker = workers.celery(log)
    with workers.running(worker, workers.scheduler(log)):
        usual = [ask(number) for number in range(50)]
        workers.wait_until(all_done, 60)
        under_way = jobs.enqueue(run_long, seconds=3)  # its message is not acknowledged yet
        workers.wait_until(lambda: Job.objects.filter(pk=under_way.pk, state=Job.State.RUNNING).exists(), 60)
        end_outage = outage()
        try:
            during: list[float] = []
            until = time.monotonic() + FIGURES.outage
            while time.monotonic() < until:
                during.append(ask(50 + len(during)))
                time.sleep(FIGURES.outage / 200)
        finally:
            end_outage()
        workers.wait_until(all_done, 90)
        assert not worker.is_dead

    assert effects() == list(range(50 + len(during)))
    assert max(during) - statistics.median(usual) <= 0.5


def test_a_flushed_redis_loses_no_job(log):
    """P9."""
    import redis

    enqueue_many(50)
    time.sleep(0.5)
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
    with workers.running(workers.celery(log), workers.scheduler(log)):
        workers.wait_until(all_done, 60)
    assert effects() == list(range(50))


def test_a_waiting_celery_worker_is_woken_on_commit(log):
    """Without the scheduler, so the message alone can have done it."""
    with workers.running(workers.celery(log)):
        jobs.enqueue(note, text="first")
        workers.wait_until(all_done, 60)
        begun = clock.now()
        jobs.enqueue(note, text="second")
        workers.wait_until(all_done, 10)
        assert (clock.now() - begun).total_seconds() < 5


def test_messages_that_nobody_takes_do_not_pile_up(log, monkeypatch):
    from hyperflow import celery
    from hyperflow.core.jobs import sweeping

    with celery.app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()
    monkeypatch.setattr(celery, "_TOO_MANY", 20)
    for number in range(30):
        jobs.enqueue(sync_one, number=number)
    celery._notifier.flush(5)
    assert celery._backlog(["sync"]) == {"sync": 0}  # 30 were too many: dropped

    celery.resend(sweeping.unattended())
    celery._notifier.flush(5)
    monkeypatch.undo()
    assert celery._backlog(["sync"]) == {"sync": 30}
    celery.resend(sweeping.unattended())
    celery._notifier.flush(5)
    assert celery._backlog(["sync"]) == {"sync": 30}  # each has its message already


def test_parallel_workers_never_share_a_job():
    enqueue_many(100)
    ran: list[str] = []

    def work() -> None:
        try:
            ran.extend(jobs.run_due())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 100
    assert effects() == list(range(100))
