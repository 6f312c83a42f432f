"""Pages of what clients owe and when it can be expected."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.models.rollup import THOUSANDTHS
from finance.reports import links
from finance.reports.forms import CurrencyForm
from finance.reports.money import NEEDS, figure, notes_of
from finance.selectors.receivables import BUCKETS, cash_forecast, receivables
from finance.selectors.sums import Period
from hyperflow.core import money
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 12


def _age(heading: Any, name: str) -> Column:
    return Column(heading, name, "money", total=True, link=lambda row: row["links"][name])


class ReceivablesReport(ReportView):
    """Who owes what, by how long it has been due."""

    slug = "finance/receivables"
    title = _("Receivables")
    description = _("What clients owe today, by how many days it has been due.")
    needs = NEEDS
    form_class = CurrencyForm
    columns = [
        Column(_("Client"), "client_name", link=lambda row: row["links"]["outstanding"]),
        Column(_("Invoices"), "rows", "number", total=True, link=lambda row: row["links"]["outstanding"]),
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
        back = links.address(self.slug, filters)

        def leading(**whose: Any) -> dict[str, str | None]:
            ages = {name: "" if name == "outstanding" else name for name in names}
            return {
                name: links.behind("receivables", back=back, age=age, currency=told["currency"], **whose)
                for name, age in ages.items()
            }

        rows = [
            {**one, **{name: Decimal(one[name]) for name in names}, "links": leading(client=one["client_id"])}
            for one in told["clients"]
        ]
        together = leading()
        bars = [
            Bar(
                row["client_name"],
                max(0.0, float(row["outstanding"])),
                f"{row['outstanding']:,}",
                link=row["links"]["outstanding"],
                part=max(0.0, float(row["overdue"])),
            )
            for row in rows[:MOST_BARS]
        ]
        chart = Chart(title=_("Owed by client"), legend=[_("overdue"), _("owed")], bars=bars)
        total_links = {**together, "rows": together["outstanding"]}
        return Table(rows, chart=chart, notes=notes_of(told), total_links=total_links)


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
        figure(_("Due"), "due"),
        figure(_("Expected"), "expected"),
        Column(_("Invoices expected"), "invoices", "number", total=True, link=lambda row: row["links"]["expected"]),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        found = cash_forecast(user, currency=filters["currency"])

        back = links.address(self.slug, filters)

        def leading(first: dt.date, weeks: int = 1) -> dict[str, str | None]:
            days = Period(first, first + dt.timedelta(days=7 * weeks - 1))
            return {
                name: links.behind(name, back=back, period=days, currency=found.till.currency)
                for name in ("due", "expected")
            }

        def amount(thousandths: int) -> Decimal:
            return money.quantize(Decimal(thousandths) / THOUSANDTHS, found.till.currency)

        rows: list[dict[str, Any]] = [
            {
                "starts_on": week.starts_on,
                "due": amount(week.due),
                "expected": amount(week.expected),
                "invoices": week.invoices,
                "links": leading(week.starts_on),
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
        chart = Chart(title=_("Expected by week"), bars=bars)
        together = leading(found.weeks[0].starts_on, len(found.weeks))
        return Table(rows, chart=chart, notes=notes, total_links={**together, "invoices": together["expected"]})
