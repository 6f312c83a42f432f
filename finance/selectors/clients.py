"""What pages of lower apps show of a client's money."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from finance.models import CreditNote, Invoice
from hyperflow.core import clock

_ZERO = Decimal(0)


def unpaid(user: Any, ids: list[int]) -> dict[int, Decimal]:
    """What each client owes in its own currency, of the invoices that the user may see; nothing for who sees none.

    Added up here: SQLite would sum decimals as floats, and a page asks for few clients.
    """
    if not user.has_perm("finance.view_invoice"):
        return {}
    found = dict.fromkeys(ids, _ZERO)
    rows = Invoice.objects.visible_to(user).unpaid().filter(client_id__in=ids, currency=F("client__currency"))
    for client_id, balance in rows.order_by().values_list("client_id", "balance").iterator():
        found[client_id] += balance
    return found


def money_of_clients(
    user: Any, ids: list[int], *, start: dt.date, end: dt.date, zone: ZoneInfo
) -> dict[int, dict[str, Any]]:
    """What was invoiced to each client in a period, in its own currency, without tax and less what was taken back.

    An invoice counts on its date; what voids or credits it counts on the day that this happened.
    """
    if not user.has_perm("finance.view_all_invoices"):
        return {}
    invoiced: dict[int, Decimal] = defaultdict(lambda: _ZERO)
    mine = {"client_id__in": ids, "currency": F("client__currency"), "issued_at__isnull": False}
    issued = Invoice._base_manager.filter(**mine)
    notes = CreditNote._base_manager.filter(**mine, issue_date__range=(start, end))
    # The days of the books are the company's.
    since = dt.datetime.combine(start, dt.time(), clock.zone_of(None))
    until = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), clock.zone_of(None))
    voided = issued.filter(voided_at__gte=since, voided_at__lt=until)
    for sign, rows in ((1, issued.filter(issue_date__range=(start, end))), (-1, notes), (-1, voided)):
        for client_id, subtotal in rows.order_by().values_list("client_id", "subtotal").iterator():
            invoiced[client_id] += sign * subtotal
    return {pk: {"cost": None, "invoiced": invoiced[pk], "margin": None} for pk in ids}


def clients_with_bills(user: Any, ids: list[int]) -> dict[int, bool]:
    """Clients with invoices, drafts too: amounts in their currency, so it stays."""
    rows = Invoice._base_manager.filter(client_id__in=ids).order_by()
    return dict.fromkeys(rows.values_list("client_id", flat=True).distinct(), True)
