"""The page of hours: what was billed, written off, and is still to be billed."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.reports import links
from finance.reports.forms import MarginForm, period_of
from finance.reports.money import NEEDS
from finance.selectors.hours import Work, work
from finance.selectors.sums import Period
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 15


def _hours(heading: Any, name: str) -> Column:
    return Column(heading, name, "hours", total=True, link=lambda row: row["link"])


class UnbilledReport(ReportView):
    """Hours in = billed + unbilled + written off + not billable."""

    slug = "finance/unbilled"
    title = _("Unbilled work")
    description = _("Where the hours that were logged went, and what those not billed yet come to at their rates.")
    needs = NEEDS
    form_class = MarginForm
    columns = [
        Column(_("Client or project"), "name", link=lambda row: row["link"]),
        _hours(_("Logged"), "logged"),
        _hours(_("Billed"), "billed"),
        _hours(_("Written off"), "written_off"),
        _hours(_("Not billable"), "not_billable"),
        _hours(_("Unbilled"), "unbilled"),
        Column(_("Worth"), "worth", "money"),
        Column(_("Currency"), "currency"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "client"
        rows = [_row(one, group, period) for one in work(user, period=period, by=group)]
        bars = [
            Bar(row["name"], row["logged"], f"{row['unbilled']:,.1f} h", link=row["link"], part=row["unbilled"])
            for row in rows[:MOST_BARS]
        ]
        chart = Chart(title=_("Unbilled hours"), legend=[_("unbilled"), _("logged")], bars=bars)
        return Table(rows, chart=chart, notes=[_now("Each currency stands in a row of its own.")])


def _row(one: Work, group: str, period: Period) -> dict[str, Any]:
    names = ("logged", "billed", "written_off", "not_billable", "unbilled")
    path = f"task__{group}__id__exact"
    return {
        **{name: getattr(one.hours, name) / 3600 for name in names},
        "name": one.name or _now("Without a project"),
        "worth": one.worth,
        "currency": one.currency,
        "link": links.entries(period, **{path: one.key}) if one.key else None,
    }
