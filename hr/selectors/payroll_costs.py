"""What people cost by month or department, as payslips have it. Summed exactly, never across currencies."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hr.models import Payslip

SUMMED = ("gross", "deductions", "net", "employer_share")


@dataclass(frozen=True)
class Cost:
    """Payslips of one month or department, in one currency. The cost is the gross pay and the employer's share."""

    key: str
    currency: str
    people: int
    gross: Decimal
    deductions: Decimal
    net: Decimal
    employer_share: Decimal

    @property
    def cost(self) -> Decimal:
        return self.gross + self.employer_share


def costs(user: Any, *, start: str, end: str, group: str, department: str = "", status: str = "") -> list[Cost]:
    """The payslips that the reader may see, of the months from ``2026-01`` to ``2026-12``, by ``period`` or
    ``department`` (the one that the payslip printed)."""
    rows = Payslip.objects.visible_to(user).filter(period__gte=start, period__lte=end)
    if department:
        rows = rows.filter(department=department)
    if status:
        rows = rows.filter(run__status=status)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(SUMMED))
    people: dict[tuple[str, str], int] = defaultdict(int)
    for key, currency, *amounts in rows.order_by().values_list(group, "currency", *SUMMED).iterator(chunk_size=5_000):
        sums[key, currency] = [total + amount for total, amount in zip(sums[key, currency], amounts, strict=True)]
        people[key, currency] += 1
    return [Cost(key, currency, people[key, currency], *amounts) for (key, currency), amounts in sorted(sums.items())]


def departments(user: Any) -> list[str]:
    """The departments that stand on payslips the reader may see."""
    rows = Payslip.objects.visible_to(user).exclude(department="").order_by("department")
    return list(rows.values_list("department", flat=True).distinct())
