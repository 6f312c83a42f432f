"""Starting and stopping the clock. One person has one running timer, whatever happens at once."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict
from hyperflow.core.transactions import command
from tasks.models import Task, TimeEntry
from tasks.services import entries, locks


@command
def start_timer(
    *, task: Task, actor: Any, note: str = "", billable: bool | None = None
) -> tuple[TimeEntry, TimeEntry | None]:
    """Begin to count the actor's time on a task that they see, whoever it is assigned to, as with time by hand.

    Gives the running entry and the one that this stopped.

    A timer that runs on another task is stopped first. One that runs on this very task goes on: pressing twice is
    pressing once.
    """
    person = entries.lock_person(actor)
    running = TimeEntry._base_manager.filter(user=person, running_marker=1).select_for_update().first()
    if running is not None and running.task_id == task.pk:
        return running, None
    now = clock.now()
    if running is not None:
        now = max(now, _stop(running, person=person, actor=actor))
    locks.check_open(person, now, now)
    entries.check_free(person, now, None)
    rate = entries.rate_for(task, person)
    entry = TimeEntry(
        task=task,
        user=person,
        started_at=now,
        work_date=entries.day_of(person, now),
        billable=entries.billable_of(task, billable, actor),
        rate=rate.amount,
        currency=rate.currency,
        rate_source=rate.source,
        note=note,
        created_at=now,
        updated_at=now,
    )
    changes.create(entry, actor=actor, action="time.started", event="time.started", task_id=task.pk, user_id=person.pk)
    return entry, running


@command
def stop_timer(*, actor: Any, task: Task | None = None) -> TimeEntry:
    """Stop the actor's timer (on this task, where one is given). Raises `Conflict` (``no_running_timer``).

    A timer forgotten for more than a day is cut at 24 hours: its owner can still say what it really was.
    """
    person = entries.lock_person(actor)
    running = TimeEntry._base_manager.filter(user=person, running_marker=1).select_for_update().first()
    if running is None or (task is not None and running.task_id != task.pk):
        raise Conflict(_("No timer of yours is running here."), code="no_running_timer")
    _stop(running, person=person, actor=actor)
    return running


def _stop(running: TimeEntry, *, person: User, actor: Any) -> dt.datetime:
    started = running.started_at
    ended = min(max(clock.now(), started + entries.TICK), started + entries.LONGEST)
    locks.check_open(person, started, ended)
    changes.update(
        running,
        actor=actor,
        action="time.stopped",
        event="time.stopped",
        payload={"task_id": running.task_id, "user_id": person.pk},
        ended_at=ended,
        seconds=entries.seconds_between(started, ended),
    )
    entries.refresh_hours(running.task_id, actor=actor)
    return ended
