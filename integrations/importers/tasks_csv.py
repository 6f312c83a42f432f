"""A table of tasks as CSV, with a map that says which column is what."""

import datetime as dt
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hyperflow.core import tables
from hyperflow.core.fields import fold_email
from hyperflow.core.tables import BadCell, unquoted
from integrations.importers.boards import Board, Card, ImportRefused, Person
from integrations.importers.reading import LONGEST, identifier, instant, line, read_bytes, text
from tasks.models import Task

SOURCE = "csv"

FIELDS = (
    "id", "title", "description", "status", "priority",
    "due_date", "assigned_to", "tags", "estimated_time", "created_at",
)  # fmt: skip
#: Fields of a task that a file may leave out.
_KEPT = frozenset({"description", "status", "priority", "due_date", "assigned_to", "tags", "estimated_time"})
#: What people call some of them.
_ALIASES = {"assignee": "assigned_to", "due": "due_date", "labels": "tags", "estimate": "estimated_time"}
_PRIORITIES = {"lowest": 1, "low": 1, "medium": 2, "normal": 2, "high": 3, "urgent": 4, "highest": 4, "critical": 4}


def read(path: Path, columns: dict[str, str], scope: str = "") -> Board:
    """The rows of a file; ``columns`` maps our fields to the file's headings."""
    if "title" not in columns:
        raise ImportRefused("--map must say which column is the title, as in --map title=Summary.")
    content, remark = tables.decode(read_bytes(path), path.name)
    # A column that is not mapped says nothing, so what stands here in its field stays.
    silent = _KEPT - columns.keys()
    board = Board(SOURCE, scope, path.stem[:200], silent=frozenset(silent))
    if remark:
        board.remarks.append(remark)
    _Reader(board, columns).fill(content)
    return board


def parse_map(given: str) -> dict[str, str]:
    """``"title=Title, due_date=Due on"`` as a table from our fields to headings."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        field, equals, heading = (piece.strip() for piece in pair.partition("="))
        if not equals or not heading:
            raise ImportRefused(f"In --map, {pair!r} should be FIELD=COLUMN, as in title=Summary.")
        field = _ALIASES.get(field, field)
        if field not in FIELDS:
            raise ImportRefused(f"In --map, {field!r} is no field of a task: choose from {', '.join(FIELDS)}.")
        if field in found:
            raise ImportRefused(f"In --map, {field} is there twice.")
        found[field] = heading
    return found


class _Reader:
    def __init__(self, board: Board, columns: dict[str, str]) -> None:
        self.result, self.columns = board, columns
        self.people: dict[str, Person] = {}
        self.titles: Counter[str] = Counter()
        self.seen: dict[str, int] = {}

    def fill(self, content: str) -> None:
        for row in tables.rows(content, self.columns):
            where = f"line {row.line}"
            if row.problem:
                self.result.refuse(where, row.problem)
                continue
            try:
                self.result.cards.append(self._card(dict(row.cells), where, row.line))
            except BadCell as problem:
                self.result.refuse(where, str(problem))
        self.result.people = list(self.people.values())

    def _card(self, cells: dict[str, str], where: str, number: int) -> Card:
        # `+`, `-`, `=` and `@` at a cell's start are text like any other here; exports put a quote before them.
        title, description = line(unquoted(cells["title"]), LONGEST), text(unquoted(cells.get("description", "")))
        if not title:
            raise BadCell("has no title")
        due = cells.get("due_date", "")
        created = cells.get("created_at", "")
        made_at = _instant(created)
        if created and made_at is None:
            raise BadCell(f"{created!r} is no time that is understood (write 2026-03-31T14:00Z)")
        return Card(
            kind="row",
            id=self._id(cells, title, number),
            title=title,
            where=where,
            description=description,
            list_name=line(cells.get("status", ""), 120),
            status=_status(cells.get("status", "")),
            priority=_priority(cells.get("priority", "")),
            estimate=_hours(cells.get("estimated_time", "")),
            due_date=_day(due) if due else None,
            created_at=made_at,
            assignee=self._person(cells.get("assigned_to", "")),
            tags=_tags(cells.get("tags", "")),
        )

    def _id(self, cells: dict[str, str], title: str, number: int) -> str:
        """The row's own id, or where there is no such column its title and how many of that title came before."""
        if "id" in self.columns:
            found = identifier(cells["id"])
            if not found:
                raise BadCell("has no id")
            if found in self.seen:
                raise BadCell(f"has the id {found!r} of line {self.seen[found]}")
            self.seen[found] = number
            return found
        folded = title.casefold()[:180]
        self.titles[folded] += 1
        return f"{folded}#{self.titles[folded]}"

    def _person(self, cell: str) -> Person | None:
        name = line(cell, 150)
        if not name:
            return None
        key = fold_email(name)
        if key not in self.people:
            email = name if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", name) else ""
            self.people[key] = Person(key, name.partition("@")[0] if email else name, email)
        return self.people[key]


def _status(cell: str) -> str:
    plain = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    return plain if plain in Task.Status.values else ""


def _priority(cell: str) -> int | None:
    if not cell:
        return None
    found = _PRIORITIES.get(cell.strip().casefold())
    if found is None:
        raise BadCell(f"{cell!r} is no priority: write low, medium, high or urgent")
    return found


def _hours(cell: str) -> Decimal | None:
    if not cell:
        return None
    plain = cell.strip().rstrip("hH ").replace(",", ".")
    try:
        found = Decimal(plain) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", plain, re.ASCII) else None
    except InvalidOperation:
        found = None
    if found is None or found >= 1_000_000:
        raise BadCell(f"{cell!r} is no number of hours")
    return found.quantize(Decimal("0.01"))


def _day(cell: str) -> dt.date:
    at = instant(cell) if "T" in cell else None
    return at.date() if at else tables.day(cell)


def _instant(cell: str) -> dt.datetime | None:
    return instant(cell) if cell else None


def _tags(cell: str) -> tuple[str, ...]:
    names = (line(name, 60) for name in re.split(r"[,;|]", cell))
    return tuple(dict.fromkeys(name for name in names if name))
