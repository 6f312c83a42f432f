"""Billing hours and expenses: what was done and bought for a project and is not billed yet, as lines of a draft."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, Project
from finance.billing.grouping import GroupBy, HoursLine, Work, lines_of
from finance.models import BilledExpense, FinancialRecord, Invoice, InvoiceLine, Retainer, SettledTime, Unit
from finance.services.invoices import create_invoice
from hr.models import Attendance
from hr.selectors.attendance_time import flags_of_entries
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command
from tasks.models import Task, TimeEntry

#: Entries without an explanation that a refusal names, and lists.
_NAMED, _LISTED = 3, 100


@command
def bill_time(
    *,
    actor: Any,
    project: Project,
    until: dt.date,
    client: Client | None = None,
    group_by: GroupBy = GroupBy.TASK,
    leave_out_unexplained: bool = False,
    with_expenses: bool = True,
    **fields: Any,
) -> Invoice:
    """Make a draft of what was worked on a project up to a day, a line for each task (person, day) and rate, and of
    the billable expenses for it in its currency. ``fields`` are those of a draft.

    Each entry and expense is billed once: it stays tied to its line until the invoice is void or the line leaves the
    draft. Time that was logged on leave or while clocked out, without a note that says why, is not billed: `Conflict`
    ``unexplained_time`` names it, unless it is to be left out. Raises `Conflict` ``nothing_to_bill`` where nothing
    is left.

    Hours that a retainer bills are left to it: what was bought can be billed alone, and with nothing else to bill the
    refusal is `Conflict` ``billed_by_retainer``.
    """
    if not actor.has_perm("finance.bill_time"):
        raise NotAllowed(_("You may not bill hours."))
    if client is not None and client.pk != project.client_id:
        raise Conflict(_("The project is another client's."), code="nothing_to_bill")
    currency = fields.get("currency") or project.currency
    found = _billable(project, until, currency)
    own = _not_of_retainers(project, found)
    entries = _explained(own, leave_out=leave_out_unexplained)
    bought = _bought(project, until, currency) if with_expenses else []
    if not entries and not bought and len(own) < len(found):
        raise _left_to_retainer(project)
    if not entries and not bought:
        raise Conflict(_("There is no approved time to bill up to that day."), code="nothing_to_bill")
    hours = lines_of([_work(entry) for entry in entries], group_by)
    fields["currency"], fields["project"] = currency, project
    if hours:
        fields.setdefault("service_from", min(line.first for line in hours))
        fields.setdefault("service_until", max(line.last for line in hours))
    tasks = Task._base_manager.in_bulk([line.task_id for line in hours if line.task_id is not None])
    lines: list[Any] = [_hours_line(line, tasks) for line in hours]
    lines += [_expense_line(record) for record in bought]
    invoice = create_invoice(actor=actor, client=project.client, lines=lines, **fields)
    _tie(invoice, hours, {entry.pk: entry for entry in entries}, bought, actor)
    return invoice


def _hours_line(line: HoursLine, tasks: dict[int, Task]) -> dict[str, Any]:
    return {
        "description": line.label,
        "quantity": line.quantity,
        "unit": Unit.HOUR,
        "unit_price": line.rate,
        "task": tasks.get(line.task_id) if line.task_id is not None else None,
    }


def _expense_line(record: FinancialRecord) -> dict[str, Any]:
    """What it cost without the tax in it: the invoice has a tax of its own."""
    return {
        "description": record.description or str(record.category),
        "quantity": Decimal(1),
        "unit_price": record.amount - record.tax,
    }


def _explained(entries: list[TimeEntry], *, leave_out: bool) -> list[TimeEntry]:
    """The entries that attendance explains, or a note does. Who never clocks in has nothing to explain."""
    clocking = set(
        Attendance._base_manager.filter(user__in={entry.user_id for entry in entries}).values_list("user_id", flat=True)
    )
    doubtful = [entry.pk for entry in entries if entry.user_id in clocking and not entry.note.strip()]
    flagged = flags_of_entries(doubtful)
    if not flagged:
        return entries
    if not leave_out:
        named = [entry for entry in entries if entry.pk in flagged]
        some = ", ".join(f"{entry.user.name} {entry.work_date}" for entry in named[:_NAMED])
        raise Conflict(
            _(
                "%(count)d entries were logged on leave or while clocked out, and no note says why: %(some)s. Have the "
                "attendance corrected or a note written, or leave them out."
            )
            % {"count": len(flagged), "some": some},
            code="unexplained_time",
            entry_ids=sorted(flagged)[:_LISTED],
        )
    return [entry for entry in entries if entry.pk not in flagged]


def _bought(project: Project, until: dt.date, currency: str) -> list[FinancialRecord]:
    """The expenses, locked, that are to be billed to the client and are billed nowhere; without the tax in them."""
    found = FinancialRecord._base_manager.filter(
        project_id=project.pk,
        record_type=FinancialRecord.Type.EXPENSE,
        is_billable=True,
        record_date__lte=until,
        currency=currency,
    ).exclude(status__in=FinancialRecord.UNCOUNTED)
    locked = changes.lock_all(FinancialRecord, list(found.values_list("pk", flat=True)))
    held = set(
        BilledExpense._base_manager.filter(record__in=locked, released_at__isnull=True).values_list(
            "record_id", flat=True
        )
    )
    return [record for record in locked if record.pk not in held and record.amount > record.tax]


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


def _not_of_retainers(project: Project, entries: list[TimeEntry]) -> list[TimeEntry]:
    """None of a project that is billed by retainer; of another, those of days on which no retainer of it runs."""
    if project.billing == Project.Billing.RETAINER:
        return []
    terms = list(Retainer._base_manager.filter(project=project, is_active=True).values_list("starts_on", "ends_on"))
    return [
        entry
        for entry in entries
        if not any(first <= entry.work_date and (last is None or entry.work_date <= last) for first, last in terms)
    ]


def _left_to_retainer(project: Project) -> Conflict:
    if Retainer._base_manager.filter(project=project).exists():
        message = _("A retainer bills the hours of this project: bill the month on its retainer.")
    else:
        message = _("This project is billed by retainer and has none yet: set one up, and bill the month on it.")
    return Conflict(message, code="billed_by_retainer")


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


def _tie(
    invoice: Invoice,
    hours: list[HoursLine],
    entries: dict[int, TimeEntry],
    bought: list[FinancialRecord],
    actor: Any,
) -> None:
    lines = list(invoice.lines.order_by("position"))
    InvoiceLine._base_manager.filter(invoice=invoice).update(project=invoice.project)
    now = clock.now()
    SettledTime._base_manager.bulk_create(
        SettledTime(entry_id=pk, line=line, seconds=entries[pk].seconds, settled_by=actor, settled_at=now)
        for line, one in zip(lines, hours, strict=False)
        for pk in one.entry_ids
    )
    BilledExpense._base_manager.bulk_create(
        BilledExpense(record=record, line=line, settled_by=actor, settled_at=now)
        for line, record in zip(lines[len(hours) :], bought, strict=True)
    )
    changes.update_all(
        list(entries.values()),
        actor=actor,
        action="time.billed",
        event="time.updated",
        status=TimeEntry.Status.BILLED,
    )
