"""The one place that asks what time it is.

Instants are UTC. A *business date* is the calendar day in somebody's own zone, and is stored beside the instant.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone

_as_of: ContextVar[dt.datetime | None] = ContextVar("as_of", default=None)


@contextmanager
def as_of(at: dt.datetime) -> Iterator[None]:
    """What is done inside happens then: services tell an invented history by the same rules as the present.

    For the demo data. Nothing that a request or a job does may ask for it.
    """
    token = _as_of.set(at)
    try:
        yield
    finally:
        _as_of.reset(token)


def now() -> dt.datetime:
    """This instant, in UTC, cut to the millisecond that the API can print."""
    instant = _as_of.get() or timezone.now()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def zone_of(owner: object | None) -> ZoneInfo:
    """The zone of a user or a client; the company's where they have none."""
    name = getattr(owner, "timezone", "") or settings.COMPANY_TIME_ZONE
    return ZoneInfo(name)


def business_date(owner: object | None = None, at: dt.datetime | None = None) -> dt.date:
    """The calendar day it is for *owner* at that instant (default: now)."""
    return (at or now()).astimezone(zone_of(owner)).date()


def is_zone(name: str) -> bool:
    """Is it a name of the IANA database for somewhere? ``localtime`` and ``Factory`` are names of no place."""
    return name in _zones() and name not in {"localtime", "Factory", "posixrules"}


@cache
def _zones() -> set[str]:
    return available_timezones()  # walks through hundreds of files each time it is asked
