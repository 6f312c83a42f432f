"""Are the sums that reports read those of the rows? Summed from the rows in SQL, apart from how they are written."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from finance.facts import CATEGORISED, Sum
from finance.models import Measure, Rollup, RollupChange
from finance.selectors import sums

EVER = sums.Period(dt.date(1900, 1, 1), dt.date(9000, 12, 31))
_DIMENSIONS = {"all": "", "client": "client", "project": "project", "category": "category"}


class _Everything:
    """Somebody who may see every row: the books themselves."""

    pk = None
    is_active = is_superuser = True

    def has_perm(self, name: str) -> bool:
        return True


@dataclass(frozen=True)
class Difference:
    """A sum that is kept and is not what the rows say."""

    dimension: str
    grain: str
    measure: str
    starts_on: dt.date
    key: str
    currency: str
    kept: Sum
    rows: Sum


def differences() -> list[Difference]:
    """Every sum that is wrong, missing or too much: of days and months, and their totals by client, project and
    category. Reads every row, so it is for a command and not for a page."""
    found = _over_time() + _by_key()
    return sorted(found, key=lambda one: (one.starts_on, one.measure, one.dimension, one.grain, one.key, one.currency))


def _kept(dimension: str, grain: str) -> dict[Any, Sum]:
    kept: dict[Any, Sum] = defaultdict(Sum)
    rows = Rollup.objects.filter(dimension=dimension, grain=grain).order_by()
    for row in rows.iterator(chunk_size=5_000):
        place = (row.measure, row.starts_on if dimension == "all" else row.key, row.currency)
        kept[place] += Sum(row.amount, row.company, row.excluded, row.count, row.unconverted)
    for change in RollupChange.objects.order_by().iterator(chunk_size=5_000):
        day = change.day if grain == "day" else change.day.replace(day=1)
        if dimension == "category" and change.measure not in CATEGORISED:
            continue
        key = {"client": str(change.client_key), "project": str(change.project_key)}.get(dimension, change.category)
        place = (change.measure, day if dimension == "all" else key, change.currency)
        kept[place] += Sum(change.amount, change.company, change.excluded, change.count, change.unconverted)
    return kept


def _rows(by: str, measures: Any = Measure.values) -> dict[Any, Sum]:
    found: dict[Any, Sum] = defaultdict(Sum)
    for one in sums._counted(_Everything(), [EVER], list(measures), by):
        found[one.measure, one.bucket, one.currency] += one.sum
    return found


def _over_time() -> list[Difference]:
    by_day = _rows("")
    by_month: dict[Any, Sum] = defaultdict(Sum)
    for (measure, day, currency), amount in by_day.items():
        by_month[measure, day.replace(day=1), currency] += amount
    found = []
    for grain, expected in (("day", by_day), ("month", by_month)):
        for (measure, day, currency), kept, rows in _compared(_kept("all", grain), expected):
            found.append(Difference("all", grain, measure, day, "", currency, kept, rows))
    return found


def _by_key() -> list[Difference]:
    found = []
    for dimension, by in list(_DIMENSIONS.items())[1:]:
        measures = Measure.values if by != "category" else sorted(CATEGORISED)
        expected = {(name, str(key), currency): one for (name, key, currency), one in _rows(by, measures).items()}
        for grain in ("day", "month"):
            for (measure, key, currency), kept, rows in _compared(_kept(dimension, grain), expected):
                found.append(Difference(dimension, grain, measure, EVER.start, key, currency, kept, rows))
    return found


def _compared(kept: dict[Any, Sum], expected: dict[Any, Sum]) -> list[tuple[Any, Sum, Sum]]:
    places = kept.keys() | expected.keys()
    pairs = [(place, kept.get(place, Sum()), expected.get(place, Sum())) for place in places]
    return [(place, mine, theirs) for place, mine, theirs in pairs if mine != theirs]
