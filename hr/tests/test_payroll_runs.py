"""A month's pay from its draft to the day it is paid."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from hr.models import (
    LockedDays,
    PayrollRun,
    Payslip,
)
from hr.services import attendance_locks, payroll
from hr.signals import payroll_paid
from hr.tests.factories import CompensationFactory
from hr.tests.payroll_people import approved, paid
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import AuditEntry, Job, OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal


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
        run = approved(hr, "2026-05")
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
    run = approved(hr, "2026-05")
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
