"""Instants and days as they come over the wire. Everything here raises `ValueError` with a sentence for the caller."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

EARLIEST, LATEST = 1900, 2999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
    r"(\.(?P<fraction>[0-9]{1,9}))?(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


def looks_like_a_day(text: str) -> bool:
    return _DAY.fullmatch(text) is not None


def parse_date(text: str) -> dt.date:
    """``YYYY-MM-DD``, a day that exists."""
    if not isinstance(text, str) or not looks_like_a_day(text):
        raise ValueError(_("A date is written YYYY-MM-DD."))
    try:
        found = dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("There is no such day.")) from error
    _refuse_other_ages(found.year)
    return found


def parse_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """ISO 8601 with any offset; one without is read in *zone*, where it must be one instant and not none or two."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) and len(text) <= 40 else None
    if found is None:
        raise ValueError(_("A time is written 2026-01-31T13:45:00Z."))
    fraction = (found["fraction"] or "0")[:3].ljust(3, "0")
    try:
        local = dt.datetime.fromisoformat(f"{found['day']}T{found['time']}").replace(microsecond=int(fraction) * 1000)
        offset = found["offset"]
        if offset:
            instant = _shift(local, "+00:00" if offset in "Zz" else offset)
        else:
            instant = _in_zone(local, zone)
    except OverflowError as error:
        raise ValueError(_other_ages()) from error
    except ValueError as error:
        raise ValueError(str(error) if error.args and "zone" in str(error) else _("There is no such time.")) from error
    _refuse_other_ages(instant.year)
    return instant


def _refuse_other_ages(year: int) -> None:
    """What an agency writes down happens in its own time; beyond it, sums with days leave the calendar."""
    if not EARLIEST <= year <= LATEST:
        raise ValueError(_other_ages())


def _other_ages() -> str:
    return _("The years %(first)d to %(last)d are understood.") % {"first": EARLIEST, "last": LATEST}


def _shift(local: dt.datetime, offset: str) -> dt.datetime:
    zone = dt.datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    return local.replace(tzinfo=zone).astimezone(dt.UTC)


def _in_zone(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise ValueError(
            _("The clocks in the time zone %(zone)s were changed then: send the time with its offset.")
            % {"zone": zone.key}
        )
    return first.astimezone(dt.UTC)


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """When a day begins in *zone* and when the next one does."""
    try:
        start = dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone).astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(_("The day lies outside the years 1 to 9999.")) from error
    return start, end
