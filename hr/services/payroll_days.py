"""Days that come out otherwise than a run was worked out by: put right by the next run, like terms that change.

A run may be approved before its month is over, and days may change between its working out and its approval. So each
run keeps the days that it was worked out from (`PaidDays`). Until its month is closed and compared for the last time,
every later run that is worked out enters the difference between those days and what they are now, at the terms of
now, and keeps the days anew: what is entered once is not found again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hr.models import Employment, PaidDays, PayrollRun
from hr.payroll import kept
from hr.payroll.basics import Policy, WorkDay
from hr.payroll.compute import Pay
from hr.selectors.payroll_month import Month, Unpayable
from hr.services import payroll_differences as differences
from hr.services.payroll_differences import Difference
from hyperflow.core import changes, clock, jobs

#: People a transaction.
BATCH = 200


def keep(run: PayrollRun, month: Month) -> None:
    """Remember what these people are paid by. The run is held and has nothing of them."""
    PaidDays.objects.bulk_create(
        [PaidDays(run=run, employment=row, days=kept.written(month.days[row.user_id])) for row in month.rows]
    )


def settle_before(run: PayrollRun, *, actor: Any) -> None:
    """Enter what came out otherwise in approved months before this run's, so that it takes it in."""
    earlier = PayrollRun.objects.filter(status__in=sorted(PayrollRun.FIXED), period__lt=run.period)
    _settle(earlier.filter(kept_days__isnull=False).order_by("pk").distinct(), actor)


def settle_closed() -> int:
    """The nightly job's part: compare months whose days are all closed for the last time. Gives how many.

    So people who have left are found by the next run, and nothing is kept for longer than it is needed.
    """
    fixed = PayrollRun.objects.filter(status__in=sorted(PayrollRun.FIXED), kept_days__isnull=False)
    closed = [run for run in fixed.order_by("pk").distinct() if is_closed(run)]
    _settle(closed, None)
    return len(closed)


def is_closed(run: PayrollRun) -> bool:
    """No day of the month changes any more."""
    return run.locked_until is not None and run.locked_until >= run.ends_on


def _settle(runs: Iterable[PayrollRun], actor: Any) -> None:
    for run in runs:
        ids = list(PaidDays.objects.filter(run=run).order_by("employment_id").values_list("employment_id", flat=True))
        for start in range(0, len(ids), BATCH):
            with jobs.effect():
                held = changes.lock(run)
                _settle_people(held, ids[start : start + BATCH], actor or held.approved_by)


def _settle_people(run: PayrollRun, employment_ids: Sequence[int], actor: Any) -> None:
    days = KeptDays(run, employment_ids)
    done, moved = [], []
    for row in days.month.rows:
        known = days.rows.get(row.pk)
        if known is None or not days.enter(row, actor=actor):
            continue
        done.append(known)
        if days.renew(row):
            moved.append(known)
    if is_closed(run):
        PaidDays.objects.filter(pk__in=[one.pk for one in done]).delete()
    else:
        PaidDays.objects.bulk_update(moved, ["days", "updated_at"])


class KeptDays:
    """What some people of a run, which the caller holds, were paid by, beside what their days are now."""

    def __init__(self, run: PayrollRun, employment_ids: Sequence[int]) -> None:
        self.run = run
        self.month = Month(run, employment_ids, takes_corrections=False)
        rows = PaidDays.objects.filter(run=run, employment_id__in=employment_ids)
        self.rows = {row.employment_id: row for row in rows}

    def enter(self, row: Employment, *, actor: Any) -> bool:
        """Enter the difference, if there is one. False: it cannot be worked out now."""
        before, after = self._before(row), self.month.days[row.user_id]
        if before is None or before == after:
            return True
        difference = self._difference(row, before)
        if difference is None:
            return False
        if difference.gross or difference.net:
            why = _why(before, after, self.month.policy)
            differences.enter(difference, user_id=row.user_id, run=self.run, why=why, actor=actor, of_days=True)
        return True

    def renew(self, row: Employment) -> bool:
        """The days as they are now are what is paid. Says whether they were others; who calls saves the row."""
        known, now = self.rows[row.pk], kept.written(self.month.days[row.user_id])
        if known.days == now:
            return False
        known.days, known.updated_at = now, clock.now()
        return True

    def _before(self, row: Employment) -> list[WorkDay] | None:
        known = self.rows.get(row.pk)
        return kept.read(self.run.starts_on, known.days) if known is not None else None

    def _difference(self, row: Employment, before: list[WorkDay]) -> Difference | None:
        return differences.between(self._pay(row, before), self._pay(row, self.month.days[row.user_id]))

    def _pay(self, row: Employment, days: list[WorkDay]) -> Pay | None:
        try:
            return self.month.pay(row, days)
        except Unpayable:
            return None


def keep_anew(run: PayrollRun, employment: Employment) -> None:
    """After terms were changed, whose difference is entered: from now on the days as they are under the new ones are
    what is paid. Also for who was not in the run when it was worked out."""
    known = PaidDays.objects.filter(run=run, employment=employment).first()
    if known is None and is_closed(run):
        return
    month = Month(run, [employment.pk], takes_corrections=False)
    days = kept.written(month.days[employment.user_id])
    if known is None:
        PaidDays.objects.create(run=run, employment=employment, days=days)
    elif known.days != days:
        PaidDays.objects.filter(pk=known.pk).update(days=days, updated_at=clock.now())


def _why(before: Sequence[WorkDay], after: Sequence[WorkDay], policy: Policy) -> str:
    if not kept.days_off_differ(before, after, with_absence=policy.absence_is_unpaid):
        return _("hours after the run was approved")
    if not kept.hours_differ(before, after):
        return _("days off after the run was approved")
    return _("hours and days off after the run was approved")
