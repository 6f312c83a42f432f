"""Time entries and the timer over the API."""

import datetime as dt

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from tasks.models import LockedPeriod, TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
CONTRACT = {"entry_id", "task_id", "user_id", "started_at", "ended_at", "hours", "billable", "rate", "note", "status"}


@pytest.fixture
def at_noon():
    with time_machine.travel(NOW, tick=False) as clock_hand:
        yield clock_hand


@pytest.fixture
def worker(at_noon):
    return UserFactory(as_="employee")


@pytest.fixture
def task(worker):
    return TaskFactory(assigned_to=worker, hourly_rate="80")


def body(task, start="2026-03-10T09:00:00Z", end="2026-03-10T10:30:00Z", **more):
    return {"task_id": task.pk, "started_at": start, "ended_at": end, **more}


def test_starting_and_stopping_the_timer(api, at_noon, worker, task):
    other = TaskFactory(assigned_to=worker)
    caller = api(worker)

    first = caller.post(f"/api/employee/tasks/{task.pk}/timer/start", {"note": "go"})
    at_noon.shift(dt.timedelta(minutes=6))
    second = caller.post(f"/api/employee/tasks/{other.pk}/timer/start")
    at_noon.shift(dt.timedelta(minutes=3))
    wrong = caller.post(f"/api/employee/tasks/{task.pk}/timer/stop")
    stopped = caller.post(f"/api/employee/tasks/{other.pk}/timer/stop", {})

    assert [reply.status_code for reply in (first, second, wrong, stopped)] == [200, 200, 409, 200]
    assert first.json()["stopped"] is None
    assert set(first.json()["started"]) >= CONTRACT
    assert (first.json()["started"]["note"], first.json()["started"]["hours"]) == ("go", None)
    assert second.json()["stopped"]["entry_id"] == first.json()["started"]["entry_id"]
    assert second.json()["stopped"]["hours"] == 0.1
    assert wrong.json()["code"] == "no_running_timer"
    assert (stopped.json()["hours"], stopped.json()["ended_at"]) == (0.05, "2026-03-10T12:09:00Z")


def test_time_is_written_down_corrected_and_deleted(api, worker, task):
    caller = api(worker)

    made = caller.post("/api/employee/time-entries", body(task, note="work"))
    path = made.headers["Location"]
    changed = caller.put(path, {"ended_at": "2026-03-10T10:00:00Z"}, HTTP_IF_MATCH=made.headers["ETag"])
    stale = caller.put(path, {"note": "x"}, HTTP_IF_MATCH=made.headers["ETag"])
    deleted = caller.delete(path)

    shown = made.json()
    assert (made.status_code, shown["hours"], shown["status"], shown["work_date"]) == (201, 1.5, "open", "2026-03-10")
    assert path == f"/api/employee/time-entries/{shown['entry_id']}"
    assert (changed.status_code, changed.json()["hours"], changed.json()["note"]) == (200, 1.0, "work")
    assert (stale.status_code, deleted.status_code) == (412, 204)
    assert not TimeEntry.objects.exists()


def test_rates_are_shown_to_who_may_see_them(api, worker, task):
    made = api(worker).post("/api/employee/time-entries", body(task)).json()

    assert made["rate"] is None
    (seen,) = api(UserFactory(as_="manager")).get("/api/employee/time-entries").json()
    assert (seen["rate"], seen["currency"]) == ("80.00", "EUR")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"start": "2026-03-10T10:00:00Z", "end": "2026-03-10T11:00:00Z"}, 409, "time_overlap"),
        ({"start": "2026-03-09T10:00:00Z", "end": "2026-03-09T11:00:00Z"}, 409, "period_locked"),
        ({"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T13:00:00Z"}, 422, "in_the_future"),
        ({"start": "2026-03-06T11:00:00Z", "end": "2026-03-07T12:00:00Z"}, 422, "too_long"),
        ({"start": "2026-03-10T08:00:00Z", "end": "2026-03-10T08:00:00Z"}, 422, "end_before_start"),
        ({"start": "today"}, 422, "invalid"),
        ({"start": "0001-01-01T00:00:00+14:00"}, 422, "invalid"),
        ({"hours": 2}, 422, "unknown_field"),
    ],
)
def test_what_is_refused(api, worker, task, change, status, code):
    LockedPeriod.objects.create(starts_on=dt.date(2026, 3, 9), ends_on=dt.date(2026, 3, 9), locked_by=worker)
    caller = api(worker)
    caller.post("/api/employee/time-entries", body(task))

    reply = caller.post("/api/employee/time-entries", body(task, **change))

    problem = reply.json()
    assert reply.status_code == status
    assert code in {problem["code"], *(error["code"] for error in problem.get("errors", []))}
    assert TimeEntry.objects.count() == 1


def test_time_on_a_task_out_of_sight_is_refused(api, worker):
    assert api(worker).post("/api/employee/time-entries", body(TaskFactory())).status_code == 422
    assert not TimeEntry.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees"), [("employee", 1), ("marketing", 1), ("manager", 3), ("hr", 3), ("finance", 3), ("admin", 3)]
)
def test_whose_time_is_seen(api, at_noon, role, sees):
    person = UserFactory(as_=role)
    own = TimeEntryFactory(user=person)
    foreign = TimeEntryFactory.create_batch(2)
    caller = api(person)

    assert len(caller.get("/api/employee/time-entries").json()) == sees
    assert [one["entry_id"] for one in caller.get(f"/api/employee/time-entries?user_id={person.pk}").json()] == [own.pk]
    expected = 200 if sees == 3 else 404
    assert caller.get(f"/api/employee/time-entries/{foreign[0].pk}").status_code == expected
    refused = caller.put(f"/api/employee/time-entries/{foreign[0].pk}", {"note": "x"})
    assert refused.status_code == (403 if sees == 3 else 404) or role in {"hr", "finance"}
    foreign[0].refresh_from_db()
    assert foreign[0].note == ""


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("manager", 200),
        ("admin", 200),
        ("employee", 403),
        ("hr", 403),
        ("finance", 403),
        ("marketing", 403),
        ("client", 403),
    ],
)
def test_who_may_approve(api, at_noon, role, status):
    entry = TimeEntryFactory()

    reply = api(UserFactory(as_=role)).post("/api/employee/time-entries/approve", {"ids": [entry.pk]})

    entry.refresh_from_db()
    assert reply.status_code == status
    assert entry.status == ("approved" if status == 200 else "open")
    assert status != 200 or [one["status"] for one in reply.json()] == ["approved"]


def test_handing_in_approving_and_giving_back(api, worker, task):
    manager = UserFactory(as_="manager")
    entry = api(worker).post("/api/employee/time-entries", body(task)).json()
    ids = {"ids": [entry["entry_id"]]}

    assert api(worker).post("/api/employee/time-entries/submit", ids).json()[0]["status"] == "submitted"
    assert api(manager).post("/api/employee/time-entries/approve", ids).json()[0]["approved_by"] == manager.pk
    late = api(worker).put(f"/api/employee/time-entries/{entry['entry_id']}", {"note": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "entry_approved")
    assert api(manager).post("/api/employee/time-entries/unapprove", ids).json()[0]["status"] == "open"


def test_own_time_is_approved_by_somebody_else(api, at_noon):
    manager = UserFactory(as_="manager")
    own, other = TimeEntryFactory(user=manager), TimeEntryFactory()

    reply = api(manager).post("/api/employee/time-entries/approve", {"ids": [own.pk, other.pk]})

    assert (reply.status_code, reply.json()["code"]) == (403, "self_approval")
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {"open"}


@pytest.mark.parametrize("ids", [[], ["x"], [0], None, "1", [999_999], list(range(1, 300))])
def test_bad_ids_approve_nothing(api, at_noon, ids):
    assert api(UserFactory(as_="manager")).post("/api/employee/time-entries/approve", {"ids": ids}).status_code == 422


def test_filters_of_time(api, worker, task):
    early = TimeEntryFactory(user=worker, task=task, started_at=NOW - dt.timedelta(days=3), billable=False)
    late = TimeEntryFactory(user=worker, started_at=NOW - dt.timedelta(hours=5), status="submitted")
    caller = api(worker)

    def found(query):
        return [one["entry_id"] for one in caller.get(f"/api/employee/time-entries?{query}").json()]

    assert found("") == [late.pk, early.pk]
    assert found("ordering=started_at") == [early.pk, late.pk]
    assert found("status=submitted") == [late.pk]
    assert found(f"task_id={task.pk}") == found("billable=false") == [early.pk]
    assert found(f"client_id={task.client_id}") == [early.pk]
    assert found("started_after=2026-03-09") == found("work_date_after=2026-03-09") == [late.pk]
    assert found("running=true") == []


@pytest.mark.parametrize(
    ("role", "status", "running"),
    [("manager", 200, 1), ("marketing", 200, 1), ("hr", 200, 1), ("employee", 404, 0), ("client", 403, 0)],
)
def test_whoever_sees_a_task_and_nobody_else_may_run_the_timer_on_it(api, role, status, running):
    task = TaskFactory(assigned_to=UserFactory())
    person = UserFactory(as_=role)

    reply = api(person).post(f"/api/employee/tasks/{task.pk}/timer/start")

    assert reply.status_code == status
    assert TimeEntry.objects.filter(user=person, task=task).running().count() == running


def test_time_is_found_by_when_it_ended_and_was_last_changed(api, worker, task):
    old, new = (
        TimeEntryFactory(
            user=worker,
            task=task,
            started_at=dt.datetime(2026, month, 2, 8, tzinfo=dt.UTC),
            ended_at=dt.datetime(2026, month, 2, 9, tzinfo=dt.UTC),
        )
        for month in (1, 3)
    )
    TimeEntry.objects.filter(pk=old.pk).update(updated_at=dt.datetime(2026, 1, 3, tzinfo=dt.UTC))

    def found(query):
        return [row["entry_id"] for row in api(worker).get(f"/api/employee/time-entries?{query}").json()]

    assert found("ended_after=2026-02-01") == found("updated_after=2026-02-01") == [new.pk]
    assert found("ended_before=2026-02-01") == found("updated_before=2026-02-01") == [old.pk]
