"""Clocking in and out over the API, and what becomes of a clock-out that was forgotten."""

import datetime as dt

import pytest
import time_machine
from django.db import OperationalError, connection

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from hr.jobs.attendance import close_forgotten_sessions, settle_past_days
from hr.models import Attendance, LockedDays
from hr.services import attendance as services
from hr.tests.factories import EmploymentFactory, WorkPatternFactory
from hr.tests.sessions import leave, session
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db

URL = "/api/employee/attendance"
#: A Tuesday.
DAY = dt.date(2026, 3, 10)
NIGHTS = dict.fromkeys(range(7), (dt.time(22), 480, 0))
CONTRACT = {
    "attendance_id", "user_id", "work_date", "login_time", "logout_time", "hours_worked", "status", "confirmed",
}  # fmt: skip


def moment(text, day=DAY):
    return dt.datetime.combine(day, dt.time.fromisoformat(text), tzinfo=dt.UTC)


@pytest.fixture
def hand():
    with time_machine.travel(moment("09:05"), tick=False) as clock_hand:
        yield clock_hand


@pytest.fixture
def person(hand):
    return EmploymentFactory().user


def test_a_day_with_a_break(api, hand, person):
    caller = api(person)
    first = caller.post(f"{URL}/login", {"note": "Hello", "location": "Office"})
    again = caller.post(f"{URL}/login")
    hand.move_to(moment("12:05"))
    caller = api(person)
    out = caller.post(f"{URL}/logout", {"attendance_id": first.json()["attendance_id"]})
    none = caller.post(f"{URL}/logout")
    hand.move_to(moment("12:35"))
    caller = api(person)
    second = caller.post(f"{URL}/login", {})
    hand.move_to(moment("12:50"))
    now = caller.get(f"{URL}/today").json()
    hand.move_to(moment("17:00"))
    caller = api(person)
    caller.post(f"{URL}/logout", {"note": "Bye"})
    history = caller.get(f"{URL}/history").json()

    assert [reply.status_code for reply in (first, again, out, none, second)] == [201, 409, 200, 409, 201]
    assert set(first.json()) >= CONTRACT
    assert (again.json()["code"], none.json()["code"]) == ("already_clocked_in", "not_clocked_in")
    assert caller.get(first.headers["Location"]).json() == out.json()
    assert out.json() | {"created_at": 0, "updated_at": 0} == {
        "attendance_id": first.json()["attendance_id"], "user_id": person.pk, "user_name": person.name,
        "work_date": "2026-03-10", "login_time": "2026-03-10T09:05:00Z", "logout_time": "2026-03-10T12:05:00Z",
        "hours_worked": 3.0, "hours_unconfirmed": 0.0, "status": "present", "confirmed": True, "closed_by_job": False,
        "location": "Office", "note": "Hello", "source": "clock", "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    assert now["attendance_id"] == second.json()["attendance_id"]
    assert (now["work_date"], now["open"], now["hours_today"]) == ("2026-03-10", True, 3.25)
    assert (now["login_time"], now["logout_time"]) == ("2026-03-10T12:35:00Z", None)
    assert [one["hours_worked"] for one in now["sessions"]] == [3.0, None]
    assert [(one["hours_worked"], one["note"]) for one in history] == [(4.42, "Bye"), (3.0, "Hello")]
    kinds = list(
        OutboxEvent.objects.filter(kind__startswith="attendance").order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["attendance.clocked_in", "attendance.clocked_out"] * 2


def test_a_day_on_which_nothing_happened_yet(api, person):
    assert api(person).get(f"{URL}/today").json() == {
        "work_date": "2026-03-10", "attendance_id": None, "login_time": None, "logout_time": None, "open": False,
        "hours_today": 0.0, "sessions": [],
    }  # fmt: skip


def test_today_is_the_persons_own_day(api, hand):
    person = EmploymentFactory(user__timezone="Pacific/Auckland").user
    hand.move_to(moment("22:00"))

    made = api(person).post(f"{URL}/login").json()

    assert (made["work_date"], api(person).get(f"{URL}/today").json()["work_date"]) == ("2026-03-11", "2026-03-11")


@pytest.mark.parametrize(
    ("begins", "ends", "day", "hours"),
    [
        (moment("21:50"), moment("06:00", dt.date(2026, 3, 11)), "2026-03-10", 8.17),
        (moment("22:00", dt.date(2026, 12, 31)), moment("06:00", dt.date(2027, 1, 1)), "2026-12-31", 8.0),
        (moment("00:30"), moment("06:00"), "2026-03-09", 5.5),
    ],
)
def test_a_night_shift_belongs_to_the_date_it_began(api, hand, begins, ends, day, hours):
    """H03"""
    person = EmploymentFactory(pattern=WorkPatternFactory(days=NIGHTS)).user
    hand.move_to(begins)
    api(person).post(f"{URL}/login")
    hand.move_to(ends - dt.timedelta(minutes=30))
    running = api(person).get(f"{URL}/today").json()
    hand.move_to(ends)

    made = api(person).post(f"{URL}/logout").json()

    assert (running["work_date"], running["open"]) == (day, True)
    assert (made["work_date"], made["hours_worked"]) == (day, hours)


def test_hours_on_the_night_the_clocks_are_moved(api, hand):
    person = EmploymentFactory(user__timezone="Europe/Berlin", pattern=WorkPatternFactory(days=NIGHTS)).user
    hand.move_to(moment("21:00", dt.date(2026, 3, 28)))
    api(person).post(f"{URL}/login")
    hand.move_to(moment("04:00", dt.date(2026, 3, 29)))

    made = api(person).post(f"{URL}/logout").json()

    assert (made["work_date"], made["hours_worked"], made["status"]) == ("2026-03-28", 7.0, "present")


@pytest.mark.parametrize(("arrives", "status"), [("09:10", "present"), ("09:11", "late")])
def test_late_is_who_comes_after_the_grace(api, hand, person, arrives, status):
    hand.move_to(moment(arrives))

    assert api(person).post(f"{URL}/login").json()["status"] == status


def test_work_from_home_is_remote_by_approved_leave_or_by_the_place_named(api, hand, person):
    other = EmploymentFactory().user
    leave(other, DAY, code="wfh", is_away=False)

    assert api(person).post(f"{URL}/login", {"location": "Home"}).json()["status"] == "remote"
    assert api(other).post(f"{URL}/login").json()["status"] == "remote"


def test_half_a_day_is_known_once_the_day_has_passed(api, hand, person):
    api(person).post(f"{URL}/login")
    hand.move_to(moment("11:00"))
    assert api(person).post(f"{URL}/logout").json()["status"] == "present"
    hand.move_to(moment("03:40", dt.date(2026, 3, 11)))

    assert settle_past_days() == {"days": 1}

    (row,) = api(person).get(f"{URL}/history").json()
    assert row["status"] == "half-day"
    assert settle_past_days() == {"days": 0}


def test_staff_without_an_employment_can_clock_in(api, hand):
    person = UserFactory(as_="finance")

    made = api(person).post(f"{URL}/login").json()

    assert (made["work_date"], made["status"]) == ("2026-03-10", "present")


@pytest.mark.parametrize("role", ["admin", "manager", "employee", "hr", "finance", "marketing", "client"])
def test_who_may_clock_in(api, hand, role):
    caller, expected = api(UserFactory(as_=role)), 403 if role == "client" else 200

    assert caller.post(f"{URL}/login").status_code == (201 if expected == 200 else 403)
    for path in ("today", "history"):
        assert caller.get(f"{URL}/{path}").status_code == expected
    assert caller.post(f"{URL}/logout").status_code == expected
    assert Attendance.objects.count() == (expected == 200)


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        ("login", {"note": 1}, 422),
        ("login", {"note": "x" * 501}, 422),
        ("login", {"location": "a\nb"}, 422),
        ("login", {"login_time": "2026-03-10T09:00:00Z"}, 422),
        ("logout", {"attendance_id": "x"}, 422),
        ("logout", {"attendance_id": 1}, 409),
        ("logout", [], 422),
    ],
)
def test_bad_input_changes_nothing(api, hand, person, call, body, status):
    reply = api(person).post(f"{URL}/{call}", body)

    assert reply.status_code == status
    assert not Attendance.objects.exists()


def test_another_session_cannot_be_closed_by_its_number(api, hand, person):
    caller = api(person)
    old = session(person, dt.date(2026, 3, 9), "09:00", "17:00")
    caller.post(f"{URL}/login")

    reply = caller.post(f"{URL}/logout", {"attendance_id": old.pk})

    assert (reply.status_code, reply.json()["code"]) == (409, "not_clocked_in")
    assert Attendance.objects.open().count() == 1


def test_on_a_closed_day_nobody_clocks_in_or_out(api, hand, person):
    LockedDays.objects.create(starts_on=DAY, ends_on=DAY)

    reply = api(person).post(f"{URL}/login")

    assert (reply.status_code, reply.json()["code"]) == (409, "period_locked")
    open_one = session(person, DAY, "09:00")
    assert api(person).post(f"{URL}/logout").json()["code"] == "period_locked"
    open_one.refresh_from_db()
    assert open_one.logout_time is None


def test_history_is_ones_own_newest_first_of_the_last_30_days(api, hand, person):
    days = [DAY - dt.timedelta(days=days) for days in (0, 1, 30, 31)]
    rows = [session(person, day, "08:00", "08:30") for day in days]
    session(EmploymentFactory(manager=person).user, DAY, "08:00", "08:30")
    caller = api(person)

    def found(query=""):
        return [one["attendance_id"] for one in caller.get(f"{URL}/history{query}").json()]

    assert found() == found("?limit=100") == [row.pk for row in rows[:3]]
    assert found("?start_date=2026-01-01") == [row.pk for row in rows]
    assert found("?start_date=2026-01-01&end_date=2026-03-09&ordering=login_time") == [
        rows[3].pk,
        rows[2].pk,
        rows[1].pk,
    ]
    assert found("?end_date=2026-03-07") == [rows[2].pk, rows[3].pk]
    assert found("?end_date=1900-01-01") == []
    assert caller.get(f"{URL}/history?end_date=0001-01-01").status_code == 422
    assert caller.get(f"{URL}/history?start_date=2026-03-02&end_date=2026-03-01").json()["code"] == "invalid_period"
    assert caller.get(f"{URL}/history?start_date=yesterday").status_code == 422
    assert caller.get(f"{URL}/{rows[3].pk}").status_code == 200


@pytest.mark.parametrize("rows", [1, 7])
def test_reading_costs_the_same_however_many_rows(api, hand, person, django_assert_num_queries, rows):
    for number in range(rows):
        session(person, DAY, f"0{number}:00", f"0{number}:30")
    caller = api(person)
    caller.get(f"{URL}/history")

    with django_assert_num_queries(2):  # who, page
        assert len(caller.get(f"{URL}/history").json()) == rows
    with django_assert_num_queries(
        9
    ):  # who; employment, earlier weeks, calendar, hours, pattern, holidays; open, sessions
        assert len(caller.get(f"{URL}/today").json()["sessions"]) == rows


# -- forgotten


def test_a_forgotten_clock_out_is_closed_at_the_shifts_end_and_the_person_asked(api, hand, person):
    api(person).post(f"{URL}/login")
    hand.move_to(moment("20:59"))
    assert close_forgotten_sessions() == {"closed": 0, "refused": 0}
    hand.move_to(moment("21:00"))
    assert close_forgotten_sessions() == {"closed": 1, "refused": 0}
    assert close_forgotten_sessions() == {"closed": 0, "refused": 0}

    (row,) = api(person).get(f"{URL}/history").json()
    assert (row["logout_time"], row["closed_by_job"], row["confirmed"]) == ("2026-03-10T17:00:00Z", True, False)
    assert (row["hours_worked"], row["hours_unconfirmed"]) == (0.0, 7.92)
    assert api(person).get(f"{URL}/today").json()["hours_today"] == 0.0
    asked = Notification.objects.get()
    assert (asked.user, asked.title, asked.subject_id) == (
        person,
        "Did you leave at 17:00 on 2026-03-10?",
        row["attendance_id"],
    )
    assert AuditEntry.objects.get(action="attendance.forgotten").actor is None


def test_the_job_runs_by_itself(hand, person, run_due_jobs):
    from hyperflow.core.jobs import enqueue_periodic

    session(person, dt.date(2026, 3, 9), "09:00")
    enqueue_periodic()

    assert "close_forgotten_sessions" in run_due_jobs()
    assert Attendance.objects.get().closed_by_job is True


def test_who_forgot_is_closed_by_the_next_clock_in_or_out_too(api, hand, person):
    caller = api(person)
    caller.post(f"{URL}/login")
    hand.move_to(moment("08:55", dt.date(2026, 3, 11)))
    entered = api(person).post(f"{URL}/login")
    hand.move_to(moment("08:55", dt.date(2026, 3, 12)))
    left = api(person).post(f"{URL}/logout")

    assert entered.status_code == 201
    assert (left.json()["logout_time"], left.json()["confirmed"]) == ("2026-03-11T17:00:00Z", False)
    old = Attendance.objects.order_by("pk").first()
    assert (old.logout_time, old.confirmed, old.closed_by_job) == (moment("17:00"), False, True)
    assert Notification.objects.count() == 2


def test_what_is_open_on_a_closed_day_stays_as_it_is(hand, person):
    session(person, dt.date(2026, 3, 9), "09:00")
    LockedDays.objects.create(starts_on=dt.date(2026, 3, 9), ends_on=dt.date(2026, 3, 9))

    assert close_forgotten_sessions() == {"closed": 0, "refused": 1}
    assert Attendance.objects.get().logout_time is None
    assert not Notification.objects.exists()


@pytest.mark.parametrize("is_in", [True, False])
def test_who_waited_too_long_to_clock_in_is_told_who_was_faster(monkeypatch, is_in):
    """Of very many at once some wait longer for the person's row than the server lets them."""
    person = EmploymentFactory().user
    if is_in:
        services.clock_in(actor=person)
    number, text = (1205, "Lock wait timeout exceeded") if connection.vendor == "mysql" else ("database is locked", "")

    def too_slow(**_values):
        raise OperationalError(number, text)

    monkeypatch.setattr(services, "_clock_in", too_slow)
    with pytest.raises(Conflict if is_in else OperationalError) as refusal:
        services.clock_in(actor=person)
    assert getattr(refusal.value, "code", None) == ("already_clocked_in" if is_in else None)
