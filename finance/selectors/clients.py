"""What pages of lower apps show of a client's money."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Max, Min

from clients.models import Client
from finance.models import CreditNote, Estimate, Invoice, Measure, RecurringInvoice
from finance.models.rollup import THOUSANDTHS
from finance.selectors import sums
from finance.selectors.amounts import Till
from finance.selectors.sums import Period
from finance.selectors.team_cost import FEWEST_PEOPLE, team_cost
from hyperflow.core import clock
from tasks.models import TimeEntry

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
    return {pk: {"invoiced": invoiced[pk]} for pk in ids}


def cost_of_clients(user: Any, ids: list[int], *, start: dt.date, end: dt.date) -> dict[int, Decimal]:
    """What people cost for each client in a period, and what was spent on it, as the margin report has it.

    Without a value: clients billed in another currency than the company's, which pay is not converted to; those whom
    somebody worked for whose pay has no rate; those whom fewer than three people worked for, for who may not see pay;
    and all of them for who may not see margins.
    """
    if not user.has_perm("finance.view_margin"):
        return {}
    company = settings.COMPANY_CURRENCY
    mine = set(Client._base_manager.filter(pk__in=ids, currency=company).values_list("pk", flat=True))
    till = Till(company)
    found = dict.fromkeys(mine, 0)
    for one in sums.sums(user, [Period(start, end)], [Measure.NET_EXPENSE], "client"):
        if one.bucket in mine:
            found[one.bucket] += till.take(one.measure, one.currency, one.sum)
            if one.currency != company and one.sum.unconverted:
                mine.discard(one.bucket)
    entries = TimeEntry._base_manager.filter(
        task__client_id__in=mine, work_date__range=(start, end), ended_at__isnull=False
    ).order_by()
    worked = entries.aggregate(first=Min("work_date"), last=Max("work_date"))
    if worked["first"] is not None:
        # Days on which nobody worked for them cost them nothing, so a period of decades costs no more than its work.
        period = Period(worked["first"], worked["last"])
        people = set(entries.values_list("user_id", flat=True).distinct())
        team = team_cost(period=period, currency=company, people=people)
        # What one or two people cost is what they are paid.
        hidden = set() if user.has_perm("hr.view_pay") else team.hidden_clients(FEWEST_PEOPLE)
        for pk, group in team.by_client().items():
            if pk in mine:
                found[pk] += group.cost
                if not group.is_complete or pk in hidden:
                    mine.discard(pk)
    return {pk: Decimal(found[pk]) / THOUSANDTHS for pk in mine}


def clients_with_bills(user: Any, ids: list[int]) -> dict[int, bool]:
    """Clients with invoices, estimates or schedules, drafts too: amounts in their currency, so it stays."""
    return {
        client_id: True
        for kind in (Invoice, Estimate, RecurringInvoice)
        for client_id in kind._base_manager.filter(client_id__in=ids).order_by().values_list("client_id", flat=True)
    }
