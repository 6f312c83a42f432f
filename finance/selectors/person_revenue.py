"""What was billed of each person's hours: the lines of invoices, shared out over the hours behind them."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum

from finance.models import CreditNoteLine, Invoice, InvoiceLine, SettledTime
from finance.selectors.sums import Period
from hyperflow.core import money


def billed_by_person(user: Any, period: Period) -> dict[int, Decimal]:
    """By the date of the invoice, without tax, less what was credited of the line, in the company's currency.

    A line's money is shared out over its hours, by their length, to the cent; lines without hours (a fixed price, a
    fee that covers none) are nobody's. An invoice without a rate is in no sum.
    """
    rows = (
        SettledTime._base_manager.filter(
            kind=SettledTime.Kind.BILLED,
            released_at__isnull=True,
            line__invoice__in=Invoice.objects.visible_to(user).filter(
                issued_at__isnull=False, issue_date__range=(period.start, period.end)
            ),
        )
        .order_by("line_id", "entry__user_id")
        .values_list("line_id", "entry__user_id")
        .annotate(Sum("seconds"))
    )
    shares: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line_id, user_id, seconds in rows:
        shares[line_id].append((user_id, int(seconds)))
    worth = _worth(list(shares))
    found: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, people in shares.items():
        amount = worth.get(line_id)
        if amount is None:
            continue
        weights = [Decimal(seconds) for _person, seconds in people]
        parts = money.spread(amount, weights, settings.COMPANY_CURRENCY)
        for (person, _seconds), part in zip(people, parts, strict=True):
            found[person] += part
    return dict(found)


def _worth(line_ids: list[int]) -> dict[int, Decimal]:
    """What each line brought in the company's currency, after its credits."""
    credited: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, taxable in CreditNoteLine._base_manager.filter(line_id__in=line_ids).values_list("line_id", "taxable"):
        credited[line_id] += taxable
    lines = InvoiceLine._base_manager.filter(pk__in=line_ids).values_list("pk", "taxable", "invoice__exchange_rate")
    return {
        pk: money.quantize((taxable - credited[pk]) * rate, settings.COMPANY_CURRENCY)
        for pk, taxable, rate in lines
        if rate is not None
    }
