"""What the pay in force makes of a person's days: basic salary, unpaid days, overtime, the employer's share."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from hr.payroll.proration import prorate, split
from hyperflow.core import money

ZERO, ONE = Decimal(0), Decimal(1)
HOUR = Decimal(3600)


#: Up to which day how many hours a week were agreed on.
EarlierHours = tuple[dt.date, Decimal]


class MixedCurrencies(ValueError):
    """The pay of one month is in two currencies, which no payslip can add up."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Pay in force from a day on: an amount per month, or per hour."""

    since: dt.date
    is_hourly: bool
    amount: Decimal
    currency: str
    employer_share: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One date of a person. ``is_working``: would they work then, were they employed (their week, less holidays)?

    Seconds are confirmed attendance. ``is_absent`` is a working day that has passed without work and without leave.
    """

    date: dt.date
    is_working: bool
    is_employed: bool = True
    planned_seconds: int = 0
    worked_seconds: int = 0
    overtime_seconds: int = 0
    paid_leave: Decimal = ZERO
    unpaid_leave: Decimal = ZERO
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The company's rules. ``overtime_percent`` of an hour's pay is paid for an hour of overtime."""

    absence_is_unpaid: bool = False
    overtime_percent: Decimal = Decimal(100)


@dataclass(frozen=True, slots=True)
class Basics:
    """Days and amounts before components. Paid and unpaid days sum to the working days of the employment.

    ``month_days`` are the working days of the whole month, employed or not: what a monthly amount is spread over.
    ``basic_salary`` is for all days of the employment, ``unpaid_leave`` what of it is not paid.
    """

    currency: str
    month_days: Decimal
    working_days: Decimal
    paid_days: Decimal
    unpaid_days: Decimal
    basic_salary: Decimal
    unpaid_leave: Decimal
    overtime: Decimal
    hours: Decimal
    overtime_hours: Decimal
    employer_share: Decimal
    last_share: Decimal

    @property
    def paid_salary(self) -> Decimal:
        return self.basic_salary - self.unpaid_leave


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive days with one rate, or without employment."""

    days: tuple[WorkDay, ...]
    is_employed: bool
    rate: Rate | None

    @property
    def earns_monthly(self) -> bool:
        return self.is_employed and self.rate is not None and not self.rate.is_hourly


def basics_of(
    days: Sequence[WorkDay],
    rates: Sequence[Rate],
    *,
    weekly_hours: Decimal,
    policy: Policy,
    currency: str = "",
    earlier_hours: Sequence[EarlierHours] = (),
) -> Basics:
    """Work out a month, all of whose dates are in ``days``. ``rates`` are in the order in which they took force.

    ``weekly_hours`` hold since the last of ``earlier_hours``, which are in their order, each up to a day: an hour of
    overtime has the price of the week that was agreed on when it was worked.

    ``currency`` is that of a payslip without any pay. Raises `MixedCurrencies`.
    """
    stretches = _stretches(days, rates)
    currency = _one_currency(stretches) or currency
    month_days = Decimal(sum(day.is_working for day in days))
    monthly = _monthly_amounts(stretches, rates, month_days, currency)
    basic = unpaid_amount = share = ZERO
    paid = unpaid = hourly = extra = ZERO
    for stretch, amount in zip(stretches, monthly, strict=True):
        if not stretch.is_employed:
            continue
        portions = [_unpaid_portion(day, stretch.rate, policy) for day in stretch.days if day.is_working]
        unpaid_here = sum(portions, ZERO)
        paid_here = len(portions) - unpaid_here
        paid, unpaid = paid + paid_here, unpaid + unpaid_here
        lost = split(amount, [paid_here, unpaid_here], currency)[1] if stretch.earns_monthly else ZERO
        by_hour = _hourly_pay(stretch)
        overtime = _overtime_pay(stretch, weekly_hours, earlier_hours, policy)
        basic, unpaid_amount = basic + amount, unpaid_amount + lost
        hourly, extra = hourly + by_hour, extra + overtime
        if stretch.rate is not None:
            share += (amount - lost + by_hour + overtime) * stretch.rate.employer_share / 100
    return Basics(
        currency=currency,
        month_days=month_days,
        working_days=paid + unpaid,
        paid_days=paid,
        unpaid_days=unpaid,
        basic_salary=money.quantize(basic + hourly, currency),
        unpaid_leave=money.quantize(unpaid_amount, currency),
        overtime=money.quantize(extra, currency),
        hours=_hours(sum(day.worked_seconds for day in days)),
        overtime_hours=_hours(sum(day.overtime_seconds for day in days)),
        employer_share=share,
        last_share=next((s.rate.employer_share for s in reversed(stretches) if s.is_employed and s.rate), ZERO),
    )


def _stretches(days: Sequence[WorkDay], rates: Sequence[Rate]) -> list[_Stretch]:
    in_force: list[tuple[WorkDay, int]] = []
    place = -1
    for day in days:
        while place + 1 < len(rates) and rates[place + 1].since <= day.date:
            place += 1
        in_force.append((day, place))
    found = []
    for (is_employed, number), group in groupby(in_force, key=lambda pair: (pair[0].is_employed, pair[1])):
        rate = rates[number] if number >= 0 else None
        found.append(_Stretch(tuple(day for day, _number in group), is_employed, rate))
    return found


def _one_currency(stretches: Sequence[_Stretch]) -> str:
    found = {stretch.rate.currency for stretch in stretches if stretch.is_employed and stretch.rate is not None}
    if len(found) > 1:
        raise MixedCurrencies(", ".join(sorted(found)))
    return found.pop() if found else ""


def _monthly_amounts(
    stretches: Sequence[_Stretch], rates: Sequence[Rate], month_days: Decimal, currency: str
) -> list[Decimal]:
    """What each stretch is worth by its monthly amount; the days without employment take part at their neighbour's,
    so that the rounding comes out as if somebody else had been employed on them.

    In a month without a working day (all holidays) the calendar's days are taken.
    """
    whole = month_days or Decimal(sum(len(stretch.days) for stretch in stretches))
    parts = []
    for stretch in stretches:
        weight = Decimal(sum(day.is_working for day in stretch.days)) if month_days else Decimal(len(stretch.days))
        rate = stretch.rate
        if rate is None and not stretch.is_employed and rates:
            rate = rates[0]
        is_monthly = rate is not None and not rate.is_hourly and (rate.currency == currency)
        parts.append((rate.amount if rate is not None and is_monthly else ZERO, weight))
    return prorate(parts, whole, currency)


def _unpaid_portion(day: WorkDay, rate: Rate | None, policy: Policy) -> Decimal:
    """How much of a working day is not paid.

    A monthly salary is paid but for unpaid leave (and absence, where the company says so); by the hour it is the day
    on which nothing was worked and no paid leave taken. Without pay in force nothing is paid.
    """
    if rate is None:
        return ONE
    if rate.is_hourly:
        covered = ONE - day.unpaid_leave if day.worked_seconds > 0 else day.paid_leave
        return ONE - max(ZERO, min(ONE, covered))
    unpaid = min(ONE, day.unpaid_leave)
    if day.is_absent and policy.absence_is_unpaid:
        return max(unpaid, ONE - min(ONE, day.paid_leave))
    return unpaid


def _hourly_pay(stretch: _Stretch) -> Decimal:
    """Hours worked within the plan, and the planned hours of paid leave."""
    rate = stretch.rate
    if rate is None or not rate.is_hourly:
        return ZERO
    worked = sum(day.worked_seconds - day.overtime_seconds for day in stretch.days)
    leave = sum((day.planned_seconds * day.paid_leave for day in stretch.days if day.is_working), ZERO)
    return (worked + leave) * rate.amount / HOUR


def _overtime_pay(stretch: _Stretch, weekly_hours: Decimal, earlier: Sequence[EarlierHours], policy: Policy) -> Decimal:
    """An hour of a monthly salary is the twelfth part of a year's, over the weekly hours of its 52 weeks."""
    rate = stretch.rate
    if rate is None:
        return ZERO
    seconds: dict[Decimal, int] = defaultdict(int)
    for day in stretch.days:
        if day.overtime_seconds:
            agreed = next((hours for until, hours in earlier if day.date <= until), weekly_hours)
            seconds[agreed] += day.overtime_seconds
    if rate.is_hourly:
        worth = sum(seconds.values()) * rate.amount
    else:
        worth = sum((some * rate.amount * 12 / (52 * week) for week, some in seconds.items() if week > 0), ZERO)
    return worth / HOUR * policy.overtime_percent / 100


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / HOUR).quantize(Decimal("0.01"))
