"""Working time in the past: on which days and at which hours a person works. Pure, but for the days off."""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
QUARTER = dt.timedelta(minutes=15)
MINUTE = dt.timedelta(minutes=1)

#: A break at noon.
WEEK = {weekday: ((dt.time(9), dt.time(12, 30)), (dt.time(13, 15), dt.time(17, 15))) for weekday in range(5)}
SHORT = {weekday: ((dt.time(9), dt.time(13)), (dt.time(14), dt.time(18))) for weekday in range(4)}


class Diary:
    """One person's days in their own zone: when they are at work, and when they are not.

    ``away`` are days off, and ``afternoons`` those of which the morning is.
    """

    def __init__(self, zone: str, *, short_week: bool, holidays: Collection[dt.date]) -> None:
        self.zone = ZoneInfo(zone)
        self.week = SHORT if short_week else WEEK
        self.holidays = holidays
        self.away: set[dt.date] = set()
        self.afternoons: set[dt.date] = set()

    def works_on(self, day: dt.date) -> bool:
        return day.weekday() in self.week and day not in self.holidays and day not in self.away

    def next_working_day(self, day: dt.date) -> dt.date:
        while not self.works_on(day):
            day += DAY
        return day

    def stretches(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The day before and after the break, as instants."""
        if not self.works_on(day):
            return []
        hours = self.week[day.weekday()][1 if day in self.afternoons else 0 :]
        return [(self._instant(day, begins), self._instant(day, ends)) for begins, ends in hours]

    def at(self, day: dt.date, hour: int, minute: int) -> dt.datetime:
        """A time of day in the person's zone, as an instant."""
        return self._instant(day, dt.time(hour, minute))

    def _instant(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)


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
