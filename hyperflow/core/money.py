"""Money is a ``Decimal`` with a currency, rounded once, half up, by the currency's own digits (ISO 4217)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

#: Currencies whose minor unit is not a hundredth. Source: ISO 4217, table A.1.
_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

#: Active ISO 4217 codes of countries; funds, metals and test codes are left out.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()
)


def digits(currency: str) -> int:
    """How many decimal places an amount in *currency* has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's own digits. The one rounding function of HyperFlow."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def fits(amount: Decimal, currency: str) -> bool:
    """Has the amount no more digits than its currency? One that has is refused where it comes in, not rounded."""
    return quantize(amount, currency) == amount


def wire(amount: Decimal | None, currency: str) -> str | None:
    """An amount as the API prints it: a string with the currency's own number of digits."""
    return None if amount is None else format(quantize(amount, currency), "f")


def wire_price(price: Decimal | None, currency: str) -> str | None:
    """A price per unit as the API prints it: the currency's digits at least, and as many more as it really has."""
    if price is None:
        return None
    exact = price.normalize()
    return format(exact, "f") if -int(exact.as_tuple().exponent) > digits(currency) else wire(price, currency)


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """A rounded amount shared out by weight, each part to the currency's digits; the parts sum to it exactly.

    Weights that sum to nothing share out nothing.
    """
    places = digits(currency)
    units = allocate(_units(amount, places), [_units(weight, 6) for weight in weights])
    return [Decimal(unit).scaleb(-places) for unit in units]


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Whole units shared out by weight: each gets its floor, the rest goes to the largest remainders, earlier first.

    The shares always sum to the total. Without any weight there is nothing to share by, and all go without.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    sign = 1 if whole > 0 else -1
    return round_shares([total * weight * sign for weight in weights], abs(whole), total)


def round_shares(numerators: Sequence[int], denominator: int, total: int) -> list[int]:
    """Fractions of one denominator as whole numbers that sum to *total*, by the largest remainder."""
    shares = [numerator // denominator for numerator in numerators]
    remainders = [numerator % denominator for numerator in numerators]
    largest = sorted(range(len(shares)), key=lambda place: (-remainders[place], place))
    for place in largest[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _units(number: Decimal, places: int) -> int:
    scaled = number.scaleb(places)
    if scaled != int(scaled):
        raise ValueError(f"{number} has more than {places} digits after the point")
    return int(scaled)
