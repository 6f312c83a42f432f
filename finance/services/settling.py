"""Giving back what a line billed: its hours and expenses can be billed again."""

from collections.abc import Sequence
from typing import Any

from finance.models import BilledExpense, InvoiceLine, Milestone, SettledTime
from hyperflow.core import changes, clock
from tasks.models import TimeEntry


def give_back(lines: Sequence[InvoiceLine], *, actor: Any, forget: bool = False) -> None:
    """Release the hours, expenses and milestones behind these lines.

    What an issued invoice billed stays on record with the moment it was given back; of a line that leaves a draft
    nothing was ever billed (``forget``).
    """
    ids = [line.pk for line in lines]
    if not ids:
        return
    settled = SettledTime._base_manager.filter(line_id__in=ids, released_at__isnull=True)
    entries = changes.lock_all(TimeEntry, sorted(settled.values_list("entry_id", flat=True)))
    billed = BilledExpense._base_manager.filter(line_id__in=ids, released_at__isnull=True)
    for rows in (settled, billed):
        if forget:
            rows.delete()
        else:
            rows.update(released_at=clock.now())
    for entry in entries:
        if entry.status == TimeEntry.Status.BILLED:
            changes.update(
                entry, actor=actor, action="time.unbilled", event="time.updated", status=TimeEntry.Status.APPROVED
            )
    for milestone in changes.lock_all(
        Milestone, list(Milestone._base_manager.filter(line_id__in=ids).values_list("pk", flat=True))
    ):
        changes.update(milestone, actor=actor, action="milestone.unbilled", line=None)
