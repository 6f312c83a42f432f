"""From a person's month to the lines of a payslip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from hr.payroll import brackets
from hr.payroll.basics import ZERO, Basics
from hr.payroll.brackets import Bracket
from hr.payroll.formula import Formula, FormulaError
from hyperflow.core import money

#: What a formula may name, and what it means.
NAMES = {
    "basic": "the salary of the paid days",
    "overtime": "the pay for overtime",
    "unpaid_leave": "what unpaid days took from the salary",
    "allowances": "the allowances before this component",
    "gross": "salary, overtime and the allowances before this component",
    "amount": "the component's amount, or the person's own",
    "working_days": "the working days of the employment in the month",
    "paid_days": "the paid ones of them",
    "unpaid_days": "the unpaid ones of them",
    "month_days": "the working days of the whole month",
    "hours": "the hours worked",
    "overtime_hours": "the hours of overtime",
    "weekly_hours": "the weekly hours of the employment",
}


class NoAmount(ValueError):
    """A component gives no amount for this person; the message says which one and why."""


@dataclass(frozen=True, slots=True)
class Component:
    """An allowance or a deduction as it holds for one person. ``base`` is ``basic`` or ``gross``."""

    pk: int
    name: str
    is_deduction: bool
    method: str
    base: str = "basic"
    amount: Decimal = ZERO
    currency: str = ""
    percent: Decimal = ZERO
    brackets: Sequence[Bracket] = ()
    formula: Formula | None = None
    is_prorated: bool = False


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction of an earlier month: more, or less (below zero), in the payslip's currency."""

    pk: int
    reason: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a payslip: an allowance or a deduction, its amount never below zero."""

    is_deduction: bool
    label: str
    amount: Decimal
    component: int | None = None
    adjustment: int | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """All that a payslip says in amounts."""

    basics: Basics
    allowances: Decimal
    deductions: Decimal
    gross: Decimal
    net: Decimal
    employer_share: Decimal
    lines: list[Line] = field(default_factory=list)


def pay_of(
    basics: Basics,
    components: Sequence[Component],
    adjustments: Sequence[Adjustment] = (),
    *,
    weekly_hours: Decimal = ZERO,
) -> Pay:
    """Allowances first, in their order, then deductions from what is then the gross pay.

    A correction that pays more is an allowance, one that takes back a deduction. Raises `NoAmount`.
    """
    lines = [_corrected(one) for one in adjustments]
    figures = _figures(basics, weekly_hours)
    allowances = sum((line.amount for line in lines if not line.is_deduction), ZERO)
    for component in (one for one in components if not one.is_deduction):
        amount = _amount(component, _with_gross(figures, basics, allowances), basics)
        lines.append(Line(False, component.name, amount, component=component.pk))
        allowances += amount
    gross = basics.paid_salary + basics.overtime + allowances
    known = _with_gross(figures, basics, allowances)
    lines += [
        Line(True, component.name, _amount(component, known, basics), component=component.pk)
        for component in components
        if component.is_deduction
    ]
    deductions = sum((line.amount for line in lines if line.is_deduction), ZERO)
    share = basics.employer_share + allowances * basics.last_share / 100
    return Pay(
        basics=basics,
        allowances=money.quantize(allowances, basics.currency),
        deductions=money.quantize(deductions, basics.currency),
        gross=money.quantize(gross, basics.currency),
        net=money.quantize(gross - deductions, basics.currency),
        employer_share=money.quantize(share, basics.currency),
        lines=[line for line in lines if line.amount],
    )


def _corrected(adjustment: Adjustment) -> Line:
    return Line(adjustment.amount < 0, adjustment.reason, abs(adjustment.amount), adjustment=adjustment.pk)


def _figures(basics: Basics, weekly_hours: Decimal) -> dict[str, Decimal]:
    return {
        "basic": basics.paid_salary,
        "overtime": basics.overtime,
        "unpaid_leave": basics.unpaid_leave,
        "working_days": basics.working_days,
        "paid_days": basics.paid_days,
        "unpaid_days": basics.unpaid_days,
        "month_days": basics.month_days,
        "hours": basics.hours,
        "overtime_hours": basics.overtime_hours,
        "weekly_hours": weekly_hours,
    }


def _with_gross(figures: Mapping[str, Decimal], basics: Basics, allowances: Decimal) -> dict[str, Decimal]:
    gross = basics.paid_salary + basics.overtime + allowances
    return {**figures, "allowances": allowances, "gross": gross}


def _amount(component: Component, figures: Mapping[str, Decimal], basics: Basics) -> Decimal:
    """Rounded once, to the payslip's currency."""
    base = figures["gross" if component.base == "gross" else "basic"]
    match component.method:
        case "fixed":
            amount = _fixed(component, basics)
        case "percent":
            amount = base * component.percent / 100
        case "brackets":
            amount = brackets.amount_of(component.brackets, base)
        case _:
            amount = _by_formula(component, figures)
    if amount < 0:
        raise NoAmount(_("“%(name)s” comes out below zero.") % {"name": component.name})
    return money.quantize(amount, basics.currency)


def _fixed(component: Component, basics: Basics) -> Decimal:
    if component.currency != basics.currency:
        raise NoAmount(
            _("“%(name)s” is in %(theirs)s, the pay in %(ours)s: give the person an amount of their own component.")
            % {"name": component.name, "theirs": component.currency, "ours": basics.currency}
        )
    if not component.is_prorated or not basics.month_days:
        return component.amount
    return component.amount * basics.paid_days / basics.month_days


def _by_formula(component: Component, figures: Mapping[str, Decimal]) -> Decimal:
    if component.formula is None:
        raise NoAmount(_("“%(name)s” has no formula.") % {"name": component.name})
    try:
        return component.formula.value({**figures, "amount": component.amount})
    except FormulaError as error:
        raise NoAmount(f"“{component.name}”: {error}") from error
