"""Pages of revenue, expenses, and profit and loss: what the API says, with what it is compared to."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from finance.models import Measure
from finance.reports import links
from finance.reports.forms import ExpensesForm, RevenueForm, period_of
from finance.selectors import reports
from finance.selectors.sums import Period
from hyperflow.core.reports import Bar, Chart, Column, Note, ReportView, Table, month_name, shown

MOST_BARS = 24
NEEDS = ("finance.view_reports",)


def notes_of(told: dict[str, Any]) -> list[Any]:
    """In words: the currency, what was converted, and what is in no sum; each currency and rate once."""
    converted = _converted(told)
    words = (
        _now("Amounts are in %(currency)s. Others came in at the rates that their documents keep, on average:")
        if converted
        else _now("Amounts are in %(currency)s.")
    )
    found = [Note(words % {"currency": told["currency"]}, converted)]
    left_out = [_left_out(one) for one in told["excluded"]]
    if left_out:
        found.append(Note(_now("Without a rate, and in no sum:"), left_out))
    return found


def _converted(told: dict[str, Any]) -> list[str]:
    """``USD at 0.9137: Invoiced 100.00 → 91.37 (2 documents)``; figures of the same rate in one line."""
    by_rate: dict[tuple[str, Decimal | None], list[dict[str, Any]]] = {}
    for one in told["conversions"]:
        if one["amount"] is not None:
            by_rate.setdefault((one["currency"], _rate_of(one)), []).append(one)
    return [
        _now("%(currency)s at %(rate)s: %(what)s")
        % {
            "currency": currency,
            "rate": shown(rate, "number"),
            "what": ", ".join(
                ngettext(
                    "%(measure)s %(amount)s → %(converted)s (%(rows)s document)",
                    "%(measure)s %(amount)s → %(converted)s (%(rows)s documents)",
                    one["rows"],
                )
                % {**one, "measure": _named(one), "amount": said(one["amount"]), "converted": said(one["converted"])}
                for one in figures
            ),
        }
        for (currency, rate), figures in sorted(by_rate.items(), key=lambda pair: (pair[0][0], str(pair[0][1])))
    ]


def _rate_of(one: dict[str, Any]) -> Decimal | None:
    """The mean of the rates that the documents keep, to four significant digits."""
    amount = Decimal(one["amount"])
    rate = Decimal(f"{Decimal(one['converted']) / amount:.4g}") if amount else None
    return None if rate is None else Decimal(f"{rate.normalize():f}")


def _left_out(one: dict[str, Any]) -> str:
    told = {**one, "measure": _named(one)}
    if one["amount"] is None:
        return (
            ngettext(
                "%(measure)s: what is in %(currency)s (%(rows)s row)",
                "%(measure)s: what is in %(currency)s (%(rows)s rows)",
                one["rows"],
            )
            % told
        )
    words = ngettext(
        "%(measure)s: %(amount)s %(currency)s (%(rows)s row)",
        "%(measure)s: %(amount)s %(currency)s (%(rows)s rows)",
        one["rows"],
    )
    return words % {**told, "amount": said(one["amount"])}


def _named(one: dict[str, Any]) -> str:
    labels = dict(Measure.choices)
    return str(labels.get(one["measure"], one["measure"].replace("_", " ").capitalize()))


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


def rows_with(
    told: dict[str, Any], names: dict[str, str], back: str, period: Period, group: str
) -> tuple[list[dict[str, Any]], dict[str, str | None]]:
    """The series with amounts as numbers, each with the rows behind it; and where their totals lead. ``names`` say
    what each figure measures."""
    currency = told["currency"]

    def leading(**narrow: Any) -> dict[str, str | None]:
        return {name: links.behind(measure, back=back, currency=currency, **narrow) for name, measure in names.items()}

    rows = [
        {
            **one,
            "label": month_name(one["label"]),
            **{name: Decimal(one[name]) for name in names},
            "links": leading(**links.of_group(one["key"], group, period)),
        }
        for one in told["series"]
    ]
    return rows, leading(period=period)


def figure(heading: Any, name: str) -> Column:
    """A figure that leads to its rows."""
    return Column(heading, name, "money", total=True, link=lambda row: row["links"].get(name))


def _label(heading: Any, name: str) -> Column:
    return Column(heading, "label", link=lambda row: row["links"][name])


class RevenueReport(ReportView):
    """What was earned, invoiced and collected."""

    slug = "finance/revenue"
    title = _("Revenue")
    description = _("What was invoiced and what came in, by month, quarter, year, client or project.")
    needs = NEEDS
    form_class = RevenueForm
    columns = [
        _label(_("Period or whom for"), "revenue"),
        figure(_("Revenue"), "revenue"),
        figure(_("Invoiced with tax"), "invoiced"),
        figure(_("Collected"), "collected"),
        Column(_("Rows"), "rows", "number", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        basis = filters["basis"] or reports.ACCRUAL
        told = reports.revenue(user, period=period, group_by=group, currency=filters["currency"], basis=basis)
        earned = "collected" if basis == reports.CASH else "invoiced"
        back = links.address(self.slug, filters)
        names = {"revenue": earned, "invoiced": "invoiced_gross", "collected": "collected"}
        rows, together = rows_with(told, names, back, period, group)
        open_ones = {
            "outstanding": _now("Unpaid of this period's invoices: %(amount)s."),
            "overdue": _now("Of that overdue: %(amount)s."),
        }
        notes = [
            compared(told, "revenue"),
            *(
                Note(
                    words % {"amount": said(told["totals"][name])},
                    link=links.behind(name, back=back, period=period, currency=told["currency"]),
                )
                for name, words in open_ones.items()
            ),
            *notes_of(told),
        ]
        chart = Chart(
            title=_("Invoiced with tax"),
            legend=[_("collected"), _("invoiced")],
            bars=bars(rows, "invoiced", "collected"),
        )
        lead = Chart(title=_("Revenue"), bars=bars(rows, "revenue"))
        return Table(rows, chart=lead, more_charts=[chart], notes=notes, total_links=together)


class ExpensesReport(ReportView):
    """What was spent, and on what."""

    slug = "finance/expenses"
    title = _("Expenses")
    description = _("What was spent, by month, quarter, year, category, client or project.")
    needs = NEEDS
    form_class = ExpensesForm
    columns = [
        _label(_("Period, category or whom for"), "expenses"),
        figure(_("Expenses"), "expenses"),
        Column(_("Rows"), "rows", "number", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        told = reports.expenses(user, period=period, group_by=group, currency=filters["currency"])
        back = links.address(self.slug, filters)
        rows, together = rows_with(told, {"expenses": "expenses"}, back, period, group)
        notes = [compared(told, "expenses"), *notes_of(told)]
        if told["totals"]["payroll"] is None:
            notes.append(_now("Payroll is left out: it takes the right to see payslips."))
        chart = Chart(title=_("Expenses"), bars=bars(rows, "expenses"))
        return Table(rows, chart=chart, notes=notes, total_links=together)


class ProfitLossReport(ReportView):
    """Income less expenses."""

    slug = "finance/profit-loss"
    title = _("Profit and loss")
    description = _("Income, expenses and what is left, by invoices or by payments.")
    needs = NEEDS
    form_class = RevenueForm
    columns = [
        _label(_("Period or whom for"), "profit"),
        figure(_("Income"), "income"),
        figure(_("Expenses"), "expenses"),
        figure(_("Profit"), "profit"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "month"
        basis = filters["basis"] or reports.ACCRUAL
        told = reports.profit_loss(user, period=period, group_by=group, currency=filters["currency"], basis=basis)
        names = {"income": f"income_{basis}", "expenses": f"expenses_{basis}", "profit": f"profit_{basis}"}
        rows, together = rows_with(told, names, links.address(self.slug, filters), period, group)
        notes = [compared(told, "profit"), *notes_of(told)]
        if not told["payroll_included"]:
            notes.append(_now("Payroll is left out: it takes the right to see payslips."))
        charts = [
            Chart(title=_("Expenses"), bars=bars(rows, "expenses")),
            Chart(title=_("Profit"), bars=bars(rows, "profit")),
        ]
        lead = Chart(title=_("Income"), bars=bars(rows, "income"))
        return Table(rows, chart=lead, more_charts=charts, notes=notes, total_links=together)
