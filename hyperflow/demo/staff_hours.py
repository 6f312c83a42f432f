"""When people came and went: sessions as the clock would have written them, invented around shifts and logged time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import User
from hr import rules
from hr.models import Attendance, Employment, LeaveDay
from hr.schedules import Person, Shift
from hyperflow.core import changes
from hyperflow.core.models import AuditEntry
from hyperflow.demo.days import DAY, MINUTE
from hyperflow.demo.past import Values
from hyperflow.demo.staff import LEAVER, OFFICE, Staff
from integrations.services import backfill

HOME = "Home office"
Status = Attendance.Status
Stretch = tuple[dt.datetime, dt.datetime]

#: Each one's habits: minutes around the shift's begin at which they come, the chance that they come late, and the
#: weekday on which they like to work from home.
HABITS: dict[str, tuple[int, float, int | None]] = {
    "admin": (-12, 0.02, None),
    "manager": (-9, 0.02, 4),
    "employee": (-4, 0.04, 4),
    "hr": (-7, 0.02, 2),
    "finance": (-10, 0.01, 0),
    "marketing": (-2, 0.05, 3),
    "daniel.okafor": (-3, 0.05, 4),
    "leon.brandt": (1, 0.09, None),
    "aiko.tanabe": (-5, 0.03, 1),
    "lucia.prieto": (-6, 0.03, 3),
    "rasmus.holm": (-1, 0.06, 2),
    "viktor.hahn": (-6, 0.03, None),
    "carla.benedetti": (0, 0.07, 4),
    "ines.weiland": (-5, 0.02, 2),
    "oskar.lindner": (-5, 0.03, None),
}
#: From the shift's begin to the break, and to its end.
BREAKS = {OFFICE: (210, 255)}
BREAK = (240, 285)
ABSENT, STAYS_LONG, LEAVES_EARLY, LEFT_BEFORE, AT_HOME = 0.006, 0.04, 0.008, 0.012, 0.6
#: Who releases at night, once a month.
RELEASES_BY = "viktor.hahn"
NOTES = ("Release night", "Database upgrade", "Moving the servers", "Release night, two hotfixes")


@dataclass
class Session:
    """A row of attendance with the steps that the services would have taken."""

    row: Attendance
    ends_at: dt.datetime | None = None
    steps: list[tuple[str, User | None, dt.datetime, Values]] = field(default_factory=list)
    birth: Values = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.birth = changes.filled(self.row)

    def change(self, action: str, at: dt.datetime, actor: User | None, **values: Any) -> None:
        written: Values = {name: (getattr(self.row, name), value) for name, value in values.items()}
        written = {name: pair for name, pair in written.items() if pair[0] != pair[1]}
        if written:
            for name, (_before, after) in written.items():
                setattr(self.row, name, after)
            self.row.version += 1
            self.row.updated_at = at
            self.steps.append((action, actor, at, written))

    def history(self) -> Iterator[AuditEntry]:
        row = self.row
        yield backfill.entry("attendance.in", row, actor=row.user, at=row.created_at, values=self.birth)
        for action, actor, at, values in self.steps:
            yield backfill.entry(action, row, actor=actor, at=at, values=values)


@dataclass(frozen=True)
class Forgotten:
    """A session whose end nobody wrote down."""

    user: User
    day: dt.date
    came_at: dt.datetime


@dataclass
class Hours:
    """All sessions of the past; those that still run; and those that the services are to write as forgotten."""

    done: list[Session] = field(default_factory=list)
    running: list[Session] = field(default_factory=list)
    forgotten: list[Forgotten] = field(default_factory=list)


def invent(staff: Staff, forgetful: set[tuple[int, dt.date]]) -> Hours:
    """Everybody's days until now. On days of ``forgetful`` the last clock-out is left to the services."""
    hours = Hours()
    away: dict[int, dict[dt.date, list[LeaveDay]]] = {}
    for one in LeaveDay.objects.order_by("date", "pk"):
        away.setdefault(one.user_id, {}).setdefault(one.date, []).append(one)
    for row in staff.employments.values():
        person = _Worker(staff, row, away.get(row.user_id, {}))
        for day in person.plan.working_days(staff.opens, min(row.end_date or staff.stage.today, staff.stage.today)):
            person.live(day, hours, forgets=(row.user_id, day) in forgetful)
    return hours


def write(staff: Staff, sessions: Sequence[Session]) -> None:
    """Insert sessions, and keep their history."""
    sessions = sorted(sessions, key=lambda one: (one.row.login_time, one.row.user_id))
    backfill.insert([one.row for one in sessions])
    staff.stage.history += [entry for one in sessions for entry in one.history()]


class _Worker:
    """One person at work, day by day."""

    def __init__(self, staff: Staff, row: Employment, away: dict[dt.date, list[LeaveDay]]) -> None:
        self.staff, self.user, self.away = staff, row.user, away
        self.login = row.user.email.partition("@")[0]
        self.pick: Random = staff.stage.random
        self.now = staff.stage.now
        self.plan: Person = staff.person(row.user)
        self.logged = staff.logged.get(row.user_id, {})
        self.usual, self.lateness, self.home_day = HABITS[self.login]
        self.pause = BREAKS.get(row.pattern.name if row.pattern else "", BREAK)

    def live(self, day: dt.date, hours: Hours, *, forgets: bool) -> None:
        shift = self.plan.shift(day)
        assert shift is not None  # noqa: S101
        leave = self.away.get(day, [])
        portion = sum((one.portion for one in leave if one.is_away), Decimal(0))
        if portion >= 1 or (self._stays_away(day) and not (leave or forgets)):
            return
        stretches = self._stretches(day, shift, portion)
        place = HOME if day.weekday() == self.home_day and self.pick.random() < AT_HOME else ""
        if self._releases(day, portion):
            stretches.append(self._night(day))
        if forgets:
            hours.forgotten.append(Forgotten(self.user, day, stretches[-1][0]))
            stretches = stretches[:-1]
        sessions = [self._session(day, stretch, place) for stretch in stretches if stretch[0] <= self.now]
        self._judge(sessions, shift, portion, from_home=any(not one.is_away for one in leave), is_whole=not forgets)
        hours.done += [one for one in sessions if one.row.logout_time is not None]
        hours.running += [one for one in sessions if one.row.logout_time is None]

    def _stays_away(self, day: dt.date) -> bool:
        return self.pick.random() < ABSENT and day not in self.logged and day < self.staff.stage.today

    def _stretches(self, day: dt.date, shift: Shift, portion: Decimal) -> list[Stretch]:
        """Before and after the break, and around what was logged."""
        pick, log = self.pick, self.logged.get(day, [])
        begins = shift.starts_at + MINUTE * (self.usual + pick.randint(-6, 5)) + self._odd()
        if pick.random() < self.lateness:
            begins += MINUTE * pick.randint(15, 55)
        pause, back = (shift.starts_at + MINUTE * after for after in self.pause)
        pause, back = pause + MINUTE * pick.randint(0, 8), back - MINUTE * pick.randint(0, 7)
        ends = shift.ends_at + MINUTE * round(pick.triangular(-20, 9, -4)) + self._odd()
        if pick.random() < STAYS_LONG:
            ends += MINUTE * pick.randint(25, 110)
        if portion:
            return self._around(log, (begins, pause), (back, ends))[1:]
        if not log and pick.random() < LEAVES_EARLY:
            return [(begins, pause + self._odd())]
        if log:
            return self._around(log, (begins, pause), (back, ends))
        return [(begins, pause + self._odd()), (back - self._odd(), ends)]

    def _around(self, log: Sequence[Stretch], morning: Stretch, afternoon: Stretch) -> list[Stretch]:
        """They clock in just before what they logged, and out just after it; now and then too early, or later."""
        pick, (begins, pause), (back, ends) = self.pick, morning, afternoon
        early = [one for one in log if one[0] < back]
        late = [one for one in log if one[0] >= back]
        if early:
            begins, pause = early[0][0] - MINUTE * pick.randint(0, 3), early[-1][1] + MINUTE * pick.randint(0, 2)
        if late:
            back = late[0][0] - MINUTE * pick.randint(0, 2)
            usual = late[-1][1] + MINUTE * pick.randint(0, 4)
            chance = pick.random()
            if chance < LEFT_BEFORE:
                ends = late[-1][1] - MINUTE * pick.randint(20, 70)
            elif chance > STAYS_LONG and ends - usual < 25 * MINUTE:
                ends = usual
            else:
                ends = max(ends, usual)
        return [(begins - self._odd(), pause + self._odd()), (back - self._odd(), ends + self._odd())]

    def _odd(self) -> dt.timedelta:
        """Nobody comes at a full minute."""
        return dt.timedelta(seconds=self.pick.randint(1, 59))

    def _releases(self, day: dt.date, portion: Decimal) -> bool:
        """The second Wednesday of the month, if nobody is away then or on the day after it."""
        is_night = self.login == RELEASES_BY and day.weekday() == 2 and 8 <= day.day <= 14
        return is_night and not portion and not self.away.get(day + DAY)

    def _night(self, day: dt.date) -> Stretch:
        begins = self.staff.at(self.user, day, 22) + MINUTE * self.pick.randint(-4, 3) + self._odd()
        return begins, self.staff.at(self.user, day + DAY, 2) + MINUTE * self.pick.randint(-9, 12) + self._odd()

    def _session(self, day: dt.date, stretch: Stretch, place: str) -> Session:
        begins, ends = stretch
        is_night = self.login != LEAVER.login and begins >= self.staff.at(self.user, day, 21)
        row = Attendance(
            user=self.user,
            work_date=day,
            login_time=begins,
            location=HOME if is_night else place,
            note=self.pick.choice(NOTES) if is_night else "",
            created_at=begins,
            updated_at=begins,
        )
        return Session(row, ends if ends <= self.now else None)

    def _judge(
        self, sessions: list[Session], shift: Shift, portion: Decimal, *, from_home: bool, is_whole: bool
    ) -> None:
        """The status when they come, when they go, and, where all of it is there, once the day has passed."""

        def judge(until: int, at: dt.datetime, actor: User | None) -> None:
            seen = []
            for one in sessions[:until]:
                is_remote = rules.is_remote(one.row.location, works_from_home=from_home)
                seen.append(rules.Session(one.row.login_time, one.row.logout_time, is_remote))
            is_over = rules.is_over(shift.work_date, shift, at, self.plan.zone)
            found = rules.statuses(seen, shift, self.plan.rules, leave=portion, is_over=is_over)
            for one, status in zip(sessions, found, strict=False):
                one.change("attendance.status", at, actor, status=status)

        for number, one in enumerate(sessions, 1):
            judge(number, one.row.login_time, self.user)
            if one.ends_at is not None:
                seconds = rules.seconds_between(one.row.login_time, one.ends_at)
                one.change("attendance.out", one.ends_at, self.user, logout_time=one.ends_at, seconds=seconds)
                judge(number, one.ends_at, self.user)
        settled = self.staff.at(self.user, shift.work_date + DAY, 8 if self.login == LEAVER.login else 3, 10)
        if is_whole and settled <= self.now:
            judge(len(sessions), settled, None)
