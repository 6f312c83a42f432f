"""What a month of pay comes to: the pay in force, days, leave, hours, components."""

import datetime as dt
from decimal import Decimal

import pytest

from hr.models import (
    Attendance,
    LeaveDay,
    LeaveRequest,
    LeaveType,
    PayComponent,
    Payslip,
)
from hr.services import payroll, payroll_parts
from hr.tests.factories import CompensationFactory
from hr.tests.payroll_people import paid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal


def on_leave(employment, *days, is_paid=False, portion=1):
    kind = LeaveType.objects.filter(is_paid=is_paid).first() or LeaveType.objects.create(
        code="test", name="Test", is_paid=is_paid
    )
    request = LeaveRequest.objects.create(
        user=employment.user, type=kind, start_date=days[0], end_date=days[-1], days=len(days), status="approved"
    )
    for day in days:
        LeaveDay.objects.create(
            request=request, user=employment.user, type=kind, date=day, portion=portion, is_paid=is_paid, is_away=True
        )


def test_a_month_is_worked_out_from_pay_leave_and_days(hr):
    employment = paid(2_100, user__name="Ada Lovelace", position="Engineer", employer_share=20)
    on_leave(employment, dt.date(2026, 5, 4), dt.date(2026, 5, 5))

    started = payroll.start_run(period="2026-05", actor=hr)
    slip = Payslip.objects.get()

    assert (started.is_new, started.job, started.run.status, started.run.people) == (True, None, "draft", 1)
    assert (slip.user, slip.employee_name, slip.position, slip.employer) == (
        employment.user, "Ada Lovelace", "Engineer", "HyperFlow Agency",
    )  # fmt: skip
    assert (slip.basic_salary, slip.unpaid_leave, slip.gross, slip.net) == (D(2_100), D(200), D(1_900), D(1_900))
    assert (slip.working_days, slip.paid_days, slip.unpaid_days, slip.month_days) == (21, 19, 2, 21)
    assert (slip.employer_share, slip.currency) == (D(380), "EUR")
    assert started.run.totals == [
        {
            "currency": "EUR", "people": 1, "basic_salary": "2100.000", "overtime": "0.000", "allowances": "0.000",
            "unpaid_leave": "200.000", "gross": "1900.000", "deductions": "0.000", "net": "1900.000",
            "employer_share": "380.000",
        }
    ]  # fmt: skip


def test_join_leave_and_raise_in_mid_month_cost_one_month_together(hr):
    leaver = paid(2_100, end_date=dt.date(2026, 5, 13))
    joiner = paid(2_100, hire_date=dt.date(2026, 5, 14))
    raised = paid(2_100)
    CompensationFactory(employment=raised, amount=D(2_500), effective_from=dt.date(2026, 5, 14))

    payroll.start_run(period="2026-05", actor=hr)

    basic = dict(Payslip.objects.values_list("user_id", "basic_salary"))
    assert basic[leaver.user_id] + basic[joiner.user_id] == D(2_100)
    assert (basic[leaver.user_id], basic[raised.user_id]) == (D("900.00"), D("900.00") + D("1428.57"))


def test_the_later_of_two_pays_from_one_day_holds(hr):
    employment = paid(1)
    CompensationFactory(employment=employment, amount=D(2_100))

    payroll.start_run(period="2026-05", actor=hr)

    assert Payslip.objects.get().basic_salary == D(2_100)


def test_by_the_hour_only_confirmed_hours_count(hr):
    employment = paid(20, kind="hourly")
    for day, confirmed in ((4, True), (5, False)):
        start = dt.datetime(2026, 5, day, 9, tzinfo=dt.UTC)
        Attendance.objects.create(
            user=employment.user, work_date=start.date(), login_time=start, logout_time=start + dt.timedelta(hours=7),
            seconds=7 * 3600, confirmed=confirmed,
        )  # fmt: skip

    payroll.start_run(period="2026-05", actor=hr)

    slip = Payslip.objects.get()
    assert (slip.basic_salary, slip.paid_days, slip.unpaid_days) == (D("140.00"), 1, 20)


def test_absence_costs_a_monthly_salary_only_where_the_company_says_so(hr, settings):
    """The employee of the factory never clocked in: all past days are absences."""
    paid(2_100)
    run = payroll.start_run(period="2026-05", actor=hr).run
    assert Payslip.objects.get().unpaid_leave == 0

    settings.PAYROLL_ABSENCE_UNPAID = True
    payroll.recompute(run=run, actor=hr)

    assert (Payslip.objects.get().unpaid_leave, Payslip.objects.get().paid_days) == (D(2_100), 0)


def test_components_for_everybody_and_for_some(hr):
    everybody, some = paid(3_000), paid(3_000)
    dollars = paid(3_000, currency="USD")
    make = payroll_parts.create_component
    make(actor=hr, code="transport", name="Transport", kind="allowance", method="fixed", amount=D(50), currency="EUR")
    bonus = make(
        actor=hr, code="bonus", name="Bonus", kind="allowance", method="percent", percent=D(10), for_everybody=False
    )
    make(
        actor=hr, code="tax", name="Tax", kind="deduction", method="brackets", base="gross",
        brackets=[{"above": "1000", "percent": "10"}, {"above": "3000", "percent": "20"}],
    )  # fmt: skip
    make(
        actor=hr, code="old", name="Old", kind="deduction", method="formula", formula="basic / 2",
        effective_until=dt.date(2026, 4, 30),
    )  # fmt: skip
    payroll_parts.assign_component(actor=hr, component=bonus, employment=some, amount=D(20))

    payroll.start_run(period="2026-05", actor=hr)

    found = {row.user_id: (row.allowances, row.deductions, row.net, row.currency) for row in Payslip.objects.all()}
    assert found == {
        everybody.user_id: (D(50), D(210), D(2_840), "EUR"),
        some.user_id: (D(650), D(330), D(3_320), "EUR"),
        dollars.user_id: (D(0), D(200), D(2_800), "USD"),
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"method": "formula", "formula": "__import__('os')"}, "formula"),
        ({"method": "brackets", "brackets": []}, "brackets"),
        ({"method": "fixed"}, "amount"),
        ({"method": "percent"}, "percent"),
        ({"kind": "allowance", "method": "percent", "percent": D(1), "base": "gross"}, "base"),
    ],
)
def test_a_component_that_cannot_work_is_refused(hr, values, field):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError) as refusal:
        payroll_parts.create_component(actor=hr, **{"code": "x", "name": "X", "kind": "deduction", **values})

    assert field in refusal.value.message_dict
    assert not PayComponent.objects.exists()
