"""What holds when many clock in, out or decide at once, on a real server."""

import datetime as dt

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.helpers import at_once
from hr.models import Attendance, Employment
from hr.services import attendance as services
from hr.services import attendance_corrections as corrections
from hr.services import attendance_locks
from hr.services import employment as employment_services
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import session
from hyperflow.core import clock
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def codes(results):
    return sorted(one.code for one in results if isinstance(one, Conflict))


def test_of_200_clock_ins_one_is_made(api):
    """H01, P15"""
    person = EmploymentFactory().user
    callers = [api(person) for _ in range(200)]

    replies = at_once(200, lambda number: callers[number].post("/api/employee/attendance/login"))

    assert [reply for reply in replies if isinstance(reply, Exception)] == []
    assert sorted(reply.status_code for reply in replies) == [201, *[409] * 199]
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"already_clocked_in"}
    assert Attendance.objects.open().count() == Attendance.objects.count() == 1


def test_of_20_clock_outs_one_closes():
    person = EmploymentFactory().user
    services.clock_in(actor=person)

    results = at_once(20, lambda number: services.clock_out(actor=person))

    assert codes(results) == ["not_clocked_in"] * 19
    assert sum(isinstance(one, Attendance) for one in results) == 1
    assert AuditEntry.objects.filter(action="attendance.out").count() == 1


def test_of_20_who_close_a_forgotten_session_one_does():
    person = EmploymentFactory(hire_date=dt.date(2020, 1, 1)).user
    row = session(person, dt.date(2026, 3, 9), "09:00")

    results = at_once(20, lambda number: services.close_forgotten(attendance_id=row.pk))

    assert sorted(results) == [False] * 19 + [True]


def test_a_day_closed_while_people_clock_in_stays_as_it_was_closed():
    boss = UserFactory(as_="hr")
    people = [EmploymentFactory().user for _ in range(8)]
    today = clock.business_date(boss)

    def act(number):
        if number == 8:
            return attendance_locks.lock_days(actor=boss, starts_on=today, ends_on=today)
        return services.clock_in(actor=people[number])

    results = at_once(9, act)

    closed = [one for one in results if isinstance(one, attendance_locks.LockedDays)]
    made = [one for one in results if isinstance(one, Attendance)]
    assert (len(closed), len(made)) in {(1, 0), (0, 8)}
    assert Attendance.objects.count() == len(made)


def test_two_who_would_close_a_circle_of_managers_do_not():
    boss = UserFactory(as_="hr")
    one, other = EmploymentFactory(), EmploymentFactory()
    pairs = [(one, other), (other, one)]

    results = at_once(
        2,
        lambda number: employment_services.update_employment(
            employment=pairs[number][0], actor=boss, manager=pairs[number][1].user
        ),
    )

    assert codes(results) == ["circular_manager"]
    assert Employment.objects.exclude(manager=None).count() == 1


def test_twenty_newcomers_at_once_get_codes_of_their_own():
    boss = UserFactory(as_="hr")
    people = UserFactory.create_batch(20)

    results = at_once(
        20,
        lambda number: employment_services.employ(actor=boss, user=people[number], hire_date=dt.date(2026, 1, 1)),
    )

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Employment.objects.values("code").distinct().count() == 20


def test_twenty_who_hire_one_person_hire_them_once():
    boss, person = UserFactory(as_="hr"), UserFactory()

    results = at_once(
        20, lambda number: employment_services.employ(actor=boss, user=person, hire_date=dt.date(2026, 1, 1))
    )

    assert codes(results) == ["already_employed"] * 19
    assert Employment.objects.count() == 1


def test_of_many_who_decide_one_correction_one_wins():
    person = EmploymentFactory().user
    deciders = UserFactory.create_batch(10, as_="hr")
    asked = corrections.ask(
        actor=person,
        kind="add",
        reason="Forgot",
        login_time=dt.datetime(2026, 3, 9, 9, tzinfo=dt.UTC),
        logout_time=dt.datetime(2026, 3, 9, 17, tzinfo=dt.UTC),
    )

    results = at_once(
        10, lambda number: corrections.decide(correction=asked, actor=deciders[number], approve=number % 2 == 0)
    )

    (won,) = (one for one in results if not isinstance(one, Exception))
    assert codes(results) == ["invalid_transition"] * 9
    assert Attendance.objects.count() == (won.status == "approved")
