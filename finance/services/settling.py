"""Settling time beside billing it: writing it off, and giving back what a line billed."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from finance.models import BilledExpense, InvoiceLine, Milestone, SettledTime
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command
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
    prefetch_related_objects(entries, "user")  # by whom the audit log calls them
    changes.update_all(
        [entry for entry in entries if entry.status == TimeEntry.Status.BILLED],
        actor=actor,
        action="time.unbilled",
        event="time.updated",
        status=TimeEntry.Status.APPROVED,
    )
    for milestone in changes.lock_all(
        Milestone, list(Milestone._base_manager.filter(line_id__in=ids).values_list("pk", flat=True))
    ):
        changes.update(milestone, actor=actor, action="milestone.unbilled", line=None)


@command
def write_off(*, entry: TimeEntry, actor: Any, reason: str = "") -> SettledTime:
    """Approved, billable time will not be billed: it leaves what is unbilled, with a reason (`Conflict`
    ``not_unbilled`` where it is billed, written off or not approved)."""
    _check_may(actor)
    entry = changes.lock(entry)
    holds = SettledTime.objects.holding().filter(entry=entry).exists()
    if holds or not entry.billable or entry.status != TimeEntry.Status.APPROVED:
        raise Conflict(_("Only approved, billable time that is not billed can be written off."), code="not_unbilled")
    row = SettledTime(
        entry=entry,
        kind=SettledTime.Kind.WRITTEN_OFF,
        seconds=entry.seconds,
        reason=reason,
        settled_by=actor,
        settled_at=clock.now(),
    )
    row.save(force_insert=True)
    audit.record("time.written_off", entry, actor=actor, changes={"reason": (None, reason)})
    return row


@command
def take_back_write_off(*, entry: TimeEntry, actor: Any) -> None:
    """Bill it after all: it is unbilled again."""
    _check_may(actor)
    entry = changes.lock(entry)
    rows = SettledTime.objects.holding().filter(entry=entry, kind=SettledTime.Kind.WRITTEN_OFF)
    if not rows.update(released_at=clock.now()):
        raise Conflict(_("This time is not written off."), code="not_unbilled")
    audit.record("time.write_off_taken_back", entry, actor=actor)


def check_not_written_off(*, entries: Sequence[TimeEntry]) -> None:
    """What is written off is what was agreed on: its hours don't change behind that (`Conflict` ``written_off``)."""
    rows = SettledTime.objects.holding().filter(entry__in=entries, kind=SettledTime.Kind.WRITTEN_OFF)
    held = sorted(rows.values_list("entry_id", flat=True))
    if held:
        raise Conflict(
            _("Some of this time is written off. Take the write-off back first."), code="written_off", ids=held
        )


def check_never_settled(*, entries: Sequence[TimeEntry]) -> None:
    """Time that stood on an invoice or was written off stays, as the record of that (`Conflict` ``in_use``)."""
    row = SettledTime._base_manager.filter(entry__in=entries).select_related("line__invoice").order_by("pk").first()
    if row is None:
        return
    if row.line is None:
        message = _("It was written off once, so it is kept. You can still correct it.")
    else:
        message = _("It stood on invoice %(invoice)s once, so it is kept. You can still correct it.") % {
            "invoice": row.line.invoice
        }
    raise Conflict(message, code="in_use")


def _check_may(actor: Any) -> None:
    if not actor.has_perm("finance.bill_time"):
        raise NotAllowed(_("You may not bill hours or write them off."))
