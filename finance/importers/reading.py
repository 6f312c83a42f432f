"""Rows of a CSV file of invoices, payments, expenses or a bank statement, each field as what it is."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from hyperflow.core import money, tables
from hyperflow.core.columns import Given, chosen, unread
from hyperflow.core.tables import BadCell, ImportRefused, unquoted

#: For each kind of file: our fields, and what others call them.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "bank": {
        "date": (
            "booked on",
            "booking date",
            "buchungstag",
            "buchungsdatum",
            "valuta",
            "value date",
            "date of booking",
        ),
        "amount": ("betrag", "sum", "value", "credit", "umsatz"),
        "currency": ("währung", "waehrung", "ccy"),
        "payer": ("from", "name", "counterparty", "auftraggeber", "beguenstigter", "zahlungspflichtiger", "payee"),
        "reference": ("verwendungszweck", "purpose", "text", "description", "remittance information", "details"),
    },
    "payments": {
        "invoice": ("invoice number", "number", "rechnung", "rechnungsnummer"),
        "date": ("paid on", "received on", "payment date"),
        "amount": ("paid", "betrag"),
        "currency": ("währung", "ccy"),
        "method": ("by", "payment method"),
        "reference": ("transaction", "note", "text"),
    },
    "expenses": {
        "date": ("record date", "paid on", "day"),
        "category": ("account", "type", "kategorie"),
        "amount": ("gross", "total", "betrag"),
        "tax": ("vat", "tax in it", "ust"),
        "currency": ("währung", "ccy"),
        "description": ("text", "what", "beschreibung"),
        "supplier": ("vendor", "from", "lieferant", "payee"),
        "client": ("customer", "kunde"),
        "project": ("projekt",),
        "department": ("abteilung", "cost centre", "cost center"),
        "billable": ("is billable", "rebill"),
        "id": ("external id", "reference", "belegnummer", "document number"),
    },
    "invoices": {
        "number": ("invoice number", "invoice", "rechnungsnummer"),
        "client": ("customer", "kunde", "client name"),
        "date": ("issue date", "invoice date", "rechnungsdatum"),
        "due": ("due date", "fällig", "faellig"),
        "amount": ("net", "subtotal", "net amount", "netto"),
        "tax_rate": ("tax", "vat", "tax rate", "ust"),
        "currency": ("währung", "ccy"),
        "description": ("text", "what", "beschreibung"),
    },
}
NEEDED = {
    "bank": ("date", "amount"),
    "payments": ("invoice", "date", "amount"),
    "expenses": ("date", "category", "amount"),
    "invoices": ("number", "client", "date", "amount"),
}


@dataclass(frozen=True)
class Row:
    line: int
    values: Mapping[str, Any]


@dataclass
class File:
    kind: str
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(kind: str, path: Path, given: Given = "") -> File:
    """The rows of a file. What can't be read is told by line."""
    content, remark = tables.decode(tables.read_bytes(path), path.name)
    named = tables.headings(content)
    columns = chosen(given, named, FIELDS[kind])
    if lacking := [name for name in NEEDED[kind] if name not in columns]:
        raise ImportRefused(
            f"The file does not say which column is {' and which is '.join(lacking)}: "
            f"name it, as in --map {lacking[0]}=COLUMN."
        )
    found = File(kind, remarks=[*([remark] if remark else []), *unread(named, columns)])
    for line, cells, problem in tables.rows(content, columns):
        try:
            if problem:
                raise BadCell(problem)
            found.rows.append(Row(line, _values(kind, {name: unquoted(cell) for name, cell in cells.items()})))
        except BadCell as bad:
            found.problems.append((line, str(bad)))
    return found


def _values(kind: str, cells: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell:
            values[name] = _READERS.get(name, _text)(cell)
    for name in NEEDED[kind]:
        if values.get(name) in (None, ""):
            raise BadCell(f"has no {name}")
    return values


_NUMBER = re.compile(r"[+\-−]?\d[\d.,'’\s\u00a0]*[+\-−]?")


def amount(cell: str) -> Decimal:
    """An amount as banks and people write it: ``1,234.50``, ``1.234,50``, ``1'234.50``, ``-12``, ``12,5-``.

    The last point or comma with one or two digits after it is the decimal one; one followed by three digits parts
    thousands where another such sign stands before it, else it can't be told (``1,234``) and is refused.
    """
    text = cell.strip().replace("−", "-")
    text = re.sub(r"^[A-Z]{3}\s*|\s*[A-Z]{3}$|[€$£]", "", text).strip()
    if not _NUMBER.fullmatch(text):
        raise BadCell(f"{cell!r} is no amount")
    sign = -1 if text.startswith("-") or text.endswith("-") else 1
    plain = re.sub(r"[+\-'’\s\u00a0]", "", text)
    marks = re.findall(r"[.,]", plain)
    if marks:
        tail = len(plain) - max(plain.rfind("."), plain.rfind(",")) - 1
        last = marks[-1]
        if tail == 3 and (len(marks) == 1 or len(set(marks)) == 1):
            if len(marks) == 1:
                raise BadCell(f"{cell!r} could be thousands or thousandths: write it with two digits after the point")
            plain = re.sub(r"[.,]", "", plain)
        else:
            other = "," if last == "." else "."
            plain = plain.replace(other, "").replace(last, ".")
    try:
        return sign * Decimal(plain)
    except ArithmeticError as bad:
        raise BadCell(f"{cell!r} is no amount") from bad


def _currency(cell: str) -> str:
    code = cell.strip().upper()
    if code not in money.CURRENCIES:
        raise BadCell(f"{cell!r} is no currency: write it as EUR")
    return code


def _day(cell: str) -> dt.date:
    found: dt.date = tables.day(cell)
    return found


def _yes(cell: str) -> bool:
    said = cell.strip().casefold()
    if said in {"yes", "true", "1", "y", "x", "ja"}:
        return True
    if said in {"no", "false", "0", "n", "nein"}:
        return False
    raise BadCell(f"{cell!r} is neither yes nor no")


def _percent(cell: str) -> Decimal:
    return amount(cell.replace("%", "").strip())


def _text(cell: str) -> str:
    return " ".join(cell.split())


_READERS: dict[str, Callable[[str], Any]] = {
    "date": _day,
    "due": _day,
    "amount": amount,
    "tax": amount,
    "tax_rate": _percent,
    "currency": _currency,
    "billable": _yes,
}
