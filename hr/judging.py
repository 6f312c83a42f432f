"""How a day is judged: pure rules over what was planned, what was worked, and what leave was approved.

A day that is not over, or whose only sessions still wait to be confirmed, is ``open``: nobody is absent before the
shift is past, and nothing counts as worked before it is confirmed.
"""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from hr.schedules import Rules, Shift

PRESENT, LATE, HALF_DAY, REMOTE = "present", "late", "half-day", "remote"
ABSENT, LEAVE, HOLIDAY, OFF, OPEN = "absent", "leave", "holiday", "off", "open"

#: Somebody was at work.
AT_WORK = frozenset({PRESENT, LATE, HALF_DAY, REMOTE})
STATUSES = (PRESENT, LATE, HALF_DAY, REMOTE, ABSENT, LEAVE, HOLIDAY, OFF, OPEN)

NONE, WHOLE = Decimal(0), Decimal(1)


class Worked(NamedTuple):
    """The sessions of one day together. ``ends`` is the last clock-out, or the last clock-in while one is open."""

    first_in: dt.datetime
    ends: dt.datetime
    seconds: int
    unconfirmed: int
    sessions: int
    unfinished: int
    confirmed: int
    remote: int

    @property
    def last_out(self) -> dt.datetime | None:
        return None if self.unfinished else self.ends

    @property
    def break_seconds(self) -> int:
        """The gaps between the sessions."""
        whole = int((self.ends - self.first_in).total_seconds())
        return max(0, whole - self.seconds - self.unconfirmed)


class Away(NamedTuple):
    """Approved leave on one day. ``portion`` counts being away alone; ``remote`` is leave that still means work."""

    portion: Decimal = NONE
    paid_portion: Decimal = NONE
    type: str = ""
    remote: bool = False


NOT_AWAY = Away()


def late_seconds(first_in: dt.datetime, shift: Shift, rules: Rules, leave: Decimal = NONE) -> int:
    """How long after the shift's begin somebody came; nothing within the grace.

    Leave for a part of the day puts off the begin by that part of the shift: half a day of leave may be the morning.
    """
    begin = shift.starts_at
    if leave:
        begin += (shift.ends_at - shift.starts_at) * float(min(leave, WHOLE))
    if first_in <= begin + rules.grace:
        return 0
    return int((first_in - begin).total_seconds())


def is_half_day(seconds: int, planned_seconds: int, rules: Rules) -> bool:
    """Was less worked than the share of the plan that makes a whole day?"""
    return seconds * 100 < planned_seconds * rules.half_day_percent


def overtime_seconds(seconds: int, planned_seconds: int, rules: Rules) -> int:
    """What was worked beyond the plan and the minutes that the rules allow for. All of a day off is beyond the plan."""
    return max(0, seconds - planned_seconds - int(rules.overtime_after.total_seconds()))


def status_at_work(worked: Worked, shift: Shift | None, rules: Rules, *, late: int, remote: bool, is_over: bool) -> str:
    """How a day with sessions stands: the word that says most about it."""
    if worked.unfinished or not worked.confirmed:
        return OPEN
    if shift is not None and is_over and is_half_day(worked.seconds, shift.planned_seconds, rules):
        return HALF_DAY
    if late:
        return LATE
    return REMOTE if remote or worked.remote == worked.sessions else PRESENT


def status_without_work(shift: Shift | None, away: Away, *, is_holiday: bool, is_over: bool) -> str:
    """How a day without any session stands. Part of a day of leave does not excuse the rest of it."""
    if shift is None:
        return HOLIDAY if is_holiday else OFF
    if away.portion >= WHOLE:
        return LEAVE
    if is_over:
        return ABSENT
    return LEAVE if away.portion else OPEN
