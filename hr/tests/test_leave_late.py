"""Leave and dates that move: decided or cancelled after the year is closed, and outside of an employment that ends."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from hr.models import LeaveDay, LeaveEntry, LeaveRequest, LeaveType
from hr.services import attendance_locks, leave, leave_ledger
from hr.services.employment import update_employment
from hr.services.leave_ledger import balance_of
from hr.tests.factories import EmploymentFactory
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_hand():
    """A Tuesday in December 2025."""
    with time_machine.travel(dt.datetime(2025, 12, 9, 12, tzinfo=dt.UTC), tick=False) as hand:
        yield hand


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


@pytest.fixture
def row():
    made = EmploymentFactory(hire_date=dt.date(2020, 1, 1))
    leave_ledger.credit(user_id=made.user_id)
    return made


def annual():
    return LeaveType.objects.get(code="annual")


def asked(row, start, end, word="annual"):
    start, end = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    return leave.ask_for_leave(actor=row.user, leave_type=word, start_date=start, end_date=end)


def decided(request, by, status="approved"):
    return leave.set_status(request=request, status=status, actor=by)


def ledger(row):
    rows = LeaveEntry.objects.filter(user=row.user, type=annual()).order_by("pk")
    return [(one.kind, float(one.days), str(one.effective_on)) for one in rows]


def test_december_leave_that_is_approved_in_january_takes_the_days_of_december(clock_hand, row, hr):
    """25 days, of which 5 may be carried: the 5 days of leave are of those that would lapse."""
    request = asked(row, "2025-12-15", "2025-12-19")
    clock_hand.move_to(dt.datetime(2026, 1, 7, 12, tzinfo=dt.UTC))
    leave_ledger.credit_everybody()
    assert balance_of(row.user_id, annual()) == 30

    decided(request, hr)

    assert balance_of(row.user_id, annual()) == 30
    assert ledger(row)[-2:] == [("taken", -5.0, "2025-12-15"), ("lapse", 5.0, "2025-12-31")]


def test_december_leave_that_is_cancelled_in_january_carries_no_more_than_may_be(clock_hand, row, hr):
    request = decided(asked(row, "2025-12-15", "2025-12-19"), hr)
    clock_hand.move_to(dt.datetime(2026, 1, 7, 12, tzinfo=dt.UTC))
    leave_ledger.credit_everybody()

    decided(request, hr, "cancelled")

    assert balance_of(row.user_id, annual()) == 30
    assert ledger(row)[-2:] == [("returned", 5.0, "2025-12-15"), ("lapse", -5.0, "2025-12-31")]


def test_late_leave_is_refused_where_its_year_had_nothing_left(clock_hand, row, hr):
    leave_ledger.adjust(user=row.user, leave_type=annual(), days=Decimal(-23), reason="Paid out", actor=hr)
    waiting = asked(row, "2025-12-15", "2025-12-16")
    clock_hand.move_to(dt.datetime(2026, 1, 7, 12, tzinfo=dt.UTC))
    leave_ledger.credit_everybody()

    decided(waiting, hr)
    assert balance_of(row.user_id, annual()) == 25
    with pytest.raises(Conflict) as refusal:
        asked(row, "2025-12-29", "2025-12-30")
    assert refusal.value.code == "insufficient_balance"


def test_another_first_or_last_day_is_in_the_balance_at_once(row, hr):
    update_employment(employment=row, actor=hr, hire_date=dt.date(2025, 7, 1))
    assert balance_of(row.user_id, annual()) == Decimal("12.603")
    update_employment(employment=row, actor=hr, hire_date=dt.date(2020, 1, 1), expected_version=None)
    assert balance_of(row.user_id, annual()) == 25
    update_employment(employment=row, actor=hr, end_date=dt.date(2025, 12, 15))
    assert balance_of(row.user_id, annual()) == Decimal("23.904")


def test_waiting_leave_that_crosses_the_last_day_is_told(row, hr):
    request = asked(row, "2025-12-15", "2025-12-19")

    warnings = update_employment(employment=row, actor=hr, end_date=dt.date(2025, 12, 16)).warnings

    assert [(one.code, one.periods) for one in warnings] == [("leave_to_reject", ["2025-12"])]
    request.refresh_from_db()
    assert request.status == "pending"


def test_leave_after_the_last_day_is_given_back_and_told(row, hr):
    over = decided(asked(row, "2025-12-29", "2026-01-02"), hr)
    behind = decided(asked(row, "2026-01-12", "2026-01-16"), hr)
    before = decided(asked(row, "2025-12-15", "2025-12-16"), hr)
    waiting = asked(row, "2026-02-02", "2026-02-03")

    warnings = update_employment(employment=row, actor=hr, end_date=dt.date(2025, 12, 31)).warnings

    assert [(one.code, one.periods) for one in warnings] == [("leave_given_back", ["2026-01", "2026-02"])]
    for request in (over, behind, before, waiting):
        request.refresh_from_db()
    assert (over.status, over.days, over.end_date) == ("approved", 3, dt.date(2025, 12, 31))
    assert (behind.status, waiting.status) == ("cancelled", "cancelled")
    assert "2025-12-31" in behind.decision_note
    assert (before.status, before.days) == ("approved", 2)
    assert not LeaveDay.objects.filter(user=row.user, date__gt="2025-12-31").exists()
    assert balance_of(row.user_id, annual()) == 25 - 3 - 2
    assert set(AuditEntry.objects.filter(actor=hr, action__startswith="leave.").values_list("action", flat=True)) >= {
        "leave.recounted",
        "leave.cancelled",
    }
    kinds = Notification.objects.filter(user=row.user, kind__in=["leave.cancelled", "leave.recounted"])
    assert sorted(kinds.values_list("kind", flat=True)) == ["leave.cancelled", "leave.cancelled", "leave.recounted"]


def test_leave_before_a_later_first_day_is_given_back(row, hr):
    request = decided(asked(row, "2025-12-15", "2025-12-19"), hr)

    update_employment(employment=row, actor=hr, hire_date=dt.date(2025, 12, 17))

    request.refresh_from_db()
    assert (request.start_date, request.days) == (dt.date(2025, 12, 17), 3)


def test_closed_days_of_leave_stay_and_are_told(row, hr):
    request = decided(asked(row, "2025-12-15", "2025-12-19"), hr)
    attendance_locks.lock_days(starts_on=dt.date(2025, 12, 18), ends_on=dt.date(2025, 12, 18), source="run:1", actor=hr)

    warnings = update_employment(employment=row, actor=hr, end_date=dt.date(2025, 12, 16)).warnings

    assert [one.code for one in warnings] == ["leave_given_back", "leave_closed"]
    request.refresh_from_db()
    assert (request.status, request.days) == ("approved", 3)
    left = LeaveDay.objects.filter(request=request).order_by("date").values_list("date", flat=True)
    assert [day.day for day in left] == [15, 16, 18]


def test_an_employment_without_leave_outside_tells_nothing(row, hr):
    request = decided(asked(row, "2025-12-15", "2025-12-16"), hr)

    assert update_employment(employment=row, actor=hr, end_date=dt.date(2025, 12, 31)).warnings == []
    assert LeaveRequest.objects.get(pk=request.pk).version == request.version
