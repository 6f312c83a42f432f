"""Time entries: writing them down by hand, handing them in, approving them. The timer's commands are found here too."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from hyperflow.core import audit, changes, clock, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.registry import refusals
from hyperflow.core.transactions import command
from tasks.models import Task, TimeEntry
from tasks.services import entries, locks
from tasks.services.locks import lock_period, unlock_period
from tasks.services.timers import start_timer, stop_timer

__all__ = [
    "add_entry",
    "approve",
    "change_entry",
    "delete_entry",
    "lock_period",
    "start_timer",
    "stop_timer",
    "submit",
    "unapprove",
    "unlock_period",
]

Status = TimeEntry.Status


@command
def add_entry(
    *,
    task: Task,
    actor: Any,
    started_at: dt.datetime,
    ended_at: dt.datetime,
    user: Any | None = None,
    billable: bool | None = None,
    note: str = "",
) -> TimeEntry:
    """Write down time that has passed. Who approves time may do so for others, the rest for themselves.

    Refuses what overlaps other time of the person (`Conflict` ``time_overlap``), lies in the future, lasts longer
    than 24 hours, or touches a closed day (``period_locked``). The rate is found now and kept.
    """
    owner = user or actor
    if owner.pk != actor.pk and not actor.has_perm("tasks.approve_time"):
        raise NotAllowed(_("You write down your own time."))
    person = entries.lock_person(owner)
    entries.check_span(started_at, ended_at)
    locks.check_open(person, started_at, ended_at)
    entries.check_free(person, started_at, ended_at)
    rate = entries.rate_for(task, person)
    entry = TimeEntry(
        task=task,
        user=person,
        started_at=started_at,
        ended_at=ended_at,
        work_date=entries.day_of(person, started_at),
        seconds=entries.seconds_between(started_at, ended_at),
        billable=entries.billable_of(task, billable, actor),
        rate=rate.amount,
        currency=rate.currency,
        rate_source=rate.source,
        note=note,
    )
    changes.create(entry, actor=actor, action="time.added", event="time.added", task_id=task.pk, user_id=person.pk)
    entries.refresh_hours(task.pk, actor=actor)
    return entry


@command
def change_entry(*, entry: TimeEntry, actor: Any, expected_version: int | None = None, **values: Any) -> TimeEntry:
    """Correct one's own time: ``task``, ``started_at``, ``ended_at``, ``billable``, ``note``.

    Time that was handed in is open again afterwards; approved time does not change any more. On another task it is
    worth what that task is worth. Giving a running entry its end stops it.
    """
    person = entries.lock_person(entry.user)
    entry = changes.lock(entry, expected_version=expected_version)
    _check_own(entry, actor)
    entries.check_still_open(entry, owner=person)
    starts_at = values.get("started_at", entry.started_at)
    ends_at = values.get("ended_at", entry.ended_at)
    if ends_at is None and entry.ended_at is not None:
        raise Invalid(_("Time that has ended keeps an end."), code="required", field="ended_at")
    _check_new_times(entry, person, starts_at, ends_at)
    former_task = entry.task_id
    task = values.get("task")
    if task is not None and task.pk != former_task:
        rate = entries.rate_for(task, person)
        values |= {"rate": rate.amount, "currency": rate.currency, "rate_source": rate.source}
        values.setdefault("billable", entry.billable and entries.billable_by_default(task))
    if values.get("billable") and (not entry.billable or (task is not None and task.pk != former_task)):
        entries.billable_of(task or entry.task, True, actor)
    if ends_at is not None:
        values["seconds"] = entries.seconds_between(starts_at, ends_at)
    values |= {"work_date": entries.day_of(person, starts_at), "status": Status.OPEN}
    changes.update(
        entry, actor=actor, action="time.changed", event="time.changed", payload={"user_id": person.pk}, **values
    )
    for task_id in sorted({former_task, entry.task_id}):
        entries.refresh_hours(task_id, actor=actor)
    return entry


def _check_new_times(entry: TimeEntry, person: Any, starts_at: dt.datetime, ends_at: dt.datetime | None) -> None:
    if (starts_at, ends_at) == (entry.started_at, entry.ended_at):
        return
    if ends_at is not None:
        entries.check_span(starts_at, ends_at)
    elif starts_at > clock.now():
        raise Invalid(_("Time is written down once it has passed."), code="in_the_future", field="started_at")
    locks.check_open(person, starts_at, ends_at or clock.now())
    entries.check_free(person, starts_at, ends_at, besides=entry.pk)


@command
def delete_entry(*, entry: TimeEntry, actor: Any, expected_version: int | None = None) -> None:
    """Take back one's own time, as long as it is not approved. The audit log keeps what it was."""
    person = entries.lock_person(entry.user)
    entry = changes.lock(entry, expected_version=expected_version)
    _check_own(entry, actor)
    entries.check_still_open(entry, owner=person)
    refusals.ask("time.deleted", entries=[entry])
    was = {name: (getattr(entry, name), None) for name in ("task_id", "user_id", "started_at", "ended_at", "note")}
    audit.record("time.deleted", entry, actor=actor, changes=was)
    outbox.emit("time.deleted", entry, task_id=entry.task_id, user_id=entry.user_id)
    entry.delete()
    entries.refresh_hours(was["task_id"][0], actor=actor)


@command
def submit(*, ids: list[int], actor: Any) -> list[TimeEntry]:
    """Hand in one's own time for approval: all of it, or none where one entry cannot be."""

    def check(entry: TimeEntry) -> None:
        _check_own(entry, actor)

    return _move_all(ids, actor, "time.submitted", {Status.OPEN}, Status.SUBMITTED, check)


@command
def approve(*, ids: list[int], actor: Any) -> list[TimeEntry]:
    """Approve time of others: all of it, or none where one entry cannot be. Own time never (``self_approval``).

    Time that was not handed in counts as handed in when somebody approves it.
    """
    _check_approver(actor)

    def check(entry: TimeEntry) -> None:
        if entry.user_id == actor.pk:
            raise NotAllowed(_("Somebody else approves your time."), code="self_approval", entry_id=entry.pk)

    return _move_all(
        ids, actor, "time.approved", {Status.OPEN, Status.SUBMITTED}, Status.APPROVED, check,
        stamp=lambda: {"approved_by": actor, "approved_at": clock.now()},
    )  # fmt: skip


@command
def unapprove(*, ids: list[int], actor: Any) -> list[TimeEntry]:
    """Give approved time back to its owner, open, so that it can be corrected. Billed or written-off time stays."""
    _check_approver(actor)
    return _move_all(
        ids, actor, "time.unapproved", {Status.APPROVED}, Status.OPEN, lambda entry: None,
        stamp=lambda: {"approved_by": None, "approved_at": None},
    )  # fmt: skip


def _move_all(
    ids: list[int],
    actor: Any,
    action: str,
    from_: set[TimeEntry.Status],
    to: TimeEntry.Status,
    check: Callable[[TimeEntry], None],
    stamp: Callable[[], dict[str, Any]] = dict,
) -> list[TimeEntry]:
    """``check`` is asked of each entry, and ``stamp`` for what else is set, once they are locked."""
    wanted = sorted(set(ids))
    _check_there(wanted, TimeEntry.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    # As every writer of time: first its people, so that no day is closed meanwhile.
    people = TimeEntry._base_manager.filter(pk__in=wanted).order_by().values_list("user_id", flat=True).distinct()
    owners = {person.pk: person for person in changes.lock_all(User, list(people))}
    rows = changes.lock_all(TimeEntry, wanted)
    _check_there(wanted, [entry.pk for entry in rows])  # none was deleted while this waited for it
    for entry in rows:
        entry.user = owners[entry.user_id]  # by whom the audit log calls it
        check(entry)
    running = [entry.pk for entry in rows if entry.ended_at is None]
    if running:
        raise Conflict(_("A timer is still running."), code="timer_running", ids=running)
    stuck = [entry.pk for entry in rows if entry.status not in from_]
    if stuck:
        raise Conflict(
            _("Some of this time cannot become “%(status)s” any more.") % {"status": to.label},
            code="invalid_transition",
            ids=stuck,
            allowed_from=sorted(from_),
        )
    locks.check_all_open(rows, owners)
    refusals.ask(action, entries=rows)
    changes.update_all(
        rows,
        actor=actor,
        action=action,
        event=action,
        payload=lambda entry: {"user_id": entry.user_id, "task_id": entry.task_id},
        status=to,
        **stamp(),
    )
    return rows


def _check_there(wanted: list[int], found: Iterable[int]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise Invalid(_("Some of this time does not exist."), code="does_not_exist", field="ids", ids=missing)


def _check_own(entry: TimeEntry, actor: Any) -> None:
    if entry.user_id != actor.pk:
        raise NotAllowed(_("This is somebody else's time."))


def _check_approver(actor: Any) -> None:
    if not actor.has_perm("tasks.approve_time"):
        raise NotAllowed(_("You may not approve time."))
