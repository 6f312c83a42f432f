"""Leave when many do it at once, on a real server."""

import datetime as dt

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from hr.models import LeaveDay, LeaveEntry, LeaveRequest, LeaveType
from hr.services import leave, leave_ledger
from hr.services.leave_ledger import balance_of
from hr.tests.factories import EmploymentFactory
from hyperflow.core import clock
from hyperflow.core.errors import Conflict
from tasks.tests.test_parallel import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture(autouse=True)
def in_spring():
    """All the days lie in one year, and draw on the same balance."""
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)):
        yield


def monday(weeks):
    today = clock.business_date()
    return today + dt.timedelta(days=7 * weeks - today.weekday())


def ask(person, start, word="annual", days=1):
    end = start + dt.timedelta(days=days - 1)
    return leave.ask_for_leave(actor=person, leave_type=word, start_date=start, end_date=end)


def left(person, days):
    kind = LeaveType.objects.get(code="annual")
    leave_ledger.credit(user_id=person.pk)
    LeaveEntry.objects.create(
        user=person, type=kind, kind="adjusted", days=days - balance_of(person.pk, kind), effective_on=monday(0)
    )
    return kind


def test_of_ten_requests_for_one_day_one_is_made():
    person, day = EmploymentFactory().user, monday(2)

    results = at_once(*(lambda: ask(person, day) for _turn in range(10)))

    assert sum(isinstance(one, LeaveRequest) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["leave_overlap"] * 9
    assert LeaveRequest.objects.count() == 1


def test_of_ten_requests_for_the_last_day_one_is_made():
    person = EmploymentFactory().user
    left(person, 1)

    results = at_once(*(lambda week=week: ask(person, monday(week)) for week in range(2, 12)))

    assert sum(isinstance(one, LeaveRequest) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["insufficient_balance"] * 9


def test_of_two_approvals_that_race_for_the_last_day_one_wins():
    """H07"""
    person, hr = EmploymentFactory().user, UserFactory(as_="hr")
    requests = [ask(person, monday(week)) for week in (2, 3)]
    kind = left(person, 1)

    results = at_once(*(lambda row=row: leave.set_status(request=row, status="approved", actor=hr) for row in requests))

    assert sum(isinstance(one, LeaveRequest) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["insufficient_balance"]
    assert (balance_of(person.pk, kind), LeaveDay.objects.count()) == (0, 1)


def test_of_ten_deciders_of_one_request_one_wins():
    person, deciders = EmploymentFactory().user, [UserFactory(as_="hr") for _turn in range(10)]
    request = ask(person, monday(2), days=3)
    kind = LeaveType.objects.get(code="annual")
    before = balance_of(person.pk, kind)
    wanted = ["approved", "rejected"] * 5

    results = at_once(
        *(
            lambda status=status, actor=actor: leave.set_status(request=request, status=status, actor=actor)
            for status, actor in zip(wanted, deciders, strict=True)
        )
    )

    assert sum(isinstance(one, LeaveRequest) for one in results) == 1
    assert [error.code for error in results if isinstance(error, Conflict)] == ["invalid_transition"] * 9
    request.refresh_from_db()
    days = 3 if request.status == "approved" else 0
    assert (LeaveDay.objects.count(), before - balance_of(person.pk, kind)) == (days, days)


def test_ten_runs_of_the_job_credit_once():
    people = [EmploymentFactory().user for _turn in range(3)]

    results = at_once(*(leave_ledger.credit_everybody for _turn in range(10)))

    assert [error for error in results if isinstance(error, Exception)] == []
    assert sum(results) == LeaveEntry.objects.count() == 3 * len(people)
