"""Terms that change for months which are paid already: what comes out differently is put right by the next run.

A change of the first day, of the last day, or of the pay from a day on works the approved months that it touches out
twice, before and after, from what else is true now; the difference is a `PayAdjustment`. So other news of a month
(a component that was edited since) makes no difference here. While a correction waits to be paid, another change of
the same month adds to it, so that one which is taken back leaves nothing behind.
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
from hr.services import payroll_parts
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
        since = min((first for first, _last in spans), default=None)
        later = [] if since is None else PayrollRun.objects.filter(ends_on__gte=since).values_list("pk", flat=True)
        held = changes.lock_all(PayrollRun, list(later)) if later else []
        self.employment = employment
        self.held = {run.pk: run for run in held}
        fixed = (run for run in held if run.status in PayrollRun.FIXED)
        self.runs = sorted((run for run in fixed if _touches(run, spans)), key=lambda run: run.period)
        self.before = self._pays()

    def settle(self, *, actor: Any, why: str) -> list[Notice]:
        """Put a correction of each difference where the next run takes it from, and say so."""
        found: dict[str, list[str]] = {"pay_corrected": [], "pay_to_correct": [], "pay_unchanged": []}
        for run, before, after in zip(self.runs, self.before, self._pays(), strict=True):
            difference = _difference(before, after)
            if difference is None:
                code = "pay_to_correct"
            elif difference.amount and self._correct(run, difference, actor, why):
                code = "pay_corrected"
            else:
                code = "pay_unchanged"
            found[code].append(run.period)
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

    def _correct(self, run: PayrollRun, difference: "Difference", actor: Any, why: str) -> bool:
        """Enter the difference, together with what waits of the month already. False: they come to nothing."""
        waiting = self._waiting(run, difference.currency)
        if waiting is not None:
            difference = difference.with_more(waiting.gross_difference, waiting.net_difference)
        values: dict[str, Any] = {
            "amount": difference.amount,
            "reason": f"{run.period}: {why}"[:200],
            "gross_difference": difference.gross,
            "net_difference": difference.net,
        }
        if waiting is None:
            row = PayAdjustment(user_id=self.employment.user_id, corrects=run, currency=difference.currency, **values)
            row.made_by = actor
            changes.create(row, actor=actor, action="pay_adjustment.added", event="pay_adjustment.added")
        elif difference.amount:
            changes.update(waiting, actor=actor, action="pay_adjustment.changed", **values)
        else:
            payroll_parts.drop(waiting, run=self.held.get(waiting.run_id or 0), actor=actor)
        return bool(difference.amount)

    def _waiting(self, run: PayrollRun, currency: str) -> PayAdjustment | None:
        """What an earlier change made of the month and no approved run has paid."""
        open_runs = [one.pk for one in self.held.values() if one.status in PayrollRun.OPEN]
        rows = PayAdjustment.objects.filter(
            Q(run__isnull=True) | Q(run__in=open_runs),
            user_id=self.employment.user_id,
            corrects=run,
            currency=currency,
            gross_difference__isnull=False,
        )
        found = rows.order_by("pk").first()
        return changes.lock(found) if found is not None else None


@dataclass(frozen=True)
class Difference:
    """What a month comes to after a change, less what it came to before."""

    gross: Decimal
    net: Decimal
    currency: str

    @property
    def amount(self) -> Decimal:
        """What is still to be paid, before the deductions that the later run makes; or what is to be given back, which
        is what was paid out too much."""
        return self.gross if self.gross > 0 else self.net

    def with_more(self, gross: Decimal | None, net: Decimal | None) -> "Difference":
        return Difference(self.gross + (gross or 0), self.net + (net or 0), self.currency)


def _touches(run: PayrollRun, spans: Sequence[Span]) -> bool:
    return any(run.ends_on >= first and (last is None or run.starts_on <= last) for first, last in spans)


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


def _difference(before: Pay | None, after: Pay | None) -> Difference | None:
    """None where it cannot be said."""
    if before is None or after is None:
        return None
    currency = (before if _is_nothing(after) else after).basics.currency
    if before.basics.currency != after.basics.currency and not (_is_nothing(before) or _is_nothing(after)):
        return None
    return Difference(after.gross - before.gross, after.net - before.net, currency)


def _is_nothing(pay: Pay) -> bool:
    return not (pay.gross or pay.net)


def _notice(code: str, periods: list[str]) -> Notice:
    messages = {
        "pay_corrected": _(
            "The pay of %(months)s is approved already. What comes out differently is entered under corrections of "
            "pay, and the next payroll run that is worked out takes it in: look at it before that is approved."
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
