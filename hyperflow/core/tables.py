"""Tables that come in as files: bounded, decoded, with a map that says which column is what."""

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

DELIMITERS = ",;\t|"
MOST_IN_A_CELL = 1_000_000
#: What spreadsheets write and people read as one thing; ``1/2/2026`` could be two days and is asked about instead.
_DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")

MAX_BYTES = 50 * 1024 * 1024

#: What a file begins with that is not text, and what a person calls it.
_OTHER_KINDS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive (an Excel or Word file is one, too)",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"SQLite format 3": "a SQLite database",
}


class ImportRefused(Exception):
    """The file can't be imported, and nothing of it was. The message says why, in words for who started it."""


class BadCell(Exception):
    """A value that can't be what its column says. The message completes "line 7 …" or "line 7: …"."""


class Row(NamedTuple):
    """One row: the line it begins at, its cells by our names for the columns, and what is wrong with its shape."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


def read_bytes(path: Path) -> bytes:
    """All of a file of at most 50 MB. It is read in bounds, so that a device or a pipe can't fill the memory."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise ImportRefused(f"{path} can't be read: {problem.strerror or problem}.") from problem
    if len(content) > MAX_BYTES:
        raise ImportRefused(
            f"{path.name} is larger than 50 MB, which is as much as one import takes. Export a part of it, or split it."
        )
    if not content.strip():
        raise ImportRefused(f"{path.name} is empty.")
    for start, kind in _OTHER_KINDS.items():
        if content.startswith(start):
            raise ImportRefused(f"{path.name} is {kind}, not an export that can be read here.")
    return content


def decode(content: bytes, name: str) -> tuple[str, str]:
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


def headings(content: str) -> list[str]:
    """The first row that holds anything."""
    try:
        return [cell.strip() for cell in next(filter(any, _reader(content)), [])]
    except csv.Error as problem:
        raise ImportRefused(f"The CSV is broken at its first line: {problem}.") from problem


def rows(content: str, columns: Mapping[str, str]) -> Iterator[Row]:
    """The rows of a CSV file with a heading; ``columns`` maps our fields to the file's headings.

    Raises `ImportRefused` where a heading is missing or there twice, or the file breaks off in a quote.
    """
    limit = csv.field_size_limit(MOST_IN_A_CELL)
    try:
        yield from _rows(content, columns)
    finally:
        csv.field_size_limit(limit)


def _reader(content: str) -> Iterator[list[str]]:
    first = content.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    return csv.reader(io.StringIO(content, newline=""), delimiter=delimiter if delimiter in first else ",", strict=True)


def _rows(content: str, columns: Mapping[str, str]) -> Iterator[Row]:
    reader = _reader(content)
    try:
        heading = next(filter(any, reader), [])
        places = _places([cell.strip() for cell in heading], columns)
        begins = reader.line_num + 1  # type: ignore[attr-defined]
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = {field: row[place].strip() if place < len(row) else "" for field, place in places.items()}
                wide = f"has {len(row)} cells where the heading has {len(heading)}" if len(row) > len(heading) else ""
                yield Row(begins, cells, wide)
            begins = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as problem:
        line = max(reader.line_num, 1)  # type: ignore[attr-defined]
        raise ImportRefused(f"The CSV is broken at line {line}: {problem}.") from problem


def _places(headings: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    folded = [heading.casefold() for heading in headings]
    missing = [heading for heading in columns.values() if heading.casefold() not in folded]
    if missing:
        there = ", ".join(headings) or "none"
        raise ImportRefused(f"The file has no column {', '.join(map(repr, missing))}. Its columns are: {there}.")
    double = [heading for heading in columns.values() if folded.count(heading.casefold()) > 1]
    if double:
        raise ImportRefused(f"The file has more than one column {double[0]!r}.")
    return {field: folded.index(heading.casefold()) for field, heading in columns.items()}


def unquoted(cell: str) -> str:
    """The quote that a careful export puts before a formula is not part of the text."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def day(cell: str) -> dt.date:
    """The date in a cell. Raises `BadCell` where it is none, or could be two."""
    for known in _DAY_FORMATS:
        try:
            found = dt.datetime.strptime(cell, known).date()  # noqa: DTZ007
        except ValueError:
            continue
        if 1970 <= found.year <= 2999:
            return found
    if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", cell, re.ASCII):
        first, second, year = map(int, cell.split("/"))
        for month, number in ((first, second), (second, first)):
            if month <= 12 < number <= 31:
                return day(f"{year:04}-{month:02}-{number:02}")
        if first == second:
            return day(f"{year:04}-{first:02}-{second:02}")
        raise BadCell(f"{cell!r} could be two days: write it as 2026-03-31")
    raise BadCell(f"{cell!r} is no date that is understood: write it as 2026-03-31")
