"""A month's pay from its draft to the day it is paid."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from hr.models import (
    Attendance,
    AttendanceCorrection,
    LeaveDay,
    LeaveRequest,
    LeaveType,
    LockedDays,
    PayAdjustment,
    PayComponent,
    PayrollRun,
    Payslip,
)
from hr.services import attendance_locks, payroll, payroll_locks, payroll_parts
from hr.signals import payroll_paid
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import AuditEntry, Job, OutboxEvent

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel(dt.datetime(2026, 6, 3, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def hr():
    return UserFactory(as_="hr", name="Hanna HR")


def paid(amount=2_100, **details):
    """An employee with a monthly salary; May 2026 has 21 working days."""
    pay = {name: details.pop(name) for name in ("kind", "currency", "employer_share") if name in details}
    return CompensationFactory(employment=EmploymentFactory(**details), amount=D(amount), **pay).employment


def approved(period, hr):
    run = payroll.start_run(period=period, actor=hr).run
    payroll.review(run=run, actor=hr)
    return payroll.approve(run=run, actor=hr)


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


def test_a_run_is_made_once_and_given_again(hr):
    paid()
    first = payroll.start_run(period="2026-05", actor=hr)
    again = payroll.start_run(period="2026-05", actor=hr)

    assert again == (first.run, False, None)
    assert (PayrollRun.objects.count(), Payslip.objects.count()) == (1, 1)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "payroll.started", "payroll.asked", "payroll.computed",
    ]  # fmt: skip


@pytest.mark.parametrize(("period", "code"), [("2026-13", "invalid"), ("May", "invalid"), ("2026-07", "in_the_future")])
def test_what_is_no_month_or_has_not_begun_is_refused(hr, period, code):
    with pytest.raises(Invalid) as refusal:
        payroll.start_run(period=period, actor=hr)

    assert refusal.value.code == code
    assert not PayrollRun.objects.exists()


def test_the_life_of_a_run(hr, run_due_jobs):
    told = []

    def listen(sender, run_id, **kwargs):
        told.append((run_id, PayrollRun.objects.get(pk=run_id).status))

    employment = paid()
    payroll_paid.connect(listen)
    try:
        run = approved("2026-05", hr)
        payroll.pay(run=run, actor=UserFactory(as_="finance"))
        with pytest.raises(Conflict) as second:
            payroll.pay(run=run, actor=hr)
    finally:
        payroll_paid.disconnect(listen)

    run.refresh_from_db()
    assert told == [(run.pk, "paid")]
    assert (second.value.code, second.value.extra["allowed"]) == ("invalid_transition", [])
    assert (run.status, run.approved_by, run.locked_until) == ("paid", hr, dt.date(2026, 5, 31))
    events = OutboxEvent.objects.filter(kind__startswith="payroll").order_by("pk")
    assert list(events.values_list("kind", flat=True)) == [
        "payroll.started", "payroll.computed", "payroll.review", "payroll.approved", "payroll.paid",
    ]  # fmt: skip
    with pytest.raises(Conflict) as closed:
        attendance_locks.check_open(employment.user_id, dt.date(2026, 5, 20))
    assert closed.value.code == "period_locked"


@pytest.mark.parametrize("move", [payroll.approve, payroll.pay])
def test_no_step_is_left_out(hr, move):
    paid()
    run = payroll.start_run(period="2026-05", actor=hr).run

    with pytest.raises(Conflict) as refusal:
        move(run=run, actor=hr)

    run.refresh_from_db()
    assert (refusal.value.code, refusal.value.extra["allowed"]) == ("invalid_transition", ["review"])
    assert run.status == "draft"
    assert not LockedDays.objects.exists()


def test_an_approved_run_does_not_change_any_more(hr):
    employment = paid(2_100)
    run = approved("2026-05", hr)
    CompensationFactory(employment=employment, amount=D(9_999))
    before = Payslip.objects.values().get()

    with pytest.raises(Conflict) as refusal:
        payroll.recompute(run=run, actor=hr)
    payroll.start_run(period="2026-05", actor=hr)

    assert refusal.value.code == "payroll_locked"
    assert Payslip.objects.values().get() == before


def test_an_open_run_is_worked_out_anew_and_is_a_draft_again(hr):
    employment = paid(2_100)
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)
    CompensationFactory(employment=employment, amount=D(4_200))

    run = payroll.recompute(run=run, actor=hr).run

    assert (run.status, run.reviewed_by, run.totals[0]["gross"]) == ("draft", None, "4200.000")
    assert Payslip.objects.get().gross == D(4_200)


def test_a_mistake_is_corrected_in_a_later_run_with_its_reason(hr):
    employment = paid(2_100)
    april = approved("2026-04", hr)
    payroll_parts.add_adjustment(
        actor=hr,
        user=employment.user,
        corrects=april,
        amount=D("150.00"),
        currency="EUR",
        reason="Night of 3 April",
    )

    may = payroll.start_run(period="2026-05", actor=hr).run
    slip = may.payslips.get()
    june = payroll.start_run(period="2026-06", actor=hr).run
    payroll.recompute(run=may, actor=hr)

    assert (slip.gross, slip.allowances) == (D("2250.00"), D("150.00"))
    assert list(may.payslips.get().lines.values_list("label", "kind", "amount")) == [
        ("Night of 3 April", "allowance", D("150.000"))
    ]
    assert PayAdjustment.objects.get().run == may
    assert june.payslips.get().allowances == 0
    assert may.payslips.get().allowances == D(150)
    assert Payslip.objects.get(period="2026-04").gross == D(2_100)


def test_a_correction_reaches_who_has_left(hr):
    leaver = paid(2_100, end_date=dt.date(2026, 4, 30))
    april = approved("2026-04", hr)
    payroll_parts.add_adjustment(
        actor=hr, user=leaver.user, corrects=april, amount=D("80.00"), currency="EUR", reason="Unused leave"
    )

    payroll.start_run(period="2026-05", actor=hr)

    slip = Payslip.objects.get(period="2026-05")
    assert (slip.user, slip.net, slip.working_days) == (leaver.user, D("80.00"), 0)


def test_nobody_corrects_their_own_pay_or_a_run_that_is_open(hr):
    mine = paid(user=hr)
    other = paid()
    draft = payroll.start_run(period="2026-05", actor=hr).run
    april = approved("2026-04", UserFactory(as_="admin"))
    values = {"amount": D(1), "currency": "EUR", "reason": "x", "actor": hr}

    with pytest.raises(NotAllowed) as own:
        payroll_parts.add_adjustment(user=mine.user, corrects=april, **values)
    with pytest.raises(Conflict) as still_open:
        payroll_parts.add_adjustment(user=other.user, corrects=draft, **values)
    with pytest.raises(Invalid) as digits:
        payroll_parts.add_adjustment(user=other.user, corrects=april, **values | {"amount": D("1.234")})

    assert (own.value.code, still_open.value.code) == ("self_approval", "payroll_open")
    assert digits.value.field == "amount"
    assert not PayAdjustment.objects.exists()


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


def test_who_cannot_be_worked_out_is_named_and_holds_the_run_up(hr):
    mixed = paid(user__name="Mixed")
    CompensationFactory(employment=mixed, currency="USD", effective_from=dt.date(2026, 5, 11))
    EmploymentFactory(user__name="Unpaid")
    paid(user__name="Fine")
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)

    with pytest.raises(Conflict) as refusal:
        payroll.approve(run=run, actor=hr)

    run.refresh_from_db()
    assert [(one["name"], one["code"], one["blocks"]) for one in run.problems] == [
        ("Mixed", "mixed_currencies", True),
        ("Unpaid", "no_pay", False),
    ]
    assert (refusal.value.code, refusal.value.extra["user_ids"]) == ("payroll_incomplete", [mixed.user_id])
    assert (run.status, run.people) == ("review", 1)


def test_many_people_are_worked_out_by_a_job(hr, run_due_jobs, monkeypatch):
    monkeypatch.setattr(payroll, "AT_ONCE", 2)
    monkeypatch.setattr(payroll.payroll_computing, "BATCH", 2)
    for _number in range(5):
        paid()

    started = payroll.start_run(period="2026-05", actor=hr)
    again = payroll.start_run(period="2026-05", actor=hr)
    with pytest.raises(Conflict) as busy:
        payroll.review(run=started.run, actor=hr)
    assert (started.job, again.job, Payslip.objects.count()) == (again.job, started.job, 0)
    assert busy.value.code == "payroll_computing"

    assert run_due_jobs() == ["compute_payroll"]

    run = PayrollRun.objects.get()
    job = Job.objects.get(kind="hr.compute_payroll")
    assert (run.people, Payslip.objects.count(), job.state, job.result) == (
        5,
        5,
        "done",
        {"run_id": run.pk, "people": 5, "problems": 0},
    )
    assert job.owner == hr
    payroll.review(run=run, actor=hr)


def test_a_computation_that_was_overtaken_leaves_no_trace(hr):
    paid()
    run = payroll.start_run(period="2026-05", actor=hr).run
    slip = Payslip.objects.get()

    found = payroll.payroll_computing.compute(run_id=run.pk, computation=run.computation - 1, actor=hr)

    assert found == {"run_id": run.pk, "people": 0, "problems": 0}
    assert Payslip.objects.get() == slip


def test_a_run_approved_before_its_month_is_over_locks_the_rest_later(hr, run_due_jobs):
    paid()
    run = approved("2026-06", hr)
    assert run.locked_until == dt.date(2026, 6, 2)

    with time_machine.travel(dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)):
        assert payroll_locks.lock_the_rest() == 1
        assert payroll_locks.lock_the_rest() == 0

    assert list(LockedDays.objects.order_by("starts_on").values_list("starts_on", "ends_on", "source")) == [
        (dt.date(2026, 6, 1), dt.date(2026, 6, 2), "payroll:2026-06"),
        (dt.date(2026, 6, 3), dt.date(2026, 6, 30), "payroll:2026-06"),
    ]


@pytest.mark.parametrize("role", ["manager", "employee", "marketing", "client", "finance"])
def test_who_may_not_start_or_approve(hr, role):
    paid()
    other = UserFactory(as_=role)
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)

    for call in (
        lambda: payroll.start_run(period="2026-04", actor=other),
        lambda: payroll.approve(run=run, actor=other),
        lambda: payroll.recompute(run=run, actor=other),
    ):
        with pytest.raises(NotAllowed):
            call()

    assert PayrollRun.objects.get().status == "review"


def test_absence_costs_a_monthly_salary_only_where_the_company_says_so(hr, settings):
    """The employee of the factory never clocked in: all past days are absences."""
    paid(2_100)
    run = payroll.start_run(period="2026-05", actor=hr).run
    assert Payslip.objects.get().unpaid_leave == 0

    settings.PAYROLL_ABSENCE_UNPAID = True
    payroll.recompute(run=run, actor=hr)

    assert (Payslip.objects.get().unpaid_leave, Payslip.objects.get().paid_days) == (D(2_100), 0)


def test_hours_that_nobody_confirmed_hold_the_approval_up(hr):
    employment = paid()
    begins = dt.datetime(2026, 5, 28, 7, tzinfo=dt.UTC)
    session = Attendance.objects.create(
        user=employment.user, work_date=dt.date(2026, 5, 28), login_time=begins,
        logout_time=begins + dt.timedelta(hours=8), seconds=28_800, confirmed=False, closed_by_job=True,
    )  # fmt: skip
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)

    with pytest.raises(Conflict) as refusal:
        payroll.approve(run=run, actor=hr)

    run.refresh_from_db()
    assert (refusal.value.code, run.status) == ("attendance_waits", "review")
    assert employment.user.name in str(refusal.value.message)
    assert not LockedDays.objects.exists()

    Attendance.objects.filter(pk=session.pk).update(confirmed=True)
    assert payroll.approve(run=run, actor=hr).status == "approved"


def test_a_correction_that_waits_holds_the_approval_up(hr):
    employment = paid()
    begins = dt.datetime(2026, 5, 28, 7, tzinfo=dt.UTC)
    asked = AttendanceCorrection.objects.create(
        user=employment.user, kind="add", login_time=begins, logout_time=begins + dt.timedelta(hours=8),
        reason="The clock was down", requested_by=employment.user,
    )  # fmt: skip
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)

    with pytest.raises(Conflict) as refusal:
        payroll.approve(run=run, actor=hr)
    assert refusal.value.code == "attendance_waits"

    AttendanceCorrection.objects.filter(pk=asked.pk).update(status="rejected")
    assert payroll.approve(run=run, actor=hr).status == "approved"


def test_nobody_prepares_and_approves_their_own_payslip(hr):
    mine = paid(user=hr).user
    run = payroll.start_run(period="2026-05", actor=mine).run
    payroll.review(run=run, actor=hr)

    with pytest.raises(NotAllowed) as refusal:
        payroll.approve(run=run, actor=hr)

    run.refresh_from_db()
    assert (refusal.value.code, run.status) == ("self_approval", "review")
    other = UserFactory(as_="admin")
    paid(user=other)
    assert payroll.approve(run=run, actor=other).status == "approved"
