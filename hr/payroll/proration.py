"""Spreading a month's pay over its days so that the parts sum to the whole, to the last minor unit."""

from collections.abc import Sequence
from decimal import Decimal

from hyperflow.core import money

#: Digits that amounts per month and portions of days may have after the point.
_AMOUNT_PLACES, _DAY_PLACES = 6, 2


def prorate(parts: Sequence[tuple[Decimal, Decimal]], whole: Decimal, currency: str) -> list[Decimal]:
    """What parts of a month are worth: ``(amount a month, days)`` each, of ``whole`` days.

    Rounded to the currency's digits so that the parts sum to their total, rounded once. So who leaves and who follows
    them the next day on the same pay together cost exactly one month.
    """
    digits = money.digits(currency)
    scale = 10 ** (_AMOUNT_PLACES - digits) * _whole(whole, _DAY_PLACES)
    if scale == 0:
        return [money.quantize(Decimal(0), currency) for _part in parts]
    exact = [_whole(amount, _AMOUNT_PLACES) * _whole(days, _DAY_PLACES) for amount, days in parts]
    total = (2 * sum(exact) + scale) // (2 * scale)  # half up
    return [Decimal(units).scaleb(-digits) for units in money.round_shares(exact, scale, total)]


def split(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """A rounded amount shared out by weight, to the currency's digits; the shares sum to it."""
    digits = money.digits(currency)
    units = money.allocate(_whole(amount, digits), [_whole(weight, _DAY_PLACES) for weight in weights])
    return [Decimal(share).scaleb(-digits) for share in units]


def _whole(number: Decimal, places: int) -> int:
    scaled = number.scaleb(places)
    if scaled != int(scaled):
        raise ValueError(f"{number} has more than {places} digits after the point")
    return int(scaled)
