"""A table of tasks as CSV, with a map that says which column is what."""

import codecs
import csv
import datetime as dt
import io
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hyperflow.core.fields import fold_email
from integrations.importers.boards import Board, Card, ImportRefused, Person
from integrations.importers.reading import headline, identifier, instant, line, read_bytes, text
from tasks.models import Task

SOURCE = "csv"

FIELDS = (
    "id", "title", "description", "status", "priority",
    "due_date", "assigned_to", "tags", "estimated_time", "created_at",
)  # fmt: skip
#: What people call some of them.
_ALIASES = {"assignee": "assigned_to", "due": "due_date", "labels": "tags", "estimate": "estimated_time"}
_DELIMITERS = ",;\t|"
#: What spreadsheets write and people read as one thing; ``1/2/2026`` could be two days and is asked about instead.
_DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_PRIORITIES = {"lowest": 1, "low": 1, "medium": 2, "normal": 2, "high": 3, "urgent": 4, "highest": 4, "critical": 4}


def read(path: Path, columns: dict[str, str], scope: str = "") -> Board:
    """The rows of a file; ``columns`` maps our fields to the file's headings."""
    if "title" not in columns:
        raise ImportRefused("--map must say which column is the title, as in --map title=Summary.")
    content, remark = _decode(read_bytes(path), path.name)
    board = Board(SOURCE, scope, path.stem[:200])
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


def _decode(content: bytes, name: str) -> tuple[str, str]:
    """UTF-8, UTF-16 with its mark, else Windows-1252, which is said."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "read as UTF-16"
        except UnicodeDecodeError as problem:
            raise ImportRefused(f"{name} begins like UTF-16 and is not.") from problem
    if b"\0" in content:
        raise ImportRefused(f"{name} is not a text file.")
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        remark = "not UTF-8, so read as Windows-1252 (Western European): check accents and umlauts"
        return content.decode("cp1252", errors="replace"), remark


class _Reader:
    def __init__(self, board: Board, columns: dict[str, str]) -> None:
        self.result, self.columns = board, columns
        self.people: dict[str, Person] = {}
        self.titles: Counter[str] = Counter()
        self.seen: dict[str, int] = {}

    def fill(self, content: str) -> None:
        limit = csv.field_size_limit(1_000_000)
        try:
            self._rows(content)
        finally:
            csv.field_size_limit(limit)

    def _rows(self, content: str) -> None:
        first = content.lstrip("\r\n").split("\n", 1)[0]
        delimiter = max(_DELIMITERS, key=first.count)
        rows = csv.reader(
            io.StringIO(content, newline=""), delimiter=delimiter if delimiter in first else ",", strict=True
        )
        try:
            headings = next(filter(any, rows), [])
            places = self._places([cell.strip() for cell in headings])
            begins = rows.line_num + 1
            for row in rows:
                if any(cell.strip() for cell in row):
                    self._row(row, places, begins, len(headings))
                begins = rows.line_num + 1
        except csv.Error as problem:
            raise ImportRefused(f"The CSV is broken at line {max(rows.line_num, 1)}: {problem}.") from problem
        self.result.people = list(self.people.values())

    def _places(self, headings: list[str]) -> dict[str, int]:
        folded = [heading.casefold() for heading in headings]
        missing = [heading for heading in self.columns.values() if heading.casefold() not in folded]
        if missing:
            there = ", ".join(headings) or "none"
            raise ImportRefused(f"The file has no column {', '.join(map(repr, missing))}. Its columns are: {there}.")
        double = [heading for heading in self.columns.values() if folded.count(heading.casefold()) > 1]
        if double:
            raise ImportRefused(f"The file has more than one column {double[0]!r}.")
        return {field: folded.index(heading.casefold()) for field, heading in self.columns.items()}

    def _row(self, row: list[str], places: dict[str, int], number: int, width: int) -> None:
        where = f"line {number}"
        if len(row) > width:
            self.result.refuse(where, f"has {len(row)} cells where the heading has {width}")
            return
        cells = {field: row[place].strip() if place < len(row) else "" for field, place in places.items()}
        try:
            self.result.cards.append(self._card(cells, where, number))
        except _BadCell as problem:
            self.result.refuse(where, str(problem))

    def _card(self, cells: dict[str, str], where: str, number: int) -> Card:
        # `+`, `-`, `=` and `@` at a cell's start are text like any other here; exports put a quote before them.
        title, description = headline(_unquoted(cells["title"]), text(_unquoted(cells.get("description", ""))))
        if not title:
            raise _BadCell("has no title")
        due = cells.get("due_date", "")
        created = cells.get("created_at", "")
        made_at = _instant(created)
        if created and made_at is None:
            raise _BadCell(f"{created!r} is no time that is understood (write 2026-03-31T14:00Z)")
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
                raise _BadCell("has no id")
            if found in self.seen:
                raise _BadCell(f"has the id {found!r} of line {self.seen[found]}")
            self.seen[found] = number
            return found
        folded = title.casefold()
        self.titles[folded] += 1
        return f"{folded[:180]}#{self.titles[folded]}"

    def _person(self, cell: str) -> Person | None:
        name = line(cell, 150)
        if not name:
            return None
        key = fold_email(name)
        if key not in self.people:
            email = name if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", name) else ""
            self.people[key] = Person(key, name.partition("@")[0] if email else name, email)
        return self.people[key]


class _BadCell(Exception):
    pass


def _unquoted(cell: str) -> str:
    """The quote that a careful export puts before a formula is not part of the text."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _status(cell: str) -> str:
    plain = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    return plain if plain in Task.Status.values else ""


def _priority(cell: str) -> int | None:
    if not cell:
        return None
    found = _PRIORITIES.get(cell.strip().casefold())
    if found is None:
        raise _BadCell(f"{cell!r} is no priority: write low, medium, high or urgent")
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
        raise _BadCell(f"{cell!r} is no number of hours")
    return found.quantize(Decimal("0.01"))


def _day(cell: str) -> dt.date:
    at = instant(cell) if "T" in cell else None
    if at:
        return at.date()
    for known in _DAY_FORMATS:
        try:
            found = dt.datetime.strptime(cell, known).date()  # noqa: DTZ007
        except ValueError:
            continue
        if 1970 <= found.year <= 2999:
            return found
    if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", cell, re.ASCII):
        first, second, year = map(int, cell.split("/"))
        for month, day in ((first, second), (second, first)):
            if month <= 12 < day <= 31:
                return _day(f"{year:04}-{month:02}-{day:02}")
        if first == second:
            return _day(f"{year:04}-{first:02}-{second:02}")
        raise _BadCell(f"{cell!r} could be two days: write it as 2026-03-31")
    raise _BadCell(f"{cell!r} is no date that is understood: write it as 2026-03-31")


def _instant(cell: str) -> dt.datetime | None:
    return instant(cell) if cell else None


def _tags(cell: str) -> tuple[str, ...]:
    names = (line(name, 60) for name in re.split(r"[,;|]", cell))
    return tuple(dict.fromkeys(name for name in names if name))
