"""What holds for payroll when many do it at once, on a real server."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.helpers import at_once
from hr.models import LockedDays, PayrollRun, Payslip
from hr.services import payroll
from hr.signals import payroll_paid
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hyperflow.core import jobs
from hyperflow.core.errors import Conflict
from hyperflow.core.models import Job

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def hr():
    for _number in range(3):
        CompensationFactory(employment=EmploymentFactory(hire_date=dt.date(2020, 1, 1)), amount=Decimal(2_100))
    return UserFactory(as_="hr")


def test_twenty_runs_of_one_month_are_one(hr):
    """H08, P18"""
    results = at_once(20, lambda _number: payroll.start_run(period="2026-01", actor=hr))

    assert [one for one in results if isinstance(one, Exception)] == []
    assert sorted(one.is_new for one in results) == [False] * 19 + [True]
    assert (PayrollRun.objects.count(), Payslip.objects.count()) == (1, 3)


def test_twenty_runs_by_a_job_are_one_run_and_one_job(hr, monkeypatch):
    monkeypatch.setattr(payroll, "AT_ONCE", 0)

    results = at_once(20, lambda _number: payroll.start_run(period="2026-01", actor=hr))
    jobs.run_due()

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Job.objects.filter(kind="hr.compute_payroll").count() == 1
    assert Payslip.objects.count() == 3


def test_of_many_who_work_a_draft_out_anew_each_leaves_one_payslip_a_person(hr):
    run = payroll.start_run(period="2026-01", actor=hr).run

    results = at_once(8, lambda _number: payroll.recompute(run=run, actor=hr))

    assert [one for one in results if isinstance(one, Exception)] == []
    run.refresh_from_db()
    assert (Payslip.objects.count(), run.people, run.totals[0]["gross"]) == (3, 3, "6300.000")


def test_approved_and_paid_once(hr):
    told = []

    def listen(sender, run_id, **kwargs):
        told.append(run_id)

    run = payroll.start_run(period="2026-01", actor=hr).run
    payroll.review(run=run, actor=hr)
    payroll_paid.connect(listen)
    try:
        approvals = at_once(10, lambda _number: payroll.approve(run=run, actor=hr))
        payments = at_once(10, lambda _number: payroll.pay(run=run, actor=hr))
    finally:
        payroll_paid.disconnect(listen)

    for results in (approvals, payments):
        assert sum(isinstance(one, PayrollRun) for one in results) == 1
        assert [one.code for one in results if isinstance(one, Conflict)] == ["invalid_transition"] * 9
    assert (told, LockedDays.objects.count()) == ([run.pk], 1)
