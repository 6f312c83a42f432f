"""What the reports ask of tasks and time. Sums are made by the database, within the reader's scope."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from tasks.models import Task, TaskTag, TimeEntry

#: Labels that say a task waits for its client.
WAITING_TAGS = ("waiting-for-client", "waiting for client", "waiting for the client", "waiting")


def late_and_waiting(user: Any, *, today: dt.date, person: Any = None, client: Any = None) -> QuerySet[Task]:
    """Open tasks that are past their date, or wait for the client, by person, client and date."""
    waiting = Exists(TaskTag.objects.filter(task=OuterRef("pk"), name__in=WAITING_TAGS))
    rows = Task.objects.visible_to(user).filter(status__in=sorted(Task.OPEN)).annotate(waiting=waiting)
    rows = rows.filter(Q(due_date__lt=today) | Q(waiting=True))
    if person is not None:
        rows = rows.filter(assigned_to=person)
    if client is not None:
        rows = rows.filter(client=client)
    return rows.select_related("client", "assigned_to", "project").order_by(
        "assigned_to__name", "assigned_to_id", "client__name", "due_order", "id"
    )


@dataclass(frozen=True)
class Hours:
    """Time that somebody, a client or a project took in a period."""

    pk: int | None
    name: str
    of: str
    entries: int
    hours: Decimal
    billable_hours: Decimal

    @property
    def billable_share(self) -> Decimal | None:
        """Percent, one digit; ``None`` where there are no hours."""
        return round(self.billable_hours * 100 / self.hours, 1) if self.hours else None


#: How hours may be summed: the id, the name, and what the name belongs to.
GROUPS = {
    "client": ("task__client_id", "task__client__name", None),
    "project": ("task__project_id", "task__project__name", "task__client__name"),
    "person": ("user_id", "user__name", None),
}


def finished_time(
    user: Any, *, start: dt.date, end: dt.date, client: Any = None, person: Any = None
) -> QuerySet[TimeEntry]:
    """The time of the period (by the day of the person whose it is) that the reader may see."""
    rows = TimeEntry.objects.visible_to(user).filter(ended_at__isnull=False, work_date__range=(start, end))
    if client is not None:
        rows = rows.filter(task__client=client)
    if person is not None:
        rows = rows.filter(user=person)
    return rows


def hours_by(group: str, rows: QuerySet[TimeEntry]) -> list[Hours]:
    """Hours summed by client, project or person, the most first."""
    pk, name, of = GROUPS[group]
    keys = [pk, name, *([of] if of else [])]
    found = (
        rows.order_by()
        .values(*keys)
        .annotate(
            entries=Count("pk"),
            seconds_all=Sum("seconds"),
            seconds_billable=Sum("seconds", filter=Q(billable=True), default=0),
        )
    )
    hours = [
        Hours(
            pk=row[pk],
            name=row[name] or "",
            of=(row[of] or "") if of else "",
            entries=row["entries"],
            hours=Decimal(row["seconds_all"] or 0) / 3600,
            billable_hours=Decimal(row["seconds_billable"] or 0) / 3600,
        )
        for row in found
    ]
    return sorted(hours, key=lambda row: (-row.hours, row.name, row.pk or 0))
