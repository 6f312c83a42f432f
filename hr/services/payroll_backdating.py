"""Terms that change for months which are paid already: what comes out differently is put right by the next run.

A change of the first day, of the last day, or of the pay from a day on works the approved months that it touches out
twice, before and after, from what else is true now; the difference is a `PayAdjustment`. So other news of a month
(a component that was edited since) makes no difference here, and of two changes each makes its own.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from hr.models import Employment, PayAdjustment, PayrollRun
from hr.payroll.compute import Pay
from hr.selectors.payroll_month import Month, Unpayable
from hyperflow.core import changes

#: A stretch of days; None is open to the future.
Span = tuple[dt.date, dt.date | None]
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Notice:
    """What a change means for months that are paid already, and what is to be done about it."""

    code: str
    message: str
    periods: Sequence[str]


class PaidMonths:
    """The approved months that a change of somebody's terms touches, as they come out before it.

    Made before the change, with the employment held; `settle` follows it, in the same transaction. The runs are held
    too, so one that is being approved at the same moment either comes first, and is found, or finds the change.
    """

    def __init__(self, employment: Employment, spans: Sequence[Span]) -> None:
        touched = Q(pk__in=[])
        for first, last in spans:
            days = Q(ends_on__gte=first)
            touched |= days if last is None else days & Q(starts_on__lte=last)
        ids = list(PayrollRun.objects.filter(touched).values_list("pk", flat=True)) if spans else []
        held = changes.lock_all(PayrollRun, ids) if ids else []
        self.employment = employment
        self.runs = sorted((run for run in held if run.status in PayrollRun.FIXED), key=lambda run: run.period)
        self.before = self._pays()

    def settle(self, *, actor: Any, why: str) -> list[Notice]:
        """Put a correction of each difference where the next run takes it from, and say so."""
        found: dict[str, list[str]] = {"pay_corrected": [], "pay_to_correct": [], "pay_unchanged": []}
        for run, before, after in zip(self.runs, self.before, self._pays(), strict=True):
            amount = _difference(before, after)
            if amount is None or before is None or after is None:
                found["pay_to_correct"].append(run.period)
            elif amount:
                currency = after.basics.currency if not _is_nothing(after) else before.basics.currency
                self._correct(run, amount, currency, actor, why)
                found["pay_corrected"].append(run.period)
            else:
                found["pay_unchanged"].append(run.period)
        return [_notice(code, periods) for code, periods in found.items() if periods]

    def _pays(self) -> list[Pay | None]:
        """The person's pay of each month; None where none can be worked out."""
        return [self._pay(run) for run in self.runs]

    def _pay(self, run: PayrollRun) -> Pay | None:
        month = Month(run, [self.employment.pk], takes_corrections=False)
        try:
            return month.pay(month.rows[0])
        except Unpayable:
            return None

    def _correct(self, run: PayrollRun, amount: Decimal, currency: str, actor: Any, why: str) -> None:
        row = PayAdjustment(
            user_id=self.employment.user_id,
            corrects=run,
            amount=amount,
            currency=currency,
            reason=f"{run.period}: {why}"[:200],
            made_by=actor,
        )
        changes.create(row, actor=actor, action="pay_adjustment.added", event="pay_adjustment.added")


def spans_between(before: dt.date | None, after: dt.date | None, *, first: bool) -> list[Span]:
    """The days that belong to an employment only before or only after one of its ends is moved.

    ``first`` says that it is the first day; a last day of None is never.
    """
    if before == after:
        return []
    ends = sorted(day for day in (before, after) if day is not None)
    if first:
        return [(ends[0], ends[-1] - DAY)]
    return [(ends[0] + DAY, ends[1] if len(ends) == 2 else None)]


def _difference(before: Pay | None, after: Pay | None) -> Decimal | None:
    """What is still to be paid, before the deductions that the later run makes; or what is to be given back, which is
    what was paid out too much. None where it cannot be said."""
    if before is None or after is None:
        return None
    one_currency = before.basics.currency == after.basics.currency
    if not (one_currency or _is_nothing(before) or _is_nothing(after)):
        return None
    more = after.gross - before.gross
    return more if more > 0 else after.net - before.net


def _is_nothing(pay: Pay) -> bool:
    return not (pay.gross or pay.net)


def _notice(code: str, periods: list[str]) -> Notice:
    messages = {
        "pay_corrected": _(
            "The pay of %(months)s is approved already. What comes out differently is entered as a correction of pay, "
            "which the next payroll run that is worked out takes in: look at it there."
        ),
        "pay_to_correct": _(
            "The pay of %(months)s is approved already, and the difference can't be worked out (it is in two "
            "currencies, or a component fails): enter it as a correction of pay, which the next run takes in."
        ),
        "pay_unchanged": _(
            "The pay of %(months)s is approved already and comes out as it was paid. If it should not, set the pay "
            "from the day on which it holds, or enter a correction of pay."
        ),
    }
    return Notice(code, messages[code] % {"months": ", ".join(periods)}, periods)
