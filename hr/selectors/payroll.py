"""What payroll asks of the rest of HR: who is to be paid, from which pay, for which days, with which components."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, QuerySet

from hr import judging
from hr.models import Compensation, ComponentAssignment, Employment, PayAdjustment, PayComponent, PayrollRun
from hr.payroll import brackets, formula
from hr.payroll.basics import ZERO, Policy, Rate, WorkDay
from hr.payroll.compute import NAMES, Adjustment, Component
from hr.schedules import Rota
from hr.selectors.days import Day, days_of
from hr.selectors.employment import pay_in_force


def policy() -> Policy:
    """The company's rules."""
    return Policy(
        absence_is_unpaid=settings.PAYROLL_ABSENCE_UNPAID,
        overtime_percent=Decimal(settings.PAYROLL_OVERTIME_PERCENT),
    )


def to_be_paid(run: PayrollRun) -> QuerySet[Employment]:
    """Who worked here in the month, and who a correction of an earlier month waits for."""
    waiting = corrections_for(run).values("user_id")
    during = Q(hire_date__lte=run.ends_on) & (Q(end_date__isnull=True) | Q(end_date__gte=run.starts_on))
    return Employment.objects.filter(during | Q(user_id__in=waiting)).order_by("pk")


def corrections_for(run: PayrollRun) -> QuerySet[PayAdjustment]:
    """Corrections of earlier months that no other run has taken."""
    free = Q(run__isnull=True) | Q(run=run)
    return PayAdjustment.objects.filter(free, corrects__period__lt=run.period).order_by("pk")


def rates_of(employment_ids: Sequence[int], start: dt.date, end: dt.date) -> dict[int, list[Rate]]:
    """The pay in force in the period, in the order in which it took force, by employment."""
    return {
        pk: [
            Rate(row.effective_from, row.kind == Compensation.Kind.HOURLY, row.amount, row.currency, row.employer_share)
            for row in rows
        ]
        for pk, rows in pay_in_force(employment_ids, start, end).items()
    }


def work_days(employments: Sequence[Employment], start: dt.date, end: dt.date) -> dict[int, list[WorkDay]]:
    """The month of each of these employees (rows with ``user`` at hand), by user id."""
    partly = [row for row in employments if row.hire_date > start or (row.end_date and row.end_date < end)]
    rota = Rota.of(partly, start, end)
    found = {}
    for user_id, days in days_of(employments, start, end).items():
        person = rota.get(user_id)
        found[user_id] = [
            _work_day(
                day,
                day.is_working_day
                if person is None or day.is_employed
                else day.date.weekday() in person.week_on(day.date) and day.date not in person.holidays,
            )
            for day in days
        ]
    return found


def _work_day(day: Day, is_working: bool) -> WorkDay:
    return WorkDay(
        date=day.date,
        is_working=is_working,
        is_employed=day.is_employed,
        planned_seconds=day.planned_seconds,
        worked_seconds=day.worked_seconds,
        overtime_seconds=day.overtime_seconds,
        paid_leave=day.leave_paid_portion,
        unpaid_leave=day.leave_portion - day.leave_paid_portion,
        is_absent=day.status == judging.ABSENT,
    )


class Components:
    """The components of a month, read once; `of` gives those of one person, in the order of the payslip."""

    def __init__(self, start: dt.date, end: dt.date, employment_ids: Sequence[int]) -> None:
        in_force = Q(effective_from__isnull=True) | Q(effective_from__lte=end)
        in_force &= Q(effective_until__isnull=True) | Q(effective_until__gte=start)
        self._rows = list(PayComponent.objects.filter(in_force, is_active=True).order_by("kind", "position", "id"))
        self._read = {row.pk: _component(row) for row in self._rows}
        self._assigned: dict[int, dict[int, Decimal | None]] = defaultdict(dict)
        assignments = ComponentAssignment.objects.filter(employment_id__in=employment_ids)
        for employment_id, component_id, amount in assignments.values_list("employment_id", "component_id", "amount"):
            self._assigned[employment_id][component_id] = amount

    def of(self, employment_id: int, currency: str) -> list[Component]:
        assigned = self._assigned.get(employment_id, {})
        found = []
        for row in self._rows:
            component = self._read[row.pk]
            if row.pk in assigned:
                own = assigned[row.pk]
                found.append(component if own is None else _with_own(component, own, currency))
            elif row.for_everybody and not (component.method == "fixed" and component.currency != currency):
                found.append(component)
        return found


def _component(row: PayComponent) -> Component:
    is_formula, has_brackets = row.method == PayComponent.Method.FORMULA, row.method == PayComponent.Method.BRACKETS
    return Component(
        pk=row.pk,
        name=row.name,
        is_deduction=row.kind == PayComponent.Kind.DEDUCTION,
        method=row.method,
        base=row.base,
        amount=row.amount or ZERO,
        currency=row.currency,
        percent=row.percent or ZERO,
        brackets=brackets.read(row.brackets) if has_brackets else (),
        formula=formula.parse(row.formula, NAMES) if is_formula else None,
        is_prorated=row.is_prorated,
    )


def _with_own(component: Component, amount: Decimal, currency: str) -> Component:
    """The person's own amount, in the currency of their pay; of a percentage it is the percentage."""
    values = {name: getattr(component, name) for name in Component.__slots__}
    if component.method == "percent":
        return Component(**{**values, "percent": amount})
    return Component(**{**values, "amount": amount, "currency": currency})


def adjustments_by_person(run: PayrollRun, user_ids: Sequence[int]) -> dict[int, list[PayAdjustment]]:
    found: dict[int, list[PayAdjustment]] = defaultdict(list)
    for row in corrections_for(run).filter(user_id__in=user_ids):
        found[row.user_id].append(row)
    return found


def as_adjustment(row: PayAdjustment) -> Adjustment:
    return Adjustment(row.pk, row.reason, row.amount)
