"""Sums of money over a period: from the sums that are kept for whoever sees everything, else from the rows they see.

Both give the same for the same rows. Every amount is whole thousandths until it is printed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Round

from finance import facts
from finance.models import CreditEntry, CreditNote, FinancialRecord, Invoice, Measure, Payment, Rollup, RollupChange
from finance.models.rollup import THOUSANDTHS
from hyperflow.core import clock

ONE_DAY = dt.timedelta(days=1)
MONEY = frozenset({Measure.INVOICED, Measure.INVOICED_GROSS, Measure.COLLECTED, Measure.OWED})


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it."""

    start: dt.date
    end: dt.date

    @property
    def before(self) -> "Period":
        """The one of the same length before it; of whole months, as many whole months."""
        months = self._months
        end = self.start - ONE_DAY
        if months:
            number = self.start.year * 12 + self.start.month - 1 - months
            if number >= 12:
                return Period(dt.date(number // 12, number % 12 + 1, 1), end)
        days = (self.end - self.start).days
        return Period(dt.date.fromordinal(max(1, end.toordinal() - days)), end)

    @property
    def _months(self) -> int:
        if self.start.day != 1 or (self.end + ONE_DAY).day != 1:
            return 0
        after = self.end + ONE_DAY
        return (after.year - self.start.year) * 12 + after.month - self.start.month

    def pieces(self) -> list[tuple[str, dt.date, dt.date]]:
        """Its whole months, and the days before and after them: ``(grain, first, last)``."""
        first = self.start if self.start.day == 1 else _next_month(self.start)
        last = (self.end + ONE_DAY).replace(day=1)  # the first day of the month that is not whole
        if first >= last:
            return [("day", self.start, self.end)]
        pieces = [("month", first, last - ONE_DAY)]
        if self.start < first:
            pieces.append(("day", self.start, first - ONE_DAY))
        if last <= self.end:
            pieces.append(("day", last, self.end))
        return pieces


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Found:
    """A sum of one measure, of one currency, in one bucket (a day or month, or a key) of one of the periods asked."""

    part: int
    measure: str
    bucket: Any
    currency: str
    sum: facts.Sum


def sums(user: Any, periods: Sequence[Period], measures: Iterable[str], by: str = "") -> list[Found]:
    """What the reader may see of these measures in each of the periods: by ``client``, ``project``, ``category``
    (their keys), or in time (days or first days of months). One query from kept sums."""
    kept: list[str] = []
    counted: list[str] = []
    for measure in map(str, measures):
        if measure == Measure.PAYROLL and not user.has_perm("hr.view_all_payslips"):
            continue
        (kept if sees_all(user, measure) else counted).append(measure)
    found = _kept(periods, kept, by) if kept else []
    return found + _counted(user, periods, counted, by) if counted else found


def sees_all(user: Any, measure: str) -> bool:
    """Are there no rows of this measure that the reader may not see?"""
    if measure not in MONEY:
        return bool(user.has_perm("finance.view_all_records"))
    needed = {"finance.view_invoice", "finance.view_all_invoices", "finance.view_creditnote", "finance.view_payment"}
    return all(user.has_perm(name) for name in needed)


# -- from the sums that are kept

_TAIL = "SUM(amount), SUM(company), SUM(excluded), SUM({count}), SUM(unconverted)"


def _kept(periods: Sequence[Period], measures: list[str], by: str) -> list[Found]:
    """One statement, so that what is folded meanwhile is seen before or after, and not lost between."""
    quote = connection.ops.quote_name
    dimension, count = by or "all", quote("count")
    bucket, own = (quote("key"), _OWN_KEY[by]) if by else ("starts_on", "day")
    among = ", ".join(["%s"] * len(measures))
    summed = f"amount, company, excluded, {count}, unconverted"
    parts: list[str] = []
    params: list[Any] = []
    for number, period in enumerate(periods):
        for grain, first, last in period.pieces():
            parts.append(
                f"SELECT {number} AS part, measure, {bucket} AS bucket, currency, {summed} "  # noqa: S608 (no input)
                f"FROM {Rollup._meta.db_table} WHERE dimension = %s AND grain = %s AND measure IN ({among}) "
                "AND starts_on BETWEEN %s AND %s"
            )
            params += [dimension, grain, *measures, first, last]
        parts.append(
            f"SELECT {number} AS part, measure, {own} AS bucket, currency, {summed} "  # noqa: S608 (no input)
            f"FROM {RollupChange._meta.db_table} WHERE measure IN ({among}) AND day BETWEEN %s AND %s"
        )
        params += [*measures, period.start, period.end]
    every = " UNION ALL ".join(parts)
    statement = (
        f"SELECT part, measure, bucket, currency, {_TAIL.format(count=count)} FROM ({every}) AS found "  # noqa: S608
        "GROUP BY part, measure, bucket, currency"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [_read(row, by) for row in cursor.fetchall()]


_OWN_KEY = {"client": "client_key", "project": "project_key", "category": "category"}


def _read(row: Sequence[Any], by: str) -> Found:
    part, measure, bucket, currency, *amounts = row
    return Found(int(part), measure, _bucket(bucket, by), currency, facts.Sum(*(int(one) for one in amounts)))


def _bucket(bucket: Any, by: str) -> Any:
    if by in ("client", "project"):
        return int(bucket or 0)
    if not by and not isinstance(bucket, dt.date):
        return dt.date.fromisoformat(bucket)
    return bucket


# -- from rows


def _counted(user: Any, periods: Sequence[Period], measures: list[str], by: str) -> list[Found]:
    found = []
    for number, period in enumerate(periods):
        for measure in measures:
            for one in rows_behind(user, measure, period):
                found += [Found(number, measure, *pair) for pair in one.summed(by)]
    return found


_NO_CATEGORY = Value("", output_field=CharField())


@dataclass(frozen=True)
class Rows:
    """Rows of one kind whose ``amount`` makes a measure, with the sign they have in it."""

    rows: QuerySet[Any]
    day: Any
    amount: str
    company: Any
    project: str = "project_id"
    category: Any = _NO_CATEGORY
    sign: int = 1

    def summed(self, by: str) -> Iterable[tuple[Any, str, facts.Sum]]:
        """Exact on both databases: thousandths are whole numbers before they are summed."""
        bucket = {"client": F("client_id"), "project": F(self.project), "category": self.category}.get(by, self.day)
        company = Case(
            When(currency=settings.COMPANY_CURRENCY, then=F(self.amount)),
            default=self.company,
            output_field=self._field(),
        )
        own = thousandths_of(F(self.amount))
        without = Q(at_rate__isnull=True)
        rows = self.rows.order_by().annotate(bucket=bucket, at_rate=company, own=own)
        grouped = rows.values_list("bucket", "currency").annotate(
            own_sum=Sum("own"),
            company_sum=Coalesce(Sum(thousandths_of(F("at_rate"))), 0),
            excluded_sum=Coalesce(Sum("own", filter=without), 0),
            counted=Count("pk"),
            unconverted=Count("pk", filter=without),
        )
        for key, currency, own_sum, at_rate, excluded, count, unconverted in grouped:
            amounts = (int(own_sum) * self.sign, int(at_rate) * self.sign, int(excluded) * self.sign)
            yield _bucket(key, by), currency, facts.Sum(*amounts, count, unconverted)

    def _field(self) -> Any:
        return self.rows.model._meta.get_field("amount" if self.amount == "net" else self.amount)


@dataclass(frozen=True)
class Told:
    """Rows that say themselves what they come to: what is owed, rounded one by one at the rates that are kept, and what
    was voided, on the company's own day (the database may know no time zones)."""

    rows: QuerySet[Any]
    measure: str
    period: Period
    facts_of: Any

    def summed(self, by: str) -> Iterable[tuple[Any, str, facts.Sum]]:
        found: dict[tuple[Any, str], facts.Sum] = defaultdict(facts.Sum)
        for row in self.rows.order_by().iterator(chunk_size=5_000):
            for place, one in self.facts_of(row):
                if place.measure == self.measure and self.period.start <= place.day <= self.period.end:
                    found[getattr(place, by or "day"), place.currency] += one
        return [(key, currency, one) for (key, currency), one in found.items()]


def thousandths_of(amount: Any) -> Any:
    return Cast(Round(amount * THOUSANDTHS), BigIntegerField())


def rows_behind(user: Any, measure: str, period: Period) -> list[Rows | Told]:
    """The rows that the reader may see behind a measure in a period."""
    match measure:
        case Measure.INVOICED | Measure.INVOICED_GROSS:
            return _billed(user, period, "subtotal" if measure == Measure.INVOICED else "total")
        case Measure.OWED:
            return [_owed(user, period)]
        case Measure.COLLECTED:
            return _collected(user, period)
    return [_recorded(user, measure, period)]


def _billed(user: Any, period: Period, amount: str) -> list[Rows | Told]:
    known = Case(When(company_currency=settings.COMPANY_CURRENCY, then=F(f"company_{amount}")), default=None)
    invoices = Invoice.objects.visible_to(user).filter(issued_at__isnull=False)
    around = (_midnight(period.start), _midnight(period.end + ONE_DAY))
    voided = invoices.filter(status=Invoice.Status.VOID, voided_at__gte=around[0], voided_at__lt=around[1])
    measure = Measure.INVOICED if amount == "subtotal" else Measure.INVOICED_GROSS
    credits = CreditNote.objects.visible_to(user).filter(issue_date__range=(period.start, period.end))
    return [
        Rows(invoices.filter(issue_date__range=(period.start, period.end)), F("issue_date"), amount, known),
        Told(voided, measure, period, facts.of_void),
        Rows(credits, F("issue_date"), amount, known, sign=-1),
    ]


def _midnight(day: dt.date) -> dt.datetime:
    """When the company's day begins."""
    return dt.datetime.combine(day, dt.time(), clock.zone_of(None))


def _owed(user: Any, period: Period) -> Told:
    rows = Invoice.objects.visible_to(user).filter(issued_at__isnull=False, due_date__isnull=False)
    rows = rows.exclude(balance=0).exclude(status=Invoice.Status.VOID)
    return Told(rows.filter(issue_date__range=(period.start, period.end)), Measure.OWED, period, facts.of)


def _collected(user: Any, period: Period) -> list[Rows | Told]:
    within = (period.start, period.end)
    paid = Payment.objects.visible_to(user).exclude(method=Payment.Method.CREDIT).filter(received_on__range=within)
    out = CreditEntry.objects.visible_to(user).filter(kind=CreditEntry.Kind.PAID_OUT, day__range=within)
    return [
        Rows(paid, F("received_on"), "amount", F("company_amount"), project="invoice__project_id"),
        Rows(out.annotate(no_project=Value(0)), F("day"), "amount", F("company_amount"), project="no_project"),
    ]


def _recorded(user: Any, measure: str, period: Period) -> Rows:
    kinds = {
        Measure.INCOME: Q(record_type="income"),
        Measure.OTHER_INCOME: Q(record_type="income", payment__isnull=True, credit_entry__isnull=True),
        Measure.EXPENSE: Q(record_type="expense", payslip__isnull=True),
        Measure.NET_EXPENSE: Q(record_type="expense", payslip__isnull=True),
        Measure.PAYROLL: Q(record_type="expense", payslip__isnull=False),
    }
    rows = FinancialRecord.objects.visible_to(user).counted().filter(kinds[Measure(measure)])
    rows = rows.filter(record_date__range=(period.start, period.end))
    if measure not in facts.WITHOUT_TAX:
        return Rows(rows, F("record_date"), "amount", F("company_amount"), category=F("category"))
    at_rate = F("company_amount") - Coalesce(F("company_tax"), Decimal(0))
    rows = rows.annotate(net=F("amount") - F("tax"), company_net=at_rate)
    return Rows(rows, F("record_date"), "net", F("company_net"), category=F("category"))
