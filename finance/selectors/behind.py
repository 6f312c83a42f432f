"""The rows behind a number of a report, one by one, with the sign they have in it.

They are the rows that `sums` adds up (and receivables, budgets, hours), so their total is the number: in the same
scope, with what was voided as a row of its own on the day it was, without payments by credit, with credit that was
paid out.
"""

import datetime as dt
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from clients.models import Client, Project
from finance import facts
from finance.facts import Sum
from finance.models import Budget, CreditNote, FinancialRecord, Invoice, InvoiceLine, Measure, Payment
from finance.selectors import budgets, hours, person_revenue, receivables, sums
from finance.selectors.amounts import Till
from finance.selectors.sums import Period, Rows, Told
from hyperflow.core import clock
from tasks.models import TimeEntry

#: Numbers that are sums of measures, and the sign of each in them.
_EARNED, _OTHER, _CAME = (Measure.INVOICED, 1), (Measure.OTHER_INCOME, 1), (Measure.INCOME, 1)
_SPENT, _LESS = ((Measure.EXPENSE, 1), (Measure.PAYROLL, 1)), ((Measure.EXPENSE, -1), (Measure.PAYROLL, -1))
_NET, _LESS_NET = ((Measure.NET_EXPENSE, 1), (Measure.PAYROLL, 1)), ((Measure.NET_EXPENSE, -1), (Measure.PAYROLL, -1))
SUMMED: dict[str, tuple[tuple[str, int], ...]] = {
    "invoiced": (_EARNED,),
    "invoiced_gross": ((Measure.INVOICED_GROSS, 1),),
    "collected": ((Measure.COLLECTED, 1),),
    "expenses": _SPENT,
    "expenses_accrual": _NET,
    "expenses_cash": _SPENT,
    "purchases": ((Measure.NET_EXPENSE, 1),),
    "income_accrual": (_EARNED, _OTHER),
    "income_cash": (_CAME,),
    "profit_accrual": (_EARNED, _OTHER, *_LESS_NET),
    "profit_cash": (_CAME, *_LESS),
}
OWED = ("outstanding", "overdue", "receivables", "due", "expected")
OF_BUDGET = ("spent", "left")
BILLED, WORTH = "billed", "worth"
MEASURES = (*SUMMED, *OWED, *OF_BUDGET, BILLED, WORTH)
#: Those with some client or project, whichever it is, of those that the reader may see.
ANY = "any"
_RELATED = {
    Invoice: ("client", "project"),
    CreditNote: ("client", "project"),
    Payment: ("client", "invoice__project"),
    FinancialRecord: ("client", "project"),
}
_CHUNK = 500


@dataclass(frozen=True)
class Asked:
    """A number: what it measures, of when, and of which rows. ``client`` and ``project`` are an id, 0 or `ANY`."""

    measure: str
    period: Period | None = None
    currency: str = ""
    client: int | str | None = None
    project: int | str | None = None
    category: str = ""
    age: str = ""
    budget: Budget | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its document (nothing, where the reader may not see it), and thousandths in its own currency and in the
    report's; ``counted`` is nothing where there is no rate between them."""

    kind: str
    day: dt.date
    row: Any
    currency: str
    amount: int
    counted: int | None


@dataclass
class Behind:
    """All rows of a number; what the till left out for want of a rate is among them, and not in the ``total``."""

    till: Till
    sources: list[Any]
    count: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        for source in self.sources:
            for measure, currency, one in source.sums():
                self.total += source.sign * self.till.take(measure, currency, one)
                self.count += one.count

    def lines(self, first: int = 0, most: int | None = None) -> Iterator[Line]:
        """In the order of their days; from a place on, so many."""
        streams = [_placed(place, source) for place, source in enumerate(self.sources)]
        merged = heapq.merge(*streams, key=lambda found: found[:2])
        wanted = islice(merged, first, None if most is None else first + most)
        while chunk := list(islice(wanted, _CHUNK)):
            known: list[dict[int, Line]] = []
            for place, source in enumerate(self.sources):
                pks = [pk for _day, at, pk in chunk if at == place]
                known.append(source.lines(pks, self.till) if pks else {})
            # A row that was deleted meanwhile is behind nothing any more.
            yield from (known[place][pk] for _day, place, pk in chunk if pk in known[place])


def _placed(place: int, source: Any) -> Iterator[tuple[dt.date, int, int]]:
    for day, pk in source.days():
        yield day, place, pk


def counted(one: Sum, currency: str, till: Till) -> int | None:
    """What a row comes to in the till's currency."""
    if currency == till.currency:
        return one.amount
    return None if till.currency != settings.COMPANY_CURRENCY or one.unconverted else one.company


def of(user: Any, asked: Asked) -> Behind:
    """The rows behind a number, as far as the reader may see them."""
    sources: list[Any]
    if asked.measure in SUMMED:
        sources = [*_summed(user, asked)]
    elif asked.measure in OWED:
        sources = [_owed(user, asked)]
    elif asked.measure in OF_BUDGET:
        sources = _of_budget(user, asked)
    else:
        sources = [_billed(user, asked) if asked.measure == BILLED else _worth(user, asked)]
    currency = asked.budget.currency if asked.budget is not None else asked.currency
    return Behind(Till(currency or settings.COMPANY_CURRENCY), sources)


# -- rows of the database


@dataclass(frozen=True)
class _Stored:
    """Rows of one kind that are read page by page."""

    measure: str
    rows: QuerySet[Any]
    day: Any
    sign: int
    summed: Callable[[], Iterable[tuple[str, Sum]]]
    is_void: bool = False

    def sums(self) -> Iterator[tuple[str, str, Sum]]:
        for currency, one in self.summed():
            yield self.measure, currency, one

    def days(self) -> Iterator[tuple[dt.date, int]]:
        pairs = self.rows.order_by(self.day, "pk").values_list(self.day, "pk").iterator(chunk_size=5_000)
        if not self.is_void:
            return pairs
        return ((clock.business_date(None, at), pk) for at, pk in pairs)

    def lines(self, pks: Sequence[int], till: Till) -> dict[int, Line]:
        rows = self.rows.filter(pk__in=pks).select_related(*_RELATED.get(self.rows.model, ("client",)))
        return {row.pk: self._line(row, till) for row in rows}

    def _line(self, row: Any, till: Till) -> Line:
        told = facts.of_void(row) if self.is_void else facts.of(row)
        place, one = next(pair for pair in told if pair[0].measure == self.measure)
        amount = counted(one, place.currency, till)
        kind = "void" if self.is_void else _kind(row)
        signed = None if amount is None else amount * self.sign
        return Line(kind, place.day, row, place.currency, one.amount * self.sign, signed)


def _kind(row: Any) -> str:
    if isinstance(row, Payment):
        return "refund" if row.amount < 0 else "payment"
    return {Invoice: "invoice", CreditNote: "credit_note", FinancialRecord: "record"}.get(type(row), "paid_out")


def _summed(user: Any, asked: Asked) -> list[_Stored]:
    if asked.period is None:
        raise ValueError("a sum is of a period")
    found = []
    for measure, sign in SUMMED[asked.measure]:
        if measure == Measure.PAYROLL and not user.has_perm("hr.view_all_payslips"):
            continue
        rows = sums.rows_behind(user, measure, asked.period)
        found += [_stored(user, measure, sign, one, asked) for one in rows]
    return found


def _stored(user: Any, measure: str, sign: int, one: Rows | Told, asked: Asked) -> _Stored:
    path = one.project if isinstance(one, Rows) else "project_id"
    rows = _of_key(one.rows, "client_id", asked.client, Client.objects.visible_to(user))
    rows = _of_key(rows, path, asked.project, Project.objects.visible_to(user))
    if asked.category:
        has_one = isinstance(one, Rows) and one.rows.model is FinancialRecord
        rows = rows.filter(category=asked.category) if has_one else rows.none()
    narrowed = replace(one, rows=rows)

    def summed() -> Iterable[tuple[str, Sum]]:
        return ((currency, amount) for _bucket, currency, amount in narrowed.summed("client"))

    if isinstance(one, Told):
        return _Stored(measure, rows, "voided_at", sign, summed, is_void=True)
    return _Stored(measure, rows, one.day, sign, summed)


def _of_key(rows: QuerySet[Any], path: str, key: int | str | None, visible: QuerySet[Any]) -> QuerySet[Any]:
    if key is None:
        return rows
    if key == ANY:
        return rows.filter(**{f"{path}__in": visible.order_by().values("pk")})
    if key != 0 or path == "no_project":  # money that is paid out of a client's credit is of no project
        return rows.filter(**{path: key})
    return rows.filter(**{f"{path}__isnull": True})


# -- rows that say themselves what they come to


@dataclass(frozen=True)
class _Listed:
    """Rows that are few enough to be read at once, each with what it comes to."""

    measure: str
    found: Sequence[tuple[str, dt.date, Any, str, Sum]]
    sign: int = 1

    def sums(self) -> Iterator[tuple[str, str, Sum]]:
        by_currency: dict[str, Sum] = defaultdict(Sum)
        for _kind, _day, _row, currency, one in self.found:
            by_currency[currency] += one
        for currency, one in by_currency.items():
            yield self.measure, currency, one

    def days(self) -> Iterator[tuple[dt.date, int]]:
        days = ((day, place) for place, (_kind, day, _row, _currency, _one) in enumerate(self.found))
        return iter(sorted(days))

    def lines(self, places: Sequence[int], till: Till) -> dict[int, Line]:
        return {place: self._line(*self.found[place], till) for place in places}

    def _line(self, kind: str, day: dt.date, row: Any, currency: str, one: Sum, till: Till) -> Line:
        amount = counted(one, currency, till)
        return Line(kind, day, row, currency, one.amount * self.sign, None if amount is None else amount * self.sign)


def _owed(user: Any, asked: Asked) -> _Listed:
    """Open invoices, by the day they are due (or expected)."""
    if asked.measure in ("outstanding", "overdue"):
        if asked.period is None:
            raise ValueError("what is open of a period's invoices is of a period")
        rows: QuerySet[Invoice] = sums.rows_behind(user, Measure.OWED, asked.period)[0].rows
    else:
        rows = receivables.unpaid(user)
    rows = _of_key(rows, "client_id", asked.client, Client.objects.visible_to(user))
    rows = _of_key(rows, "project_id", asked.project, Project.objects.visible_to(user))
    opened = receivables.open_amounts(rows.select_related("client", "project"))
    day_of = _day_of(user, asked, opened)
    dated = [("invoice", day_of(row), row, row.currency, one) for row, one in opened]
    return _Listed(Measure.OWED, [found for found in dated if _is_asked(asked, found[1])])


def _day_of(user: Any, asked: Asked, opened: list[tuple[Invoice, Sum]]) -> Callable[[Invoice], dt.date]:
    today = clock.business_date()
    if asked.measure != "expected":
        return lambda row: row.due_date or today
    usual = receivables.habits(user, sorted({row.client_id for row, _one in opened}))
    return lambda row: receivables.expected_on(row.due_date or today, usual.get(row.client_id, 0), today)


def _is_asked(asked: Asked, day: dt.date) -> bool:
    age = receivables.age_of(day, clock.business_date())
    if asked.measure == "overdue" or asked.age == "overdue":
        return age != receivables.NOT_DUE
    if asked.measure == "receivables":
        return not asked.age or age == asked.age
    if asked.measure in ("due", "expected") and asked.period is not None:
        return asked.period.start <= day <= asked.period.end
    return True


def _of_budget(user: Any, asked: Asked) -> list[Any]:
    budget = asked.budget
    if budget is None:
        raise ValueError("what was spent of a budget is of a budget")
    rows = budgets.expenses_of(budget, with_payroll=bool(user.has_perm("hr.view_all_payslips")))
    sees_rows = user.has_perm("finance.view_all_records")
    found: list[tuple[str, dt.date, Any, str, Sum]] = []
    hidden: dict[str, Sum] = defaultdict(Sum)
    for row in rows.select_related("client", "project").iterator(chunk_size=2_000):
        one = next(amount for place, amount in facts.of(row) if place.measure in (Measure.EXPENSE, Measure.PAYROLL))
        if sees_rows:
            found.append(("record", row.record_date, row, row.currency, one))
        else:
            hidden[row.currency] += one
    found += [("hidden", budget.starts_on, None, currency, one) for currency, one in hidden.items()]
    sign = -1 if asked.measure == "left" else 1
    allowed = facts.thousandths(budget.amount)
    whole = _Listed("budget", [("budget", budget.starts_on, budget, budget.currency, Sum(allowed, allowed, 0, 1, 0))])
    return [*([whole] if asked.measure == "left" else []), _Listed(Measure.EXPENSE, found, sign)]


def _billed(user: Any, asked: Asked) -> _Listed:
    """Each line of an invoice as far as its hours are the person's."""
    if asked.period is None:
        raise ValueError("what was billed is of a period")
    people = person_revenue.people_seen(user) if asked.person is None else {asked.person}
    parts = [
        (line_id, part)
        for line_id, person, part in person_revenue.shares(user, asked.period)
        if people is None or person in people
    ]
    rows = InvoiceLine._base_manager.select_related("invoice__client", "invoice__project")
    lines = rows.in_bulk({line_id for line_id, _part in parts})
    found = []
    for line_id, part in parts:
        amount, row = facts.thousandths(part), lines[line_id]
        day = row.invoice.issue_date or asked.period.start
        found.append(("line", day, row, settings.COMPANY_CURRENCY, Sum(amount, amount, 0, 1, 0)))
    return _Listed(BILLED, found)


def _worth(user: Any, asked: Asked) -> _Listed:
    """Unbilled time at its rates: what each rate comes to, shared out over its entries. A rate takes a right to see."""
    if asked.period is None:
        raise ValueError("unbilled time is of a period")
    by, key = ("client", asked.client) if asked.client is not None else ("project", asked.project)
    worth = hours.worth_of_each(user, period=asked.period, by=by, key=int(key or 0), currency=asked.currency)
    rows: list[tuple[str, dt.date, Any, int]]
    if user.has_perm("clients.view_rates"):
        related = ("user", "task__client", "task__project")
        entries = TimeEntry._base_manager.select_related(*related).in_bulk([pk for pk, _day, _amount in worth])
        rows = [("time", day, entries[pk], facts.thousandths(amount)) for pk, day, amount in worth]
    else:
        rows = [("hidden", asked.period.start, None, facts.thousandths(sum((one[2] for one in worth), Decimal(0))))]
    return _Listed(WORTH, [(kind, day, row, asked.currency, Sum(own, own, 0, 1, 0)) for kind, day, row, own in rows])
