"""The whole of the demo data, in one transaction."""

import calendar
import datetime as dt
import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections

from hyperflow.core import clock
from hyperflow.core.models import AuditEntry, Job, OutboxEvent
from hyperflow.core.transactions import command
from hyperflow.demo import (
    agency,
    billing,
    plans,
    spending,
    staff_attendance,
    staff_leave,
    staff_payroll,
    staff_recruitment,
    talk,
    work,
)
from hyperflow.demo.days import DAY
from hyperflow.demo.past import PastTask
from hyperflow.demo.staff import Staff, employ
from hyperflow.demo.stage import Stage, set_up
from hyperflow.demo.timesheets import SETTLED_AFTER, Settled
from integrations.services import backfill
from tasks.services.locks import lock_period

SEED = 20_240_229


def load(*, password: str = "", now: dt.datetime | None = None) -> dict[str, int]:
    """Invent the agency with its fourteen months of work and of working, ending now. The same day gives the same data.

    Queues nothing and announces nothing. Gives how many of what there are.
    """
    with _undisturbed():
        return _load(password=password, now=now)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A hundred thousand rows that all stay: looking for garbage among them, and a log of queries that nobody reads
    (``DEBUG``), take as long as half of the rest."""
    collects, own = gc.isenabled(), connections[connection.alias]
    logged = own.make_debug_cursor
    gc.disable()
    setattr(own, "make_debug_cursor", own.make_cursor)  # noqa: B010 (of this connection alone)
    try:
        yield
    finally:
        setattr(own, "make_debug_cursor", logged)  # noqa: B010
        if collects:
            gc.enable()


@command
def _load(*, password: str, now: dt.datetime | None) -> dict[str, int]:
    begun = clock.now()
    stage = set_up(
        (now or begun).replace(second=0, microsecond=0), seed=SEED, password=password or settings.DEMO_PASSWORD
    )
    # What the services stamped with the moment of loading belongs to the agency's beginning.
    AuditEntry.objects.filter(at__gte=begun).update(at=stage.began)
    staff = employ(stage)
    leave = staff_leave.take(staff)
    pasts = _work(stage)
    _note_logged(staff, pasts)
    sessions = staff_attendance.attend(staff)
    runs = staff_payroll.pay(staff)
    candidates = staff_recruitment.recruit(staff)
    talk.read(stage)
    spent = spending.spend(staff)
    bills = billing.bill(staff, runs)
    plans.plan(staff)
    backfill.write_history(stage.history)
    # What the services announced and queued is history, not news.
    OutboxEvent.objects.all().delete()
    Job.objects.all().delete()
    return {
        "people": len(stage.people),
        "clients": len(stage.contacts),
        "projects": len(stage.sites),
        "tasks": len(pasts),
        "time entries": sum(len(past.entries) for past in pasts),
        "sessions at work": sessions,
        "requests for leave": len(leave),
        "payroll runs": len(runs),
        "candidates": len(candidates),
        "invoices": len(bills),
        "expenses": spent,
    }


def _work(stage: Stage) -> list[PastTask]:
    """What everybody did for clients, on the days on which they were not away."""
    drafts = work.tasks(stage)
    pasts: list[PastTask] = []
    for draft in drafts:
        for one in draft.walk():
            if one.past is not None:
                talk.comments(stage, one, one.past)
                pasts.append(one.past)
    _write(stage, drafts, pasts)
    talk.communications(stage)
    _close_months(stage)
    return pasts


def _write(stage: Stage, drafts: list[work.Draft], pasts: list[PastTask]) -> None:
    wholes = [draft.past for draft in drafts if draft.past is not None]
    backfill.insert_tasks([past.task for past in sorted(wholes, key=lambda past: past.task.created_at)])
    parts: list[PastTask] = []
    for draft in drafts:
        for part in draft.parts:
            if part.past is not None and draft.past is not None:
                part.past.task.parent = draft.past.task
                part.past.birth["parent_id"] = (None, draft.past.task.pk)
                parts.append(part.past)
    backfill.insert_tasks([past.task for past in parts])

    comments = sorted((one for past in pasts for one in past.comments), key=lambda one: one.created_at)
    for comment in comments:
        comment.task_id = comment.task.pk
    backfill.insert(comments)
    entries = sorted((one for past in pasts for one in past.entries), key=lambda one: (one.started_at, one.user_id))
    settled = Settled(stage, entries)
    backfill.insert(entries)
    stage.history += [entry for past in pasts for entry in past.history()]
    stage.history += settled.history()
    backfill.insert(talk.notifications(stage, pasts))


def _note_logged(staff: Staff, pasts: list[PastTask]) -> None:
    entries = (one for past in pasts for one in past.entries)
    for one in sorted(entries, key=lambda one: (one.user_id, one.started_at)):
        assert one.ended_at is not None  # noqa: S101
        days = staff.logged.setdefault(one.user_id, {})
        days.setdefault(one.work_date, []).append((one.started_at, one.ended_at))


def _close_months(stage: Stage) -> None:
    """Every month whose time is all approved is closed, some days into the next one."""
    open_from = (stage.now - SETTLED_AFTER - 7 * DAY).date()
    manager = stage.people[agency.MANAGER]
    first = stage.began.date().replace(day=1)
    while True:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        if last >= open_from:
            return
        period = lock_period(starts_on=first, ends_on=last, actor=manager, reason=f"{first:%B %Y} is invoiced")
        backfill.date_back([period], stage.diaries[manager.pk].at(last + 12 * DAY, 14, 0))
        first = last + DAY
