"""Money is a ``Decimal`` with a currency, rounded once, half up, by the currency's own digits (ISO 4217)."""

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
