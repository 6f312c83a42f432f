"""Answers as bytes. orjson writes them; a view that already has bytes hands them over as they are."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise

JSON = "application/json"
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Promise | memoryview):
        return str(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=_plain, option=_OPTIONS)


def wire_time(instant: dt.datetime | None) -> str | None:
    """An instant as the API prints it: UTC, at most milliseconds, ``Z``."""
    if instant is None:
        return None
    if instant.tzinfo is not None and instant.utcoffset():
        instant = instant.astimezone(dt.UTC)
    text = instant.replace(tzinfo=None).isoformat(timespec="milliseconds" if instant.microsecond >= 1000 else "seconds")
    return text + "Z"


class JSONResponse(HttpResponse):
    """``data`` as JSON; bytes are taken as JSON that is written already."""

    def __init__(
        self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
    ) -> None:
        body = data if isinstance(data, bytes) else dumps(data)
        super().__init__(body, content_type=content_type, status=status, headers=dict(headers or {}))
        self.data = data
