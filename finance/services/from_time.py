"""Billing hours: the approved, billable time of a project that no invoice has billed yet, as lines of a draft."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, Project
from finance.billing.grouping import GroupBy, HoursLine, Work, lines_of
from finance.models import Invoice, InvoiceLine, SettledTime, Unit
from finance.services.invoices import create_invoice
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command
from tasks.models import Task, TimeEntry


@command
def bill_time(
    *,
    actor: Any,
    project: Project,
    until: dt.date,
    client: Client | None = None,
    group_by: GroupBy = GroupBy.TASK,
    **fields: Any,
) -> Invoice:
    """Make a draft of what was worked on a project up to a day, a line for each task (person, day) and rate.
    ``fields`` are those of a draft.

    Each entry is billed once: it stays tied to its line until the invoice is void or the line leaves the draft. Raises
    `Conflict` ``nothing_to_bill`` where there is no such time.
    """
    if not actor.has_perm("finance.bill_time"):
        raise NotAllowed(_("You may not bill hours."))
    if client is not None and client.pk != project.client_id:
        raise Conflict(_("The project is another client's."), code="nothing_to_bill")
    currency = fields.get("currency") or project.currency
    entries = _billable(project, until, currency)
    if not entries:
        raise Conflict(_("There is no approved time to bill up to that day."), code="nothing_to_bill")
    hours = lines_of([_work(entry) for entry in entries], group_by)
    fields["currency"], fields["project"] = currency, project
    fields.setdefault("service_from", min(line.first for line in hours))
    fields.setdefault("service_until", max(line.last for line in hours))
    tasks = Task._base_manager.in_bulk([line.task_id for line in hours if line.task_id is not None])
    invoice = create_invoice(
        actor=actor,
        client=project.client,
        lines=[
            {
                "description": line.label,
                "quantity": line.quantity,
                "unit": Unit.HOUR,
                "unit_price": line.rate,
                "task": tasks.get(line.task_id) if line.task_id is not None else None,
            }
            for line in hours
        ],
        **fields,
    )
    _tie(invoice, hours, {entry.pk: entry for entry in entries}, actor)
    return invoice


def _billable(project: Project, until: dt.date, currency: str) -> list[TimeEntry]:
    """The entries, locked and read again, so that two who bill at once do not bill the same."""
    found = TimeEntry._base_manager.filter(
        task__project_id=project.pk,
        billable=True,
        status=TimeEntry.Status.APPROVED,
        work_date__lte=until,
        rate__isnull=False,
        currency=currency,
    )
    locked = changes.lock_all(TimeEntry, list(found.values_list("pk", flat=True)))
    ids = [entry.pk for entry in locked if entry.status == TimeEntry.Status.APPROVED]
    settled = SettledTime.objects.holding().filter(entry_id__in=ids).values("entry_id")
    rows = TimeEntry._base_manager.select_related("task", "user").filter(pk__in=ids).exclude(pk__in=settled)
    return list(rows.order_by("pk"))


def _work(entry: TimeEntry) -> Work:
    return Work(
        entry_id=entry.pk,
        task_id=entry.task_id,
        task=entry.task.title,
        user_id=entry.user_id,
        person=entry.user.name,
        day=entry.work_date,
        seconds=entry.seconds,
        rate=entry.rate or Decimal(0),
    )


def _tie(invoice: Invoice, hours: list[HoursLine], entries: dict[int, TimeEntry], actor: Any) -> None:
    lines = list(invoice.lines.order_by("position"))
    InvoiceLine._base_manager.filter(invoice=invoice).update(project=invoice.project)
    now = clock.now()
    SettledTime._base_manager.bulk_create(
        SettledTime(entry_id=pk, line=line, seconds=entries[pk].seconds, settled_by=actor, settled_at=now)
        for line, one in zip(lines, hours, strict=True)
        for pk in one.entry_ids
    )
    for entry in entries.values():
        changes.update(entry, actor=actor, action="time.billed", event="time.updated", status=TimeEntry.Status.BILLED)
