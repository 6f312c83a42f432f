"""What a month is worth, by pure functions: to the cent, for any month."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr.payroll import brackets, formula
from hr.payroll.basics import Basics, MixedCurrencies, Policy, Rate, WorkDay, basics_of
from hr.payroll.compute import NAMES, Adjustment, Component, NoAmount, pay_of
from hr.payroll.proration import prorate, split
from hyperflow.core import money
from hyperflow.core.money import allocate

D = Decimal
CURRENCIES = ["EUR", "JPY", "KWD"]
MAY = dt.date(2026, 5, 1)


def month(first=MAY, *, off=(), hired=None, left=None, **special):
    """The days of a month, Monday to Friday; ``special`` gives days by number (``d4={"is_absent": True}``)."""
    days, day = [], first
    while day.month == first.month:
        employed = (hired is None or day >= hired) and (left is None or day <= left)
        working = day.weekday() < 5 and day not in off
        days.append(
            WorkDay(
                day, working, is_employed=employed, planned_seconds=27_000 if working else 0,
                **special.get(f"d{day.day}", {}),
            )
        )  # fmt: skip
        day += dt.timedelta(days=1)
    return days


def monthly(amount, since=dt.date(2020, 1, 1), currency="EUR", share="0"):
    return Rate(since, False, D(amount), currency, D(share))


def worked_out(days, *rates, weekly="40", policy=None):
    return basics_of(days, rates, weekly_hours=D(weekly), policy=policy or Policy())


amounts = st.decimals(min_value=0, max_value=1_000_000, places=2)
day_numbers = st.integers(1, 31)


@given(total=st.integers(0, 10**15), weights=st.lists(st.integers(0, 5_000), min_size=1, max_size=40))
def test_shares_sum_to_the_whole(total, weights):
    shares = allocate(total, weights)

    assert sum(shares) == (total if sum(weights) else 0)
    assert all(abs(share * sum(weights) - total * weight) < sum(weights) or not sum(weights)
               for share, weight in zip(shares, weights, strict=True))  # fmt: skip


@given(amount=amounts, cuts=st.lists(st.integers(0, 23), min_size=1, max_size=6), currency=st.sampled_from(CURRENCIES))
def test_parts_of_a_month_sum_to_the_month(amount, cuts, currency):
    whole = sum(cuts)
    parts = prorate([(amount, D(days)) for days in cuts], D(whole), currency)

    assert sum(parts) == (money.quantize(amount, currency) if whole else 0)


@given(amount=amounts, last=st.integers(1, 30), currency=st.sampled_from(CURRENCIES))
def test_who_leaves_and_who_follows_the_next_day_cost_one_month(amount, last, currency):
    change = dt.date(2026, 5, last)
    leaver = worked_out(month(left=change), monthly(amount, currency=currency))
    joiner = worked_out(month(hired=change + dt.timedelta(days=1)), monthly(amount, currency=currency))

    assert leaver.basic_salary + joiner.basic_salary == money.quantize(amount, currency)
    assert leaver.working_days + joiner.working_days == leaver.month_days == 21


@given(amount=amounts, raised=st.integers(2, 31), currency=st.sampled_from(CURRENCIES))
def test_a_raise_to_the_same_amount_changes_nothing(amount, raised, currency):
    one = worked_out(month(), monthly(amount, currency=currency))
    two = worked_out(
        month(), monthly(amount, currency=currency), monthly(amount, since=dt.date(2026, 5, raised), currency=currency)
    )

    assert one.basic_salary == two.basic_salary == money.quantize(amount, currency)


leave = st.sampled_from(
    [(D(0), D(0)), (D(1), D(0)), (D(0), D(1)), (D("0.5"), D(0)), (D(0), D("0.5")), (D("0.5"), D("0.5"))]
)


@st.composite
def any_month(draw):
    first = dt.date(draw(st.integers(2024, 2030)), draw(st.integers(1, 12)), 1)
    week = draw(st.sets(st.integers(0, 6), min_size=0, max_size=7))
    hired, length = draw(st.integers(-5, 31)), draw(st.integers(0, 40))
    days, day = [], first
    while day.month == first.month:
        working = day.weekday() in week and draw(st.integers(0, 9)) > 0
        paid, unpaid = draw(leave) if working else (D(0), D(0))
        worked = draw(st.integers(0, 40_000)) if draw(st.booleans()) else 0
        days.append(
            WorkDay(
                day, working, is_employed=hired <= day.day <= hired + length, planned_seconds=28_800 if working else 0,
                worked_seconds=worked, overtime_seconds=max(0, worked - 28_800), paid_leave=paid, unpaid_leave=unpaid,
                is_absent=working and not worked and not paid and not unpaid,
            )
        )  # fmt: skip
        day += dt.timedelta(days=1)
    return days


@st.composite
def any_rates(draw):
    currency = draw(st.sampled_from(CURRENCIES))
    since = sorted(draw(st.lists(st.dates(dt.date(2023, 1, 1), dt.date(2031, 1, 1)), max_size=4)))
    return [
        Rate(day, draw(st.booleans()), draw(amounts), currency, draw(st.decimals(0, 50, places=2))) for day in since
    ]


@given(days=any_month(), rates=any_rates(), absence=st.booleans(), percent=st.integers(0, 200))
def test_paid_and_unpaid_days_are_the_working_days_of_any_month(days, rates, absence, percent):
    found = basics_of(
        days, rates, weekly_hours=D(40), policy=Policy(absence, D(percent)), currency="EUR"
    )  # fmt: skip

    assert found.paid_days + found.unpaid_days == found.working_days
    assert found.working_days == sum(day.is_working and day.is_employed for day in days)
    assert 0 <= found.unpaid_leave <= found.basic_salary
    assert found.paid_days >= 0
    assert found.unpaid_days >= 0
    for amount in (found.basic_salary, found.unpaid_leave, found.overtime):
        assert amount == money.quantize(amount, found.currency)


def test_a_raise_in_mid_month_holds_from_its_day():
    """May 2026 has 21 working days; ten of them lie before the 15th."""
    found = worked_out(month(), monthly(2_100), monthly(4_200, since=dt.date(2026, 5, 15)))

    assert found.basic_salary == D("1000.00") + D("2200.00")
    assert (found.month_days, found.paid_days, found.unpaid_days) == (21, 21, 0)


def test_unpaid_leave_takes_its_days_and_holidays_take_none():
    days = month(off=(MAY,), d4={"unpaid_leave": D(1)}, d5={"unpaid_leave": D("0.5")}, d6={"paid_leave": D(1)})
    found = worked_out(days, monthly(3_000))

    assert (found.working_days, found.paid_days, found.unpaid_days) == (20, D("18.5"), D("1.5"))
    assert (found.basic_salary, found.unpaid_leave, found.paid_salary) == (D(3_000), D("225.00"), D("2775.00"))


def test_absence_is_unpaid_where_the_company_says_so():
    days = month(d4={"is_absent": True})

    assert worked_out(days, monthly(2_100)).unpaid_leave == 0
    assert worked_out(days, monthly(2_100), policy=Policy(absence_is_unpaid=True)).unpaid_leave == D("100.00")


def test_by_the_hour_what_was_worked_and_paid_leave_count():
    hourly = Rate(dt.date(2020, 1, 1), True, D("20.125"), "EUR", D(0))
    days = month(
        d4={"worked_seconds": 27_000},
        d5={"worked_seconds": 30_600, "overtime_seconds": 3_600},
        d6={"paid_leave": D(1)},
        d7={"unpaid_leave": D(1)},
        d9={"worked_seconds": 3_600, "overtime_seconds": 3_600},  # a Saturday
    )
    found = worked_out(days, hourly, policy=Policy(overtime_percent=D(150)))

    assert found.basic_salary == money.quantize(D("20.125") * D("22.5"), "EUR")  # 7.5 + 7.5 + 7.5 of leave
    assert found.overtime == money.quantize(D("20.125") * 2 * D("1.5"), "EUR")
    assert (found.working_days, found.paid_days, found.unpaid_days) == (21, 3, 18)
    assert found.unpaid_leave == 0


def test_an_hour_of_a_salary_is_a_year_over_its_weeks():
    found = worked_out(month(d4={"worked_seconds": 30_600, "overtime_seconds": 3_600}), monthly(5_200), weekly="40")

    assert found.overtime == D("30.00")  # 5,200 × 12 / (52 × 40)


def test_a_month_of_holidays_is_paid_by_the_calendar():
    days = month(off=tuple(MAY + dt.timedelta(days=n) for n in range(31)), left=dt.date(2026, 5, 10))

    assert worked_out(days, monthly(3_100)).basic_salary == D("1000.00")


def test_days_before_any_pay_are_unpaid():
    found = worked_out(month(), monthly(2_100, since=dt.date(2026, 5, 15)))

    assert (found.basic_salary, found.paid_days, found.unpaid_days) == (D("1100.00"), 11, 10)


def test_two_currencies_in_one_month_are_refused():
    with pytest.raises(MixedCurrencies):
        worked_out(month(), monthly(1), monthly(1, since=dt.date(2026, 5, 15), currency="USD"))


@pytest.mark.parametrize(("currency", "gross"), [("JPY", "333"), ("EUR", "333.33"), ("KWD", "333.333")])
def test_amounts_have_the_digits_of_their_currency(currency, gross):
    found = pay_of(worked_out(month(left=dt.date(2026, 5, 11)), monthly("1000", currency=currency)), [])

    assert format(found.gross, "f") == gross  # seven of 21 days


def basics(salary="3000", currency="EUR", **more):
    amount = D(salary)
    values = {
        "currency": currency, "month_days": D(20), "working_days": D(20), "paid_days": D(20), "unpaid_days": D(0),
        "basic_salary": amount, "unpaid_leave": D(0), "overtime": D(0), "hours": D(160), "overtime_hours": D(0),
        "employer_share": D(0), "last_share": D(0),
    }  # fmt: skip
    return Basics(**{**values, **more})


def read(text):
    return formula.parse(text, NAMES)


def test_allowances_come_first_and_deductions_are_of_the_gross():
    found = pay_of(
        basics(),
        [
            Component(1, "Transport", False, "fixed", amount=D(100), currency="EUR"),
            Component(2, "Bonus", False, "percent", percent=D(10)),
            Component(3, "Tax", True, "percent", base="gross", percent=D(20)),
            Component(4, "Pension", True, "formula", formula=read("min(basic * 5 / 100, 120)")),
        ],
        [Adjustment(9, "Overtime of March", D("50.00")), Adjustment(10, "Paid twice", D("-25.00"))],
    )

    assert [(line.label, line.amount, line.is_deduction) for line in found.lines] == [
        ("Overtime of March", D("50.00"), False),
        ("Paid twice", D("25.00"), True),
        ("Transport", D("100.00"), False),
        ("Bonus", D("300.00"), False),
        ("Tax", D("690.00"), True),
        ("Pension", D("120.00"), True),
    ]
    assert (found.gross, found.allowances, found.deductions) == (D("3450.00"), D("450.00"), D("835.00"))
    assert found.net == D("2615.00")


def test_a_fixed_allowance_may_follow_the_paid_days():
    found = pay_of(
        basics(paid_days=D(15), unpaid_days=D(5)),
        [Component(1, "Meals", False, "fixed", amount=D(100), currency="EUR", is_prorated=True)],
    )

    assert found.allowances == D("75.00")


def test_brackets_take_each_part_at_its_own_rate():
    scale = brackets.read([{"above": "1000", "percent": "10"}, {"above": "2000", "percent": "20"}])

    assert [brackets.amount_of(scale, D(base)) for base in (0, 1_000, 1_500, 2_000, 3_000)] == [0, 0, 50, 100, 300]


@pytest.mark.parametrize(
    "raw",
    [
        None, [], {}, [1], [{"above": "1"}], [{"above": "x", "percent": "1"}], [{"above": "NaN", "percent": "1"}],
        [{"above": "1", "percent": "101"}], [{"above": "-1", "percent": "1"}],
        [{"above": "5", "percent": "1"}, {"above": "5", "percent": "2"}], [{"above": "0", "percent": "1"}] * 31,
    ],
)  # fmt: skip
def test_brackets_that_make_no_sense_are_refused(raw):
    with pytest.raises(ValueError, match=r"\w"):
        brackets.read(raw)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3 - -1", "10"),
        ("10 / 4", "2.5"),
        ("basic * 0.05", "150"),
        ("min(gross, 250, 300)", "250"),
        ("max(unpaid_days, 1)", "1"),
        ("round(10 / 3, 2)", "3.33"),
        ("round(2.5)", "3"),
        ("if(unpaid_days > 0, 0, 50)", "50"),
        ("if(unpaid_days = 0, if(basic >= 3000, 7, 8), 1 / 0)", "7"),
        ("2 - 3 - 4", "-5"),
    ],
)
def test_formulas_are_worked_out(text, value):
    values = {name: D(0) for name in NAMES} | {"basic": D(3_000), "gross": D(3_000)}

    assert read(text).value(values) == D(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "(1", "1)", "1 2", "foo", "basic.real", "basic[0]", "__import__('os')", "min", "min()",
        "if(1, 2)", "round(1, 2, 3)", "1 ** 2", "1; 2", "'a'", "BASIC", "0x10", "1e5", "lambda: 1", "@", "٣",
        "(" * 41 + "1" + ")" * 41, "-" * 100 + "1", "1+" * 300 + "1", "1" * 16,
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(formula.FormulaError):
        read(text)


@pytest.mark.parametrize(
    "text", ["1 / unpaid_days", "999999999999999 * 999999999999999", "round(1, 7)", "round(1, 0.5)", "0 / 0"]
)
def test_what_gives_no_amount_says_so(text):
    with pytest.raises(formula.FormulaError):
        read(text).value({name: D(0) for name in NAMES})


@given(st.text(alphabet="0123456789+-*/(),.<>=! abcdefgimnorsux_", max_size=60))
def test_no_text_does_anything_but_count(text):
    try:
        found = read(text).value({name: D(3) for name in NAMES})
    except formula.FormulaError:
        return
    assert isinstance(found, Decimal)


def test_a_component_that_gives_no_amount_names_itself():
    for component in (
        Component(1, "Broken", True, "formula", formula=read("1 / unpaid_days")),
        Component(1, "Broken", True, "formula", formula=read("0 - basic")),
        Component(1, "Broken", False, "fixed", amount=D(1), currency="USD"),
        Component(1, "Broken", False, "formula"),
    ):
        with pytest.raises(NoAmount, match="Broken"):
            pay_of(basics(), [component])


def test_a_split_sums_to_its_amount():
    assert split(D("100.00"), [D(2), D(1)], "EUR") == [D("66.67"), D("33.33")]
    assert split(D("0.00"), [D(0), D(0)], "EUR") == [D("0.00"), D("0.00")]


def test_more_digits_than_fit_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="digits"):
        prorate([(D("0.0000001"), D(1))], D(1), "EUR")


def test_overtime_has_the_price_of_the_week_that_was_agreed_on_that_day():
    days = month(d4={"overtime_seconds": 4 * 3_600}, d20={"overtime_seconds": 2 * 3_600})
    rates = [monthly(5200), monthly(2600, since=dt.date(2026, 5, 18))]
    of = lambda **hours: basics_of(days, rates, policy=Policy(), **hours).overtime  # noqa: E731

    assert of(weekly_hours=D(40)) == 4 * 30 + 2 * 15
    # Half of the pay for half of the week: an hour is worth what it was.
    assert of(weekly_hours=D(20), earlier_hours=[(dt.date(2026, 5, 17), D(40))]) == 4 * 30 + 2 * 30
