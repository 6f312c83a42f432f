"""Questions about people that several apps ask."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Holiday, WorkingCalendar
from hyperflow.core import clock

Stretch = tuple[dt.time, dt.time]
Week = Mapping[int, Sequence[Stretch]]

_DAY = dt.timedelta(days=1)
_SECONDS_AN_HOUR = Decimal(3600)


def working_hours_between(user: Any, start: dt.datetime, end: dt.datetime) -> Decimal:
    """How many hours of the person's working time lie between two instants, by their calendar and in their zone.

    Hours are real hours: a shift over the night on which the clocks change counts what it lasted. Rounded to four
    digits; nothing where ``end`` is not after ``start`` or there is no calendar at all.
    """
    calendar = calendar_of(user)
    if calendar is None or end <= start:
        return Decimal(0)
    zone = clock.zone_of(user)
    week: dict[int, list[Stretch]] = {}
    for weekday, starts_at, ends_at in calendar.hours.values_list("weekday", "starts_at", "ends_at"):
        week.setdefault(weekday, []).append((starts_at, ends_at))
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    holidays = set(
        Holiday.objects.filter(calendar=calendar, date__range=(first, last)).order_by().values_list("date", flat=True)
    )
    worked = working_time(week, holidays, zone, start, end)
    return (Decimal(worked // dt.timedelta(microseconds=1)) / 1_000_000 / _SECONDS_AN_HOUR).quantize(
        Decimal("0.0001"), rounding=ROUND_HALF_UP
    )


def calendar_of(user: Any) -> WorkingCalendar | None:
    """The calendar that the person follows: their own, else the default one."""
    own = getattr(user, "calendar_id", None)
    if own is not None:
        calendar: WorkingCalendar = user.calendar
        return calendar
    return WorkingCalendar.objects.filter(is_default=True).order_by("pk").first()


def working_time(
    week: Week, holidays: Collection[dt.date], zone: ZoneInfo, start: dt.datetime, end: dt.datetime
) -> dt.timedelta:
    """The working time of a week's stretches between two instants. A pure function: no database, no clock.

    A stretch begins and ends when the clocks of ``zone`` first show its times; stretches that overlap count once.
    """
    start, end = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
    total = dt.timedelta()
    counted_until = start
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if day not in holidays:
            for starts_at, ends_at in sorted(week.get(day.weekday(), ())):
                begins = max(_instant(day, starts_at, zone), counted_until)
                finishes = min(_instant(day, ends_at, zone), end)
                if finishes > begins:
                    total += finishes - begins
                    counted_until = finishes
        day += _DAY
    return total


def _instant(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)
