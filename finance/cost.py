"""What a day of somebody's work cost, and what it was spent on. Pure: no rows, no clock.

A month of a person has an amount: what the payslip says once it is approved (gross pay and the employer's share), and
until then what the pay in force on each day comes to. It is spread over the days, and each day over what it was spent
on, by the seconds: **clients** (time logged on their tasks), **internal** (attended, but not logged), and **idle**
(planned, but neither attended nor logged: leave, holidays, absence). Every step spreads whole thousandths by the
largest remainder, so the parts are the whole: clients + internal + idle = payroll, for any mix and any period.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

INTERNAL, IDLE = "internal", "idle"
#: A client's task: its client and project (0: none). Or one of the two above, with no client.
Use = tuple[str, int, int]
FOR_CLIENT = "client"
NOT_LOGGED: Use = (INTERNAL, 0, 0)
NOT_USED: Use = (IDLE, 0, 0)
_HOUR = 3_600


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """The total in whole parts by weight, which sum to it exactly. What is left over goes, one each, to those who
    were rounded down most, the first of equals first. Weights are not negative; the total may be."""
    whole = sum(weights)
    if not whole:
        raise ValueError("nothing to spread over")
    size, sign = abs(total), -1 if total < 0 else 1
    parts = [size * weight // whole for weight in weights]
    rest = size - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(size * weights[n] % whole), n))
    for number in by_remainder[:rest]:
        parts[number] += 1
    return [sign * part for part in parts]


@dataclass(frozen=True, slots=True)
class Rate:
    """Pay in force from a day on: an amount a month or an hour, and the employer's share in percent of it."""

    since: dt.date
    is_hourly: bool
    amount: Decimal
    share: Decimal
    currency: str

    @property
    def with_share(self) -> Decimal:
        return self.amount * (100 + self.share) / 100


@dataclass(frozen=True, slots=True)
class WorkedDay:
    """A day of somebody's month: planned, attended, and logged by client and project; in seconds."""

    date: dt.date
    is_employed: bool = True
    is_working: bool = False
    planned: int = 0
    worked: int = 0
    logged: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @property
    def all_logged(self) -> int:
        return sum(self.logged.values())

    @property
    def weight(self) -> int:
        """The seconds that the day's pay is for."""
        return max(self.planned if self.is_employed else 0, self.worked, self.all_logged)

    def uses(self) -> list[tuple[Use, int]]:
        """What the day was spent on, in seconds. A day on which nothing was is idle."""
        logged = self.all_logged
        planned = self.planned if self.is_employed else 0
        found: list[tuple[Use, int]] = [((FOR_CLIENT, *key), part) for key, part in sorted(self.logged.items()) if part]
        if self.worked > logged:
            found.append((NOT_LOGGED, self.worked - logged))
        if planned > max(self.worked, logged):
            found.append((NOT_USED, planned - max(self.worked, logged)))
        return found or [(NOT_USED, 0)]


def provisional(days: Sequence[WorkedDay], rates: Sequence[Rate]) -> list[tuple[str, Decimal]]:
    """What the pay in force comes to, day by day: a currency and an exact amount.

    ``days`` are all of one month. A monthly salary is for the planned days; those of one rate share what it comes to
    by their seconds, so that a day worked beyond the plan is not free.
    """
    in_force = [_rate_on(rates, day.date) if day.is_employed else None for day in days]
    month_days = sum(day.is_working for day in days)
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    seconds: dict[int, int] = defaultdict(int)
    for day, number in zip(days, in_force, strict=True):
        if number is None or rates[number].is_hourly:
            continue
        seconds[number] += day.weight
        if day.is_working and month_days:
            amounts[number] += rates[number].with_share / month_days
    found = []
    for day, number in zip(days, in_force, strict=True):
        if number is None:
            found.append(("", Decimal(0)))
            continue
        rate = rates[number]
        if rate.is_hourly:
            amount = rate.with_share * day.worked / _HOUR
        else:
            amount = amounts[number] * day.weight / seconds[number] if seconds[number] else Decimal(0)
        found.append((rate.currency, amount))
    return found


def _rate_on(rates: Sequence[Rate], day: dt.date) -> int | None:
    return next((number for number in reversed(range(len(rates))) if rates[number].since <= day), None)


def by_day(total: int, days: Sequence[WorkedDay], amounts: Sequence[Decimal]) -> list[int]:
    """A month's amount over its days: by what the pay of each comes to; where nothing does, by seconds; else evenly."""
    for weights in ([_scaled(one) for one in amounts], [day.weight for day in days], [1] * len(days)):
        if sum(weights):
            return spread(total, weights)
    raise ValueError("a month has days")


def _scaled(amount: Decimal) -> int:
    return max(0, int(amount * 10**6))


def by_use(cost: int, day: WorkedDay) -> Iterator[tuple[Use, int, int]]:
    """A day's cost over what it was spent on: ``(use, seconds, cost)``."""
    uses = day.uses()
    seconds = [part for _use, part in uses]
    parts = spread(cost, seconds) if sum(seconds) else [cost, *[0] * (len(uses) - 1)]
    for (use, part), amount in zip(uses, parts, strict=True):
        yield use, part, amount


@dataclass
class Spent:
    """Seconds and thousandths, of one use by one person."""

    seconds: int = 0
    cost: int = 0


def month_of(
    days: Sequence[WorkedDay], costs: Sequence[int], within: tuple[dt.date, dt.date]
) -> Iterable[tuple[Use, int, int]]:
    """All uses of the month's days that lie in the period."""
    for day, cost in zip(days, costs, strict=True):
        if within[0] <= day.date <= within[1]:
            yield from by_use(cost, day)


# -- the trace: hours in = billed + unbilled + written off


@dataclass(frozen=True, slots=True)
class Hours:
    """Where the seconds that were logged went. ``not_billable`` are none of the three by agreement."""

    logged: int = 0
    billed: int = 0
    written_off: int = 0
    not_billable: int = 0

    @property
    def unbilled(self) -> int:
        return self.logged - self.billed - self.written_off - self.not_billable
