"""Pages by keyset: a page's cost does not grow with its depth, and nothing is skipped or shown twice meanwhile.

    wanted = keyset.read(request.GET)              # limit, ordering, cursor or skip, checked
    found = wanted.fetch(queryset)                 # Page(rows, more)
    link = wanted.links(request, found.ends, found.more)

The predicate is ``col <= x AND (col < x OR (col = x AND id < y))``: whole ranges of an index, which MariaDB does not
see in a row constructor.
Columns to order by must not be NULL: a marker column stands for "none" (``due_order``).
"""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hyperflow.core.errors import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_SKIP = 10_000
LARGEST_ID = 2**63 - 1
#: The parameters that every list takes.
PARAMETERS = frozenset({"limit", "cursor", "skip", "ordering"})

Parse = Callable[[Any], Any]


@dataclass(frozen=True)
class Position:
    """Where a page begins: behind (or, going back, before) the row with this value and id."""

    value: Any
    id: int
    backwards: bool = False


@dataclass(frozen=True)
class Page:
    """Rows in the order that the caller reads them; ``more`` says whether there are further ones on the way."""

    rows: list[Any]
    more: bool


@dataclass(frozen=True)
class PageRequest:
    """What a caller asked for, checked."""

    limit: int
    ordering: str
    column: str
    descending: bool
    position: Position | None = None
    skip: int = 0

    @property
    def backwards(self) -> bool:
        return self.position is not None and self.position.backwards

    @property
    def reads_down(self) -> bool:
        """Do the rows come out of the database from the largest to the smallest?"""
        return self.descending != self.backwards

    def fetch(self, rows: QuerySet[Any]) -> Page:
        """One query for one page."""
        if self.position is not None:
            side, strictly = ("lte", "lt") if self.reads_down else ("gte", "gt")
            value, pk = self.position.value, self.position.id
            if self.column == "pk":
                rows = rows.filter(**{f"pk__{strictly}": pk})
            else:
                rows = rows.filter(
                    Q(**{f"{self.column}__{side}": value})
                    & (Q(**{f"{self.column}__{strictly}": value}) | Q(**{self.column: value, f"pk__{strictly}": pk}))
                )
        sign = "-" if self.reads_down else ""
        order = [f"{sign}pk"] if self.column == "pk" else [f"{sign}{self.column}", f"{sign}pk"]
        found = list(rows.order_by(*order)[self.skip : self.skip + self.limit + 1])
        return self.cut(found)

    def cut(self, found: list[Any]) -> Page:
        """From up to ``limit + 1`` rows as the database gave them to a page."""
        more = len(found) > self.limit
        del found[self.limit :]
        if self.backwards:
            found.reverse()
        return Page(found, more)

    def value_of(self, row: models.Model) -> tuple[Any, int]:
        """A row's place in the order."""
        return getattr(row, "pk" if self.column == "pk" else self.column), row.pk

    def links(
        self, url: Callable[[Mapping[str, str | None]], str], page: Page, place: Callable[[Any], tuple[Any, int]]
    ) -> str:
        """The ``Link`` header. ``url`` gives this list's address with parameters replaced (``None``: left out)."""
        found = [f'<{url({"cursor": None, "skip": None})}>; rel="first"']
        if page.rows:
            before = page.more if self.backwards else self.position is not None or self.skip > 0
            after = True if self.backwards else page.more
            if before:
                found.append(f'<{url({"cursor": self._cursor(place(page.rows[0]), True), "skip": None})}>; rel="prev"')
            if after:
                found.append(
                    f'<{url({"cursor": self._cursor(place(page.rows[-1]), False), "skip": None})}>; rel="next"'
                )
        return ", ".join(found)

    def _cursor(self, place: tuple[Any, int], backwards: bool) -> str:
        return encode(self.ordering, Position(place[0], place[1], backwards))


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"a list cannot be ordered by a {type(value).__name__}")


def encode(ordering: str, position: Position) -> str:
    """A cursor: opaque to callers, checked when it comes back, bound to the order it was made for."""
    value = "" if isinstance(position.value, models.Model) else position.value
    parts = orjson.dumps([ordering, value, position.id, int(position.backwards)], default=_text)
    return base64.urlsafe_b64encode(parts).decode().rstrip("=")


def decode(cursor: str, ordering: str, parse: Parse) -> Position:
    """Raises `Invalid` for anything that `encode` would not have written for this order."""
    try:
        if len(cursor) > 2_000 or not cursor.isascii():
            raise ValueError("not a cursor")
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, value, pk, backwards = orjson.loads(raw)
        if made_for != ordering or type(pk) is not int or not -1 < pk <= LARGEST_ID or backwards not in (0, 1):
            raise ValueError("not of this list")
        return Position(parse(value), pk, bool(backwards))
    except (ValueError, TypeError, OverflowError, ArithmeticError, ValidationError, binascii.Error) as error:
        raise Invalid(
            _("This cursor is not one that the list gave in this order. Begin again without it."),
            code="invalid_cursor",
            field="cursor",
        ) from error


def parser_for(column: Any) -> Parse:
    """Reads a cursor's value as the column has it, and refuses any other kind."""
    if isinstance(column, models.GeneratedField):
        column = column.output_field
    if isinstance(column, models.DateTimeField):
        return _instant
    if isinstance(column, models.DateField):
        return _date
    if isinstance(column, models.IntegerField):
        return _whole
    if isinstance(column, models.CharField | models.TextField):
        return _line
    if isinstance(column, models.DecimalField):
        return _decimal
    raise TypeError(f"no list is ordered by a {type(column).__name__}")


def _instant(value: Any) -> dt.datetime:
    instant = dt.datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant has an offset")
    return instant.astimezone(dt.UTC)


def _date(value: Any) -> dt.date:
    return dt.date.fromisoformat(value)


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > LARGEST_ID:
        raise ValueError("not a number")
    return value


def _line(value: Any) -> str:
    if type(value) is not str or "\x00" in value:
        raise ValueError("not a text")
    return value


def _decimal(value: Any) -> Decimal:
    found = Decimal(value) if type(value) is str and len(value) < 40 else None
    if found is None or not found.is_finite():
        raise ValueError("not a number")
    return found


@dataclass(frozen=True)
class Keyset:
    """The orders that a list offers, by their names on the wire: ``{"due_date": "due_order"}``."""

    columns: Mapping[str, str]
    default: str
    parsers: Mapping[str, Parse] = field(default_factory=dict)

    @classmethod
    def of(cls, model: type[models.Model], orderings: Mapping[str, str], default: str) -> "Keyset":
        columns = {"id": "pk", **orderings}
        parsers = {name: parser_for(model._meta.get_field(column)) for name, column in orderings.items()}
        return cls(columns, default, {"id": _whole, **parsers})

    @property
    def names(self) -> list[str]:
        """What ``ordering`` takes, for the schema."""
        return [sign + name for name in self.columns for sign in ("", "-")]

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """Limit, ordering and cursor or skip of a request. Raises `Invalid`."""
        limit = whole_number(query, "limit", DEFAULT_LIMIT, at_least=1, at_most=MAX_LIMIT)
        ordering = query.get("ordering") or self.default
        name = ordering.removeprefix("-")
        if name not in self.columns:
            raise Invalid(
                _("This list can be ordered by %(names)s, each with a minus for the other way round.")
                % {"names": ", ".join(self.columns)},
                code="invalid_ordering",
                field="ordering",
            )
        skip = self._skip(query)
        cursor = query.get("cursor")
        if cursor and skip:
            raise Invalid(_("Send either `cursor` or `skip`."), field="skip")
        position = decode(cursor, ordering, self.parsers[name]) if cursor else None
        return PageRequest(limit, ordering, self.columns[name], ordering.startswith("-"), position, skip)

    def _skip(self, query: Mapping[str, str]) -> int:
        skip = whole_number(query, "skip", 0, at_least=0, at_most=LARGEST_ID)
        if skip > MAX_SKIP:
            raise Invalid(
                _("At most 10,000 rows can be skipped. Follow the `Link` header's cursor instead."),
                code="skip_too_large",
                field="skip",
                limit=MAX_SKIP,
            )
        return skip


def whole_number(query: Mapping[str, str], name: str, default: int, *, at_least: int, at_most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 19 and at_least <= int(text) <= at_most:
        return int(text)
    if name == "skip" and text.isascii() and text.isdigit():
        return at_most
    raise Invalid(
        _("`%(name)s` is a whole number from %(least)d to %(most)d.")
        % {"name": name, "least": at_least, "most": at_most},
        field=name,
    )


def place_by(names: Sequence[str]) -> Callable[[Any], tuple[Any, int]]:
    """The place of a row that is a mapping: its value under the first name and its id under the second."""
    first, second = names
    return lambda row: (row[first], row[second])
