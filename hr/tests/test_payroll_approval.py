"""What must be settled before a run is approved, and what approving closes."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import UserFactory
from hr.models import (
    Attendance,
    AttendanceCorrection,
    LeaveRequest,
    LeaveType,
    LockedDays,
    PayrollRun,
    Payslip,
)
from hr.selectors.payroll_waiting import waiting_of
from hr.services import payroll, payroll_locks, payroll_parts
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.payroll_people import approved, paid, reviewed
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal


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


def test_leave_that_nobody_decided_holds_the_approval_up(hr):
    """Once its days are closed, it could not be approved any more."""
    user = paid().user
    kind, day = LeaveType.objects.get(code="unpaid"), dt.date(2026, 5, 28)
    asked = LeaveRequest.objects.create(
        user=user, type=kind, asked_as="unpaid", start_date=day, end_date=dt.date(2026, 6, 2), days=4
    )
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)

    with pytest.raises(Conflict, match="leave to decide") as refusal:
        payroll.approve(run=run, actor=hr)
    assert refusal.value.code == "attendance_waits"
    assert [(one.user_id, one.leave) for one in waiting_of(run)] == [(user.pk, 1)]

    LeaveRequest.objects.filter(pk=asked.pk).update(status="rejected")
    assert payroll.approve(run=run, actor=hr).status == "approved"


def test_a_component_that_was_changed_after_the_review_is_worked_in_first(hr):
    employment = paid(2_000)
    tax = payroll_parts.create_component(
        actor=hr, code="tax", name="Tax", kind="deduction", method="percent", base="gross", percent=D(10)
    )
    payroll.review(run=payroll.start_run(period="2026-05", actor=hr).run, actor=hr)
    changes = (
        lambda: payroll_parts.update_component(component=tax, actor=hr, percent=D(30)),
        lambda: payroll_parts.assign_component(component=tax, employment=employment, actor=hr),
    )
    for number, change in enumerate(changes, 1):
        with time_machine.travel(dt.datetime(2026, 6, 3, 12, number, tzinfo=dt.UTC), tick=False):
            change()
            with pytest.raises(Conflict, match="Tax") as refusal:
                payroll.approve(run=PayrollRun.objects.get(), actor=hr)
            assert refusal.value.code == "payroll_outdated"


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


def test_a_run_approved_before_its_month_is_over_locks_the_rest_later(hr, run_due_jobs):
    paid()
    run = approved(hr, "2026-06")
    assert run.locked_until == dt.date(2026, 6, 2)

    with time_machine.travel(dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)):
        assert payroll_locks.lock_the_rest() == 1
        assert payroll_locks.lock_the_rest() == 0

    assert list(LockedDays.objects.order_by("starts_on").values_list("starts_on", "ends_on", "source")) == [
        (dt.date(2026, 6, 1), dt.date(2026, 6, 2), "payroll:2026-06"),
        (dt.date(2026, 6, 3), dt.date(2026, 6, 30), "payroll:2026-06"),
    ]


def test_who_has_no_pay_is_left_out_only_by_name(hr):
    paid(user__name="Fine")
    one, two = EmploymentFactory(user__name="Uma Unpaid"), EmploymentFactory(user__name="Ugo Unpaid")
    run = reviewed(hr)

    with pytest.raises(Conflict) as nobody_named:
        payroll.approve(run=run, actor=hr)
    with pytest.raises(Conflict) as one_named:
        payroll.approve(run=run, actor=hr, leave_out=[one.user_id])
    run.refresh_from_db()
    assert (run.status, LockedDays.objects.count()) == ("review", 0)

    payroll.approve(run=run, actor=hr, leave_out=[one.user_id, two.user_id])

    run.refresh_from_db()
    assert (nobody_named.value.code, one_named.value.code) == ("payroll_without_pay", "payroll_without_pay")
    assert nobody_named.value.extra == {"user_ids": sorted([one.user_id, two.user_id])}
    assert one_named.value.extra == {"user_ids": [two.user_id]}
    assert "Ugo Unpaid, Uma Unpaid" in nobody_named.value.message
    assert (run.status, [each["left_out"] for each in run.problems]) == ("approved", [True, True])
    assert AuditEntry.objects.get(action="payroll.left_out").changes == {"left_out": [None, "Ugo Unpaid, Uma Unpaid"]}


def test_who_has_pay_is_not_left_out(hr):
    fine = paid()
    run = reviewed(hr)

    with pytest.raises(Invalid) as refusal:
        payroll.approve(run=run, actor=hr, leave_out=[fine.user_id])

    run.refresh_from_db()
    assert (refusal.value.code, refusal.value.field, run.status) == ("not_without_pay", "leave_out", "review")


def test_who_works_without_pay_on_purpose_is_paid_nothing_and_not_asked_about(hr, run_due_jobs):
    """An intern, a volunteer: pay of 0 is agreed, so every month has a payslip of nothing."""
    volunteer = paid(0, user__name="Vera Volunteer")
    run = approved(hr)
    payroll.pay(run=run, actor=hr)
    run_due_jobs()

    slip = Payslip.objects.get(user=volunteer.user)
    assert (run.problems, slip.gross, slip.net, slip.paid_days) == ([], 0, 0, 21)


def test_a_correction_for_who_has_left_asks_for_no_pay(hr):
    leaver = paid(end_date=dt.date(2026, 4, 30))
    april = approved(hr, "2026-04")
    payroll_parts.add_adjustment(
        actor=hr, user=leaver.user, corrects=april, amount=D(80), currency="EUR", reason="Unused leave"
    )

    assert (approved(hr).status, Payslip.objects.get(period="2026-05").net) == ("approved", D(80))


def test_the_approval_over_the_wire_names_who_is_left_out(api, hr):
    paid()
    unpaid = EmploymentFactory(user__name="Uma Unpaid")
    run = reviewed(hr)
    client, path = api(hr), f"/api/hr/payroll/runs/{run.pk}/approve"

    refused = client.post(path)
    wrong = [client.post(path, {"leave_out": value}).status_code for value in ("x", [0], ["a"], None, [unpaid.pk + 99])]
    done = client.post(path, {"leave_out": [unpaid.user_id]})

    assert (refused.status_code, refused.json()["code"], refused.json()["user_ids"]) == (
        409, "payroll_without_pay", [unpaid.user_id],
    )  # fmt: skip
    assert wrong == [422] * 5
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    assert [(one["code"], one["left_out"]) for one in done.json()["problems"]] == [("no_pay", True)]


def test_the_page_that_approves_lists_who_is_left_out(hr):
    paid()
    unpaid = EmploymentFactory(user__name="Uma Unpaid")
    run = reviewed(hr)
    browser = Client()
    browser.force_login(hr)
    address = reverse("admin:hr_payrollrun_move", args=[run.pk, "approve"])

    page = browser.get(address).content.decode()
    browser.post(address, {"confirmed": "yes"})
    run.refresh_from_db()
    assert ("Uma Unpaid (2026-05)" in page, run.status) == (True, "review")

    browser.post(address, {"confirmed": "yes", "leave_out": [f"{run.pk}-{unpaid.user_id}"]})
    run.refresh_from_db()
    assert run.status == "approved"


def test_pay_that_begins_after_the_employment_is_pointed_out(hr):
    """1 and 4 May are working days; 2 and 3 May are a weekend, on which nobody misses any pay."""
    paid(user__name="Late", hire_date=dt.date(2026, 5, 1), since=dt.date(2026, 5, 5))
    paid(user__name="In time", hire_date=dt.date(2026, 5, 2), since=dt.date(2026, 5, 4))

    run = approved(hr)

    assert [(one["name"], one["code"], one["blocks"]) for one in run.problems] == [("Late", "pay_begins_late", False)]
    assert run.problems[0]["message"] == "No pay is set for 2 working days from 2026-05-01 on: they are not paid."


def test_a_correction_belongs_to_the_day_it_is_where_the_person_works(hr):
    employment = paid(timezone="Asia/Tokyo")
    begins = dt.datetime(2026, 4, 30, 23, tzinfo=dt.UTC)  # 1 May, 8 o'clock, there
    AttendanceCorrection.objects.create(
        user=employment.user, kind="add", login_time=begins, logout_time=begins + dt.timedelta(hours=4),
        reason="The clock was down", requested_by=employment.user,
    )  # fmt: skip
    run = payroll.start_run(period="2026-05", actor=hr).run

    assert [one.corrections for one in waiting_of(run)] == [1]
    assert waiting_of(payroll.start_run(period="2026-04", actor=hr).run) == []
