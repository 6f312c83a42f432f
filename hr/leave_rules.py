"""The arithmetic of leave: what is credited when, what is carried over, what lapses. Pure: no database, no clock.

A balance is the sum of its ledger's lines. `due_lines` gives the lines that a person's ledger still lacks up to a day,
so a job that did not run for a while catches up, and one that runs twice adds nothing: each line has a key.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

MONTHLY, YEARLY = "monthly", "yearly"
ACCRUAL, CARRY_OVER, LAPSE, TAKEN, RETURNED = "accrual", "carry_over", "lapse", "taken", "returned"

_THOUSANDTH = Decimal("0.001")
_MONTHS = 12
HALF, WHOLE = Decimal("0.5"), Decimal(1)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a kind of leave gives. ``carry_over_max`` of ``None`` carries everything, ``balance_cap`` of ``None`` is no
    cap, ``carry_over_months`` of ``None`` lets nothing lapse."""

    code: str
    accrual: str
    days_per_year: Decimal
    balance_cap: Decimal | None = None
    carry_over_max: Decimal | None = None
    carry_over_months: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger, made or still to be made."""

    kind: str
    days: Decimal
    effective_on: dt.date
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a career that the ledger keeps: from the day of hire, or of the first keeping, to the last day."""

    hired: dt.date
    ends: dt.date | None
    since: dt.date
    until: dt.date


def days_of(dates: Iterable[dt.date], *, half_day: bool) -> Decimal:
    """How much leave these working days are."""
    return sum(((HALF if half_day else WHOLE) for _date in dates), Decimal(0))


def by_year(dates: Iterable[dt.date], portion: Decimal) -> dict[int, tuple[dt.date, Decimal]]:
    """Leave over the end of a year is taken from both: for each year its first day of leave, and how much."""
    found: dict[int, tuple[dt.date, Decimal]] = {}
    for date in sorted(dates):
        first, days = found.get(date.year, (date, Decimal(0)))
        found[date.year] = (first, days + portion)
    return found


def prorated(amount: Decimal, first: dt.date, last: dt.date, hired: dt.date, ends: dt.date | None) -> Decimal:
    """The part of an amount for a period that belongs to its days of employment, to the thousandth of a day."""
    start, end = max(first, hired), last if ends is None else min(last, ends)
    employed = max(0, (end - start).days + 1)
    whole = (last - first).days + 1
    return (amount * employed / whole).quantize(_THOUSANDTH, rounding=ROUND_HALF_UP)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last one of that month."""
    month = day.month - 1 + months
    year, month = day.year + month // _MONTHS, month % _MONTHS + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def balance(lines: Iterable[Line], until: dt.date | None = None) -> Decimal:
    return sum((line.days for line in lines if until is None or line.effective_on <= until), Decimal(0))


def last_of_year(year: int) -> dt.date:
    return dt.date(year, 12, 31)


def projected(policy: Policy, lines: Sequence[Line], span: Span, until: dt.date) -> list[Line]:
    """The ledger as it will stand on a day to come if nothing else happens: what is credited, carried over and lapses
    until then is in it, under today's policy and with the last day of employment that is known."""
    return [*lines, *due_lines(policy, lines, replace(span, until=until))]


def lowest(lines: Iterable[Line], first: dt.date, last: dt.date | None = None) -> Decimal:
    """The lowest that a balance is from one day on (to another). A year is handed to the next in one moment: nothing
    is missing between its last day and the first of the next."""
    changes: dict[dt.date, Decimal] = defaultdict(Decimal)
    for line in lines:
        closes = line.key is not None and line.key.startswith(("lapse:", "carry-out:"))
        changes[line.effective_on + dt.timedelta(days=closes)] += line.days
    days = sum((change for day, change in changes.items() if day <= first), Decimal(0))
    least = days
    for day in sorted(day for day in changes if day > first and (last is None or day <= last)):
        days += changes[day]
        least = min(least, days)
    return least


def left(policy: Policy, lines: Sequence[Line], span: Span, first: dt.date) -> Decimal:
    """What can still be taken from a day on, in its year: the balance less what is booked until the year ends. What may
    lapse after that day is there to be taken meanwhile."""
    last = last_of_year(first.year)
    kept = [
        line
        for line in projected(policy, lines, span, last)
        if not (line.kind == LAPSE and first < line.effective_on) and line.effective_on <= last
    ]
    return lowest(kept, first)


def short_by(policy: Policy, lines: Sequence[Line], span: Span, more: Sequence[Line]) -> Decimal:
    """How many days are missing if these are taken besides: 0 if at no time, in this year or in one that is booked
    already, more is taken than will have been credited by then."""
    wanted = [*lines, *more]
    last = last_of_year(max(line.effective_on.year for line in wanted))
    first = max(span.until, min(line.effective_on for line in more))
    ahead = projected(policy, wanted, span, last)
    missing = max(Decimal(0), -lowest(ahead, first))
    # A year that is over can't be paid for by the next: it must not move a greater debt than it had.
    over = {line.effective_on.year for line in more if line.effective_on.year < span.until.year}
    before = projected(policy, lines, span, last) if over else []
    for year in over:
        had, has = (min(Decimal(0), _moved(policy, some, year)) for some in (before, ahead))
        missing = max(missing, had - has)
    return missing


def _moved(policy: Policy, lines: Iterable[Line], year: int) -> Decimal:
    """What a year has moved into the next."""
    return sum((line.days for line in _under(lines, f"carry:{policy.code}:{year}")), Decimal(0))


def _under(lines: Iterable[Line], key: str) -> list[Line]:
    """What was written under a key, with its later corrections."""
    return [line for line in lines if line.key == key or (line.key or "").startswith(f"{key}:")]


def hired_anew(policy: Policy, lines: Sequence[Line], before: dt.date, span: Span) -> list[Line]:
    """What another first day changes in what was credited for periods already: its part of each, as it stands."""
    made = []
    for year in sorted({line.effective_on.year for line in lines if line.kind == ACCRUAL}):
        for period in _periods(policy, year):
            key = f"hired:{policy.code}:{period.name}"
            corrections = _under(lines, key)
            credited = [line for line in lines if line.key == f"accrual:{policy.code}:{period.name}"]
            had, has = (prorated(period.amount, period.first, period.last, day, None) for day in (before, span.hired))
            if not credited or not had:
                continue
            days = sum((line.days for line in [*credited, *corrections]), Decimal(0))
            change = (days * has / had).quantize(_THOUSANDTH, rounding=ROUND_HALF_UP) - days
            if change:
                day = min(max(period.first, span.hired), period.last)
                made.append(Line(ACCRUAL, change, day, f"{key}:{len(corrections) + 1}"))
    return made


def due_lines(policy: Policy, lines: Sequence[Line], span: Span) -> list[Line]:
    """The lines that are missing, in the order in which they become due.

    On the first day of a year first the last one is closed, then the new one credited. Nothing becomes due after the
    last day of employment; what was credited for the time after it is taken back.
    """
    ledger = _Ledger(policy, list(lines), span)
    end = span.until if span.ends is None else min(span.until, span.ends)
    start = max(span.hired, span.since)
    if end < start:
        return ledger.correct()
    # Years that were credited before the first day was put right are closed anew, too.
    first = min([start.year, *(line.effective_on.year for line in lines if line.kind == ACCRUAL)])
    for year in range(first, end.year + 1):
        if year > first:
            ledger.close(year - 1)
        ledger.live_through(year, start, end)
    return ledger.correct()


@dataclass(frozen=True, slots=True)
class _Period:
    name: str
    first: dt.date
    last: dt.date
    amount: Decimal


class _Ledger:
    """A ledger while it is brought up to date."""

    def __init__(self, policy: Policy, lines: list[Line], span: Span) -> None:
        self.policy, self.lines, self.span = policy, lines, span
        self.keys = {line.key for line in lines if line.key}
        self.made: list[Line] = []

    def close(self, year: int) -> None:
        """What is left of a year moves into the next as far as it may; the rest lapses. A debt moves as it is.

        Leave of the year that is entered after this leaves a rest again. What was taken late is then first what would
        not have lapsed, and the days that come back late move on as far as the year's still may.
        """
        last, first = dt.date(year, 12, 31), dt.date(year + 1, 1, 1)
        code, most = self.policy.code, self.policy.carry_over_max
        left = balance(self.lines, last)
        if left > 0:
            lapsing = (
                Decimal(0) if most is None else max(Decimal(0), left - max(Decimal(0), most - self._carried(year)))
            )
        else:
            lapsing = max(left, self._sum(f"lapse:{code}:{year}"))
        kept = left - lapsing
        if lapsing:
            self._add(Line(LAPSE, -lapsing, last, self._next(f"lapse:{code}:{year}")))
        if kept:
            self._add(Line(CARRY_OVER, -kept, last, self._next(f"carry-out:{code}:{year}")))
            self._add(Line(CARRY_OVER, kept, first, self._next(f"carry:{code}:{year}")))

    def live_through(self, year: int, start: dt.date, end: dt.date) -> None:
        """Credits of a year and the lapse of what was carried into it, by date."""
        due: list[tuple[dt.date, int, _Period | None]] = [
            (max(period.first, start), 1, period)
            for period in _periods(self.policy, year)
            if period.last >= start and max(period.first, start) <= end
        ]
        gone = self._gone_on(year)
        if gone is not None and gone <= end:
            due.append((gone, 0, None))
        for day, _order, period in sorted(due, key=lambda item: item[:2]):
            if period is None:
                self._lapse(year, day)
            else:
                self._credit(period, day)

    def correct(self) -> list[Line]:
        """Take back what was credited for days after the last one, or give it again when that day moves on."""
        code, ends = self.policy.code, self.span.ends
        for year in {line.effective_on.year for line in self.lines if line.kind == ACCRUAL}:
            for period in _periods(self.policy, year):
                credited = [line.days for line in self.lines if line.key == f"accrual:{code}:{period.name}"]
                first = sum(credited, self._sum(f"hired:{code}:{period.name}")) if credited else None
                fixes = [line for line in self.lines if (line.key or "").startswith(f"end:{code}:{period.name}:")]
                if first is None or not (fixes or (ends is not None and ends < period.last)):
                    continue
                entitled = prorated(period.amount, period.first, period.last, self.span.hired, ends)
                missing = min(entitled, first) - first - sum((line.days for line in fixes), Decimal(0))
                if missing:
                    day = max(period.first, ends or period.first)
                    self._add(Line(ACCRUAL, missing, day, f"end:{code}:{period.name}:{len(fixes) + 1}"))
        return self.made

    def _credit(self, period: _Period, day: dt.date) -> None:
        key = f"accrual:{self.policy.code}:{period.name}"
        if key in self.keys:
            return
        days = prorated(period.amount, period.first, period.last, self.span.hired, self.span.ends)
        cap = self.policy.balance_cap
        if cap is not None:
            days = min(days, max(Decimal(0), cap - balance(self.lines, day)))
        # Nothing, too, is written down: what a full balance did not take is not made up for later.
        self._add(Line(ACCRUAL, days, day, key))

    def _gone_on(self, year: int) -> dt.date | None:
        """When what was carried into a year lapses: once it has, that day stays, whatever the policy says now."""
        key, months = f"expiry:{self.policy.code}:{year - 1}", self.policy.carry_over_months
        lapsed = next((line.effective_on for line in self.lines if line.key == key), None)
        return lapsed or (None if months is None else add_months(dt.date(year, 1, 1), months))

    def _lapse(self, year: int, day: dt.date) -> None:
        """Carried days are the first to be taken: what leave begun before the day has not used is gone."""
        key = f"expiry:{self.policy.code}:{year - 1}"
        first = day.replace(year=year, month=1, day=1)
        used = -sum(
            (line.days for line in self.lines if line.kind in {TAKEN, RETURNED} and first <= line.effective_on < day),
            Decimal(0),
        )
        unused = max(Decimal(0), self._carried(year - 1) - max(Decimal(0), used))
        missing = unused + self._sum(key)
        if missing:
            self._add(Line(LAPSE, -missing, day, self._next(key)))

    def _carried(self, year: int) -> Decimal:
        return self._sum(f"carry:{self.policy.code}:{year}")

    def _sum(self, key: str) -> Decimal:
        """What was written under this key, with its later corrections."""
        return sum((line.days for line in _under(self.lines, key)), Decimal(0))

    def _next(self, key: str) -> str:
        """The key itself, and for its corrections the key with their number."""
        there = len(_under(self.lines, key))
        return f"{key}:{there + 1}" if there else key

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        self.keys.add(line.key or "")
        self.made.append(line)


def _periods(policy: Policy, year: int) -> Iterator[_Period]:
    if policy.accrual == YEARLY:
        yield _Period(f"{year}", dt.date(year, 1, 1), dt.date(year, 12, 31), policy.days_per_year)
    elif policy.accrual == MONTHLY:
        for month in range(1, _MONTHS + 1):
            last = dt.date(year, month, calendar.monthrange(year, month)[1])
            yield _Period(f"{year}-{month:02}", last.replace(day=1), last, policy.days_per_year / _MONTHS)


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a balance stands: what came over from before, what this year has brought and taken, and what is booked for
    years to come."""

    carried: Decimal = Decimal(0)
    accrued: Decimal = Decimal(0)
    adjusted: Decimal = Decimal(0)
    taken: Decimal = Decimal(0)
    lapsed: Decimal = Decimal(0)
    pending: Decimal = Decimal(0)
    booked_ahead: Decimal = Decimal(0)

    @property
    def balance(self) -> Decimal:
        """The sum of the ledger to the end of this year. What is pending is not taken yet, and what is booked for a
        year to come is taken from that year."""
        return self.carried + self.accrued + self.adjusted - self.taken - self.lapsed

    @property
    def available(self) -> Decimal:
        """What a further request may ask for."""
        return self.balance - self.pending


def statement(
    sums: Mapping[tuple[str, bool], Decimal], pending: Decimal = Decimal(0), booked_ahead: Decimal = Decimal(0)
) -> Statement:
    """From sums by kind and by whether they are of this year. What is older has been carried."""

    def since(*kinds: str) -> Decimal:
        return sum((sums.get((kind, True), Decimal(0)) for kind in kinds), Decimal(0))

    before = sum((days for (_kind, is_new), days in sums.items() if not is_new), Decimal(0))
    return Statement(
        carried=before + since(CARRY_OVER),
        accrued=since(ACCRUAL),
        adjusted=since("adjusted"),
        taken=-since(TAKEN, RETURNED),
        lapsed=-since(LAPSE),
        pending=pending,
        booked_ahead=booked_ahead,
    )
