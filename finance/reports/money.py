"""Pages of revenue, expenses, and profit and loss: what the API says, with what it is compared to."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.reports import links
from finance.reports.forms import ExpensesForm, RevenueForm, period_of
from finance.selectors import reports
from finance.selectors.sums import Period
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table, shown

MOST_BARS = 24
NEEDS = ("finance.view_reports",)


def notes_of(told: dict[str, Any]) -> list[str]:
    """In words: the currency, what was converted, and what is in no sum."""
    found = [_now("Amounts are in %(currency)s.") % {"currency": told["currency"]}]
    found += [
        _now("%(measure)s: %(amount)s %(currency)s came in as %(converted)s, at the rates of %(rows)s documents.")
        % {**one, **_in_words(one)}
        for one in told["conversions"]
        if one["amount"] is not None
    ]
    found += [
        _now("%(measure)s: %(amount)s %(currency)s of %(rows)s rows has no rate and is in no sum.")
        % {**one, **_in_words(one)}
        for one in told["excluded"]
        if one["amount"] is not None
    ]
    found += [
        _now("%(measure)s: what is in %(currency)s (%(rows)s rows) has no rate and is in no sum.")
        % {**one, **_in_words({**one, "amount": "0"})}
        for one in told["excluded"]
        if one["amount"] is None
    ]
    return found


def _in_words(one: dict[str, Any]) -> dict[str, Any]:
    amounts: dict[str, Any] = {name: said(one[name]) for name in ("amount", "converted") if name in one}
    return {"measure": one["measure"].replace("_", " ").capitalize(), **amounts}


def said(amount: str) -> str:
    """An amount in a sentence, as the tables print it."""
    return shown(Decimal(amount), "money")


def compared(told: dict[str, Any], lead: str) -> str:
    """The line that compares with the period before."""
    before = told["comparison"]
    days, change = before["previous_period"], before["change_pct"]
    told_change = f"{change} %" if change is not None else _now("nothing to compare with")
    start, end = (shown(dt.date.fromisoformat(days[name]), "date") for name in ("start_date", "end_date"))
    return _now("%(now)s in this period; %(before)s from %(start)s to %(end)s: %(change)s.") % {
        "now": said(told["totals"][lead]),
        "before": said(before[lead]),
        "start": start,
        "end": end,
        "change": told_change,
    }


def bars(rows: list[dict[str, Any]], whole: str, part: str | None = None) -> list[Bar]:
    """Below zero has no length; its text says what it is."""
    return [
        Bar(
            row["label"],
            max(0.0, float(row[whole])),
            f"{row[whole]:,}",
            link=row.get("link"),
            part=None if part is None else max(0.0, float(row[part])),
        )
        for row in rows[-MOST_BARS:]
    ]


def rows_with(told: dict[str, Any], names: list[str], link: Any) -> list[dict[str, Any]]:
    """The series with amounts as numbers, and where each leads."""
    return [{**one, **{name: Decimal(one[name]) for name in names}, "link": link(one["key"])} for one in told["series"]]


def _label(heading: Any) -> Column:
    return Column(heading, "label", link=lambda row: row["link"])


def _money(heading: Any, name: str) -> Column:
    return Column(heading, name, "money", total=True, link=lambda row: row["link"])


class RevenueReport(ReportView):
    """What was earned, invoiced and collected."""

    slug = "finance/revenue"
    title = _("Revenue")
    description = _("What was invoiced and what came in, by month, quarter, year, client or project.")
    needs = NEEDS
    form_class = RevenueForm
    columns = [
        _label(_("Period or whom for")),
        _money(_("Revenue"), "revenue"),
        _money(_("Invoiced with tax"), "invoiced"),
        Column(_("Collected"), "collected", "money", total=True, link=lambda row: row["paid_link"]),
        Column(_("Rows"), "rows", "number", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        told = reports.revenue(
            user,
            period=period,
            group_by=group,
            currency=filters["currency"],
            basis=filters["basis"] or reports.ACCRUAL,
        )
        rows = rows_with(told, ["revenue", "invoiced", "collected"], _link("invoice", "issue_date", group, period))
        to_payments = _link("payment", "received_on", group, period)
        for row in rows:
            row["paid_link"] = to_payments(row["key"]) if group not in ("project",) else None
            if filters["basis"] == reports.CASH:
                row["link"] = row["paid_link"]
        owed = _now("Unpaid of this period's invoices: %(outstanding)s, of that overdue: %(overdue)s.")
        notes = [
            compared(told, "revenue"),
            owed % {name: said(told["totals"][name]) for name in ("outstanding", "overdue")},
            *notes_of(told),
        ]
        chart = Chart(
            title=_("Invoiced with tax"),
            legend=[_("collected"), _("invoiced")],
            bars=bars(rows, "invoiced", "collected"),
        )
        return Table(
            rows, chart=Chart(title=_("Revenue"), bars=bars(rows, "revenue")), more_charts=[chart], notes=notes
        )


def _link(model: str, day: str, group: str, period: Period, **query: Any) -> Any:
    return lambda key: links.of_group(f"finance_{model}", day, key, group, period, **query)


class ExpensesReport(ReportView):
    """What was spent, and on what."""

    slug = "finance/expenses"
    title = _("Expenses")
    description = _("What was spent, by month, quarter, year, category, client or project.")
    needs = NEEDS
    form_class = ExpensesForm
    columns = [
        _label(_("Period, category or whom for")),
        _money(_("Expenses"), "expenses"),
        Column(_("Rows"), "rows", "number", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        told = reports.expenses(user, period=period, group_by=group, currency=filters["currency"])
        link = _link("financialrecord", "record_date", group, period, record_type__exact="expense")
        rows = rows_with(told, ["expenses"], link)
        notes = [compared(told, "expenses"), *notes_of(told)]
        if told["totals"]["payroll"] is None:
            notes.append(_now("Payroll is left out: it takes the right to see payslips."))
        return Table(rows, chart=Chart(title=_("Expenses"), bars=bars(rows, "expenses")), notes=notes)


class ProfitLossReport(ReportView):
    """Income less expenses."""

    slug = "finance/profit-loss"
    title = _("Profit and loss")
    description = _("Income, expenses and what is left, by invoices or by payments.")
    needs = NEEDS
    form_class = RevenueForm
    columns = [
        _label(_("Period or whom for")),
        _money(_("Income"), "income"),
        Column(_("Expenses"), "expenses", "money", total=True, link=lambda row: row["spent_link"]),
        Column(_("Profit"), "profit", "money", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        basis = filters["basis"] or reports.ACCRUAL
        told = reports.profit_loss(user, period=period, group_by=group, currency=filters["currency"], basis=basis)
        by_cash = _link("financialrecord", "record_date", group, period, record_type__exact="income")
        rows = rows_with(
            told,
            ["income", "expenses", "profit"],
            by_cash if basis == reports.CASH else _link("invoice", "issue_date", group, period),
        )
        spent = _link("financialrecord", "record_date", group, period, record_type__exact="expense")
        for row in rows:
            row["spent_link"] = spent(row["key"])
        notes = [compared(told, "profit"), *notes_of(told)]
        if not told["payroll_included"]:
            notes.append(_now("Payroll is left out: it takes the right to see payslips."))
        charts = [
            Chart(title=_("Expenses"), bars=bars(rows, "expenses")),
            Chart(title=_("Profit"), bars=bars(rows, "profit")),
        ]
        return Table(rows, chart=Chart(title=_("Income"), bars=bars(rows, "income")), more_charts=charts, notes=notes)
