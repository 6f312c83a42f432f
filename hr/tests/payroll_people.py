"""People with pay, and runs that really went their way, for tests: ``approved(hr, "2026-04")``."""

import datetime as dt
from decimal import Decimal

from hr.services import payroll
from hr.tests.factories import CompensationFactory, EmploymentFactory


def paid(amount=2_100, since=dt.date(2025, 1, 1), **details):
    """An employee with a monthly salary."""
    pay = {name: details.pop(name) for name in ("kind", "currency", "employer_share") if name in details}
    employment = EmploymentFactory(**details)
    return CompensationFactory(employment=employment, amount=Decimal(amount), effective_from=since, **pay).employment


def reviewed(hr, period="2026-05"):
    run = payroll.start_run(period=period, actor=hr).run
    return payroll.review(run=run, actor=hr)


def approved(hr, period="2026-05", **said):
    return payroll.approve(run=reviewed(hr, period), actor=hr, **said)
