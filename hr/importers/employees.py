"""Employees from a CSV file: one row a person. Pure reading; `hr.services.imports_employees` writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hr.models import Employment
from hyperflow.core import clock, tables
from hyperflow.core.columns import Given, chosen, number, unread
from hyperflow.core.tables import BadCell, ImportRefused, unquoted

#: Our fields, and what else people call them.
FIELDS: dict[str, tuple[str, ...]] = {
    "code": ("employee code", "employee id", "staff number", "staff no", "personnel number", "number", "id"),
    "name": ("full name", "employee name", "employee"),
    "email": ("e-mail", "mail", "work email", "email address"),
    "hire_date": ("hired", "hired on", "joined", "start date", "date of joining"),
    "end_date": ("last day", "left", "leaving date", "termination date"),
    "position": ("job title", "title", "designation", "role"),
    "department": ("team", "unit"),
    "manager": ("reports to", "supervisor", "manager email", "manager code"),
    "employment_type": ("type", "contract", "employment"),
    "weekly_hours": ("hours", "hours a week", "hours per week"),
    "pattern": ("work pattern", "shift", "schedule"),
    "timezone": ("time zone", "zone"),
    "calendar": ("holiday calendar", "working calendar"),
}
_TYPES = {
    **{value.replace("_", ""): value for value in Employment.Type.values},
    "fulltime": "full_time", "permanent": "full_time", "parttime": "part_time", "freelance": "contractor",
    "freelancer": "contractor", "internship": "intern", "trainee": "intern",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One person of the file. ``values`` holds what the file says, with names of other rows as it writes them."""

    line: int
    code: str
    email: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class File:
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(path: Path, given: Given = "") -> File:
    """The people of a file. What can't be read is told by line."""
    content, remark = tables.decode(tables.read_bytes(path), path.name)
    named = tables.headings(content)
    columns = chosen(given, named, FIELDS)
    if "code" not in columns and "email" not in columns:
        raise ImportRefused("Nothing says who a row is about: name the column, as in --map code=Number or email=Mail.")
    found = File(remarks=[*([remark] if remark else []), *unread(named, columns)])
    seen: dict[str, int] = {}
    for line, cells, problem in tables.rows(content, columns):
        try:
            row = _row(line, cells, problem)
            for key in filter(None, (row.code and f"code {row.code.casefold()}", row.email and f"e-mail {row.email}")):
                if key in seen:
                    raise BadCell(f"has the {key} of line {seen[key]}")
                seen[key] = line
        except BadCell as bad:
            found.problems.append((line, str(bad)))
        else:
            found.rows.append(row)
    return found


def _row(line: int, cells: Mapping[str, str], problem: str) -> Row:
    if problem:
        raise BadCell(problem)
    plain = {name: unquoted(cell) for name, cell in cells.items()}
    code, email = plain.pop("code", ""), plain.pop("email", "").casefold()
    if not code and not email:
        raise BadCell("names nobody: it has neither a code nor an e-mail address")
    return Row(line, code, email, plain.pop("name", ""), dict(_values(plain)))


def _values(cells: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """What stands in the row; an empty cell says nothing, save that a last day was taken back."""
    for name, cell in cells.items():
        match name:
            case "end_date":
                yield name, tables.day(cell) if cell else None
            case _ if not cell:
                continue
            case "hire_date":
                yield name, tables.day(cell)
            case "weekly_hours":
                yield name, number(cell, "hours")
            case "employment_type":
                yield name, _type(cell)
            case "timezone":
                if not clock.is_zone(cell):
                    raise BadCell(f"{cell!r} is no time zone: write it as Europe/Berlin")
                yield name, cell
            case _:
                yield name, cell


def _type(cell: str) -> str:
    found = _TYPES.get("".join(sign for sign in cell.casefold() if sign.isalnum()))
    if found is None:
        raise BadCell(f"{cell!r} is no type of employment: choose from {', '.join(Employment.Type.values)}")
    return found
