"""A run beside the one before it: what changed for each person, and what explains it, to the cent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from hr.models import PayrollRun, Payslip, PayslipLine

ZERO = Decimal(0)


@dataclass(frozen=True)
class Cause:
    """A part of a difference of net pay."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class Difference:
    """One person's payslip of this run, or of the one before where this run has none (``is_here``).

    The causes sum to ``amount``, which is None where the currency changed: there is nothing to subtract.
    """

    payslip: Payslip
    is_here: bool
    amount: Decimal | None
    causes: list[Cause] = field(default_factory=list)


def run_before(run: PayrollRun) -> PayrollRun | None:
    """The run of the month before, or of the last month that has one."""
    return PayrollRun.objects.filter(period__lt=run.period).order_by("-period").first()


def differences(run: PayrollRun, before: PayrollRun | None) -> list[Difference]:
    """Everybody of both runs, the largest difference first. A fixed number of queries."""
    now, then = _payslips(run), _payslips(before)
    lines, corrected = _lines([one.pk for one in (run, before) if one is not None])
    found = [_difference(slip, then.get(user_id), lines, corrected.get(slip.pk, {})) for user_id, slip in now.items()]
    found += [_gone(slip) for user_id, slip in then.items() if user_id not in now]
    return sorted(found, key=lambda one: (-abs(one.amount or ZERO), one.payslip.employee_name, one.payslip.pk))


def _payslips(run: PayrollRun | None) -> dict[int, Payslip]:
    return {slip.user_id: slip for slip in Payslip.objects.filter(run=run)} if run is not None else {}


_Amounts = dict[int, dict[str, Decimal]]


def _lines(run_ids: Sequence[int]) -> tuple[_Amounts, _Amounts]:
    """What each line adds to the net pay, by payslip and label; and of that, what corrects months before."""
    found: _Amounts = defaultdict(lambda: defaultdict(Decimal))
    corrected: _Amounts = defaultdict(lambda: defaultdict(Decimal))
    rows = PayslipLine.objects.filter(payslip__run_id__in=run_ids).order_by("pk")
    for payslip_id, kind, label, amount, adjustment in rows.values_list(
        "payslip_id", "kind", "label", "amount", "adjustment_id"
    ):
        signed = -amount if kind == "deduction" else amount
        found[payslip_id][label] += signed
        if adjustment is not None:
            corrected[payslip_id][label] += signed
    return found, corrected


def _gone(before: Payslip) -> Difference:
    return Difference(before, False, -before.net, [Cause(_("Left"), -before.net)])


def _difference(now: Payslip, before: Payslip | None, lines: _Amounts, corrected: dict[str, Decimal]) -> Difference:
    if before is None:
        if not now.working_days:
            return Difference(now, True, now.net, [Cause(_("Correction after leaving"), now.net)])
        later = [Cause(label, amount) for label, amount in sorted(corrected.items())]
        joined = Cause(_("Joined"), now.net - sum((cause.amount for cause in later), ZERO))
        return Difference(now, True, now.net, [joined, *later])
    if now.currency != before.currency:
        return Difference(now, True, None)
    causes = [
        Cause(_salary_label(now, before), now.basic_salary - before.basic_salary),
        Cause(_("Unpaid days"), before.unpaid_leave - now.unpaid_leave),
        Cause(_("Overtime"), now.overtime - before.overtime),
    ]
    mine, theirs = lines.get(now.pk, {}), lines.get(before.pk, {})
    causes += [
        Cause(label, mine.get(label, ZERO) - theirs.get(label, ZERO)) for label in sorted(mine.keys() | theirs.keys())
    ]
    return Difference(now, True, now.net - before.net, [cause for cause in causes if cause.amount])


def _salary_label(now: Payslip, before: Payslip) -> str:
    """Why the salary differs: another rate, a part of a month, or other hours."""
    reasons = []
    if now.rates != before.rates:
        old, new = _last_rate(before), _last_rate(now)
        if old is None or new is None or old["kind"] != new["kind"]:
            reasons.append(_("Other pay"))
        elif Decimal(new["amount"]) != Decimal(old["amount"]) or len(now.rates) != len(before.rates):
            rises = Decimal(new["amount"]) > Decimal(old["amount"]) or len(before.rates) > len(now.rates)
            reasons.append(_("Raise") if rises else _("Lower pay"))
    if now.working_days < now.month_days:
        reasons.append(_("Joined or left in the month"))
    elif before.working_days < before.month_days:
        reasons.append(_("The whole month this time"))
    if not reasons or (_last_rate(now) or {}).get("kind") == "hourly":
        reasons.append(_("Hours"))
    return ", ".join(reasons)


def _last_rate(payslip: Payslip) -> dict[str, str] | None:
    return payslip.rates[-1] if payslip.rates else None
