"""Amounts by brackets: each percentage holds for the part of the base that lies in its bracket."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

MOST = 30
LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Bracket:
    """``percent`` of what lies above this amount, up to where the next bracket begins."""

    above: Decimal
    percent: Decimal


def read(raw: Any) -> list[Bracket]:
    """Brackets as they are stored: ``[{"above": "0", "percent": "10"}, …]``, ascending. Raises `ValueError`."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST:
        raise ValueError(_("Give 1 to %(most)d brackets.") % {"most": MOST})
    found = [_bracket(one) for one in raw]
    if any(after.above <= before.above for before, after in pairwise(found)):
        raise ValueError(_("Each bracket begins above the one before."))
    return found


def amount_of(brackets: Sequence[Bracket], base: Decimal) -> Decimal:
    """What the brackets make of a base; below the first bracket it is nothing."""
    total = Decimal(0)
    for place, bracket in enumerate(brackets):
        ceiling = brackets[place + 1].above if place + 1 < len(brackets) else base
        total += max(Decimal(0), min(base, ceiling) - bracket.above) * bracket.percent / 100
    return total


def _bracket(one: Any) -> Bracket:
    if not isinstance(one, dict) or set(one) != {"above", "percent"}:
        raise ValueError(_("A bracket has two values: above, percent."))
    try:
        above, percent = (Decimal(str(one[name])) for name in ("above", "percent"))
    except InvalidOperation as error:
        raise ValueError(_("Write the values of brackets as decimal numbers.")) from error
    if not (above.is_finite() and 0 <= above <= LARGEST and percent.is_finite() and 0 <= percent <= 100):
        raise ValueError(_("A bracket begins at 0 or above, and its percentage lies between 0 and 100."))
    return Bracket(above, percent)
