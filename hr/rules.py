"""Rules of attendance, pure: which day a session belongs to, how long it was, when it was forgotten, how it stands.

Durations are differences of instants in UTC, so midnight and daylight saving change nothing. How a whole day is
judged is said in `hr.judging`; here it meets the single session.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from hr import judging
from hr.schedules import Rules, Shift
from tasks.services.entries import LONGEST, TICK, overlap, seconds_between

__all__ = ["LONGEST", "TICK", "overlap", "seconds_between"]

DAY = dt.timedelta(days=1)
#: So long before a shift's begin and after its end a clock-in still belongs to it.
WINDOW = dt.timedelta(hours=4)
#: So long after the shift's end nobody has clocked out, it was forgotten.
FORGOTTEN_AFTER = dt.timedelta(hours=4)
#: How long a session outside of any shift is taken to have lasted, where its end was forgotten.
UNPLANNED = dt.timedelta(hours=4)
#: What people write as the place when they work somewhere else.
REMOTE_PLACES = frozenset({"remote", "home", "home office", "wfh", "work from home"})

Planned = Callable[[dt.date], Shift | None]


@dataclass(frozen=True)
class Session:
    """What the rules look at of one session. An open one has no end."""

    starts_at: dt.datetime
    ends_at: dt.datetime | None
    is_remote: bool = False
    confirmed: bool = True


def work_date(at: dt.datetime, zone: ZoneInfo, planned: Planned) -> dt.date:
    """The day a clock-in belongs to: that of the shift it falls in, or is near to; else the person's own date.

    A night shift belongs to the date it began, so a clock-in after midnight may belong to yesterday; before a shift
    that begins after midnight it may belong to tomorrow.
    """
    local = at.astimezone(zone).date()
    shifts = [shift for day in (local - DAY, local, local + DAY) if (shift := planned(day)) is not None]
    inside = [shift for shift in shifts if shift.starts_at <= at < shift.ends_at]
    if inside:
        return inside[-1].work_date
    near = min(shifts, key=lambda shift: (_distance(at, shift), -shift.work_date.toordinal()), default=None)
    return near.work_date if near is not None and _distance(at, near) <= WINDOW else local


def _distance(at: dt.datetime, shift: Shift) -> dt.timedelta:
    return shift.starts_at - at if at < shift.starts_at else at - shift.ends_at


def split_by_day(starts_at: dt.datetime, ends_at: dt.datetime, zone: ZoneInfo) -> dict[dt.date, int]:
    """The seconds of a session by the dates of that zone, for rates that depend on the day. They sum to its length."""
    found: dict[dt.date, int] = {}
    day, counted = starts_at.astimezone(zone).date(), 0
    while True:
        midnight = dt.datetime.combine(day + DAY, dt.time(), tzinfo=zone).astimezone(dt.UTC)
        until = seconds_between(starts_at, min(midnight, ends_at))
        found[day] = until - counted
        if midnight >= ends_at:
            return found
        day, counted = day + DAY, until


def forgotten_at(starts_at: dt.datetime, shift: Shift | None) -> dt.datetime:
    """From when on an open session counts as one whose end was forgotten."""
    if shift is None or shift.ends_at <= starts_at:
        return starts_at + UNPLANNED + 2 * FORGOTTEN_AFTER
    return shift.ends_at + FORGOTTEN_AFTER


def assumed_end(starts_at: dt.datetime, shift: Shift | None) -> dt.datetime:
    """When a forgotten session is taken to have ended, until somebody says better: at the shift's end."""
    return starts_at + UNPLANNED if shift is None or shift.ends_at <= starts_at else shift.ends_at


def is_remote(location: str, *, works_from_home: bool) -> bool:
    """By the approved leave of the day that means working elsewhere, or by the place that was named."""
    return works_from_home or location.strip().casefold() in REMOTE_PLACES


def is_over(day: dt.date, shift: Shift | None, now: dt.datetime, zone: ZoneInfo) -> bool:
    """Has this day of work passed for the person?"""
    return day < now.astimezone(zone).date() and (shift is None or shift.ends_at <= now)


def statuses(
    sessions: Sequence[Session], shift: Shift | None, rules: Rules, *, leave: Decimal, is_over: bool
) -> list[str]:
    """How each session of a day stands, in their order from the first: the word that says most about it.

    Half a day is so of all its sessions, and only once it has passed and is confirmed; late is who came first late.
    """
    worked = sum(seconds_between(one.starts_at, one.ends_at) for one in sessions if one.ends_at and one.confirmed)
    is_settled = is_over and all(one.confirmed and one.ends_at for one in sessions)
    is_half = shift is not None and is_settled and judging.is_half_day(worked, shift.planned_seconds, rules)
    found = []
    for number, one in enumerate(sessions):
        came_late = (
            number == 0
            and shift is not None
            and leave < judging.WHOLE
            and judging.late_seconds(one.starts_at, shift, rules, leave) > 0
        )
        if is_half:
            found.append(judging.HALF_DAY)
        elif came_late:
            found.append(judging.LATE)
        else:
            found.append(judging.REMOTE if one.is_remote else judging.PRESENT)
    return found


Stretch = tuple[dt.datetime, dt.datetime]
_ZERO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def shared_seconds(one: Iterable[Stretch], other: Iterable[Stretch]) -> int:
    """How long both go on at once. The stretches of each do not overlap among themselves."""
    theirs = list(other)
    shared = dt.timedelta()
    for begins, ends in one:
        for start, stop in theirs:
            shared += max(dt.timedelta(), min(ends, stop) - max(begins, start))
    return seconds_between(_ZERO, _ZERO + shared)
