"""Time entries with what became of them: open, handed in, approved."""

import datetime as dt
from collections.abc import Iterator

from accounts.models import User
from hyperflow.core import changes, clock
from hyperflow.core.models import AuditEntry
from hyperflow.demo import agency
from hyperflow.demo.days import DAY
from hyperflow.demo.past import Values
from hyperflow.demo.stage import Stage
from integrations.services import backfill
from tasks.models import Task, TimeEntry
from tasks.services import entries

#: Older time is approved and closed, newer time is on its way there.
SETTLED_AFTER = 35 * DAY
NOTES = ("", "", "", "", "Corrections", "Second round", "Call with the client", "With the team", "Research")


def entry(stage: Stage, task: Task, person: User, stretch: tuple[dt.datetime, dt.datetime]) -> TimeEntry:
    """Time that was written down right after it passed, worth what the services say it is worth."""
    started_at, ended_at = stretch
    rate = entries.rate_for(task, person)
    return TimeEntry(
        task=task,
        user=person,
        started_at=started_at,
        ended_at=ended_at,
        work_date=clock.business_date(person, started_at),
        seconds=entries.seconds_between(started_at, ended_at),
        billable=entries.billable_by_default(task),
        rate=rate.amount,
        currency=rate.currency,
        rate_source=rate.source,
        note=stage.random.choice(NOTES),
        created_at=ended_at,
        updated_at=ended_at,
    )


class Settled:
    """Hands entries in on the Monday after, and approves them the day after that."""

    def __init__(self, stage: Stage, made: list[TimeEntry]) -> None:
        self.stage = stage
        self.births: list[Values] = []
        self.steps: list[list[tuple[str, User, dt.datetime, Values]]] = []
        self.made = made
        manager, admin = stage.people[agency.MANAGER], stage.admin
        for index, one in enumerate(made):
            one.task_id = one.task.pk
            self.births.append(changes.filled(one))
            self.steps.append([])
            self._settle(index, one, admin if one.user_id == manager.pk else manager)

    def _settle(self, index: int, one: TimeEntry, approver: User) -> None:
        now = self.stage.now
        monday = one.work_date + DAY * (7 - one.work_date.weekday())
        handed_in = self.stage.diaries[one.user_id].at(monday, 9, 12)
        approved = self.stage.diaries[approver.pk].at(monday + DAY, 16, 30)
        old = now - one.started_at > SETTLED_AFTER
        lazy = not old and self.stage.random.random() < 0.25
        if handed_in >= now or lazy:
            return
        self._move(index, one, "time.submitted", one.user, handed_in, status=TimeEntry.Status.SUBMITTED)
        if old or (approved < now - 7 * DAY and self.stage.random.random() < 0.7):
            self._move(
                index,
                one,
                "time.approved",
                approver,
                approved,
                status=TimeEntry.Status.APPROVED,
                approved_by=approver,
                approved_at=approved,
            )

    def _move(self, index: int, one: TimeEntry, action: str, actor: User, at: dt.datetime, **values: object) -> None:
        written: Values = {}
        for name, value in values.items():
            attname = TimeEntry._meta.get_field(name).attname  # type: ignore[union-attr]
            before = getattr(one, attname)
            setattr(one, name, value)
            written[name] = (before, getattr(one, attname))
        one.version += 1
        one.updated_at = at
        self.steps[index].append((action, actor, at, written))

    def history(self) -> Iterator[AuditEntry]:
        for one, birth, steps in zip(self.made, self.births, self.steps, strict=True):
            yield backfill.entry("time.added", one, actor=one.user, at=one.created_at, values=birth)
            for action, actor, at, values in steps:
                yield backfill.entry(action, one, actor=actor, at=at, values=values)
