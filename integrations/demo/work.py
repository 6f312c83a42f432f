"""Seven hundred tasks, played through day by day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from accounts.models import User
from integrations.demo import agency, timesheets
from integrations.demo.days import DAY, QUARTER
from integrations.demo.past import PastTask
from integrations.demo.stage import Site, Stage
from integrations.demo.topics import DESCRIPTIONS, STEPS, TAGS, TOPICS, WAITING, Topic
from integrations.services import backfill
from tasks.models import Task

TASKS = 700
#: Share of tasks that are split into steps.
SPLIT = 0.07
STEPS_EACH = 3
Status = Task.Status


@dataclass
class Draft:
    """A task before anything happens to it."""

    site: Site
    topic: Topic
    title: str
    day: dt.date
    created_at: dt.datetime
    made_by: User
    assignee: User
    hours: float
    parts: list["Draft"] = field(default_factory=list)
    past: PastTask | None = None

    def walk(self) -> Iterable["Draft"]:
        return (self, *self.parts)


def tasks(stage: Stage) -> list[Draft]:
    """Invent all tasks, give them keys in the order in which they were made, and play each through."""
    shares = _shares(stage)
    drafts = [draft for site in stage.sites for draft in _drafts(stage, site, shares[site.project.pk])]
    for site in stage.sites:
        own = [one for draft in drafts if draft.site is site for one in draft.walk()]
        own.sort(key=lambda draft: draft.created_at)
        for draft, (key, position) in zip(own, backfill.take_keys(site.project.key_sequence_id, len(own)), strict=True):
            draft.past = PastTask(_born(stage, draft, key, position), draft.made_by, draft.topic.craft)
    for draft in sorted(drafts, key=lambda draft: draft.created_at):
        for part in draft.parts:
            _Play(stage, part).run()
        _Play(stage, draft).run()
        _agree(stage, draft)
    return drafts


def _shares(stage: Stage) -> dict[int, int]:
    """How many tasks each project has: by how long it has run, and `TASKS` together."""
    weights = {
        site.project.pk: max(1.5, (min(site.ends, stage.today) - site.begins).days / 30) + (site.order.hours or 0) / 200
        for site in stage.sites
    }
    total = sum(weights.values())
    shares = {pk: int(TASKS * weight / total) for pk, weight in weights.items()}
    for pk in sorted(weights, key=lambda pk: -weights[pk])[: TASKS - sum(shares.values())]:
        shares[pk] += 1
    return shares


def _drafts(stage: Stage, site: Site, count: int) -> list[Draft]:
    pick = stage.random
    last = min(site.ends, stage.today)
    span = (last - site.begins).days
    days = sorted(site.begins + DAY * min(span, int(span * pick.random() ** 0.7)) for _ in range(count))
    subjects = [(topic, thing) for topic in TOPICS[site.order.kind] for thing in site.customer.things]
    pick.shuffle(subjects)
    used: set[str] = set()
    found: list[Draft] = []
    left, number = count, 0
    while left:
        topic, thing = subjects[number % len(subjects)]
        number += 1
        day = days[count - left]
        title = topic.title.format(thing=thing, month=f"{day:%B}")
        if title in used:
            title = f"{title}, {day:%B %Y}"
        if title in used and number < 50 * count:
            continue
        used.add(title)
        draft = _draft(stage, site, topic, title, day, hours=topic.hours * pick.uniform(0.8, 1.4))
        left -= 1
        if left >= STEPS_EACH and topic.hours >= 8 and pick.random() < SPLIT * 3:
            steps = sorted(pick.sample(range(len(STEPS)), STEPS_EACH))
            draft.parts = [_step(stage, draft, STEPS[step], index) for index, step in enumerate(steps)]
            left -= STEPS_EACH
        found.append(draft)
    return found


def _draft(stage: Stage, site: Site, topic: Topic, title: str, day: dt.date, *, hours: float) -> Draft:
    pick = stage.random
    made_by = site.lead
    if site.order.kind in {"ads", "social"} and pick.random() < 0.5:
        made_by = stage.people[agency.SIGN_IN[5]]
    diary = stage.diaries[made_by.pk]
    while not diary.works_on(day):
        day -= DAY
    created_at = min(diary.at(day, pick.randint(9, 16), pick.randint(0, 59)), stage.now - dt.timedelta(minutes=40))
    if site is stage.sites[0] and pick.random() < 0.15:
        made_by = stage.people[agency.PORTAL]
    able = stage.by_craft[topic.craft]
    employee = stage.people[agency.SIGN_IN[2]]
    # Whoever signs in as the employee finds something to do.
    favoured = employee in able and (stage.today - day).days < 45
    assignee = employee if favoured else pick.choice(able)
    return Draft(site, topic, title, day, created_at, made_by, assignee, round(hours * 2) / 2 or 0.5)


def _step(stage: Stage, draft: Draft, title: str, index: int) -> Draft:
    at = draft.created_at + dt.timedelta(minutes=index + 1)
    hours = stage.random.choice((1.0, 1.5, 2.0, 3.0))
    return Draft(draft.site, draft.topic, title, draft.day, at, draft.site.lead, draft.assignee, hours)


def _born(stage: Stage, draft: Draft, key: str, position: int) -> Task:
    pick = stage.random
    site = draft.site
    asked_for_by_client = not draft.made_by.is_staff
    watching = [draft.made_by.pk, *([site.lead.pk] if pick.random() < 0.3 else [])]
    due = draft.day + DAY * int(3 + draft.hours / 3 * pick.uniform(1.0, 2.2) + pick.randint(0, 9))
    tags = pick.sample(TAGS[draft.topic.craft], k=pick.choice((0, 1, 1, len(TAGS[draft.topic.craft]))))
    about = pick.choice(DESCRIPTIONS).format(contact=site.contact.name)
    return Task(
        key=key,
        position=position,
        title=draft.title,
        description=about if draft.parts or draft.hours > 2 else "",
        client=site.project.client,
        project=site.project,
        assigned_to=None if asked_for_by_client or pick.random() < 0.12 else draft.assignee,
        created_by=draft.made_by,
        priority=pick.choices((1, 2, 3, 4), weights=(15, 55, 23, 7))[0],
        estimated_time=Decimal(str(draft.hours)).quantize(Decimal("0.01")),
        due_date=due if pick.random() < 0.9 else None,
        hourly_rate=Decimal(140) if pick.random() < 0.02 else None,
        billable=pick.random() > 0.06,
        tags=tags,
        watcher_ids=list(dict.fromkeys(watching)),
        created_at=draft.created_at,
        updated_at=draft.created_at,
    )


class _Play:
    """What happens to one task: given to somebody, begun, interrupted, finished or left lying."""

    def __init__(self, stage: Stage, draft: Draft) -> None:
        assert draft.past is not None  # noqa: S101
        self.stage, self.draft, self.past, self.task = stage, draft, draft.past, draft.past.task
        self.pick: Random = stage.random
        self.diary = stage.diaries[draft.assignee.pk]
        age = (stage.today - draft.day).days
        #: Stuck work is left half done; of what is old, nearly everything was finished in the end.
        self.is_stuck = self.pick.random() < (0.5 if age < 45 else 0.02)
        self.is_dropped = self.pick.random() < 0.045

    def run(self) -> None:
        self._give()
        day = self.diary.next_working_day(self.draft.day + DAY * self.pick.choice((0, 1, 1, 2, 3, 6, 13)))
        if self.is_dropped and self.pick.random() < 0.6:
            self._drop(day)
            return
        hours = self.draft.hours * self.pick.triangular(0.6, 1.9, 1.0) * (0.4 if self.is_stuck else 1)
        wanted = QUARTER * max(1, round(hours * 4))
        over = self._work(day, wanted)
        if over is None:
            return
        if self.is_dropped:
            self._drop(over.date() + DAY)
        elif self.is_stuck:
            self._leave_lying(over)
        else:
            self._finish(over)

    def _give(self) -> None:
        if self.task.assigned_to_id is None:
            at = self.task.created_at + dt.timedelta(hours=self.pick.uniform(0.5, 20))
            if at < self.stage.now:
                lead = self.draft.site.lead
                self.past.change("task.updated", actor=lead, at=at, assigned_to=self.draft.assignee)

    def _work(self, day: dt.date, wanted: dt.timedelta) -> dt.datetime | None:
        """Fill free time with it until it has had what it takes; None where today comes first."""
        until = self.stage.now - dt.timedelta(minutes=20)
        done, half_told = dt.timedelta(), False
        last: dt.datetime | None = None
        while done < wanted:
            if day > self.stage.today:
                return None
            longest = max(QUARTER, min(wanted - done, QUARTER * self.pick.randint(3, 14)))
            after = self.past.last_at if last is None else last
            stretch = self.diary.take(day, longest, until) if self.pick.random() < 0.8 else None
            if stretch is None or stretch[0] < after:
                day = self.diary.next_working_day(day + DAY)
                continue
            last = self._spend(stretch)
            done += stretch[1] - stretch[0]
            if not half_told and done > wanted / 2 and self.pick.random() < 0.4:
                half_told = True
                percent = self.pick.choice((30, 40, 50, 60, 75))
                self.past.change("task.progress", actor=self.draft.assignee, at=last, progress=percent)
            if self.pick.random() < 0.5:
                day = self.diary.next_working_day(day + DAY)
        return last

    def _spend(self, stretch: tuple[dt.datetime, dt.datetime]) -> dt.datetime:
        if self.task.status == Status.PENDING:
            first = {} if self.task.start_time else {"start_time": stretch[0]}
            self.past.move(Status.IN_PROGRESS, actor=self.draft.assignee, at=stretch[0], end_time=None, **first)
        self.past.entries.append(timesheets.entry(self.stage, self.task, self.draft.assignee, stretch))
        return stretch[1]

    def _finish(self, at: dt.datetime) -> None:
        at = min(at + dt.timedelta(minutes=self.pick.randint(1, 12)), self.stage.now)
        self._complete(at)
        again = self.diary.next_working_day(at.date() + DAY * 2)
        if self.pick.random() < 0.05 and again < self.stage.today:
            stretch = self.diary.take(again, dt.timedelta(hours=1.5), self.stage.now)
            if stretch is not None and stretch[0] > at:
                reopened = stretch[0] - dt.timedelta(minutes=2)
                self.past.move(
                    Status.IN_PROGRESS, actor=self.draft.site.lead, at=reopened, end_time=None, actual_time=None
                )
                self._complete(self._spend(stretch))

    def _complete(self, at: dt.datetime) -> None:
        seconds = sum(entry.seconds for entry in self.past.entries)
        hours = (Decimal(seconds) / 3600).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        self.past.move(Status.COMPLETED, actor=self.draft.assignee, at=at, end_time=at, actual_time=hours, progress=100)

    def _leave_lying(self, at: dt.datetime) -> None:
        """Half done, and now the client has to answer, or nobody has looked at it again."""
        at = min(at + dt.timedelta(minutes=5), self.stage.now)
        if self.pick.random() < 0.55:
            actor = self.draft.assignee
            self.past.change("task.updated", actor=actor, at=at, tags=[*self.task.tags, WAITING])
            if self.pick.random() < 0.4:
                self.past.move(Status.PENDING, actor=actor, at=at, end_time=None, actual_time=None)

    def _drop(self, day: dt.date) -> None:
        at = self.stage.diaries[self.draft.site.lead.pk].at(day, 15, self.pick.randint(0, 59))
        if at < self.stage.now:
            self.past.move(Status.CANCELLED, actor=self.draft.site.lead, at=at, end_time=None, actual_time=None)


def _agree(stage: Stage, draft: Draft) -> None:
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
