"""What lines come to. Pure: no database, no clock. The rule stands in `docs/decisions.md`, "Money on documents"."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext

from hyperflow.core import money

_HUNDRED = Decimal(100)
#: Digits enough for any quantity times any price, so that nothing is rounded but by the rule.
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Line:
    """What is charged: a quantity at a price, less a discount of its own (percent or amount), taxed at a rate."""

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    tax_category: str = "standard"
    tax_rate: Decimal = Decimal(0)


@dataclass(slots=True)
class LineSums:
    """``net`` is rounded once; ``taxable`` is it less the share of the document's discount; ``tax`` is its share."""

    gross: Decimal
    net: Decimal
    taxable: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


@dataclass(slots=True)
class Sums:
    """Of a document. The lines' ``taxable`` sum to ``subtotal``, their ``tax`` to ``tax``."""

    lines: list[LineSums] = field(default_factory=list)
    subtotal: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax


def work_out(
    lines: Sequence[Line],
    currency: str,
    *,
    discount_percent: Decimal = Decimal(0),
    discount_amount: Decimal = Decimal(0),
) -> Sums:
    """The sums of a document with these lines and a discount on all of it (percent or amount)."""
    with localcontext(_EXACT):
        return _work_out(lines, currency, discount_percent, discount_amount)


def _work_out(lines: Sequence[Line], currency: str, discount_percent: Decimal, discount_amount: Decimal) -> Sums:
    found = Sums([_line(line, currency) for line in lines])
    net = sum((one.net for one in found.lines), Decimal(0))
    discount = discount_amount or money.quantize(net * discount_percent / _HUNDRED, currency)
    shares = money.spread(discount, [one.net for one in found.lines], currency)
    for one, share in zip(found.lines, shares, strict=True):
        one.taxable = one.net - share
    found.subtotal = sum((one.taxable for one in found.lines), Decimal(0))
    found.tax = _tax(lines, found.lines, currency)
    return found


def _line(line: Line, currency: str) -> LineSums:
    exact = line.quantity * line.unit_price
    discount = line.discount_amount or exact * line.discount_percent / _HUNDRED
    return LineSums(money.quantize(exact, currency), money.quantize(exact - discount, currency))


def _tax(lines: Sequence[Line], sums: Sequence[LineSums], currency: str) -> Decimal:
    """Worked out once for all lines of a kind and rate, then shared out among them."""
    groups: dict[tuple[str, Decimal], list[LineSums]] = {}
    for line, one in zip(lines, sums, strict=True):
        groups.setdefault((line.tax_category, line.tax_rate), []).append(one)
    total = Decimal(0)
    for (_category, rate), group in groups.items():
        taxable = [one.taxable for one in group]
        tax = money.quantize(sum(taxable, Decimal(0)) * rate / _HUNDRED, currency)
        for one, share in zip(group, money.spread(tax, taxable, currency), strict=True):
            one.tax = share
        total += tax
    return total
