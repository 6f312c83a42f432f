"""Which column is what: by ``--map``, else by what people and devices call their columns."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from hyperflow.core.tables import BadCell, ImportRefused

#: ``"code=Staff no, hire_date=Joined"``, where the rest is guessed; or all of it as a mapping, where nothing is.
Given = str | Mapping[str, str]


def chosen(given: Given, headings: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Our fields and the file's headings."""
    if not isinstance(given, str):
        return dict(given)
    found = _mapped(given, aliases)
    taken = {heading.casefold() for heading in found.values()}
    free = {_plain(heading): heading for heading in headings if heading.casefold() not in taken}
    for field, names in aliases.items():
        if field in found:
            continue
        heading = next((free[name] for name in (_plain(field), *map(_plain, names)) if name in free), None)
        if heading is not None:
            found[field] = heading
    return found


def _mapped(given: str, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        field, equals, heading = (piece.strip() for piece in pair.partition("="))
        if not equals or not heading:
            raise ImportRefused(f"In --map, {pair!r} should be FIELD=COLUMN, as in code=Number.")
        if field not in known:
            raise ImportRefused(f"In --map, {field!r} is no field of this import: choose from {', '.join(known)}.")
        if field in found:
            raise ImportRefused(f"In --map, {field} is there twice.")
        found[field] = heading
    return found


def unread(headings: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """A remark that names the columns of the file that are no field of ours, where there are any."""
    used = {heading.casefold() for heading in columns.values()}
    others = [heading for heading in headings if heading and heading.casefold() not in used]
    return [f"not read: {', '.join(others)} (--map FIELD=COLUMN says what a column is)"] if others else []


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())


def number(cell: str, what: str) -> Decimal:
    """A plain number such as ``37.5`` or ``37,5``."""
    plain = cell.replace(",", ".")
    try:
        if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", plain, re.ASCII):
            return Decimal(plain)
    except InvalidOperation:
        pass
    raise BadCell(f"{cell!r} is no number of {what}")


_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*([ap])?\.?m?\.?", re.ASCII | re.IGNORECASE)


def time_of(cell: str) -> dt.time:
    """A time of day such as ``08:15``, ``8.15``, ``08:15:30`` or ``5:30 PM``."""
    found = _TIME.fullmatch(cell.strip())
    if found is not None:
        hour, minute, second, half = found.groups()
        hours = int(hour)
        if half and 1 <= hours <= 12:
            hours = hours % 12 + (12 if half.casefold() == "p" else 0)
        elif half:
            hours = 99
        if hours < 24 and int(minute) < 60 and int(second or 0) < 60:
            return dt.time(hours, int(minute), int(second or 0))
    raise BadCell(f"{cell!r} is no time that is understood: write it as 08:15")
