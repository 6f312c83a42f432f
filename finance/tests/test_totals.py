"""What lines come to, by the written rule. M01, M04."""

import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from finance.totals import Line, work_out
from hyperflow.core import money


def D(text):
    return Decimal(str(text))


def test_three_at_a_third_of_a_euro_less_a_third_with_tax():
    """M01: 3 × 0.335 = 1.005, less 33.333 % = 0.67000335, so 0.67; 19 % of it is 0.1273, so 0.13."""
    sums = work_out([Line(D(3), D("0.335"), discount_percent=D("33.333"), tax_rate=D(19))], "EUR")

    assert (sums.lines[0].gross, sums.lines[0].net) == (D("1.01"), D("0.67"))
    assert (sums.subtotal, sums.tax, sums.total) == (D("0.67"), D("0.13"), D("0.80"))


def test_half_a_cent_goes_up():
    assert work_out([Line(D(1), D("0.125"))], "EUR").total == D("0.13")


@pytest.mark.parametrize(
    ("currency", "subtotal", "tax"),
    [("JPY", "334", "33"), ("EUR", "333.53", "33.35"), ("KWD", "333.525", "33.353")],
)
def test_each_currency_has_its_digits(currency, subtotal, tax):
    """M04"""
    sums = work_out([Line(D("1.5"), D("222.35"), tax_rate=D(10))], currency)

    assert (sums.subtotal, sums.tax) == (D(subtotal), D(tax))


def test_tax_is_worked_out_once_a_rate_and_shared_out():
    """Three lines of 0.05 at 10 %: 0.02 of tax, not three times 0.01."""
    sums = work_out([Line(D(1), D("0.05"), tax_rate=D(10))] * 3, "EUR")

    assert (sums.tax, [one.tax for one in sums.lines]) == (D("0.02"), [D("0.01"), D("0.01"), D("0.00")])


def test_a_discount_on_all_lessens_each_line():
    lines = [Line(D(1), D(10), tax_rate=D(19)), Line(D(1), D(20), tax_rate=D(7)), Line(D(1), D("0.01"))]

    sums = work_out(lines, "EUR", discount_amount=D(1))

    assert [one.taxable for one in sums.lines] == [D("9.67"), D("19.33"), D("0.01")]
    assert (sums.subtotal, sums.tax) == (D("29.01"), D("1.84") + D("1.35"))


def test_a_line_can_take_back_what_was_paid_in_advance():
    sums = work_out([Line(D(1), D(100), tax_rate=D(19)), Line(D(-1), D(30), tax_rate=D(19))], "EUR")

    assert (sums.subtotal, sums.tax, [one.tax for one in sums.lines]) == (D(70), D("13.30"), [D("19.00"), D("-5.70")])


def test_ten_thousand_random_documents_are_exact():
    """P17: each by fractions and the rule alone, without any of the code under test."""
    chance = random.Random(17)
    for _number in range(10_000):
        currency = chance.choice(["EUR", "JPY", "KWD"])
        lines = [
            Line(
                D(chance.randint(1, 10**7)) / 10 ** chance.randint(0, 6),
                D(chance.randint(0, 10**7)) / 10 ** chance.randint(0, 6),
                discount_percent=D(chance.choice([0, 0, "33.333", 12.5])),
                tax_rate=D(chance.choice([0, 7, 19, "5.5"])),
            )
            for _line in range(chance.randint(1, 4))
        ]
        percent = D(chance.choice([0, 0, 3, "12.34"]))
        sums = work_out(lines, currency, discount_percent=percent)

        exact = [F(one.quantity) * F(one.unit_price) * (100 - F(one.discount_percent)) / 100 for one in lines]
        nets = [rounded(net, currency) for net in exact]
        discount = rounded(sum(nets) * F(percent) / 100, currency)
        assert [F(one.net) for one in sums.lines] == nets
        assert F(sums.subtotal) == sum(nets) - discount == sum(F(one.taxable) for one in sums.lines)
        taxes = 0
        for rate in {one.tax_rate for one in lines}:
            own = [found for one, found in zip(lines, sums.lines, strict=True) if one.tax_rate == rate]
            tax = rounded(sum(F(one.taxable) for one in own) * F(rate) / 100, currency)
            assert sum(F(one.tax) for one in own) == tax
            taxes += tax
        assert F(sums.tax) == taxes
        assert all(money.fits(one.tax, currency) and money.fits(one.taxable, currency) for one in sums.lines)


def F(number):
    return Fraction(number)


def rounded(number, currency):
    units = number * 10 ** money.digits(currency)
    return Fraction(int((units * 2 + 1) // 2), 10 ** money.digits(currency))


def test_the_check_above_rounds_half_up():
    assert rounded(Fraction(5, 1000), "EUR") == Fraction(1, 100)
    assert Decimal("0.005").quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) == Decimal("0.01")
