"""Team cost and margin as the API and the pages say them: money only as far as the reader may see it.

What a person or a role costs takes the right to see pay; without it such groups have no money, and those of fewer than
three people are merged. What a client or a project costs and earns takes the right to see margins; where fewer than
three people worked for it, the right to see pay as well, since their cost and hours are what one of them is paid.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from clients.models import Client, Project
from finance.models import Measure
from finance.models.rollup import THOUSANDTHS
from finance.selectors import sums
from finance.selectors.amounts import Till, percent
from finance.selectors.sums import Period
from finance.selectors.team_cost import (
    COST,
    FEWEST_PEOPLE,
    FOR_CLIENT,
    IDLE,
    INTERNAL,
    Group,
    PersonCost,
    TeamCost,
    team_cost,
)
from hr.models import Employment
from hyperflow.core import money
from tasks.models import TimeEntry

_HUNDREDTH = Decimal("0.01")
NAMES: dict[str, Callable[[PersonCost], str]] = {
    "role": lambda person: person.role,
    "department": lambda person: person.department,
}


@dataclass(frozen=True)
class Earned:
    """Invoiced without tax less credit notes, and what was spent on it beside people; in thousandths."""

    revenue: dict[int, int]
    expenses: dict[int, int]


def hours(seconds: int) -> float:
    return float((Decimal(seconds) / 3600).quantize(_HUNDREDTH, rounding=ROUND_HALF_UP))


def analysis(user: Any, *, period: Period, group_by: str = "person", currency: str = "") -> dict[str, Any]:
    """The whole answer of `/api/finance/analysis/cost`."""
    found = team_cost(period=period, currency=currency)
    shows_pay, shows_margin = user.has_perm("hr.view_pay"), user.has_perm("finance.view_margin")
    till = found.till
    by_client = earned(user, period, "client", till)
    people = seen_people(user, found.people)
    return {
        "period": {"start_date": period.start.isoformat(), "end_date": period.end.isoformat()},
        "currency": till.currency,
        "group_by": group_by,
        "summary": _summary(found, by_client, shows_pay=shows_pay, shows_margin=shows_margin),
        "groups": _groups(found, people, group_by, shows_pay=shows_pay, shows_margin=shows_margin),
        "employee_data": [_person(person, till, shows_pay=shows_pay) for person in people],
        "role_distribution": merged(people, NAMES["role"], till, shows_pay=shows_pay),
        "client_costs": client_costs(user, found, by_client),
        "project_costs": project_costs(user, found, earned(user, period, "project", till)),
        "conversions": _unless_pay(till.conversions(), shows_pay=shows_pay),
        "excluded": _unless_pay(till.excluded(), shows_pay=shows_pay),
    }


def _unless_pay(told: list[dict[str, Any]], *, shows_pay: bool) -> list[dict[str, Any]]:
    """Few people are paid in a foreign currency, so its sum would say what one of them earns."""
    if shows_pay:
        return told
    hidden = {"amount": None, "converted": None}
    return [
        {name: hidden.get(name, value) if one["measure"] == COST else value for name, value in one.items()}
        for one in told
    ]


def seen_people(user: Any, people: Iterable[PersonCost]) -> list[PersonCost]:
    """Those whose hours the reader may see: everybody's, or their own and their reports'."""
    named = sorted(people, key=lambda person: (person.name, person.user_id))
    if user.has_perm("tasks.view_all_time"):
        return named
    ids = set(Employment.objects.visible_to(user).values_list("user_id", flat=True))
    return [person for person in named if person.user_id in ids]


def earned(user: Any, period: Period, by: str, till: Till) -> Earned:
    """By client or project, in the till's currency; what could not be converted is in the till."""
    revenue: dict[int, int] = defaultdict(int)
    expenses: dict[int, int] = defaultdict(int)
    quiet = Till(till.currency) if by == "project" else till  # the same documents: told once
    for one in sums.sums(user, [period], [Measure.INVOICED, Measure.NET_EXPENSE], by):
        into = revenue if one.measure == Measure.INVOICED else expenses
        into[one.bucket] += quiet.take(one.measure, one.currency, one.sum)
    return Earned(revenue, expenses)


def _summary(found: TeamCost, by_client: Earned, *, shows_pay: bool, shows_margin: bool) -> dict[str, Any]:
    attended = sum(person.attended for person in found.people)
    logged = sum(person.logged for person in found.people)
    billable = sum(person.billable for person in found.people)
    paid = [person for person in found.people if person.cost]
    shows_cost = shows_pay or (shows_margin and len(paid) >= FEWEST_PEOPLE)
    shows_parts = shows_pay or (shows_cost and not found.has_thin_parts(FEWEST_PEOPLE))
    shows_profit = shows_cost and shows_margin
    wire = found.till.wire
    revenue, expenses = sum(by_client.revenue.values()), sum(by_client.expenses.values())
    return {
        "total_employees": len(found.people),
        "total_hours": hours(attended),
        "task_hours": hours(logged),
        "billable_hours": hours(billable),
        "utilisation": percent(billable, attended),
        "total_cost": wire(found.cost) if shows_cost else None,
        "client_cost": wire(found.of_kind(FOR_CLIENT)) if shows_parts else None,
        "internal_cost": wire(found.of_kind(INTERNAL)) if shows_parts else None,
        "idle_cost": wire(found.of_kind(IDLE)) if shows_parts else None,
        "final_cost": wire(found.final) if shows_cost else None,
        "provisional_cost": wire(found.provisional) if shows_cost else None,
        "restated_cost": wire(found.restated) if shows_cost else None,
        "revenue": wire(revenue),
        "expenses": wire(expenses),
        "margin": wire(revenue - expenses - found.cost) if shows_profit else None,
    }


def _person(person: PersonCost, till: Till, *, shows_pay: bool) -> dict[str, Any]:
    ratio = (Decimal(person.logged) / person.attended).quantize(_HUNDREDTH, ROUND_HALF_UP) if person.attended else None
    return {
        "user_id": person.user_id,
        "name": person.name,
        "hours_worked": hours(person.attended),
        "task_hours": hours(person.logged),
        "billable_hours": hours(person.billable),
        "productivity_ratio": None if ratio is None else float(ratio),
        "cost": till.wire(person.cost) if shows_pay else None,
    }


def merged(
    people: Iterable[PersonCost], name_of: Callable[[PersonCost], str], till: Till, *, shows_pay: bool
) -> list[dict[str, Any]]:
    """Groups of people by a name; without the right to see pay, those of fewer than three are one group."""
    groups: dict[str, list[PersonCost]] = defaultdict(list)
    for person in people:
        groups[name_of(person)].append(person)
    if not shows_pay:
        small = sorted(name for name, among in groups.items() if len(among) < FEWEST_PEOPLE)
        others = [person for name in small for person in groups.pop(name)]
        if others:
            groups[_("Others")] = others
    return [
        {
            "role": name or _("None"),
            "people": len(among),
            "hours_worked": hours(sum(person.attended for person in among)),
            "task_hours": hours(sum(person.logged for person in among)),
            "cost": till.wire(sum(person.cost for person in among)) if shows_pay else None,
        }
        for name, among in sorted(groups.items())
    ]


def client_costs(user: Any, found: TeamCost, by_client: Earned) -> list[dict[str, Any]]:
    """Each client that somebody worked for, that was billed or that something was spent on; the dearest first."""
    groups = found.by_client()
    hidden = _hidden(found.hidden_clients, shows_pay=user.has_perm("hr.view_pay"))
    keys = {key for key in {*groups, *by_client.revenue, *by_client.expenses} if key}
    names = dict(Client.objects.visible_to(user).filter(pk__in=keys).values_list("pk", "name"))
    tasks = _tasks(found.period, "task__client_id")
    shows = user.has_perm("finance.view_margin")
    return [
        {
            "client_id": pk,
            "client_name": names[pk],
            **_amounts(groups.get(pk, Group()), by_client, pk, found.till, shows=shows and pk not in hidden),
            "task_count": tasks.get(pk, 0),
        }
        for pk in _dearest_first(names, groups)
    ]


def project_costs(user: Any, found: TeamCost, by_project: Earned) -> list[dict[str, Any]]:
    """Each project, with its budget and what is left of it: ``variance`` is the budget less cost and expenses."""
    groups = found.by_project()
    keys = {key for key in {*groups, *by_project.revenue, *by_project.expenses} if key}
    projects = {row.pk: row for row in Project.objects.visible_to(user).filter(pk__in=keys)}
    tasks = _tasks(found.period, "task__project_id")
    till, may_see = found.till, user.has_perm("finance.view_margin")
    hidden = _hidden(found.hidden_projects, shows_pay=user.has_perm("hr.view_pay"))
    rows = []
    for pk in _dearest_first(projects, groups):
        project, group, shows = projects[pk], groups.get(pk, Group()), may_see and pk not in hidden
        spent = group.cost + by_project.expenses.get(pk, 0)
        comparable = shows and project.budget is not None and project.currency == till.currency
        left = int(project.budget * THOUSANDTHS) - spent if comparable and project.budget is not None else None
        rows.append(
            {
                "project_id": pk,
                "project_name": project.name,
                "client_id": project.client_id,
                **_amounts(group, by_project, pk, till, shows=shows),
                "task_count": tasks.get(pk, 0),
                "budget": money.wire(project.budget, project.currency),
                "budget_currency": project.currency,
                "variance": till.wire(left),
            }
        )
    return rows


def _dearest_first(keys: Iterable[int], groups: dict[int, Group]) -> list[int]:
    return sorted(keys, key=lambda key: (-groups[key].cost if key in groups else 0, key))


def _hidden(of: Callable[[int], set[int]], *, shows_pay: bool) -> set[int]:
    return set() if shows_pay else of(FEWEST_PEOPLE)


def _amounts(group: Group, money_of: Earned, pk: int, till: Till, *, shows: bool) -> dict[str, Any]:
    revenue, expenses = money_of.revenue.get(pk, 0), money_of.expenses.get(pk, 0)
    return {
        "hours": hours(group.seconds),
        "cost": till.wire(group.cost) if shows else None,
        "expenses": till.wire(expenses),
        "revenue": till.wire(revenue),
        "margin": till.wire(revenue - expenses - group.cost) if shows else None,
        "margin_pct": percent(revenue - expenses - group.cost, revenue) if shows else None,
    }


def _tasks(period: Period, path: str) -> dict[int, int]:
    """How many tasks somebody logged time on."""
    rows = TimeEntry._base_manager.filter(work_date__range=(period.start, period.end), ended_at__isnull=False)
    return dict(rows.order_by().values_list(path).annotate(Count("task_id", distinct=True)))


def _groups(
    found: TeamCost, people: list[PersonCost], group_by: str, *, shows_pay: bool, shows_margin: bool
) -> list[dict[str, Any]]:
    """The cost by what was asked for: who somebody is, or what it was spent on with internal and idle time."""
    till = found.till
    if group_by == "person":
        return [
            {
                "key": str(person.user_id),
                "label": person.name,
                "hours": hours(sum(spent.seconds for spent in person.uses.values())),
                "cost": till.wire(person.cost) if shows_pay else None,
            }
            for person in people
        ]
    if group_by in NAMES:
        return [
            {"key": row["role"], "label": row["role"], "hours": row["hours_worked"], "cost": row["cost"]}
            for row in merged(people, NAMES[group_by], till, shows_pay=shows_pay)
        ]
    groups = found.by_client() if group_by == "client" else found.by_project()
    few = found.hidden_clients if group_by == "client" else found.hidden_projects
    hidden = _hidden(few, shows_pay=shows_pay)
    shows_parts = shows_pay or not found.has_thin_parts(FEWEST_PEOPLE)
    model: Any = Client if group_by == "client" else Project
    names = dict(model._base_manager.filter(pk__in=groups).values_list("pk", "name"))
    rows = [
        {
            "key": str(pk),
            "label": names.get(pk) or _("Without a project"),
            "hours": hours(groups[pk].seconds),
            "cost": till.wire(groups[pk].cost) if shows_margin and pk not in hidden else None,
        }
        for pk in _dearest_first(groups, groups)
    ]
    for kind, label in ((INTERNAL, _("Internal")), (IDLE, _("Idle"))):
        seconds = sum(s.seconds for person in found.people for use, s in person.uses.items() if use[0] == kind)
        amount = till.wire(found.of_kind(kind)) if shows_margin and shows_parts else None
        rows.append({"key": kind, "label": label, "hours": hours(seconds), "cost": amount})
    return rows
