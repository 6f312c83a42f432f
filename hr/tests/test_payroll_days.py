"""Days of an approved month that come out otherwise than they were paid: the next run takes the difference in, once."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.models import Holiday, WorkingCalendar
from hr.jobs.payroll import lock_paid_days
from hr.models import Attendance, LeaveDay, PaidDays, PayAdjustment, Payslip, PayslipLine
from hr.services import payroll, payroll_parts
from hr.services.employment import set_compensation, update_employment
from hr.tests.factories import EmploymentFactory
from hr.tests.payroll_people import approved, paid
from hr.tests.sessions import leave, session

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


def january(traveller, day=4):
    traveller.move_to(dt.datetime(2027, 1, day, 12, tzinfo=dt.UTC))


def by_the_hour(amount=30, **details):
    return paid(amount, kind="hourly", **details)


def worked(employment, *days, until="16:00"):
    for day in days:
        session(employment.user, dt.date(2026, 12, day), "09:00", until)


def lines(period):
    rows = PayslipLine.objects.filter(payslip__period=period).order_by("pk")
    return list(rows.values_list("kind", "label", "amount"))


HOURS = "2026-12: hours after the run was approved"
OFF = "2026-12: days off after the run was approved"


def test_hours_after_an_early_approval_are_paid_with_the_next_run_once(hr, clock):
    employment = by_the_hour()
    worked(employment, 1)
    approved(hr, "2026-12")
    worked(employment, 11, 14, 15, 16)
    january(clock)

    run = payroll.start_run(period="2027-01", actor=hr).run
    first = lines("2027-01")
    run = payroll.recompute(run=run, actor=hr).run
    again = lines("2027-01")
    payroll.review(run=run, actor=hr)
    payroll.approve(run=run, actor=hr)
    clock.move_to(dt.datetime(2027, 2, 3, 12, tzinfo=dt.UTC))
    payroll.start_run(period="2027-02", actor=hr)

    assert Payslip.objects.get(period="2026-12").gross == D("210.00")
    assert first == again == [("allowance", HOURS, D("840.000"))]
    assert (lines("2027-02"), PayAdjustment.objects.count()) == ([], 1)
    assert Payslip.objects.get(period="2027-01").gross == D("840.00")


def test_what_comes_after_the_next_run_was_worked_out_adds_to_what_waits(hr, clock):
    employment = by_the_hour()
    approved(hr, "2026-12")
    worked(employment, 11)
    january(clock)
    run = payroll.start_run(period="2027-01", actor=hr).run
    worked(employment, 14)

    payroll.recompute(run=run, actor=hr)

    assert lines("2027-01") == [("allowance", HOURS, D("420.000"))]
    assert PayAdjustment.objects.get().gross_difference == D("420.000")


def test_what_comes_after_the_next_run_was_approved_is_taken_by_the_run_after(hr, clock):
    employment = by_the_hour()
    approved(hr, "2026-12")
    worked(employment, 11)
    january(clock)
    approved(hr, "2027-01")
    worked(employment, 14)
    clock.move_to(dt.datetime(2027, 2, 3, 12, tzinfo=dt.UTC))

    payroll.start_run(period="2027-02", actor=hr)

    assert lines("2027-02") == [("allowance", HOURS, D("210.000"))]


def test_overtime_of_a_salary_is_paid_too(hr, clock):
    employment = paid(3_900)  # 3,900 × 12 / 52 / 37.5 = 24 an hour
    approved(hr, "2026-12")
    worked(employment, 14, until="18:45")  # 2.25 hours beyond the plan of 7.5, of which a quarter is let pass
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    assert lines("2027-01") == [("allowance", HOURS, D("48.000"))]


def test_unpaid_leave_after_the_approval_is_taken_back_net(hr, clock):
    payroll_parts.create_component(
        actor=hr, code="tax", name="Tax", kind="deduction", method="percent", base="gross", percent=D(10)
    )
    employment = paid(2_300)  # 23 working days
    approved(hr, "2026-12")
    leave(employment.user, dt.date(2026, 12, 21), code="unpaid", is_paid=False)
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    assert lines("2027-01") == [("deduction", OFF, D("90.000")), ("deduction", "Tax", D("230.000"))]


def test_leave_that_is_taken_back_in_time_leaves_nothing(hr, clock):
    employment = paid(2_300)
    approved(hr, "2026-12")
    day = leave(employment.user, dt.date(2026, 12, 21), code="unpaid", is_paid=False)
    january(clock)
    run = payroll.start_run(period="2027-01", actor=hr).run
    LeaveDay.objects.filter(pk=day.pk).delete()

    payroll.recompute(run=run, actor=hr)

    assert (lines("2027-01"), PayAdjustment.objects.exists()) == ([], False)


def test_a_holiday_of_a_day_still_to_come_counts_for_overtime(hr, clock):
    calendar = WorkingCalendar.objects.get(is_default=True)
    employment = paid(3_900, user__calendar=calendar)
    worked(employment, 14, until="16:45")
    approved(hr, "2026-12")
    Holiday.objects.create(calendar=calendar, date=dt.date(2026, 12, 14), name="Late news")
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    assert lines("2027-01") == [("allowance", OFF, D("180.000"))]  # 7.75 hours without a plan, less a quarter


def test_who_has_left_is_paid_what_they_worked_after_the_approval(hr, clock):
    employment = by_the_hour(end_date=dt.date(2026, 12, 18))
    paid(user__name="Stays")
    approved(hr, "2026-12")
    worked(employment, 14)
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    slip = Payslip.objects.get(period="2027-01", user=employment.user)
    assert (slip.net, slip.working_days) == (D("210.00"), 0)


def test_a_raise_and_hours_of_the_same_days_come_to_what_is_due(hr, clock):
    employment = by_the_hour()
    worked(employment, 1)
    approved(hr, "2026-12")
    worked(employment, 11)
    clock.move_to(dt.datetime(2026, 12, 14, 12, tzinfo=dt.UTC))
    set_compensation(
        employment=employment,
        actor=hr,
        effective_from=dt.date(2026, 12, 11),
        kind="hourly",
        amount=D(40),
        currency="EUR",
    )
    worked(employment, 15)
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    # Seven hours were paid at 30; fourteen at 40 are due: of one day before the raise was entered, of one after it.
    assert lines("2027-01") == [
        ("allowance", HOURS, D("490.000")),
        ("allowance", "2026-12: pay from 2026-12-11", D("70.000")),
    ]


def test_who_came_after_the_approval_is_paid_all_hours(hr, clock):
    paid()
    approved(hr, "2026-12")
    late = EmploymentFactory(hire_date=dt.date(2026, 12, 14))
    set_compensation(
        employment=late, actor=hr, effective_from=dt.date(2026, 12, 14), kind="hourly", amount=D(30), currency="EUR"
    )
    worked(late, 14, 15)
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    assert lines("2027-01") == [("allowance", HOURS, D("420.000"))]


def test_another_last_day_does_not_take_the_days_twice(hr, clock):
    employment = paid(2_300)
    approved(hr, "2026-12")
    update_employment(employment=employment, actor=hr, end_date=dt.date(2026, 12, 30))
    january(clock)

    payroll.start_run(period="2027-01", actor=hr)

    assert [row[2] for row in lines("2027-01")] == [D("100.000")]


def test_what_changed_between_working_out_and_approving_is_not_lost(hr, clock):
    employment = by_the_hour()
    clock.move_to(dt.datetime(2027, 1, 4, 12, tzinfo=dt.UTC))
    run = payroll.review(run=payroll.start_run(period="2026-12", actor=hr).run, actor=hr)
    worked(employment, 11)
    payroll.approve(run=run, actor=hr)

    payroll.start_run(period="2027-01", actor=hr)

    assert lines("2027-01") == [("allowance", HOURS, D("210.000"))]


def test_the_month_is_compared_for_the_last_time_once_it_is_closed(hr, clock):
    employment = by_the_hour(end_date=dt.date(2026, 12, 18))
    approved(hr, "2026-12")
    worked(employment, 11)
    assert PaidDays.objects.count() == 1
    january(clock)

    lock_paid_days()
    lock_paid_days()

    found = PayAdjustment.objects.get()
    assert (found.amount, found.reason, found.made_by, found.run) == (D("210.000"), HOURS, hr, None)
    assert PaidDays.objects.count() == 0


def test_hours_that_wait_keep_the_month_open_and_are_paid_once_they_are_settled(hr, clock):
    employment = by_the_hour()
    approved(hr, "2026-12")
    waits = session(employment.user, dt.date(2026, 12, 11), "09:00", "16:00", confirmed=False, closed_by_job=True)
    january(clock)
    lock_paid_days()
    payroll.start_run(period="2027-01", actor=hr)
    assert (lines("2027-01"), PaidDays.objects.filter(run__period="2026-12").count()) == ([], 1)

    Attendance.objects.filter(pk=waits.pk).update(confirmed=True)
    lock_paid_days()

    assert PayAdjustment.objects.get().amount == D("210.000")
    assert PaidDays.objects.filter(run__period="2026-12").count() == 0
