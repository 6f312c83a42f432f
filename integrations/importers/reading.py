"""A file from outside: bounded, decoded, and of the kind that was asked for."""

import datetime as dt
import re
import unicodedata
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urlsplit

import orjson

from hyperflow.core.tables import ImportRefused, read_bytes

#: Of what is read whole. What a field here holds at most is judged once the whole board is read (`rows.fitted`).
LONGEST = 1_000_000

_HTML = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)


def read_json(path: Path) -> Any:
    """The document in a JSON file; where it is broken, the line and column."""
    content = read_bytes(path)
    if _HTML.match(content):
        raise ImportRefused(
            f"{path.name} is a web page or XML, not JSON. Was the sign-in page saved instead of the export?"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImportRefused(f"{path.name} is UTF-16; JSON is UTF-8. Save it as UTF-8.")
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        reason = str(problem).split(": line ", maxsplit=1)[0]
        raise ImportRefused(
            f"{path.name} is not valid JSON, at line {problem.lineno}, column {problem.colno}: {reason}."
        ) from problem


# -- values that may be anything


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of objects; whatever else is in it does not count."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def part(value: Any, *path: str) -> Any:
    """``part(action, "data", "card", "id")``: what lies there, or None where the way ends early."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def identifier(value: Any) -> str:
    """An id as text. Numbers are taken, since some tools write ids so; anything else is no id."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    found = str(value).strip()
    return found if 0 < len(found) <= 200 and found.isprintable() else ""


def text(value: Any, limit: int = LONGEST) -> str:
    """Text for people: line ends as ``\\n``, other control characters dropped, cut at the limit with an ellipsis."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        return ""
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(sign for sign in plain if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    plain = plain.strip()
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def line(value: Any, limit: int) -> str:
    """The same on one line."""
    return text(" ".join(text(value).split()), limit)


def instant(value: Any) -> dt.datetime | None:
    """An ISO 8601 instant in UTC to the millisecond, or None. One without an offset is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value.strip())
        found = (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=found.microsecond // 1000 * 1000) if 1970 <= found.year <= 2999 else None


def day(value: Any) -> dt.date | None:
    """An ISO 8601 date, or None."""
    if not isinstance(value, str):
        return None
    try:
        found = dt.date.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if 1970 <= found.year <= 2999 else None


def web_address(value: Any) -> str:
    """An http(s) address of at most 2,000 characters, or nothing."""
    address = text(value, 10_000)
    if len(address) > 2_000 or any(sign.isspace() for sign in address):
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    return address if parts.scheme.lower() in {"http", "https"} and host else ""
