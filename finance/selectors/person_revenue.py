"""What was billed of each person's hours: the lines of invoices, shared out over the hours behind them."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum

from finance.models import CreditNoteLine, Invoice, InvoiceLine, SettledTime
from finance.selectors.sums import Period
from hr.models import Employment
from hyperflow.core import money


def billed_by_person(user: Any, period: Period) -> dict[int, Decimal]:
    """By the date of the invoice, without tax, less what was credited of the line, in the company's currency."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for _line, person, part in shares(user, period):
        found[person] += part
    return dict(found)


def people_seen(user: Any) -> set[int] | None:
    """Those whose hours the reader may see; nothing is said where that is everybody."""
    if user.has_perm("tasks.view_all_time"):
        return None
    return set(Employment.objects.visible_to(user).values_list("user_id", flat=True))


def shares(user: Any, period: Period) -> Iterator[tuple[int, int, Decimal]]:
    """Line, person and amount.

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
    worked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line_id, user_id, seconds in rows:
        worked[line_id].append((user_id, int(seconds)))
    worth = _worth(list(worked))
    for line_id, people in worked.items():
        amount = worth.get(line_id)
        if amount is None:
            continue
        weights = [Decimal(seconds) for _person, seconds in people]
        parts = money.spread(amount, weights, settings.COMPANY_CURRENCY)
        for (person, _seconds), part in zip(people, parts, strict=True):
            yield line_id, person, part


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
