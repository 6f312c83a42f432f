"""Revenue, expenses, and profit and loss of a period, as the API and the pages say them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from finance.models import Measure
from finance.selectors import buckets, sums
from finance.selectors.amounts import Till, change_pct, percent
from finance.selectors.sums import Found, Period
from hyperflow.core import clock

CASH, ACCRUAL = "cash", "accrual"


@dataclass
class _Read:
    """Figures of a report in one currency: their totals, of the period before, by group, and of how many rows."""

    till: Till
    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    before: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    groups: dict[Any, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rows_by_group: dict[Any, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, found: Iterable[Found], figures: dict[str, Sequence[str]], group_by: str) -> None:
        """``figures`` say of which measures each is the sum. A group counts each document once, however many of its
        figures have it in them."""
        counted = {measure for measures in figures.values() for measure in measures}
        if Measure.INVOICED_GROSS in counted:
            counted.discard(Measure.INVOICED)  # the same documents, with and without tax
        silent = Till(self.till.currency)
        for one in found:
            till = silent if one.part else self.till
            amount = till.take(one.measure, one.currency, one.sum)
            if one.measure in counted and not one.part:
                self.rows_by_group[buckets.key_of(one.bucket, group_by)] += one.sum.count
            for name, measures in figures.items():
                if one.measure not in measures:
                    continue
                if one.part:
                    self.before[name] += amount
                    continue
                key = buckets.key_of(one.bucket, group_by)
                self.totals[name] += amount
                self.rows[name] += one.sum.count
                self.groups[key][name] += amount

    def series(self, period: Period, group_by: str, names: Sequence[str], lead: str) -> list[dict[str, Any]]:
        """In time every group, empty or not; else the largest first."""
        if group_by in buckets.IN_TIME:
            keys: list[Any] = buckets.all_keys(period, group_by)
        else:
            keys = sorted(self.groups, key=lambda key: (-self.groups[key][lead], str(key)))
            keys = [key for key in keys if any(self.groups[key][name] for name in names) or self.rows_by_group[key]]
        named = buckets.labels(keys, group_by)
        wire = self.till.wire
        return [
            {
                "key": str(key),
                "label": named[key],
                **{name: wire(self.groups[key][name] if key in self.groups else 0) for name in names},
                "rows": self.rows_by_group.get(key, 0),
            }
            for key in keys
        ]

    def answer(self, period: Period, lead: str, **parts: Any) -> dict[str, Any]:
        before = period.before
        wire = self.till.wire
        return {
            "period": {"start_date": period.start.isoformat(), "end_date": period.end.isoformat()},
            "currency": self.till.currency,
            **parts,
            "comparison": {
                "previous_period": {"start_date": before.start.isoformat(), "end_date": before.end.isoformat()},
                lead: wire(self.before[lead]),
                "change_pct": change_pct(self.totals[lead], self.before[lead]),
            },
            "conversions": self.till.conversions(),
            "excluded": self.till.excluded(),
        }


def revenue(
    user: Any, *, period: Period, group_by: str = "month", currency: str = "", basis: str = ACCRUAL
) -> dict[str, Any]:
    """What was earned. ``revenue`` is what was invoiced without tax less credit notes (accrual), or the money that
    came (cash); ``invoiced`` is with tax. ``outstanding`` is what is unpaid, today, of the period's invoices, and
    ``overdue`` the part of it whose day has passed."""
    read = _Read(Till(currency or settings.COMPANY_CURRENCY))
    measures = [Measure.INVOICED_GROSS, Measure.COLLECTED, *([Measure.INVOICED] if basis == ACCRUAL else [])]
    found = sums.sums(user, [period, period.before], measures, buckets.by_of(group_by))
    figures: dict[str, Sequence[str]] = {
        "revenue": [Measure.INVOICED if basis == ACCRUAL else Measure.COLLECTED],
        "invoiced": [Measure.INVOICED_GROSS],
        "collected": [Measure.COLLECTED],
    }
    read.take(found, figures, group_by)
    owed = _owed(user, period, read.till)
    wire = read.till.wire
    return read.answer(
        period,
        "revenue",
        basis=basis,
        group_by=group_by,
        totals={**{name: wire(read.totals[name]) for name in figures}, **{name: wire(owed[name][0]) for name in owed}},
        rows={**{name: read.rows[name] for name in figures}, **{name: owed[name][1] for name in owed}},
        series=read.series(period, group_by, list(figures), "revenue"),
    )


def _owed(user: Any, period: Period, till: Till) -> dict[str, tuple[int, int]]:
    """Amount and number of what is unpaid of the period's invoices, and of that what is overdue today."""
    today = clock.business_date().isoformat()
    found = {"outstanding": (0, 0), "overdue": (0, 0)}
    for one in sums.sums(user, [period], [Measure.OWED], "category"):
        amount = till.take(one.measure, one.currency, one.sum)
        for name in ("outstanding", "overdue") if str(one.bucket) < today else ("outstanding",):
            found[name] = (found[name][0] + amount, found[name][1] + one.sum.count)
    return found


def expenses(user: Any, *, period: Period, group_by: str = "month", currency: str = "") -> dict[str, Any]:
    """What was spent, by the dates of the records that count. Payroll is in it for who may see payslips; for others
    it is null, and in no sum."""
    read = _Read(Till(currency or settings.COMPANY_CURRENCY))
    found = sums.sums(user, [period, period.before], SPENT, buckets.by_of(group_by))
    figures: dict[str, Sequence[str]] = {"expenses": SPENT, "payroll": [Measure.PAYROLL]}
    read.take(found, figures, group_by)
    shows_payroll = bool(user.has_perm("hr.view_all_payslips"))
    wire = read.till.wire
    series = read.series(period, group_by, ["expenses"], "expenses")
    return read.answer(
        period,
        "expenses",
        group_by=group_by,
        totals={
            "expenses": wire(read.totals["expenses"]),
            "payroll": wire(read.totals["payroll"]) if shows_payroll else None,
        },
        rows={"expenses": read.rows["expenses"]},
        series=series,
    )


SPENT = (Measure.EXPENSE, Measure.PAYROLL)
SPENT_WITHOUT_TAX = (Measure.NET_EXPENSE, Measure.PAYROLL)


def profit_loss(
    user: Any, *, period: Period, group_by: str = "month", currency: str = "", basis: str = ACCRUAL
) -> dict[str, Any]:
    """Income less expenses. By accrual all is without tax: what was invoiced, other income and expenses as they are
    recorded, less the tax in them. By cash it is the money as it came and went: the income that was recorded, payments
    among it, and the expenses, with their tax."""
    earned = [Measure.INVOICED, Measure.OTHER_INCOME] if basis == ACCRUAL else [Measure.INCOME]
    spent = SPENT_WITHOUT_TAX if basis == ACCRUAL else SPENT
    read = _Read(Till(currency or settings.COMPANY_CURRENCY))
    found = sums.sums(user, [period, period.before], [*earned, *spent], buckets.by_of(group_by))
    read.take(found, {"income": earned, "expenses": spent}, group_by)
    for amounts in (read.totals, read.before, *read.groups.values()):
        amounts["profit"] = amounts["income"] - amounts["expenses"]
    wire, names = read.till.wire, ["income", "expenses", "profit"]
    return read.answer(
        period,
        "profit",
        basis=basis,
        group_by=group_by,
        totals={
            **{name: wire(read.totals[name]) for name in names},
            "margin_pct": percent(read.totals["profit"], read.totals["income"]),
        },
        rows={"income": read.rows["income"], "expenses": read.rows["expenses"]},
        payroll_included=bool(user.has_perm("hr.view_all_payslips")),
        series=read.series(period, group_by, names, "profit"),
    )


def twelve_months(today: dt.date) -> Period:
    """This month and the eleven before it, up to today."""
    number = today.year * 12 + today.month - 1 - 11
    return Period(dt.date(number // 12, number % 12 + 1, 1), today)
