"""Everybody's working days, one after the other: what they work on, what of it they log, and what becomes of a task.

Whoever works for clients logs nearly all of a usual day: with few tasks they take longer for each, with many they
hurry. What stands out is there on purpose: time that was forgotten or logged on a day off.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING

from accounts.models import User
from hyperflow.demo import timesheets
from hyperflow.demo.days import DAY, MINUTE, QUARTER
from hyperflow.demo.stage import Stage
from hyperflow.demo.topics import WAITING
from tasks.models import Task

if TYPE_CHECKING:
    from hyperflow.demo.work import Draft

Status = Task.Status
Stretch = tuple[dt.datetime, dt.datetime]

#: How many tasks somebody works on by turns, and from how many on they hurry.
AT_ONCE, MANY = 3, 7
#: How often something of a day is not logged, how often nothing from noon on or at all; and by whom most often.
NOT_ALL, FORGOTTEN = 0.09, 0.012
FORGETS, FORGETS_OFTEN = "leon.brandt", 0.13
LATE = 0.04
#: Who worked for an hour on a day off.
LOGS_WHEN_OFF = ("marketing", "rasmus.holm", "daniel.okafor")


class Play:
    """What happens to one task: given to somebody, begun, interrupted, finished or left lying."""

    def __init__(self, stage: Stage, draft: "Draft") -> None:
        assert draft.past is not None  # noqa: S101
        self.stage, self.draft, self.past, self.task = stage, draft, draft.past, draft.past.task
        self.pick: Random = stage.random
        self.diary = stage.diaries[draft.assignee.pk]
        age = (stage.today - draft.day).days
        #: Stuck work is left half done; of what is old, nearly everything was finished in the end.
        self.is_stuck = self.pick.random() < (0.3 if age < 45 else 0.02)
        self.is_dropped = self.pick.random() < 0.045
        self.is_dropped_at_once = self.is_dropped and self.pick.random() < 0.6
        self.ready = self.diary.next_working_day(draft.day + DAY * self.pick.choice((0, 1, 1, 2, 3, 6)))
        hours = draft.hours * self.pick.triangular(0.7, 1.5, 0.95) * (0.4 if self.is_stuck else 1)
        self.wanted = QUARTER * max(1, round(hours * 4))
        self.done = dt.timedelta()
        self.tells = self.pick.random() < 0.4

    def give(self) -> None:
        if self.task.assigned_to_id is None:
            at = self.task.created_at + dt.timedelta(hours=self.pick.uniform(0.5, 20))
            if at < self.stage.now:
                lead = self.draft.site.lead
                self.past.change("task.updated", actor=lead, at=at, assigned_to=self.draft.assignee)

    def spend(self, stretch: Stretch) -> None:
        if self.task.status == Status.PENDING:
            first = {} if self.task.start_time else {"start_time": stretch[0]}
            self.past.move(Status.IN_PROGRESS, actor=self.draft.assignee, at=stretch[0], end_time=None, **first)
        self.past.entries.append(timesheets.entry(self.stage, self.task, self.draft.assignee, stretch))
        self.done += stretch[1] - stretch[0]
        if self.tells and self.done > self.wanted / 2:
            self.tells = False
            percent = self.pick.choice((30, 40, 50, 60, 75))
            self.past.change("task.progress", actor=self.draft.assignee, at=stretch[1], progress=percent)

    def end(self, at: dt.datetime) -> None:
        if self.is_dropped:
            self.drop(at.date() + DAY)
        elif self.is_stuck:
            self._leave_lying(at)
        else:
            at = min(at + MINUTE * self.pick.randint(1, 12), self.stage.now)
            hours = (Decimal(sum(entry.seconds for entry in self.past.entries)) / 3600).quantize(
                Decimal("0.01"), rounding=ROUND_HALF_UP
            )
            done = {"end_time": at, "actual_time": hours, "progress": 100}
            self.past.move(Status.COMPLETED, actor=self.draft.assignee, at=at, **done)

    def reopen(self, at: dt.datetime) -> None:
        """Something was missing."""
        self.wanted = self.done + QUARTER * self.pick.randint(2, 6)
        lead = self.draft.site.lead
        self.past.move(Status.IN_PROGRESS, actor=lead, at=at, end_time=None, actual_time=None)

    def drop(self, day: dt.date) -> None:
        at = self.stage.diaries[self.draft.site.lead.pk].at(day, 15, self.pick.randint(0, 59))
        if at < self.stage.now:
            self.past.move(Status.CANCELLED, actor=self.draft.site.lead, at=at, end_time=None, actual_time=None)

    def _leave_lying(self, at: dt.datetime) -> None:
        """Half done, and now the client has to answer, or nobody has looked at it again."""
        at = min(at + MINUTE * 5, self.stage.now)
        if self.pick.random() < 0.55:
            actor = self.draft.assignee
            self.past.change("task.updated", actor=actor, at=at, tags=[*self.task.tags, WAITING])
            if self.pick.random() < 0.4:
                self.past.move(Status.PENDING, actor=actor, at=at, end_time=None, actual_time=None)


class Desk:
    """One person's tasks, in the order in which they came."""

    def __init__(self, stage: Stage, person: User, plays: Sequence[Play]) -> None:
        self.stage, self.person, self.pick = stage, person, stage.random
        self.diary = stage.diaries[person.pk]
        self.until = stage.now - MINUTE * stage.random.randint(4, 55)
        self.waiting = sorted(plays, key=lambda play: play.ready, reverse=True)
        self.at_hand: list[Play] = []
        self.to_reopen: list[tuple[dt.date, Play]] = []
        login = person.email.partition("@")[0]
        self.forgets = FORGETS_OFTEN if login == FORGETS else FORGOTTEN
        self.day_off = self._a_day_off() if login in LOGS_WHEN_OFF else None

    def work(self) -> None:
        """Until now, from the day on which the first task is ready."""
        day = self.waiting[-1].ready
        while day <= self.stage.today:
            while self.waiting and self.waiting[-1].ready <= day:
                self._take(self.waiting.pop())
            if day == self.day_off:
                self._fill(self.diary.at(day, 10, 5), self.diary.at(day, 11, 20))
            for begins, ends in self._logged_hours(day):
                self._reopen(day, begins)
                self._fill(begins, min(ends, self.until))
            day += DAY

    def _take(self, play: Play) -> None:
        play.give()
        if play.is_dropped_at_once:
            play.drop(play.ready)
        else:
            self.at_hand.append(play)

    def _logged_hours(self, day: dt.date) -> Iterator[Stretch]:
        pick, hours = self.pick, self.diary.stretches(day)
        if not hours:
            return
        late = MINUTE * (pick.randint(20, 50) if pick.random() < LATE else pick.randint(0, 6))
        early = MINUTE * (pick.randint(20, 80) if pick.random() < NOT_ALL else round(pick.triangular(0, 20, 4)))
        if pick.random() < self.forgets:
            hours = hours[: pick.choice((0, 1, 1))]
        for number, (begins, ends) in enumerate(hours, 3 - len(hours)):
            yield (
                begins + (late if number == 1 else MINUTE * pick.randint(0, 5)),
                ends - (early if number == 2 else MINUTE * pick.randint(0, 5)),
            )

    def _fill(self, begins: dt.datetime, ends: dt.datetime) -> None:
        at = begins
        while ends - at >= QUARTER and (play := self._choose(at)) is not None:
            length = 5 * MINUTE * self.pick.randint(9, 42)
            if len(self.at_hand) > 1:
                length = max(QUARTER, min(length, play.wanted - play.done))
            if ends - at - length < 2 * QUARTER:
                length = ends - at
            play.spend((at, at + length))
            at += length
            self._look_at(play, at)

    def _choose(self, at: dt.datetime) -> Play | None:
        able = [play for play in self.at_hand if play.past.last_at <= at]
        return self.pick.choice(able[:AT_ONCE]) if able else None

    def _look_at(self, play: Play, at: dt.datetime) -> None:
        """Is it done? Not while there is nothing else to do."""
        enough = play.wanted / 2 if len(self.at_hand) > MANY else play.wanted
        if play.done < enough or len(self.at_hand) == 1:
            return
        self.at_hand.remove(play)
        play.end(at)
        if play.task.status == Status.COMPLETED and self.pick.random() < 0.05:
            self.to_reopen.append((at.date() + 2 * DAY, play))

    def _reopen(self, day: dt.date, begins: dt.datetime) -> None:
        at = begins - 2 * MINUTE
        for one in [one for one in self.to_reopen if one[0] <= day and one[1].past.last_at < at < self.until]:
            self.to_reopen.remove(one)
            one[1].reopen(at)
            self.at_hand.insert(0, one[1])

    def _a_day_off(self) -> dt.date | None:
        """In the middle of the last three days off in a row."""
        off, last = self.diary.away, self.stage.today - 2 * DAY
        return max((day for day in off if day < last and {day - DAY, day + DAY} <= off), default=None)


def work(stage: Stage, drafts: Sequence["Draft"]) -> None:
    """Play all tasks through, person by person."""
    plays: dict[int, list[Play]] = {}
    for draft in sorted((one for draft in drafts for one in draft.walk()), key=lambda draft: draft.created_at):
        plays.setdefault(draft.assignee.pk, []).append(Play(stage, draft))
    for person in stage.people.values():
        if person.pk in plays:
            Desk(stage, person, plays[person.pk]).work()
    for draft in drafts:
        _agree(draft)


def _agree(draft: "Draft") -> None:
    """Where a whole is done, so are its parts: what was left of them was no longer needed."""
    assert draft.past is not None  # noqa: S101
    whole = draft.past.task
    if whole.status not in {Status.COMPLETED, Status.CANCELLED}:
        return
    for part in draft.parts:
        assert part.past is not None  # noqa: S101
        if part.past.task.status in Task.OPEN:
            at = max(draft.past.last_at, part.past.last_at)
            part.past.move(Status.CANCELLED, actor=draft.site.lead, at=at, end_time=None, actual_time=None)


def workload(stage: Stage, person: User, first: dt.date) -> float:
    """How many hours somebody logs from a day on until now."""
    diary, day, hours = stage.diaries[person.pk], first, 0.0
    while day <= stage.today:
        hours += sum((ends - begins).total_seconds() for begins, ends in diary.stretches(day)) / 3600
        day += DAY
    return hours * 0.85
