"""The one place that asks what time it is.

Instants are UTC. A *business date* is the calendar day in somebody's own zone, and is stored beside the instant.
"""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone


def now() -> dt.datetime:
    """This instant, in UTC, cut to the millisecond that the API can print."""
    instant = timezone.now()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def zone_of(owner: object | None) -> ZoneInfo:
    """The zone of a user or a client; the company's where they have none."""
    name = getattr(owner, "timezone", "") or settings.COMPANY_TIME_ZONE
    return ZoneInfo(name)


def business_date(owner: object | None = None, at: dt.datetime | None = None) -> dt.date:
    """The calendar day it is for *owner* at that instant (default: now)."""
    return (at or now()).astimezone(zone_of(owner)).date()


def is_zone(name: str) -> bool:
    return name in available_timezones()
