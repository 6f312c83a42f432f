"""Pages of what people cost and what clients and projects earn."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.reports import links
from finance.reports.forms import MarginForm, TeamForm, period_of
from finance.reports.money import NEEDS, notes_of, said
from finance.selectors import cost_report
from finance.selectors.person_revenue import billed_by_person
from finance.selectors.sums import Period
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 15
_KEYS = {"person": "user__id__exact", "client": "task__client__id__exact", "project": "task__project__id__exact"}


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _bars(rows: list[dict[str, Any]], name: str) -> list[Bar]:
    known = [row for row in rows if row[name] is not None]
    return [
        Bar(row["label"], max(0.0, float(row[name])), f"{row[name]:,}", link=row["link"]) for row in known[:MOST_BARS]
    ]


class TeamCostReport(ReportView):
    """What the team cost, and for whom: the parts are the payroll exactly."""

    slug = "finance/team-cost"
    title = _("Team cost")
    description = _(
        "Hours from attendance and time, cost from payslips or, until they are approved, from the pay in force on each "
        "day with the employer's share. Clients, internal and idle time together are the payroll exactly."
    )
    needs = NEEDS
    form_class = TeamForm
    columns = [
        Column(_("Who or what for"), "label", link=lambda row: row["link"]),
        Column(_("Hours"), "hours", "hours", total=True, link=lambda row: row["link"]),
        Column(_("Cost"), "cost", "money", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "person"
        told = cost_report.analysis(user, period=period, group_by=group)
        rows = []
        for one in told["groups"]:
            known = group in _KEYS and one["key"].isdecimal() and one["key"] != "0"
            link = links.entries(period, **{_KEYS[group]: one["key"]}) if known else None
            rows.append({**one, "cost": _amount(one["cost"]), "link": link})
        summary = told["summary"]
        notes = [_now("Attended %(total_hours)s h, logged %(task_hours)s h, billable %(billable_hours)s h.") % summary]
        if summary["total_cost"] is not None:
            notes.append(
                _now(
                    "Cost %(total_cost)s = clients %(client_cost)s + internal %(internal_cost)s + idle %(idle_cost)s; "
                    "%(final_cost)s by payslips, %(provisional_cost)s still provisional; restated by %(restated_cost)s."
                )
                % {name: said(summary[name]) for name in summary if name.endswith("_cost")}
            )
        chart = Chart(title=_("Cost"), bars=_bars(rows, "cost"))
        hours = Chart(
            title=_("Hours"),
            bars=[
                Bar(row["label"], row["hours"], f"{row['hours']:,.1f} h", link=row["link"]) for row in rows[:MOST_BARS]
            ],
        )
        return Table(rows, chart=chart if chart.bars else hours, notes=[*notes, *notes_of(told)])


class MarginReport(ReportView):
    """What clients, projects and people's hours earn and cost."""

    slug = "finance/margin"
    title = _("Margin")
    description = _(
        "Revenue less what people cost and what was spent, for each client or project; of each person, what was billed "
        "of their hours less what they cost."
    )
    needs = ("finance.view_margin",)
    form_class = MarginForm
    columns = [
        Column(_("Client, project or person"), "label", link=lambda row: row["link"]),
        Column(_("Hours"), "hours", "hours", total=True, link=lambda row: row["link"]),
        Column(_("Revenue"), "revenue", "money", total=True, link=lambda row: row["invoices"]),
        Column(_("People"), "cost", "money", total=True),
        Column(_("Expenses"), "expenses", "money", total=True, link=lambda row: row["records"]),
        Column(_("Margin"), "margin", "money", total=True),
        Column(_("Margin in percent"), "margin_pct", "percent"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "client"
        told = cost_report.analysis(user, period=period)
        rows: list[dict[str, Any]] = []
        if group == "person":
            return self._of_people(user, period, told)
        for one in told[f"{group}_costs"]:
            key = str(one[f"{group}_id"])
            rows.append(
                {
                    **one,
                    "label": one[f"{group}_name"],
                    **{name: _amount(one[name]) for name in ("revenue", "cost", "expenses", "margin", "margin_pct")},
                    "link": links.entries(period, **{_KEYS[group]: key}),
                    "invoices": links.of_group("finance_invoice", "issue_date", key, group, period),
                    "records": links.of_group("finance_financialrecord", "record_date", key, group, period),
                }
            )
        return Table(rows, chart=Chart(title=_("Margin"), bars=_bars(rows, "margin")), notes=notes_of(told))

    def _of_people(self, user: Any, period: Period, told: dict[str, Any]) -> Table:
        """Their money is seen with the right to see pay; the hours by everybody who reads this."""
        billed = billed_by_person(user, period)
        rows: list[dict[str, Any]] = []
        for one in told["employee_data"]:
            cost, revenue = _amount(one["cost"]), billed.get(one["user_id"], Decimal(0))
            margin = None if cost is None else revenue - cost
            share = None if margin is None or not revenue else (margin * 100 / revenue).quantize(Decimal("0.01"))
            rows.append(
                {
                    "label": one["name"],
                    "hours": one["task_hours"],
                    "revenue": revenue if cost is not None else None,
                    "cost": cost,
                    "expenses": None,
                    "margin": margin,
                    "margin_pct": share,
                    "link": links.entries(period, user__id__exact=one["user_id"]),
                    "invoices": None,
                    "records": None,
                }
            )
        rows.sort(key=lambda row: (row["margin"] is None, -(row["margin"] or 0), row["label"]))
        notes = [_now("Revenue is what was billed of their hours; fixed prices without hours are nobody's.")]
        return Table(rows, chart=Chart(title=_("Margin"), bars=_bars(rows, "margin")), notes=[*notes, *notes_of(told)])
