"""Sums of several currencies as one amount: at the rates that documents keep, and saying what was left out."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings

from finance.facts import Sum
from finance.models.rollup import THOUSANDTHS
from hyperflow.core import money

_HUNDREDTH = Decimal("0.01")


@dataclass
class Till:
    """Adds sums up in one currency. In the company's, others come in at their documents' rates; in another one only
    what is of it: no document keeps a rate to it. What did not come in is told, by measure and currency."""

    currency: str
    converted: dict[tuple[str, str], Sum] = field(default_factory=lambda: defaultdict(Sum))
    left_out: dict[tuple[str, str], Sum] = field(default_factory=lambda: defaultdict(Sum))

    def take(self, measure: str, currency: str, one: Sum) -> int:
        """Thousandths of the till's currency; what was converted or left out is kept."""
        if currency == self.currency:
            return one.amount
        if self.currency != settings.COMPANY_CURRENCY:
            self.left_out[measure, currency] += Sum(excluded=one.amount, unconverted=one.count)
            return 0
        if one.count != one.unconverted or one.company:
            self.converted[measure, currency] += one
        if one.unconverted or one.excluded:
            self.left_out[measure, currency] += one
        return one.company

    def wire(self, thousandths: int | None) -> str | None:
        return None if thousandths is None else money.wire(Decimal(thousandths) / THOUSANDTHS, self.currency)

    def conversions(self) -> list[dict[str, Any]]:
        """What came in at rates: ``amount`` in its currency is ``converted`` in this one."""
        return [
            {
                "measure": measure,
                "currency": currency,
                "amount": money.wire(Decimal(one.amount - one.excluded) / THOUSANDTHS, currency),
                "converted": self.wire(one.company),
                "rows": one.count - one.unconverted,
            }
            for (measure, currency), one in sorted(self.converted.items())
        ]

    def excluded(self) -> list[dict[str, Any]]:
        """What has no rate, and is in no sum."""
        return [
            {
                "measure": measure,
                "currency": currency,
                "amount": money.wire(Decimal(one.excluded) / THOUSANDTHS, currency),
                "rows": one.unconverted,
            }
            for (measure, currency), one in sorted(self.left_out.items())
            if one.excluded or one.unconverted
        ]


def change_pct(now: int, before: int) -> str | None:
    """By how much percent it grew, with two digits; nothing where there was nothing."""
    if not before:
        return None
    grown = Decimal(now - before) * 100 / abs(Decimal(before))
    return format(grown.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP).normalize(), "f")


def percent(part: int | Decimal, whole: int | Decimal) -> str | None:
    """How much of the whole it is, in percent with two digits."""
    if not whole:
        return None
    share = Decimal(part) * 100 / Decimal(whole)
    return format(share.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP).normalize(), "f")
