"""What people cost, spread over what they did: the parts are the whole, to the thousandth, for any mix."""

import calendar
import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

import pytest

from finance import cost
from finance.cost import Rate, WorkedDay


def test_what_is_left_over_goes_to_who_was_rounded_down_most() -> None:
    assert cost.spread(100, [1, 1, 1]) == [34, 33, 33]
    assert cost.spread(-100, [1, 1, 1]) == [-34, -33, -33]
    assert cost.spread(7, [0, 5, 0]) == [0, 7, 0]
    with pytest.raises(ValueError, match="nothing"):
        cost.spread(7, [0, 0])


def _month(chance: random.Random, year: int, month: int) -> list[WorkedDay]:
    days = []
    for number in range(1, calendar.monthrange(year, month)[1] + 1):
        day = dt.date(year, month, number)
        is_working = day.weekday() < 5 and chance.random() > 0.1
        logged = {
            (chance.randint(1, 4), chance.randint(0, 3)): chance.randint(1, 20_000)
            for _ in range(chance.choice([0, 0, 1, 2, 5]))
        }
        days.append(
            WorkedDay(
                date=day,
                is_employed=chance.random() > 0.05,
                is_working=is_working,
                planned=28_800 if is_working else 0,
                worked=chance.choice([0, 0, 28_800, chance.randint(1, 60_000)]),
                logged=logged,
            )
        )
    return days


@pytest.mark.parametrize("seed", range(60))
def test_clients_internal_and_idle_are_the_payroll_exactly(seed: int) -> None:
    chance = random.Random(seed)
    year, month = chance.randint(2024, 2027), chance.randint(1, 12)
    days = _month(chance, year, month)
    first = dt.date(year, month, 1)
    rates = [
        Rate(
            first - dt.timedelta(days=9), chance.random() > 0.7, Decimal(chance.randint(1, 9_999)), Decimal(21), "EUR"
        ),
        Rate(first + dt.timedelta(days=14), False, Decimal(chance.randint(1, 9_999)), Decimal("19.5"), "EUR"),
    ][: chance.randint(0, 2)]
    total = chance.randint(-(10**4), 10**8)
    amounts = [amount for _currency, amount in cost.provisional(days, rates)]
    costs = cost.by_day(total, days, amounts)
    assert sum(costs) == total
    cut = first + dt.timedelta(days=chance.randint(0, 27))
    parts = [(first, cut), (cut + dt.timedelta(days=1), days[-1].date)]
    sums: dict[str, int] = defaultdict(int)
    for part in parts:
        for use, _seconds, amount in cost.month_of(days, costs, part):
            sums[use[0]] += amount
    assert sum(sums.values()) == total
    assert set(sums) <= {cost.FOR_CLIENT, cost.INTERNAL, cost.IDLE}


@pytest.mark.parametrize("seed", range(20))
def test_the_seconds_of_a_day_are_the_most_of_plan_attendance_and_log(seed: int) -> None:
    for day in _month(random.Random(seed), 2026, 3):
        assert sum(seconds for _use, seconds in day.uses()) == day.weight


def test_a_raise_counts_from_its_day() -> None:
    days = [
        WorkedDay(dt.date(2026, 6, n), is_working=dt.date(2026, 6, n).weekday() < 5, planned=28_800, worked=28_800)
        for n in range(1, 31)
        if dt.date(2026, 6, n).weekday() < 5
    ]
    rates = [
        Rate(dt.date(2025, 1, 1), False, Decimal(2_200), Decimal(20), "EUR"),
        Rate(dt.date(2026, 6, 16), False, Decimal(4_400), Decimal(25), "EUR"),
    ]
    found = [amount for _currency, amount in cost.provisional(days, rates)]
    assert (len(days), found[0], found[-1]) == (22, Decimal(120), Decimal(250))
    assert sum(found) == 11 * 120 + 11 * 250


def test_saturday_takes_its_part_of_a_salary_that_is_planned_for_weekdays() -> None:
    friday = WorkedDay(dt.date(2026, 5, 1), is_working=True, planned=28_800, worked=28_800)
    saturday = WorkedDay(dt.date(2026, 5, 2), worked=28_800)
    rate = Rate(dt.date(2026, 1, 1), False, Decimal(100), Decimal(0), "EUR")
    assert [amount for _c, amount in cost.provisional([friday, saturday], [rate])] == [Decimal(50), Decimal(50)]


def test_an_hourly_wage_is_for_the_hours_attended() -> None:
    day = WorkedDay(dt.date(2026, 5, 1), is_working=True, planned=28_800, worked=5_400)
    rate = Rate(dt.date(2026, 1, 1), True, Decimal(20), Decimal(10), "JPY")
    assert cost.provisional([day], [rate]) == [("JPY", Decimal(33))]


def test_a_day_without_plan_attendance_or_log_is_idle() -> None:
    assert list(cost.by_use(500, WorkedDay(dt.date(2026, 5, 2)))) == [(cost.NOT_USED, 0, 500)]


def test_hours_in_are_billed_unbilled_and_written_off() -> None:
    hours = cost.Hours(logged=10_000, billed=3_601, written_off=59, not_billable=1)
    assert hours.unbilled == 10_000 - 3_601 - 59 - 1
