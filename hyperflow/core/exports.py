"""Lists and reports as CSV and XLSX, a line at a time, with cells that no spreadsheet takes for a formula."""

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext

from hyperflow.core import clock

KINDS = ("csv", "xlsx")
#: What a spreadsheet program may take for the beginning of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: A sheet holds no more, heading included.
MOST_SHEET_ROWS = 1_048_576
MOST_CELL_TEXT = 32_767
MOST_SHEET_NAME = 31
#: What XML and CSV readers choke on; tab, line feed and carriage return stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")

Cell = str | int | float | Decimal | dt.date | dt.datetime | None


def safe_cell(value: Any) -> Cell:
    """A value as a cell: numbers, dates and nothing stay what they are, text can't begin a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    >>> safe_cell(-5)
    -5
    """
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal() | dt.datetime() | dt.date():
            return value
        case list() | tuple() | set() | frozenset():
            return safe_cell(", ".join(str(item) for item in value))
    text = _CONTROL.sub("", str(value))
    # Some programs skip blanks before they look for a formula.
    if text.startswith(FORMULA_STARTS) or text.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{text}"
    return text


def follow(row: models.Model, path: str) -> Any:
    """``client__name`` of a row; a choice as its label."""
    value: Any = row
    *heads, last = path.split("__")
    for name in heads:
        value = getattr(value, name)
        if value is None:
            return None
    label = getattr(value, f"get_{last}_display", None)
    found = label() if label else getattr(value, last)
    return str(found) if isinstance(found, models.Model) else found


def csv_text(value: Any) -> str:
    """A cell as CSV prints it: decimals plain, times in UTC."""
    cell = safe_cell(value)
    match cell:
        case None:
            return ""
        case Decimal():
            return format(cell, "f")
        case dt.datetime():
            return cell.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case dt.date():
            return cell.isoformat()
    return str(cell)


class _Line:
    """What `csv.writer` writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells spreadsheet programs that this is UTF-8.
    yield "\ufeff" + writer.writerow([csv_text(heading) for heading in headings])
    for row in rows:
        yield writer.writerow([csv_text(value) for value in row])


def xlsx_file(headings: Sequence[Any], rows: Iterable[Sequence[Any]], *, title: str) -> Any:
    """A temporary file, at its beginning: one sheet, and a further one wherever the rows fill what a sheet holds."""
    from openpyxl import Workbook  # seven MiB that a process without an export never needs
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    name = re.sub(r"[\\/*?:\[\]]", " ", title)[:MOST_SHEET_NAME] or "Sheet"
    bold = Font(bold=True)

    def new_sheet() -> Any:
        end = f" {len(book.worksheets) + 1}" if book.worksheets else ""
        sheet = book.create_sheet(name[: MOST_SHEET_NAME - len(end)] + end)
        sheet.freeze_panes = "A2"
        heading_cells = []
        for heading in headings:
            cell = _sheet_cell(sheet, str(heading))
            cell.font = bold
            heading_cells.append(cell)
        sheet.append(heading_cells)
        return sheet

    sheet, free = new_sheet(), MOST_SHEET_ROWS - 1
    for row in rows:
        if not free:
            sheet, free = new_sheet(), MOST_SHEET_ROWS - 1
        sheet.append([_sheet_cell(sheet, value) for value in row])
        free -= 1
    target = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the response
    book.save(target)
    target.seek(0)
    return target


def _sheet_cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell_value = safe_cell(value)
    if isinstance(cell_value, dt.datetime):
        # A sheet knows no zones.
        cell_value = cell_value.astimezone(dt.UTC).replace(tzinfo=None)
    if isinstance(cell_value, float) and (cell_value != cell_value or cell_value in (float("inf"), float("-inf"))):
        cell_value = str(cell_value)
    if isinstance(cell_value, str):
        # The type says text, so no program calculates it and the leading quote of CSV would only be noise.
        text = _CONTROL.sub("", value) if isinstance(value, str) else cell_value
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # a line of a cell ends so in every program
        if len(text) > MOST_CELL_TEXT:
            mark = gettext("… (longer than a cell holds: the CSV export has all of it)")
            text = text[: MOST_CELL_TEXT - len(mark)] + mark
        cell = WriteOnlyCell(sheet, value=text)
        cell.data_type = "s"
        return cell
    return WriteOnlyCell(sheet, value=cell_value)


def answer(
    kind: str, name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> HttpResponse | StreamingHttpResponse:
    """A download named after what it holds and the day."""
    file_name = f"{name}-{clock.business_date().isoformat()}.{kind}"
    response: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        response = StreamingHttpResponse(
            (line.encode() for line in csv_lines(headings, rows)), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    else:
        response = FileResponse(
            xlsx_file(headings, rows, title=name),
            as_attachment=True,
            filename=file_name,
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response["Cache-Control"] = "private, no-store"
    return response
