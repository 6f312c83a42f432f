"""What every way of writing time shares: whose row is held, what may not overlap, what an hour is worth."""

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client, Project
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid
from tasks import rights
from tasks.models import Task, TimeEntry
from tasks.services import locks

LONGEST = dt.timedelta(hours=24)
#: The least an entry lasts, and what the clock can tell apart.
TICK = dt.timedelta(milliseconds=1)


@dataclass(frozen=True)
class Rate:
    amount: Decimal | None
    currency: str
    source: TimeEntry.RateSource


def lock_person(person: Any) -> User:
    """Everything that writes somebody's time holds their row, so two writes never miss each other's overlap."""
    return changes.lock(User(pk=person.pk))


def rate_for(task: Task, person: Any) -> Rate:
    """What an hour of the person on the task is worth: the task's rate, else the project's, client's, person's."""
    client: Client = task.client
    project: Project | None = task.project
    currency = project.currency if project is not None else client.currency
    source = TimeEntry.RateSource
    if task.hourly_rate is not None:
        return Rate(task.hourly_rate, currency, source.TASK)
    if project is not None and project.hourly_rate is not None:
        return Rate(project.hourly_rate, project.currency, source.PROJECT)
    if client.hourly_rate is not None:
        return Rate(client.hourly_rate, client.currency, source.CLIENT)
    if person.billing_rate is not None:
        return Rate(person.billing_rate, settings.COMPANY_CURRENCY, source.PERSON)
    return Rate(None, currency, source.NONE)


def billable_by_default(task: Task) -> bool:
    """Time counts towards a bill unless its task says no, or its project has a fixed price."""
    return task.billable and (task.project is None or task.project.billing != Project.Billing.FIXED)


def billable_of(task: Task, given: bool | None, actor: Any) -> bool:
    """Does time on the task count towards a bill? Saying so of a task whose time does not takes the right to."""
    usual = billable_by_default(task)
    if given and not usual:
        rights.check_may_set_billable(actor=actor)
    return usual if given is None else given


def check_span(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid(_("It ends after it begins."), code="end_before_start", field="ended_at")
    if ends_at > clock.now():
        raise Invalid(_("Time is written down once it has passed."), code="in_the_future", field="ended_at")
    if ends_at - starts_at > LONGEST:
        raise Invalid(_("One entry lasts at most 24 hours."), code="too_long", field="ended_at")


def check_free(person: Any, starts_at: dt.datetime, ends_at: dt.datetime | None, *, besides: int | None = None) -> None:
    """Refuses time that overlaps other time of the person; what is still running has no end. They hold their row."""
    entries = TimeEntry._base_manager.filter(user_id=person.pk)
    if besides is not None:
        entries = entries.exclude(pk=besides)
    if ends_at is not None:
        entries = entries.filter(started_at__lt=ends_at)
    finished = Q(started_at__gt=starts_at - LONGEST, ended_at__gt=starts_at)
    other = entries.filter(finished | Q(running_marker=1)).order_by("started_at").first()
    if other is not None:
        raise Conflict(_("This overlaps other time of yours."), code="time_overlap", entry_id=other.pk)


def overlap(a: tuple[dt.datetime, dt.datetime | None], b: tuple[dt.datetime, dt.datetime | None]) -> bool:
    """Do two stretches share an instant? An end of ``None`` is open; touching is not sharing. A pure function."""
    (a_start, a_end), (b_start, b_end) = a, b
    return (b_end is None or a_start < b_end) and (a_end is None or b_start < a_end)


def seconds_between(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """Whole seconds, rounded half up."""
    return int(
        (Decimal((ends_at - starts_at) // dt.timedelta(microseconds=1)) / 1_000_000).quantize(
            Decimal(1), rounding=ROUND_HALF_UP
        )
    )


def day_of(person: Any, starts_at: dt.datetime) -> dt.date:
    return clock.business_date(person, starts_at)


def refresh_hours(task_id: int, *, actor: Any) -> None:
    """A completed task says what its entries say, also when they are corrected afterwards."""
    row = Task._base_manager.filter(pk=task_id, status=Task.Status.COMPLETED).only("pk").first()
    if row is None:
        return
    task = changes.lock(row)
    seconds = TimeEntry._base_manager.filter(task_id=task_id).aggregate(total=Sum("seconds"))["total"]
    if seconds and task.status == Task.Status.COMPLETED:
        hours = (Decimal(seconds) / 3600).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        changes.update(task, actor=actor, action="task.hours", event="task.updated", actual_time=hours)


def check_still_open(entry: TimeEntry, *, owner: Any) -> None:
    """Approved and billed time is what it is; a day that is closed too."""
    if entry.status in {TimeEntry.Status.APPROVED, TimeEntry.Status.BILLED}:
        raise Conflict(
            _("This time is %(status)s and can no longer change.") % {"status": entry.get_status_display().lower()},
            code="entry_approved",
        )
    locks.check_open(owner, entry.started_at, entry.ended_at or entry.started_at)
