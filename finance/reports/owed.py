"""Pages of what clients owe and when it can be expected."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.models.rollup import THOUSANDTHS
from finance.reports import links
from finance.reports.forms import CurrencyForm
from finance.reports.money import NEEDS, notes_of
from finance.selectors.receivables import BUCKETS, cash_forecast, receivables
from finance.services import books
from hyperflow.core import money
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 12


def _unpaid(row: dict[str, Any]) -> str | None:
    return links.rows_of("finance_invoice", client__id__exact=row["client_id"], status__exact="pending")


#: For each age of a debt how many days its due date lies back, at least and at most.
_AGES: dict[str, tuple[int | None, int | None]] = {
    "not_due": (None, 0), "0_30": (1, 30), "31_60": (31, 60), "61_90": (61, 90), "90_plus": (91, None),
}  # fmt: skip


def _of_age(name: str) -> Any:
    least, most = _AGES[name]

    def link(row: dict[str, Any]) -> str | None:
        today, due = books.today(), {}
        if most is not None:
            due["due_date_from"] = today - dt.timedelta(days=most)
        if least is not None:
            due["due_date_to"] = today - dt.timedelta(days=least)
        return links.rows_of("finance_invoice", client__id__exact=row["client_id"], status__exact="pending", **due)

    return link


def _age(heading: Any, name: str) -> Column:
    return Column(heading, name, "money", total=True, link=_of_age(name) if name in _AGES else _unpaid)


class ReceivablesReport(ReportView):
    """Who owes what, by how long it has been due."""

    slug = "finance/receivables"
    title = _("Receivables")
    description = _("What clients owe today, by how many days it has been due.")
    needs = NEEDS
    form_class = CurrencyForm
    columns = [
        Column(_("Client"), "client_name", link=_unpaid),
        Column(_("Invoices"), "rows", "number", total=True, link=_unpaid),
        _age(_("Owed"), "outstanding"),
        _age(_("Not due"), "not_due"),
        _age(_("1–30 days"), "0_30"),
        _age(_("31–60 days"), "31_60"),
        _age(_("61–90 days"), "61_90"),
        _age(_("Over 90 days"), "90_plus"),
        Column(_("Oldest due"), "oldest_due"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        told = receivables(user, currency=filters["currency"])
        names = ("outstanding", "overdue", *BUCKETS)
        rows = [{**one, **{name: Decimal(one[name]) for name in names}} for one in told["clients"]]
        bars = [
            Bar(
                row["client_name"],
                max(0.0, float(row["outstanding"])),
                f"{row['outstanding']:,}",
                link=_unpaid(row),
                part=max(0.0, float(row["overdue"])),
            )
            for row in rows[:MOST_BARS]
        ]
        chart = Chart(title=_("Owed by client"), legend=[_("overdue"), _("owed")], bars=bars)
        return Table(rows, chart=chart, notes=notes_of(told))


class CashForecastReport(ReportView):
    """When what is owed can be expected."""

    slug = "finance/cash-forecast"
    title = _("Cash forecast")
    description = _(
        "What is due in each of the next weeks, and what can be expected by how each client has paid so far."
    )
    needs = NEEDS
    form_class = CurrencyForm
    columns = [
        Column(_("Week from"), "starts_on", "date"),
        Column(_("Due"), "due", "money", total=True, link=lambda row: row["link"]),
        Column(_("Expected"), "expected", "money", total=True),
        Column(_("Invoices expected"), "invoices", "number", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        found = cash_forecast(user, currency=filters["currency"])

        def amount(thousandths: int) -> Decimal:
            return money.quantize(Decimal(thousandths) / THOUSANDTHS, found.till.currency)

        rows: list[dict[str, Any]] = [
            {
                "starts_on": week.starts_on,
                "due": amount(week.due),
                "expected": amount(week.expected),
                "invoices": week.invoices,
                "link": links.rows_of(
                    "finance_invoice",
                    status__exact="pending",
                    due_date_from=week.starts_on,
                    due_date_to=week.starts_on + dt.timedelta(days=6),
                ),
            }
            for week in found.weeks
        ]
        told = {
            "currency": found.till.currency,
            "conversions": found.till.conversions(),
            "excluded": found.till.excluded(),
        }
        notes = [
            _now("Overdue today: %(overdue)s. Expected later than this: %(later)s. %(known)s clients have a habit.")
            % {"overdue": amount(found.overdue), "later": amount(found.later), "known": len(found.habits)},
            *notes_of(told),
        ]
        bars = [
            Bar(f"{row['starts_on']:%d %b}", max(0.0, float(row["expected"])), f"{row['expected']:,}") for row in rows
        ]
        return Table(rows, chart=Chart(title=_("Expected by week"), bars=bars), notes=notes)
