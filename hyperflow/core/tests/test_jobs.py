"""A job's life in one process: asked for, claimed, run, ended."""

import datetime as dt
import json
import logging

import pytest
import time_machine
from django.db import transaction
from django.db.models import F

from accounts.tests.factories import UserFactory
from hyperflow.core import clock, context, jobs
from hyperflow.core.errors import Conflict
from hyperflow.core.jobs import claims, schedule
from hyperflow.core.jobs.registry import Period, find, periods
from hyperflow.core.models import AuditEntry, Job
from hyperflow.core.tests.jobs_for_tests import dawdle, note, use_secret

pytestmark = pytest.mark.django_db

PAST = dt.timedelta(hours=1)


def notes() -> list[str]:
    return [entry.changes["text"][1] for entry in AuditEntry.objects.filter(action="test.note").order_by("id")]


def take(job: Job) -> claims.Claim:
    claim = claims.claim(job.pk)
    assert claim is not None
    return claim


def let_the_lease_run_out(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - PAST)


def test_a_job_runs_once_and_keeps_its_result(run_due_jobs):
    job = jobs.enqueue(note, text="hello")

    assert run_due_jobs() == ["note"]
    assert run_due_jobs() == []

    job.refresh_from_db()
    assert (job.kind, job.queue) == ("core.note", "default")
    assert (job.state, job.attempts, job.progress, job.error) == (Job.State.DONE, 1, 100, "")
    assert job.result == {"text": "hello"}
    assert (job.token, job.lease_until) == ("", None)
    assert job.finished_at is not None
    assert notes() == ["hello"]


def test_a_job_is_a_row_of_the_transaction_that_asks_for_it(run_due_jobs):
    with transaction.atomic():
        jobs.enqueue(note, text="never")
        transaction.set_rollback(True)

    assert not Job.objects.exists()
    assert run_due_jobs() == []


def test_one_dedupe_key_is_one_job(run_due_jobs):
    first = jobs.enqueue(note, text="one", dedupe_key="note:1")
    second = jobs.enqueue(note, text="two", dedupe_key="note:1")
    run_due_jobs()
    third = jobs.enqueue(note, text="three", dedupe_key="note:1")

    assert first == second == third
    assert notes() == ["one"]


@pytest.mark.parametrize("arguments", [{}, {"text": "a", "colour": "red"}, {"text": object()}, {"text": ("a",)}])
def test_arguments_must_fit_the_function_and_be_json(arguments):
    with pytest.raises(TypeError):
        jobs.enqueue(note, **arguments)
    assert not Job.objects.exists()


def test_a_job_must_take_keywords_only():
    with pytest.raises(TypeError):
        jobs.job()(lambda number: None)
    with pytest.raises(ValueError, match="not a queue"):
        jobs.job(queue="elsewhere")(lambda: None)


def test_a_job_runs_when_it_is_due_and_not_before(run_due_jobs):
    jobs.enqueue(note, text="later", run_at=clock.now() + dt.timedelta(minutes=5))

    assert run_due_jobs() == []
    with time_machine.travel(clock.now() + dt.timedelta(minutes=6)):
        assert run_due_jobs() == ["note"]


def test_a_named_error_is_tried_again_later_and_then_it_has_failed(run_due_jobs):
    job = jobs.enqueue(note, text="x", fail="named")

    waits = []
    for attempt in (1, 2, 3):
        with time_machine.travel(clock.now() + dt.timedelta(hours=attempt), tick=False):
            assert run_due_jobs() == ["note"]
            job.refresh_from_db()
            waits.append((job.run_at - clock.now()).total_seconds())
        assert job.attempts == attempt
        assert job.error == "ConnectionError: the platform hung up"
    assert job.state == Job.State.FAILED
    assert 1.5 <= waits[0] <= 2.5
    assert 3 <= waits[1] <= 5
    assert notes() == []


def test_any_other_error_fails_the_job_at_once_and_undoes_what_it_did(run_due_jobs):
    job = jobs.enqueue(note, text="x", fail="bug")

    assert run_due_jobs() == ["note"]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (Job.State.FAILED, 1, "ValueError: a bug")
    assert notes() == []


def test_an_error_is_kept_without_secrets_and_so_that_it_can_be_stored(run_due_jobs, caplog):
    caplog.set_level(logging.CRITICAL)  # half a character can't be part of a parallel run's report
    job = jobs.enqueue(note, text="x", fail="odd")
    run_due_jobs()

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error.startswith("ValueError: ab ? password=[hidden] xxx")
    assert len(job.error) == 2_000


def test_a_result_that_is_not_json_fails_the_job(run_due_jobs, monkeypatch):
    monkeypatch.setattr(note, "function", lambda **_: object())
    job = jobs.enqueue(note, text="x")
    run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "TypeError: Object of type object is not JSON serializable")


def test_one_bad_job_does_not_hold_up_the_others(run_due_jobs):
    jobs.enqueue(note, text="bad", fail="bug")
    jobs.enqueue(note, text="good")

    assert run_due_jobs() == ["note", "note"]
    assert notes() == ["good"]


def test_a_job_may_name_when_it_wants_to_be_tried_again(run_due_jobs):
    job = jobs.enqueue(note, text="x", fail="later")
    run_due_jobs()

    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    assert 115 <= (job.run_at - clock.now()).total_seconds() <= 120


def test_back_off_doubles_up_to_ten_minutes():
    assert all(1.5 <= claims.back_off(1) <= 2.5 for _ in range(20))
    assert all(450 <= claims.back_off(30) <= 750 for _ in range(20))


def test_a_job_of_another_release_waits_for_a_worker_that_knows_it(run_due_jobs):
    job = Job.objects.create(kind="core.from_the_future", arguments={})

    assert run_due_jobs() == ["from_the_future"]

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.QUEUED, "UnknownJob: This release has no job core.from_the_future")


# -- claims


def test_a_claimed_job_is_nobody_elses():
    job = jobs.enqueue(note, text="x")

    assert claims.claim(job.pk) is not None
    assert claims.claim(job.pk) is None
    assert claims.due_ids("default", 10) == claims.abandoned_ids(10) == []


def test_an_expired_lease_makes_the_job_anybodys_and_fences_the_old_owner_off():
    job = jobs.enqueue(note, text="x")
    old = take(job)
    let_the_lease_run_out(job)

    assert claims.abandoned_ids(10) == [job.pk]
    new = take(job)

    assert new.job.attempts == 2
    assert not claims.extend(old)
    assert not claims.finish(old, None)
    assert not claims.fail(old, "late")
    assert not claims.put_back(old, "late")
    assert not claims.release(old)
    assert claims.finish(new, None)


def test_what_a_worker_writes_after_it_lost_its_lease_is_undone(monkeypatch, run_due_jobs):
    job = jobs.enqueue(note, text="x")
    monkeypatch.setattr(claims, "finish", lambda claim, result: False)  # the row no longer has its token

    assert run_due_jobs() == ["note"]

    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    assert notes() == []


def test_a_job_whose_workers_all_died_has_failed_with_its_reason(run_due_jobs):
    job = jobs.enqueue(note, text="x")
    for _ in range(3):
        take(job)
        let_the_lease_run_out(job)

    assert run_due_jobs() == []

    job.refresh_from_db()
    assert (job.state, job.attempts, job.token) == (Job.State.FAILED, 3, "")
    assert job.error == "Every attempt ended without an answer: its worker was killed, crashed or hung."


def test_a_released_job_has_not_used_an_attempt():
    job = jobs.enqueue(note, text="x")

    assert claims.release(take(job))

    job.refresh_from_db()
    assert (job.state, job.attempts, job.token) == (Job.State.QUEUED, 0, "")


def test_jobs_that_waited_longest_come_first_and_queues_are_apart():
    late = jobs.enqueue(note, text="late")
    early = jobs.enqueue(note, text="early", run_at=clock.now() - PAST)
    Job.objects.create(kind="core.note", queue="ai", arguments={"text": "ai"})

    assert claims.due_ids("default", 10) == [early.pk, late.pk]
    assert claims.due_ids("default", 1) == [early.pk]


def test_a_job_that_takes_too_long_is_ended(run_due_jobs):
    job = jobs.enqueue(dawdle)
    run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.QUEUED, "TimeoutError: It took longer than 0.2 s")  # an OSError
    assert not AuditEntry.objects.filter(action="test.dawdle").exists()


# -- people


def test_a_failed_job_can_be_tried_again_by_a_person(run_due_jobs):
    actor = UserFactory()
    job = jobs.enqueue(note, text="x", fail="bug")
    run_due_jobs()

    again = jobs.retry(job, actor)

    assert (again.state, again.attempts, again.error, again.finished_at) == (Job.State.QUEUED, 0, "", None)
    entry = AuditEntry.objects.get(action="job.retry")
    assert (entry.actor, entry.changes) == (actor, {"state": ["failed", "queued"]})
    assert run_due_jobs() == ["note"]


def test_a_cancelled_job_does_not_run(run_due_jobs):
    job = jobs.enqueue(note, text="x")

    assert jobs.cancel(job, UserFactory()).state == Job.State.CANCELLED
    assert run_due_jobs() == []
    assert AuditEntry.objects.filter(action="job.cancel").count() == 1


def test_cancelling_a_running_job_takes_its_claim_away():
    job = jobs.enqueue(note, text="x")
    claim = take(job)

    jobs.cancel(job, UserFactory())

    assert not claims.extend(claim)
    assert not claims.finish(claim, None)


@pytest.mark.parametrize(
    ("state", "may_retry", "may_cancel"),
    [("queued", False, True), ("done", False, False), ("failed", True, False), ("cancelled", True, False)],
)
def test_what_can_be_done_to_a_job_in_which_state(state, may_retry, may_cancel):
    actor = UserFactory()
    for act, allowed in ((jobs.retry, may_retry), (jobs.cancel, may_cancel)):
        job = Job.objects.create(kind="core.note", arguments={"text": "x"}, state=state)
        if allowed:
            act(job, actor)
            continue
        with pytest.raises(Conflict) as refusal:
            act(job, actor)
        assert refusal.value.code == "invalid_transition"
        job.refresh_from_db()
        assert job.state == state


# -- what may be known


def test_secret_arguments_are_sealed_and_forgotten(run_due_jobs, caplog):
    caplog.set_level(logging.DEBUG)
    job = jobs.enqueue(use_secret, name="ann", password="canary-7391")
    stored = json.dumps(Job.objects.values_list("arguments", flat=True).get())

    assert "canary" not in stored
    assert jobs.public_arguments(job) == {"name": "ann", "sealed": "…"}
    run_due_jobs()

    job.refresh_from_db()
    assert (job.result, job.arguments) == ("ann:11", {"name": "ann", "sealed": "…"})
    assert "canary" not in caplog.text


def test_a_job_sealed_with_another_key_says_so(run_due_jobs, settings):
    job = jobs.enqueue(use_secret, name="ann", password="pw")
    settings.SECRET_KEY, before = "another key " * 6, settings.SECRET_KEY
    run_due_jobs()
    job.refresh_from_db()
    assert job.error == "Unreadable: The arguments were encrypted with another SECRET_KEY"

    settings.SECRET_KEY_FALLBACKS = [before]
    jobs.retry(job, UserFactory())
    run_due_jobs()
    job.refresh_from_db()
    assert job.result == "ann:2"


def test_a_job_runs_under_the_request_that_asked_for_it(run_due_jobs):
    with context.running(context.Context(request_id="req-1")):
        jobs.enqueue(note, text="x")
    run_due_jobs()

    assert AuditEntry.objects.get(action="test.note").request_id == "req-1"


def test_progress_outside_of_a_job_does_nothing():
    jobs.progress(50)


# -- the calendar


def test_a_periodic_job_is_asked_for_once_in_a_period(monkeypatch):
    monkeypatch.setattr(
        schedule, "periods", lambda: [Period(find("core.clean_up"), dt.timedelta(hours=1), dt.timedelta())]
    )
    with time_machine.travel("2026-03-01T10:05:00Z", tick=False):
        assert [job.dedupe_key for job in jobs.enqueue_periodic()] == ["periodic:core.clean_up:492322"]
        assert jobs.enqueue_periodic() == []
        Job.objects.update(state=Job.State.DONE)
        assert jobs.enqueue_periodic() == []
    with time_machine.travel("2026-03-01T11:00:00Z", tick=False):
        assert len(jobs.enqueue_periodic()) == 1
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        assert jobs.enqueue_periodic() == []  # the last one has not run yet
    assert Job.objects.count() == 2


def test_the_core_looks_after_itself():
    assert {period.job.kind for period in periods()} >= {"core.clean_up", "core.remove_orphans"}


def test_workers_say_that_they_work():
    assert jobs.worker_seen() is None
    jobs.worker_beat()
    with time_machine.travel(clock.now() + dt.timedelta(seconds=9), tick=False):
        jobs.worker_beat()
        assert jobs.worker_seen() == clock.now()
    assert jobs.scheduler_seen() is None
    jobs.sweep()
    assert jobs.scheduler_seen() is not None


def test_the_claim_costs_five_queries_and_the_run_two(django_assert_max_num_queries):
    job = jobs.enqueue(use_secret, name="a", password="b")
    with django_assert_max_num_queries(9):  # look, bury, take, read, savepoints, finish
        jobs.run(job.pk)
    assert Job.objects.filter(attempts=F("attempts")).count() == 1
