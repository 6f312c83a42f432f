"""Thirteen payroll runs that are paid and one that is a draft, each worked out, reviewed, approved and paid in time."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import F

from hr.models import Employment, PayComponent, PayrollRun
from hr.services import payroll, payroll_parts
from hyperflow.core import clock
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import LEAVER, Staff, at_time, last_of

Component = PayComponent

#: Simple rules of nobody's country.
COMPONENTS: tuple[dict[str, Any], ...] = (
    {
        "code": "commuting",
        "name": "Commuting",
        "kind": Component.Kind.ALLOWANCE,
        "method": Component.Method.FIXED,
        "amount": Decimal(49),
        "currency": "EUR",
        "is_prorated": True,
        "position": 10,
    },
    {
        "code": "nights",
        "name": "Night work",
        "kind": Component.Kind.ALLOWANCE,
        "method": Component.Method.PERCENT,
        "percent": Decimal(25),
        "for_everybody": False,
        "position": 20,
    },
    {
        "code": "social",
        "name": "Social insurance",
        "kind": Component.Kind.DEDUCTION,
        "method": Component.Method.PERCENT,
        "base": Component.Base.GROSS,
        "percent": Decimal("9.3"),
        "position": 10,
    },
    {
        "code": "tax",
        "name": "Income tax",
        "kind": Component.Kind.DEDUCTION,
        "method": Component.Method.BRACKETS,
        "base": Component.Base.GROSS,
        "brackets": [
            {"above": "0", "percent": "0"},
            {"above": "1100", "percent": "18"},
            {"above": "2800", "percent": "26"},
            {"above": "5200", "percent": "36"},
        ],
        "position": 20,
    },
)
#: Whose pay of the run so many months before the draft was wrong, and by how much.
CORRECTED = ("ines.weiland", 4, Decimal("180.00"), "The bonus for the spring campaign was left out")


def pay(staff: Staff) -> list[PayrollRun]:
    """All runs, from the oldest; the last one is the draft."""
    _components(staff)
    # The leaver's notice is written already, but came after most of these runs, and outdates none of them.
    Employment.objects.update(updated_at=F("created_at"))
    made: list[PayrollRun] = []
    for month in staff.paid:
        made.append(_paid_run(staff, month))
        if len(staff.paid) - len(made) == CORRECTED[1]:
            _correct(staff, made[-1])
    started = at_time(staff.stage.now, payroll.start_run, period=f"{staff.draft:%Y-%m}", actor=staff.user("hr"))
    return [*made, started.run]


def _components(staff: Staff) -> None:
    hr = staff.user("hr")
    with clock.as_of(staff.stage.began):
        for values in COMPONENTS:
            component = payroll_parts.create_component(actor=hr, **values)
            if not component.for_everybody:
                payroll_parts.assign_component(
                    component=component, employment=staff.employments[LEAVER.login], actor=hr
                )


def _paid_run(staff: Staff, month: dt.date) -> PayrollRun:
    """Worked out and reviewed by HR on the first working day after the month, approved on it, paid on the next."""
    hr, finance = staff.user("hr"), staff.user("finance")
    day = staff.office_day(last_of(month) + DAY)
    run = at_time(staff.at(hr, day, 10, 5), payroll.start_run, period=f"{month:%Y-%m}", actor=hr).run
    run = at_time(staff.at(hr, day, 11, 40), payroll.review, run=run, actor=hr)
    run = at_time(staff.at(hr, day, 15, 20), payroll.approve, run=run, actor=staff.stage.admin)
    paid_at = staff.at(finance, staff.office_day(day + DAY), 9, 50)
    return at_time(paid_at, payroll.pay, run=run, actor=finance)


def _correct(staff: Staff, run: PayrollRun) -> None:
    login, _months, amount, reason = CORRECTED
    hr = staff.user("hr")
    assert run.paid_at is not None  # noqa: S101
    at_time(
        run.paid_at + 6 * DAY,
        payroll_parts.add_adjustment,
        user=staff.user(login),
        corrects=run,
        amount=amount,
        currency="EUR",
        reason=reason,
        actor=hr,
    )
