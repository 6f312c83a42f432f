"""Keeps the sums that reports read: changes with the facts, folded by a job, made anew by a command.

A service that changes a row of money says so in its transaction::

    before = rollups.facts_of(invoice)
    changes.update(invoice, actor, …)
    rollups.changed(before, invoice)          # a new row: rollups.added(row)
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from finance import facts
from finance.facts import Fact, Place, Sum
from finance.models import Books, CreditEntry, CreditNote, FinancialRecord, Invoice, Payment, Rollup, RollupChange
from hyperflow.core.transactions import command

BATCH = 500
facts_of = facts.of


def added(*rows: Any) -> None:
    """These rows are new. Inside the transaction that writes them."""
    _write(facts.added_up(fact for row in rows for fact in facts.of(row)))


def changed(before: Iterable[Fact], row: Any) -> None:
    """The row had those facts before, and has others now. Inside the transaction that changes it."""
    _write(facts.difference(before, facts.of(row)))


def removed(before: Iterable[Fact]) -> None:
    _write(facts.difference(before, []))


_CHANGED = ("measure", "day", "currency", "client_key", "project_key", "category")


def _write(sums: dict[Place, Sum]) -> None:
    """Plain statements: every writing of money waits for this."""
    lines = [
        (one.measure, one.day, one.currency, one.client, one.project, one.category,
         amount.amount, amount.company, amount.excluded, amount.count, amount.unconverted)
        for one, amount in sums.items()
    ]  # fmt: skip
    if lines:
        with connection.cursor() as cursor:
            cursor.executemany(_insert(), lines)


@cache
def _insert() -> str:
    columns = ", ".join(connection.ops.quote_name(name) for name in (*_CHANGED, *_SUMMED))
    into = f"INSERT INTO {RollupChange._meta.db_table} ({columns})"
    return f"{into} VALUES ({', '.join(['%s'] * 11)})"


# -- folding

Cell = tuple[str, str, str, Any, str, str]


def cells_of(place: Place) -> Iterator[Cell]:
    """The sums that a fact belongs to: of its day and of its month; of everything, its client, project, category."""
    keys = [("all", ""), ("client", str(place.client)), ("project", str(place.project))]
    if place.measure in facts.CATEGORISED:
        keys.append(("category", place.category))
    for grain, first in (("day", place.day), ("month", place.day.replace(day=1))):
        for dimension, key in keys:
            yield dimension, grain, place.measure, first, key, place.currency


@command
def fold(*, limit: int = 2_000) -> int:
    """Put up to so many changes into the sums; gives how many. Any number of workers may do so at once."""
    rows = list(RollupChange.objects.order_by("id").select_for_update(skip_locked=True)[:limit])
    if not rows:
        return 0
    _put((_place_of(row), _sum_of(row)) for row in rows)
    RollupChange.objects.filter(pk__in=[row.pk for row in rows])._raw_delete(connection.alias)
    return len(rows)


def fold_all() -> int:
    """Until nothing is left; each batch is a transaction of its own."""
    folded = 0
    while found := fold():
        folded += found
    return folded


def _place_of(row: RollupChange) -> Place:
    return Place(row.measure, row.day, row.currency, row.client_key, row.project_key, row.category)


def _sum_of(row: RollupChange) -> Sum:
    return Sum(row.amount, row.company, row.excluded, row.count, row.unconverted)


def _put(found: Iterable[Fact]) -> None:
    sums: dict[Cell, Sum] = {}
    for place, amount in found:
        for cell in cells_of(place):
            sums[cell] = sums.get(cell, Sum()) + amount
    # In one order everywhere, so that two workers wait for each other instead of blocking each other.
    lines = [
        (*cell, one.amount, one.company, one.excluded, one.count, one.unconverted)
        for cell, one in sorted(sums.items())
        if one
    ]
    with connection.cursor() as cursor:
        for begin in range(0, len(lines), BATCH):
            cursor.executemany(_upsert(), lines[begin : begin + BATCH])


_COLUMNS = "dimension, grain, measure, starts_on, {key}, currency, amount, company, excluded, {count}, unconverted"
_SUMMED = ("amount", "company", "excluded", "count", "unconverted")


def _upsert() -> str:
    """Add to the sum that is there, or begin one. One statement a sum, so nobody reads it in between."""
    quote = connection.ops.quote_name
    into = f"INSERT INTO {Rollup._meta.db_table} ({_COLUMNS.format(key=quote('key'), count=quote('count'))})"
    values = f"VALUES ({', '.join(['%s'] * 11)})"
    if connection.vendor == "mysql":
        tail = ", ".join(f"{quote(name)} = {quote(name)} + VALUES({quote(name)})" for name in _SUMMED)
        return f"{into} {values} ON DUPLICATE KEY UPDATE {tail}"
    table = Rollup._meta.db_table
    tail = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in _SUMMED)
    unique = f"dimension, grain, measure, starts_on, {quote('key')}, currency"
    return f"{into} {values} ON CONFLICT ({unique}) DO UPDATE SET {tail}"


# -- anew


def sources() -> list[QuerySet[Any]]:
    """All rows that the sums are made of."""
    return [
        Invoice._base_manager.filter(issued_at__isnull=False),
        CreditNote._base_manager.all(),
        Payment._base_manager.exclude(method=Payment.Method.CREDIT).select_related("invoice"),
        CreditEntry._base_manager.filter(kind=CreditEntry.Kind.PAID_OUT),
        FinancialRecord._base_manager.exclude(status__in=FinancialRecord.UNCOUNTED),
    ]


@command
def rebuild() -> int:
    """Make all sums anew from the rows, in one transaction; gives how many rows there were.

    For the day after an accident. Nobody writes meanwhile: the books are held alone, so no fact is counted twice.
    """
    Books.objects.select_for_update().get()
    Rollup.objects.all()._raw_delete(connection.alias)
    RollupChange.objects.all()._raw_delete(connection.alias)
    counted = 0
    for rows in sources():
        stream = iter(rows.order_by("pk").iterator(chunk_size=5_000))
        while some := list(islice(stream, 5_000)):
            _put(facts.added_up(fact for row in some for fact in facts.of(row)).items())
            counted += len(some)
    return counted
