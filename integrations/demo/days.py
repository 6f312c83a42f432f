"""Working time in the past: which stretches of which days a person has left. Pure functions and one small store."""

import datetime as dt
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
QUARTER = dt.timedelta(minutes=15)

#: A break at noon, within the hours of the calendars.
WEEK = {weekday: ((dt.time(9), dt.time(12, 30)), (dt.time(13, 15), dt.time(17))) for weekday in range(5)}
SHORT = {weekday: ((dt.time(9), dt.time(13)), (dt.time(14), dt.time(18))) for weekday in range(4)}


class Diary:
    """One person's days: hands out stretches that never overlap, within their working hours, in their own zone."""

    def __init__(self, zone: str, *, short_week: bool, holidays: Collection[dt.date]) -> None:
        self.zone = ZoneInfo(zone)
        self.week = SHORT if short_week else WEEK
        self.holidays = holidays
        self.taken: dict[dt.date, dt.datetime] = {}

    def works_on(self, day: dt.date) -> bool:
        return day.weekday() in self.week and day not in self.holidays

    def next_working_day(self, day: dt.date) -> dt.date:
        while not self.works_on(day):
            day += DAY
        return day

    def take(self, day: dt.date, longest: dt.timedelta, until: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
        """The next free stretch of the day of at most that length, over by ``until``; None where the day is full."""
        for begins, ends in self._stretches(day):
            start = max(begins, self.taken.get(day, begins))
            end = min(ends, start + longest, until)
            if end - start >= QUARTER:
                self.taken[day] = end
                return start, end
        return None

    def at(self, day: dt.date, hour: int, minute: int) -> dt.datetime:
        """A time of day in the person's zone, as an instant."""
        return dt.datetime.combine(day, dt.time(hour, minute), self.zone).astimezone(dt.UTC)

    def _stretches(self, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        if not self.works_on(day):
            return
        for starts_at, ends_at in self.week[day.weekday()]:
            yield (
                dt.datetime.combine(day, starts_at, self.zone).astimezone(dt.UTC),
                dt.datetime.combine(day, ends_at, self.zone).astimezone(dt.UTC),
            )


def holidays(year: int) -> dict[dt.date, str]:
    """The public holidays that the agency keeps."""
    easter = _easter(year)
    return {
        dt.date(year, 1, 1): "New Year's Day",
        easter - 2 * DAY: "Good Friday",
        easter + DAY: "Easter Monday",
        dt.date(year, 5, 1): "Labour Day",
        easter + 39 * DAY: "Ascension Day",
        easter + 50 * DAY: "Whit Monday",
        dt.date(year, 10, 3): "Unity Day",
        dt.date(year, 12, 24): "Office closed",
        dt.date(year, 12, 25): "Christmas Day",
        dt.date(year, 12, 26): "Second day of Christmas",
        dt.date(year, 12, 31): "Office closed",
    }


def _easter(year: int) -> dt.date:
    """The Gregorian computus."""
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    leaps, left = divmod(year_of_century, 4)
    weekday = (32 + 2 * rest + 2 * leaps - epact - left) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)
