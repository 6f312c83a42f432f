"""What an approved month comes to otherwise than it was paid, as the correction that the next run takes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from hr.models import PayAdjustment, PayrollRun
from hr.payroll.compute import Pay
from hr.services import payroll_parts
from hyperflow.core import changes


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


def between(before: Pay | None, after: Pay | None) -> Difference | None:
    """None where it cannot be said."""
    if before is None or after is None:
        return None
    currency = (before if _is_nothing(after) else after).basics.currency
    if before.basics.currency != after.basics.currency and not (_is_nothing(before) or _is_nothing(after)):
        return None
    return Difference(after.gross - before.gross, after.net - before.net, currency)


def enter(
    difference: Difference,
    *,
    user_id: int,
    run: PayrollRun,
    why: str,
    actor: Any,
    of_days: bool = False,
    may_change: Mapping[int, PayrollRun] | None = None,
) -> bool:
    """Enter what ``run`` comes to otherwise, together with what waits of the month for the same reason already.

    Terms that changed and days that came out otherwise (``of_days``) are two corrections. One that an open run counts
    is changed only where that run is among those that the caller holds (``may_change``, by id). False: it comes to
    nothing.
    """
    held = may_change or {}
    waiting = _waiting(user_id, run, difference.currency, of_days, [pk for pk, one in held.items() if _is_open(one)])
    if waiting is not None:
        difference = difference.with_more(waiting.gross_difference, waiting.net_difference)
    values: dict[str, Any] = {
        "amount": difference.amount,
        "reason": f"{run.period}: {why}"[:200],
        "gross_difference": difference.gross,
        "net_difference": difference.net,
    }
    if waiting is None and difference.amount:
        row = PayAdjustment(user_id=user_id, corrects=run, currency=difference.currency, of_days=of_days, **values)
        row.made_by = actor
        changes.create(row, actor=actor, action="pay_adjustment.added", event="pay_adjustment.added")
    elif waiting is not None and difference.amount:
        changes.update(waiting, actor=actor, action="pay_adjustment.changed", **values)
    elif waiting is not None:
        payroll_parts.drop(waiting, run=held.get(waiting.run_id or 0), actor=actor)
    return bool(difference.amount)


def _waiting(user_id: int, run: PayrollRun, currency: str, of_days: bool, open_runs: list[int]) -> PayAdjustment | None:
    """What an earlier change made of the month and no approved run has paid."""
    rows = PayAdjustment.objects.filter(
        Q(run__isnull=True) | Q(run__in=open_runs),
        user_id=user_id,
        corrects=run,
        currency=currency,
        of_days=of_days,
        gross_difference__isnull=False,
    )
    found = rows.order_by("pk").first()
    return changes.lock(found) if found is not None else None


def _is_open(run: PayrollRun) -> bool:
    return run.status in PayrollRun.OPEN


def _is_nothing(pay: Pay) -> bool:
    return not (pay.gross or pay.net)
