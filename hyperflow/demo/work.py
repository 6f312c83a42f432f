"""Seven hundred tasks: what each is about, when it was made, by whom and for whom."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import User
from hyperflow.demo import agency, desks
from hyperflow.demo.days import DAY
from hyperflow.demo.past import PastTask
from hyperflow.demo.stage import MONTH, Site, Stage
from hyperflow.demo.topics import DESCRIPTIONS, STEPS, TAGS, TOPICS, Topic
from integrations.services import backfill
from tasks.models import Task

TASKS = 700
#: Share of tasks that are split into steps.
SPLIT = 0.07
STEPS_EACH = 3
#: The hours of topics are far apart; those of the tasks here are closer together.
EVEN = 0.6
#: Of projects that begin so many months ago, so many tasks come in the first days.
EARLY, AT_FIRST = 13, 9


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
    _share_out(stage, drafts)
    for site in stage.sites:
        own = [one for draft in drafts if draft.site is site for one in draft.walk()]
        own.sort(key=lambda draft: draft.created_at)
        for draft, (key, position) in zip(own, backfill.take_keys(site.project.key_sequence_id, len(own)), strict=True):
            draft.past = PastTask(_born(stage, draft, key, position), draft.made_by, draft.topic.craft)
    desks.work(stage, drafts)
    return drafts


def _share_out(stage: Stage, drafts: list[Draft]) -> None:
    """Give each task to whoever can do it and has least to do, and the hours that fill everybody's days."""
    everything = sorted((one for draft in drafts for one in draft.walk()), key=lambda draft: draft.created_at)
    given: dict[int, list[Draft]] = {}
    load = dict.fromkeys((user.pk for users in stage.by_craft.values() for user in users), 0.0)
    for draft in sorted(drafts, key=lambda draft: draft.created_at):
        draft.assignee = _assignee(stage, draft, load)
        for one in draft.walk():
            one.assignee = draft.assignee
            load[draft.assignee.pk] += one.hours**EVEN
    for draft in everything:
        given.setdefault(draft.assignee.pk, []).append(draft)
    for own in given.values():
        hours = desks.workload(stage, own[0].assignee, own[0].day)
        factor = hours / sum(draft.hours**EVEN for draft in own)
        for draft in own:
            hours = draft.hours**EVEN * factor
            draft.hours = round(hours) if hours > 8 else max(0.5, round(hours * 2) / 2)


def _assignee(stage: Stage, draft: Draft, load: dict[int, float]) -> User:
    able = stage.by_craft[draft.topic.craft]
    employee = stage.people[agency.SIGN_IN[2]]
    # Whoever signs in as the employee finds something to do.
    if employee in able and (stage.today - draft.day).days < 30 and stage.random.random() < 0.7:
        return employee
    idle = [user for user in able if not load[user.pk]]
    return min(idle or stage.random.sample(able, min(2, len(able))), key=lambda user: load[user.pk])


def _shares(stage: Stage) -> dict[int, int]:
    """How many tasks each project has: by the hours it was to take until now, and `TASKS` together."""
    weights = {site.project.pk: _hours_until_now(stage, site) + 60 for site in stage.sites}
    total = sum(weights.values())
    shares = {pk: int(TASKS * weight / total) for pk, weight in weights.items()}
    for pk in sorted(weights, key=lambda pk: -weights[pk])[: TASKS - sum(shares.values())]:
        shares[pk] += 1
    return shares


def _hours_until_now(stage: Stage, site: Site) -> float:
    """A retainer's hours are those of a month."""
    hours, whole, gone = site.order.hours or 0, site.ends - site.begins, min(site.ends, stage.today) - site.begins
    return hours * gone / MONTH if site.order.billing == "retainer" else hours * gone / whole


def _drafts(stage: Stage, site: Site, count: int) -> list[Draft]:
    pick = stage.random
    last = min(site.ends, stage.today)
    span = (last - site.begins).days
    days = sorted(site.begins + DAY * min(span, int(span * pick.random() ** 0.8)) for _ in range(count))
    if site.order.begins >= EARLY:  # all of the agency begins to work with it at once
        days[:AT_FIRST] = sorted(site.begins + DAY * min(span, pick.randint(0, 9)) for _ in days[:AT_FIRST])
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
    return Draft(site, topic, title, day, created_at, made_by, site.lead, round(hours * 2) / 2 or 0.5)


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
