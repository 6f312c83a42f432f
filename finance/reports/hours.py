"""The page of hours: what was billed, written off, and is still to be billed."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.reports import links
from finance.reports.durations import table_in_minutes
from finance.reports.forms import MarginForm, period_of
from finance.reports.money import NEEDS
from finance.selectors.behind import WORTH
from finance.selectors.hours import Work, work
from finance.selectors.sums import Period
from hyperflow.core import money
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table, duration

MOST_BARS = 15


NAMES = ("billed", "written_off", "not_billable", "unbilled")


def _hours(heading: Any, name: str) -> Column:
    return Column(heading, name, "minutes", total=True, link=lambda row: row["links"][name])


class UnbilledReport(ReportView):
    """Hours in = billed + unbilled + written off + not billable, to the minute."""

    slug = "finance/unbilled"
    title = _("Unbilled work")
    description = _("Where the hours that were logged went, and what those not billed yet come to at their rates.")
    needs = NEEDS
    form_class = MarginForm
    columns = [
        Column(_("Client or project"), "name", link=lambda row: row["links"]["logged"]),
        _hours(_("Logged"), "logged"),
        _hours(_("Billed"), "billed"),
        _hours(_("Written off"), "written_off"),
        _hours(_("Not billable"), "not_billable"),
        _hours(_("Unbilled"), "unbilled"),
        Column(_("Worth"), "worth", "money", link=lambda row: row["links"]["worth"]),
        Column(_("Currency"), "currency"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "client"
        found = work(user, period=period, by=group)
        minutes = table_in_minutes([[getattr(one.hours, name) for name in NAMES] for one in found])
        back = links.address(self.slug, filters)
        rows = [_row(one, parts, group, period, back) for one, parts in zip(found, minutes, strict=True)]
        bars = [
            Bar(
                row["name"], row["logged"] / 60, _now("%(hours)s h") % {"hours": duration(row["unbilled"])},
                link=row["links"]["unbilled"], part=row["unbilled"] / 60,
            )
            for row in rows[:MOST_BARS]
        ]  # fmt: skip
        chart = Chart(title=_("Unbilled hours"), legend=[_("unbilled"), _("logged")], bars=bars)
        together = {name: links.entries(period, became) for name, became in _BECAME.items()}
        notes = [_now("Each currency stands in a row of its own.")]
        return Table(rows, chart=chart, notes=notes, total_links=together)


#: What the entries behind each column have become.
_BECAME = {"logged": "ended", **{name: name for name in NAMES}}


def _row(one: Work, parts: list[int], group: str, period: Period, back: str) -> dict[str, Any]:
    whose = {f"task__{group}__id__exact": one.key} if one.key else {f"task__{group}__isnull": "True"}
    entries = {name: links.entries(period, became, currency=one.currency, **whose) for name, became in _BECAME.items()}
    worth = links.behind(WORTH, back=back, period=period, currency=one.currency, **{group: one.key})
    return {
        **dict(zip(NAMES, parts, strict=True)),
        "logged": sum(parts),
        "name": one.name or _now("Without a project"),
        "worth": money.quantize(one.worth, one.currency),
        "currency": one.currency,
        "links": {**entries, "worth": worth},
    }
