"""Terms that change for months which are paid already: what comes out differently is put right by the next run.

A change of the first day, of the last day, or of the pay from a day on works the approved months that it touches out
twice, before and after, from what else is true now; the difference is a `PayAdjustment`. So other news of a month
(a component that was edited since) makes no difference here. While a correction waits to be paid, another change of
the same month adds to it, so that one which is taken back leaves nothing behind.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hr.models import Employment, PayrollRun
from hr.notices import Notice
from hr.payroll.compute import Pay
from hr.selectors.payroll_month import Month, Unpayable
from hr.services import payroll_days
from hr.services import payroll_differences as differences
from hr.services.payroll_differences import Difference
from hyperflow.core import changes

#: A stretch of days; None is open to the future.
Span = tuple[dt.date, dt.date | None]
DAY = dt.timedelta(days=1)


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
        # Days that came out otherwise are entered at the terms they were worked on, before these change.
        self.days = [payroll_days.KeptDays(run, [employment.pk]) for run in self.runs]

    def settle(self, *, actor: Any, why: str) -> list[Notice]:
        """Put a correction of each difference where the next run takes it from, and say so."""
        found: dict[str, list[str]] = {"pay_corrected": [], "pay_to_correct": [], "pay_unchanged": []}
        for run, days, before, after in zip(self.runs, self.days, self.before, self._pays(), strict=True):
            are_entered = days.enter(days.month.rows[0], actor=actor)
            difference = differences.between(before, after)
            if difference is None:
                code = "pay_to_correct"
            elif difference.amount and self._correct(run, difference, actor, why):
                code = "pay_corrected"
            else:
                code = "pay_unchanged"
            if are_entered:
                payroll_days.keep_anew(run, self.employment)
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

    def _correct(self, run: PayrollRun, difference: Difference, actor: Any, why: str) -> bool:
        return differences.enter(
            difference, user_id=self.employment.user_id, run=run, why=why, actor=actor, may_change=self.held
        )


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
