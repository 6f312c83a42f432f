"""From a line of an invoice back to the hours, tasks and expenses behind it; from a task forward to its invoices."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from finance.models import BilledExpense, Invoice, InvoiceLine, Milestone, SettledTime
from tasks.models import Task, TimeEntry


@dataclass(frozen=True, slots=True)
class Step:
    """One thing behind a line: an entry of time, an expense, a milestone; or a line that somebody wrote by hand.

    ``line`` is nothing where time has not been billed (yet); ``given_back`` where a void invoice had it.
    """

    kind: str
    line: InvoiceLine | None
    what: str
    task: Task | None = None
    person: str = ""
    day: dt.date | None = None
    seconds: int | None = None
    amount: Decimal | None = None
    currency: str = ""
    state: str = ""
    given_back: bool = False
    pk: int | None = None


TIME, EXPENSE, MILESTONE, WRITTEN = "time", "expense", "milestone", "written"


def behind(invoice: Invoice) -> list[Step]:
    """What each line of an invoice bills, line by line; in a fixed number of queries."""
    lines = list(InvoiceLine._base_manager.filter(invoice=invoice).select_related("task").order_by("position", "pk"))
    for line in lines:
        line.invoice = invoice
    hours: dict[int, list[Step]] = {}
    settled = SettledTime._base_manager.filter(line__in=lines).select_related("entry__task", "entry__user")
    for row in settled.order_by("entry__work_date", "pk"):
        hours.setdefault(row.line_id, []).append(_of_time(row.entry, row))  # type: ignore[arg-type]
    bought: dict[int, list[Step]] = {}
    for one in BilledExpense._base_manager.filter(line__in=lines).select_related("record").order_by("pk"):
        bought.setdefault(one.line_id, []).append(
            Step(
                EXPENSE, None, one.record.description or one.record.category,
                day=one.record.record_date, amount=one.record.amount, currency=one.record.currency,
                given_back=one.released_at is not None,
                pk=one.record_id,
            )
        )  # fmt: skip
    reached = {one.line_id: one for one in Milestone._base_manager.filter(line__in=lines)}
    found: list[Step] = []
    for line in lines:
        steps = [*hours.get(line.pk, []), *bought.get(line.pk, [])]
        if (milestone := reached.get(line.pk)) is not None:
            steps.append(
                Step(
                    MILESTONE, line, milestone.name, day=milestone.reached_on, amount=milestone.amount, pk=milestone.pk
                )
            )
        if not steps:
            steps = [Step(WRITTEN, line, line.description, task=line.task, amount=line.net)]
        found += [replace(step, line=line) for step in steps]
    return found


def forward(task: Task) -> list[Step]:
    """Where the hours of a task went: each entry with the line that bills it, or what else became of it."""
    entries = list(TimeEntry._base_manager.filter(task=task).select_related("task", "user").order_by("work_date", "pk"))
    rows = SettledTime._base_manager.filter(entry__in=entries).select_related("line__invoice").order_by("pk")
    settled: dict[int, list[SettledTime]] = {}
    for row in rows:
        settled.setdefault(row.entry_id, []).append(row)
    return [_of_time(entry, row) for entry in entries for row in settled.get(entry.pk, [None])]


def _of_time(entry: TimeEntry, row: SettledTime | None) -> Step:
    if row is None:
        state = "unbilled" if entry.billable else "not billable"
    else:
        state = "billed" if row.kind == SettledTime.Kind.BILLED else "written off"
    return Step(
        TIME, row.line if row is not None else None, entry.note or entry.task.title, task=entry.task,
        person=entry.user.name, day=entry.work_date, seconds=row.seconds if row is not None else entry.seconds,
        state=state, given_back=row is not None and row.released_at is not None, pk=entry.pk,
    )  # fmt: skip
