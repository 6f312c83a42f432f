"""What clients owe, how long it has been due, and when it can be expected to come."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from clients.models import Client
from finance import facts
from finance.facts import Sum
from finance.models import Invoice, Measure
from finance.selectors.amounts import Till
from hyperflow.core import clock

NOT_DUE, AGES = "not_due", ("0_30", "31_60", "61_90", "90_plus")
BUCKETS = (NOT_DUE, *AGES)
#: So many of a client's last payments say how it pays.
HABIT_OF = 20
FEWEST = 3


def age_of(due: dt.date, today: dt.date) -> str:
    """How long it has been due: on its day it is not overdue, the day after it is 1 day old."""
    days = (today - due).days
    if days <= 0:
        return NOT_DUE
    return AGES[0] if days <= 30 else AGES[1] if days <= 60 else AGES[2] if days <= 90 else AGES[3]


@dataclass
class Owing:
    """What one client owes, in thousandths of the report's currency."""

    client_id: int
    name: str = ""
    ages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    invoices: int = 0
    oldest_due: dt.date | None = None

    @property
    def total(self) -> int:
        return sum(self.ages.values())


def unpaid(user: Any, client_id: int | None = None) -> QuerySet[Invoice]:
    """The invoices that the reader may see and that something is open of, either way."""
    rows = Invoice.objects.visible_to(user).filter(issued_at__isnull=False).exclude(balance=0)
    rows = rows.filter(status__in=[Invoice.Status.PENDING, Invoice.Status.PAID])
    return rows if client_id is None else rows.filter(client_id=client_id)


def ageing(user: Any, *, currency: str = "", client_id: int | None = None) -> tuple[list[Owing], Till]:
    """What is owed today, by client and age, the most first. One query for rows and one for names."""
    till = Till(currency or settings.COMPANY_CURRENCY)
    today = clock.business_date()
    found: dict[int, Owing] = {}
    for row, one in open_amounts(unpaid(user, client_id)):
        owing = found.setdefault(row.client_id, Owing(row.client_id))
        if is_left_out(row, one, till):
            till.take(Measure.OWED, row.currency, one)
            continue
        due = row.due_date or today
        owing.ages[age_of(due, today)] += till.take(Measure.OWED, row.currency, one)
        owing.invoices += 1
        owing.oldest_due = min(owing.oldest_due or due, due)
    names = dict(Client._base_manager.filter(pk__in=found).values_list("pk", "name"))
    for owing in found.values():
        owing.name = names.get(owing.client_id, "")
    counted = [owing for owing in found.values() if owing.invoices]
    return sorted(counted, key=lambda owing: (-owing.total, owing.name, owing.client_id)), till


def is_left_out(row: Invoice, one: Sum, till: Till) -> bool:
    """Has it no rate to the till's currency? Then it is in no sum, and in no number of invoices."""
    return bool(row.currency != till.currency and (one.unconverted or till.currency != settings.COMPANY_CURRENCY))


def open_amounts(rows: QuerySet[Invoice]) -> list[tuple[Invoice, Sum]]:
    """Each of these invoices with what is open of it, the first due first."""
    found = []
    for row in rows.order_by("due_order", "pk").iterator(chunk_size=5_000):
        found += [(row, one) for place, one in facts.of(row) if place.measure == Measure.OWED]
    return found


def receivables(user: Any, *, currency: str = "", client_id: int | None = None) -> dict[str, Any]:
    """The report: totals by age, and each client's."""
    found, till = ageing(user, currency=currency, client_id=client_id)
    ages = {name: sum(owing.ages[name] for owing in found) for name in BUCKETS}
    wire = till.wire
    return {
        "as_of": clock.business_date().isoformat(),
        "currency": till.currency,
        "totals": {
            "outstanding": wire(sum(ages.values())),
            "overdue": wire(sum(ages[name] for name in AGES)),
            **{name: wire(amount) for name, amount in ages.items()},
        },
        "rows": sum(owing.invoices for owing in found),
        "clients": [
            {
                "client_id": owing.client_id,
                "client_name": owing.name,
                "outstanding": wire(owing.total),
                "overdue": wire(sum(owing.ages[name] for name in AGES)),
                **{name: wire(owing.ages[name]) for name in BUCKETS},
                "oldest_due": owing.oldest_due.isoformat() if owing.oldest_due else None,
                "rows": owing.invoices,
            }
            for owing in found
        ],
        "conversions": till.conversions(),
        "excluded": till.excluded(),
    }


# -- when it will come


def habits(user: Any, client_ids: list[int]) -> dict[int, int]:
    """By how many days each client usually pays after the due date (below zero: before), by the median of its last
    paid invoices. Clients with fewer than a few have none."""
    rows = Invoice.objects.visible_to(user).filter(
        client_id__in=client_ids, status=Invoice.Status.PAID, paid_on__isnull=False, due_date__isnull=False
    )
    found: dict[int, list[int]] = defaultdict(list)
    pairs = rows.order_by("-paid_on", "-pk").values_list("client_id", "due_date", "paid_on")
    for client_id, due, paid in pairs.iterator(chunk_size=5_000):
        if len(found[client_id]) < HABIT_OF:
            found[client_id].append((paid - due).days)
    return {pk: round(median(days)) for pk, days in found.items() if len(days) >= FEWEST}


def expected_on(due: dt.date, habit: int, today: dt.date) -> dt.date:
    """The day by the client's habit; what should have come already is expected tomorrow."""
    return max(due + dt.timedelta(days=habit), today + dt.timedelta(days=1))


@dataclass
class Week:
    """Money that is due and money that is expected, in thousandths, in the week that begins on this day."""

    starts_on: dt.date
    due: int = 0
    expected: int = 0
    invoices: int = 0


@dataclass(frozen=True)
class Forecast:
    weeks: list[Week]
    later: int
    overdue: int
    habits: dict[int, int]
    till: Till


def cash_forecast(user: Any, *, weeks: int = 12, currency: str = "") -> Forecast:
    """When what is owed can be expected: by the due date, and by how each client has paid. Two queries."""
    till = Till(currency or settings.COMPANY_CURRENCY)
    today = clock.business_date()
    first = today - dt.timedelta(days=today.weekday())
    found = [Week(first + dt.timedelta(weeks=number)) for number in range(weeks)]
    opened = open_amounts(unpaid(user))
    usual = habits(user, sorted({row.client_id for row, _one in opened}))
    later = overdue = 0
    for row, one in opened:
        amount = till.take(Measure.OWED, row.currency, one)
        if row.due_date is None:
            continue
        week = (expected_on(row.due_date, usual.get(row.client_id, 0), today) - first).days // 7
        if week < weeks:
            found[week].invoices += 1  # those without a rate are among its rows, too, and in no amount
        if is_left_out(row, one, till):
            continue
        overdue += amount if row.due_date < today else 0
        due_week = (row.due_date - first).days // 7
        if 0 <= due_week < weeks:
            found[due_week].due += amount
        if week < weeks:
            found[week].expected += amount
        else:
            later += amount
    return Forecast(found, later, overdue, usual, till)
