"""Saying once that an invoice became overdue."""

from finance.models import Invoice
from finance.services import books
from hyperflow.core import changes, clock
from hyperflow.core.transactions import command

BATCH = 200


def announce() -> int:
    """Announce what became overdue since it was last asked; gives how many. Done again it does nothing more."""
    rows = Invoice._base_manager.filter(
        status=Invoice.Status.PENDING, due_date__lt=books.today(), overdue_announced_at__isnull=True
    ).order_by("pk")
    said = 0
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        said += _announce(ids=ids)
    return said


@command
def _announce(*, ids: list[int]) -> int:
    said = 0
    for invoice in changes.lock_all(Invoice, ids):
        if invoice.status_on(books.today()) == Invoice.OVERDUE and invoice.overdue_announced_at is None:
            changes.update(
                invoice,
                actor=None,
                action="invoice.overdue",
                event="invoice.overdue",
                payload={"client_id": invoice.client_id},
                overdue_announced_at=clock.now(),
            )
            said += 1
    return said
