"""Pages of what people cost and what clients and projects earn."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from finance.reports import links
from finance.reports.durations import in_minutes
from finance.reports.forms import MarginForm, TeamForm, period_of
from finance.reports.money import NEEDS, figure, notes_of, said
from finance.selectors import cost_report
from finance.selectors.behind import ANY, BILLED
from finance.selectors.hours import logged_by
from finance.selectors.person_revenue import billed_by_person, people_seen
from finance.selectors.sums import Period
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table, duration

MOST_BARS = 15
_KEYS = {"person": "user__id__exact", "client": "task__client__id__exact", "project": "task__project__id__exact"}


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _bars(rows: list[dict[str, Any]], name: str) -> list[Bar]:
    known = [row for row in rows if row[name] is not None]
    return [
        Bar(row["label"], max(0.0, float(row[name])), f"{row[name]:,}", link=row["link"]) for row in known[:MOST_BARS]
    ]


def _hides_some(rows: list[dict[str, Any]]) -> bool:
    return len({row["cost"] is None for row in rows}) > 1


def _of_few(rows: list[dict[str, Any]]) -> list[Any]:
    """Why some rows have a cost and others none."""
    if not _hides_some(rows):
        return []
    return [
        _now(
            "What fewer than three people cost is shown to who may see pay; so is the least of the others, where the "
            "rest would say it."
        )
    ]


def _totals(columns: list[Column], rows: list[dict[str, Any]], *, cost: str | None = None) -> dict[str, Any] | None:
    """Where some costs are hidden, the sum of the others is no total: it is what all cost, if that may be told."""
    if not _hides_some(rows):
        return None
    told: dict[str, Any] = {"cost": _amount(cost), "margin": None}
    return {
        column.name: told[column.name] if column.name in told else sum(row[column.name] or 0 for row in rows)
        for column in columns
        if column.total
    }


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
        Column(_("Hours"), "hours", "minutes", total=True, link=lambda row: row["entries"]),
        Column(_("Cost"), "cost", "money", total=True),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "person"
        told = cost_report.analysis(user, period=period, group_by=group)
        rows = []
        minutes = in_minutes(_seconds(told["groups"], period, group))
        for one, shown_minutes in zip(told["groups"], minutes, strict=True):
            link = _entries(period, group, one["key"])
            rows.append(
                {
                    **one,
                    "hours": shown_minutes,
                    "cost": _amount(one["cost"]),
                    "link": link,
                    # A person's hours are those they attended, too; what was logged is behind their name.
                    "entries": link if group != "person" else None,
                }
            )
        summary = told["summary"]
        notes = [
            _now("Attended %(total_hours)s h, logged %(task_hours)s h, billable %(billable_hours)s h.")
            % {name: duration(round(hours * 60)) for name, hours in summary.items() if name.endswith("_hours")}
        ]
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
                Bar(
                    row["label"],
                    row["hours"] / 60,
                    _now("%(hours)s h") % {"hours": duration(row["hours"])},
                    link=row["link"],
                )
                for row in rows[:MOST_BARS]
            ],
        )
        notes += _of_few(rows)
        totals = _totals(self.columns, rows, cost=summary["total_cost"])
        return Table(rows, chart=chart if chart.bars else hours, notes=[*notes, *notes_of(told)], totals=totals)


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
        Column(_("Hours"), "hours", "minutes", total=True, link=lambda row: row["link"]),
        figure(_("Revenue"), "revenue"),
        Column(_("People"), "cost", "money", total=True),
        figure(_("Expenses"), "expenses"),
        Column(_("Margin"), "margin", "money", total=True),
        Column(_("Margin in percent"), "margin_pct", "percent"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        period, group = period_of(filters), filters["group"] or "client"
        told = cost_report.analysis(user, period=period)
        rows: list[dict[str, Any]] = []
        if group == "person":
            return self._of_people(user, period, told, links.address(self.slug, filters))
        costs, back = told[f"{group}_costs"], links.address(self.slug, filters)
        logged = logged_by(period, group)
        minutes = in_minutes([logged.get(one[f"{group}_id"], 0) for one in costs])

        def leading(whose: Any) -> dict[str, str | None]:
            asked = {"back": back, "period": period, "currency": told["currency"], group: whose}
            return {
                "revenue": links.behind("invoiced", **asked),
                "expenses": links.behind("purchases", **asked),
            }

        for one, shown_minutes in zip(costs, minutes, strict=True):
            key = one[f"{group}_id"]
            rows.append(
                {
                    **one,
                    "label": one[f"{group}_name"],
                    "hours": shown_minutes,
                    **{name: _amount(one[name]) for name in ("revenue", "cost", "expenses", "margin", "margin_pct")},
                    "link": _entries(period, group, str(key)),
                    "links": leading(key),
                }
            )
        chart = Chart(title=_("Margin"), bars=_bars(rows, "margin"))
        together = leading(ANY)
        if group == "client":  # each task has a client, and not each a project
            together["hours"] = links.entries(period)
        notes, totals = [*_of_few(rows), *notes_of(told)], _totals(self.columns, rows)
        return Table(rows, chart=chart, notes=notes, totals=totals, total_links=together)

    def _of_people(self, user: Any, period: Period, told: dict[str, Any], back: str) -> Table:
        """Their money is seen with the right to see pay; the hours by everybody who reads this."""
        billed = billed_by_person(user, period)
        people = _with_those_billed(user, told["employee_data"], billed)
        logged = logged_by(period, "user")
        minutes = in_minutes([logged.get(one["user_id"], 0) for one in people])
        rows: list[dict[str, Any]] = []
        for one, shown_minutes in zip(people, minutes, strict=True):
            cost, revenue = _amount(one["cost"]), billed.get(one["user_id"], Decimal(0))
            margin = None if cost is None else revenue - cost
            share = None if margin is None or not revenue else (margin * 100 / revenue).quantize(Decimal("0.01"))
            to_lines = links.behind(BILLED, back=back, period=period, person=one["user_id"])
            rows.append(
                {
                    "label": one["name"],
                    "hours": shown_minutes,
                    "revenue": revenue if cost is not None else None,
                    "cost": cost,
                    "expenses": None,
                    "margin": margin,
                    "margin_pct": share,
                    "link": _entries(period, "person", str(one["user_id"])),
                    "links": {"revenue": to_lines if cost is not None else None},
                }
            )
        rows.sort(key=lambda row: (row["margin"] is None, -(row["margin"] or 0), row["label"]))
        notes = [_now("Revenue is what was billed of their hours; fixed prices without hours are nobody's.")]
        chart = Chart(title=_("Margin"), bars=_bars(rows, "margin"))
        shows = bool(user.has_perm("hr.view_pay"))
        together = {
            "hours": links.entries(period),
            "revenue": links.behind(BILLED, back=back, period=period) if shows else None,
        }
        return Table(rows, chart=chart, notes=[*notes, *notes_of(told)], total_links=together)


def _with_those_billed(user: Any, people: list[dict[str, Any]], billed: dict[int, Decimal]) -> list[dict[str, Any]]:
    """And those who have left since the hours that were billed: their revenue is in no other row."""
    shown, seen = {one["user_id"] for one in people}, people_seen(user)
    ids = [pk for pk in billed if pk not in shown and (seen is None or pk in seen)]
    if not ids or not user.has_perm("hr.view_pay"):
        return people
    names = User._base_manager.filter(pk__in=ids).order_by("name", "pk").values_list("pk", "name")
    return [*people, *({"user_id": pk, "name": name, "cost": "0"} for pk, name in names)]


def _entries(period: Period, group: str, key: str) -> str | None:
    """The entries of time of a client, project or person; of what is neither there are none."""
    if group not in _KEYS or not key.isdecimal():
        return None
    path = _KEYS[group]
    none = {path.replace("__id__exact", "__isnull"): "True"}
    return links.entries(period, **(none if key == "0" else {path: key}))


def _seconds(groups: list[dict[str, Any]], period: Period, group: str) -> list[int]:
    """Of clients and projects what was logged; of the rest what the analysis says, to the hundredth of an hour."""
    logged = logged_by(period, group) if group in ("client", "project") else {}
    return [
        logged[int(one["key"])] if one["key"].isdecimal() and int(one["key"]) in logged else round(one["hours"] * 3600)
        for one in groups
    ]
