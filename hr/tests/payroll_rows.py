"""Runs and payslips for tests that only need some: ``payslip(user)``."""

import calendar
import datetime as dt

from accounts.tests.factories import UserFactory
from hr.models import PayrollRun, Payslip
from hyperflow.core import clock


def run_of(period="2026-01", status="approved", **values):
    year, month = int(period[:4]), int(period[5:])
    fixed = {"approved_at": clock.now(), "computed_at": clock.now()} if status in PayrollRun.FIXED else {}
    paid = {"paid_at": clock.now()} if status == "paid" else {}
    found, _new = PayrollRun.objects.get_or_create(
        period=period,
        defaults={
            "status": status,
            "starts_on": dt.date(year, month, 1),
            "ends_on": dt.date(year, month, calendar.monthrange(year, month)[1]),
            **fixed,
            **paid,
            **values,
        },
    )
    return found


def payslip(user=None, run=None, **values):
    user, run = user or UserFactory(), run or run_of()
    return Payslip.objects.create(
        run=run, user=user, period=run.period, period_start=run.starts_on, period_end=run.ends_on,
        **{
            "currency": "EUR", "employee_name": user.name, "employee_code": f"E{user.pk}", "employer": "Agency",
            "basic_salary": 1_000, "gross": 1_000, "net": 1_000, **values,
        },
    )  # fmt: skip
