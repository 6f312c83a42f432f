"""Working a run out: payslips for everybody, in batches, each in a transaction of its own that holds the run."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from hr.models import Employment, PaidDays, PayAdjustment, PayrollRun, Payslip, PayslipLine
from hr.payroll.basics import Rate
from hr.payroll.compute import Line, Pay
from hr.selectors import payroll as selectors
from hr.selectors.payroll_month import Month, Unpayable
from hr.services import payroll_days
from hyperflow.core import changes, clock, jobs

#: People a transaction: long enough to be cheap, short enough that nobody waits for the run's row.
BATCH = 200

Problem = dict[str, Any]


class Superseded(Exception):
    """Somebody had the run worked out anew, or moved it on: this computation has nothing to say any more."""


def compute(*, run_id: int, computation: int, actor: Any) -> dict[str, int]:
    """Replace all payslips of an open run. Runs as a job, or within the command that asks for it.

    ``computation`` is the number that the run was given when this was asked for: an older one ends without a trace.
    """
    try:
        return _compute(run_id, computation, actor)
    except Superseded:
        return {"run_id": run_id, "people": 0, "problems": 0}


def _compute(run_id: int, computation: int, actor: Any) -> dict[str, int]:
    began = clock.now()  # what is changed from here on may not be in it any more
    with jobs.effect():
        run = _hold(run_id, computation)
        PayslipLine.objects.filter(payslip__run=run).delete()
        Payslip.objects.filter(run=run).delete()
        PaidDays.objects.filter(run=run).delete()
        PayAdjustment.objects.filter(run=run).update(run=None, version=F("version") + 1)
    # Only now, so that what it finds is added to what this run had taken in.
    payroll_days.settle_before(run, actor=actor)
    ids = list(selectors.to_be_paid(run).values_list("pk", flat=True))
    problems: list[Problem] = []
    for done, batch in _batches(ids):
        with jobs.effect():
            problems += _write(_hold(run_id, computation), batch)
        jobs.progress(100 * done // len(ids))
    with jobs.effect():
        run = _hold(run_id, computation)
        found = totals(Payslip.objects.filter(run=run))
        people = sum(one["people"] for one in found)
        changes.update(
            run,
            actor=actor,
            action="payroll.computed",
            event="payroll.computed",
            payload={"period": run.period},
            people=people,
            totals=found,
            problems=problems,
            computed_at=began,
        )
    return {"run_id": run_id, "people": people, "problems": len(problems)}


def _batches(ids: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        yield start + len(batch), batch


def _hold(run_id: int, computation: int) -> PayrollRun:
    run = PayrollRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.computation != computation or run.status not in PayrollRun.OPEN:
        raise Superseded
    return run


def _write(run: PayrollRun, employment_ids: Sequence[int]) -> list[Problem]:
    """The payslips of these employees. Gives what stood in the way."""
    month, problems = Month(run, employment_ids), []
    made: dict[int, tuple[Payslip, list[Line]]] = {}
    for row in month.rows:
        try:
            pay = month.pay(row)
        except Unpayable as reason:
            problems.append(_problem(row, reason.code, str(reason)))
            continue
        if month.works(row) and not month.has_pay(row):
            problems.append(_problem(row, PayrollRun.NO_PAY, _("No pay is set for this month."), blocks=False))
        if not (month.has_pay(row) or pay.lines):
            continue
        if month.has_pay(row) and (unpaid := month.days_before_pay(row)):
            text = _("No pay is set for %(days)d working days from %(first)s on: they are not paid.")
            values = {"days": len(unpaid), "first": unpaid[0]}
            problems.append(_problem(row, "pay_begins_late", text % values, blocks=False))
        if pay.net < 0:
            problems.append(_problem(row, "negative_net", _negative(pay)))
        made[row.user_id] = (_payslip(run, row, pay, month.rates.get(row.pk, [])), pay.lines)
    _insert(run, made)
    payroll_days.keep(run, month)
    return problems


def _negative(pay: Pay) -> str:
    """What to do about pay below zero: what was paid too much before is more than a month can give back."""
    if not any(line.is_deduction and line.adjustment is not None for line in pay.lines):
        return _("The deductions are more than the pay.")
    return _(
        "The corrections take back more than the pay of this month: make them smaller (the rest in a later month), or "
        "remove them and claim it in another way."
    )


def _problem(row: Employment, code: str, message: str, *, blocks: bool = True) -> Problem:
    return {"user_id": row.user_id, "name": row.user.name, "code": code, "message": message, "blocks": blocks}


def _payslip(run: PayrollRun, row: Employment, pay: Pay, rates: Sequence[Rate]) -> Payslip:
    basics, user = pay.basics, row.user
    return Payslip(
        run=run,
        user=user,
        period=run.period,
        period_start=run.starts_on,
        period_end=run.ends_on,
        currency=basics.currency,
        employee_name=user.name,
        employee_code=row.code,
        position=row.position,
        department=user.department.name if user.department is not None else "",
        employer=settings.COMPANY_NAME[:200],
        basic_salary=basics.basic_salary,
        overtime=basics.overtime,
        allowances=pay.allowances,
        deductions=pay.deductions,
        unpaid_leave=basics.unpaid_leave,
        employer_share=pay.employer_share,
        gross=pay.gross,
        net=pay.net,
        month_days=basics.month_days,
        working_days=basics.working_days,
        paid_days=basics.paid_days,
        unpaid_days=basics.unpaid_days,
        hours=basics.hours,
        overtime_hours=basics.overtime_hours,
        rates=[_kept(rate) for rate in rates],
    )


def _kept(rate: Rate) -> dict[str, str]:
    kind = "hourly" if rate.is_hourly else "monthly"
    return {"since": rate.since.isoformat(), "kind": kind, "amount": format(rate.amount.normalize(), "f")}


def _insert(run: PayrollRun, made: dict[int, tuple[Payslip, list[Line]]]) -> None:
    Payslip.objects.bulk_create([payslip for payslip, _lines in made.values()])
    # Not every server gives the ids of many rows back.
    ids = dict(Payslip.objects.filter(run=run, user_id__in=list(made)).values_list("user_id", "pk"))
    lines = [
        PayslipLine(
            payslip_id=ids[user_id],
            kind="deduction" if line.is_deduction else "allowance",
            label=line.label,
            amount=line.amount,
            component_id=line.component,
            adjustment_id=line.adjustment,
        )
        for user_id, (_payslip, lines) in made.items()
        for line in lines
    ]
    PayslipLine.objects.bulk_create(lines)
    taken = [line.adjustment_id for line in lines if line.adjustment_id is not None]
    PayAdjustment.objects.filter(pk__in=taken).update(run=run, version=F("version") + 1)


SUMMED = ("basic_salary", "overtime", "allowances", "unpaid_leave", "gross", "deductions", "net", "employer_share")


def totals(payslips: Any) -> list[dict[str, Any]]:
    """The sums of payslips by currency, exact: what a run prints, from the rows it is made of."""
    sums: dict[str, dict[str, Any]] = {}
    for currency, *amounts in payslips.order_by().values_list("currency", *SUMMED):
        into = sums.setdefault(currency, {"people": 0, **dict.fromkeys(SUMMED, Decimal(0))})
        into["people"] += 1
        for name, amount in zip(SUMMED, amounts, strict=True):
            into[name] += amount
    return [
        {"currency": currency, "people": into["people"], **{name: format(into[name], "f") for name in SUMMED}}
        for currency, into in sorted(sums.items())
    ]
