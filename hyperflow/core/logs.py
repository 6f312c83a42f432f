"""Logs: one JSON line an event, with the request's id, without secrets and without anybody's line breaks."""

import datetime as dt
import json
import logging
import re
import traceback
from typing import Any

import orjson

from hyperflow.core import context

HIDDEN = "[hidden]"
#: Names whose values are nobody's business.
_SECRET_NAMES = "password|passwd|secret|token|authorization|cookie|api_?key|signing_?key|credential|private_?key"  # noqa: S105
_SECRET_NAME = re.compile(_SECRET_NAMES, re.IGNORECASE)
#: Values that are secret wherever they stand. Every repetition that something must follow is bounded, so that no text
#: makes the search slow.
_SECRETS = re.compile(
    r"(?P<scheme>\b(?:Bearer|Basic|Token)\s{1,5})[A-Za-z0-9._~+/=-]{6,}"
    r"|\beyJ[A-Za-z0-9_-]{5,600}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"  # a JWT
    r"|(?P<link>/(?:api/files|i|reset-password|reset|verify-email|verify)/)[A-Za-z0-9_.:~=-]{8,}"
    rf"|(?P<name>(?:{_SECRET_NAMES})[\w-]{{0,40}}[\"']?\s{{0,5}}[=:]\s{{0,5}})(?P<quote>[\"']?)"
    r"(?:(?:Bearer|Basic|Token)\s{1,5})?[^\s\"'&,;}]+",
    re.IGNORECASE,
)
#: What might be worth a closer look; most lines have none of it.
_SUSPECT = re.compile(rf"{_SECRET_NAMES}|bearer |basic |eyJ|/api/files/|/i/|/reset|/verify", re.IGNORECASE)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_NOT_SHOWN = _STANDARD | {"_scrubbed", "request_id", "request", "sock"}
#: What JSON leaves as it is, and terminals and readers of lines do not: C1 controls, line and paragraph separators.
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029]")
_LONGEST = 20_000


def scrub(text: str) -> str:
    """The text without its secrets."""
    if not _SUSPECT.search(text):
        return text
    return _SECRETS.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    kept = found["scheme"] or found["link"] or found["name"] or ""
    return f"{kept}{found['quote'] or ''}{HIDDEN}"


def scrubbed(value: Any, name: str = "", depth: int = 0) -> Any:
    """A value of any shape without its secrets: by their names and by their looks."""
    if value is None or type(value) in (int, float, bool):
        return value
    if name and _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return scrub(value[:_LONGEST])
    if depth > 5:
        return HIDDEN
    if isinstance(value, dict):
        return {str(key): scrubbed(inner, str(key), depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(inner, "", depth + 1) for inner in value]
    return scrub(str(value)[:_LONGEST])


class Scrub(logging.Filter):
    """Keeps secrets out of what an event says and of what it carries."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "_scrubbed", False):
            return True
        record.msg, record.args = scrub(_message(record)), None
        for name, value in list(record.__dict__.items()):
            if name not in _STANDARD and name != "_scrubbed":
                record.__dict__[name] = scrubbed(value, name)
        record.__dict__["_scrubbed"] = True
        return True


class CalmRefusals(logging.Filter):
    """What Django refuses as suspicious (a query of the admin that nobody offers) is a warning of one line.

    It logs them as errors with a stack trace, by which anybody who is signed in could fill the log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security.") and record.levelno == logging.ERROR:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


class JsonFormatter(logging.Formatter):
    """One line of JSON: orjson escapes every line break and control character that a value may have."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": _message(record),
        }
        if request_id := getattr(record, "request_id", "") or context.current().request_id:
            line["request_id"] = request_id
        line.update({name: value for name, value in record.__dict__.items() if name not in _NOT_SHOWN})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = scrub("".join(traceback.format_exception(*record.exc_info))[-_LONGEST:])
        try:
            text = orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:  # half of a surrogate pair
            text = json.dumps(line, default=str)
        return text if text.isascii() else _UNSEEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
