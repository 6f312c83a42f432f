"""What the team cost in a period, and for whom: read once for everybody, shown as far as the reader may see it.

A fixed number of queries, however many people and days.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum

from accounts.models import User
from finance import cost, facts
from finance.cost import FOR_CLIENT, IDLE, INTERNAL, Rate, Spent, Use, WorkedDay
from finance.models import FinancialRecord
from finance.models.rollup import THOUSANDTHS
from finance.selectors.amounts import Till
from finance.selectors.sums import Period
from hr.models import Employment, PayrollRun, Payslip
from hr.selectors.employment import pay_in_force
from hr.selectors.payroll import work_days
from hyperflow.core import money
from tasks.models import TimeEntry

COST = "cost"
#: The cost of fewer people than this is not told to who may not see pay.
FEWEST_PEOPLE = 3


@dataclass
class PersonCost:
    """One person's seconds and cost in the period, by use."""

    user_id: int
    name: str = ""
    role: str = ""
    department: str = ""
    attended: int = 0
    logged: int = 0
    billable: int = 0
    is_complete: bool = True  # all of their cost has a rate to the currency it is shown in
    uses: dict[Use, Spent] = field(default_factory=lambda: defaultdict(Spent))

    @property
    def cost(self) -> int:
        return sum(spent.cost for spent in self.uses.values())


@dataclass
class TeamCost:
    """Everybody's, in thousandths of one currency. ``final`` is what approved payslips say, ``provisional`` what the
    pay in force comes to where there is none yet; ``restated`` is by how much the final ones moved what was shown."""

    period: Period
    till: Till
    people: list[PersonCost] = field(default_factory=list)
    final: int = 0
    provisional: int = 0
    restated: int = 0

    @property
    def cost(self) -> int:
        return sum(person.cost for person in self.people)

    def of_kind(self, kind: str) -> int:
        return sum(s.cost for person in self.people for use, s in person.uses.items() if use[0] == kind)

    def has_thin_parts(self, fewest: int) -> bool:
        """Is one of its three kinds the time of one or two people? With the total, any two of them say the third."""
        of_kind: dict[str, set[int]] = defaultdict(set)
        for person in self.people:
            for use, spent in person.uses.items():
                if spent.cost:
                    of_kind[use[0]].add(person.user_id)
        return any(len(people) < fewest for people in of_kind.values())

    def by_client(self) -> dict[int, "Group"]:
        return self._grouped(1)

    def hidden_clients(self, fewest: int) -> set[int]:
        """Those whose cost is not told to who may not see pay."""
        return too_few(self.by_client(), fewest)

    def hidden_projects(self, fewest: int) -> set[int]:
        """Those whose cost is not told, of all and among the projects of each client whose own cost is told."""
        groups, hidden = self.by_project(), too_few(self.by_project(), fewest)
        of_client: dict[int, dict[int, Group]] = defaultdict(dict)
        for person in self.people:
            for kind, client, project in person.uses:
                if kind == FOR_CLIENT:
                    of_client[int(client)][int(project)] = groups[int(project)]
        return hidden.union(*(too_few(mine, fewest) for mine in of_client.values()))

    def by_project(self) -> dict[int, "Group"]:
        return self._grouped(2)

    def _grouped(self, place: int) -> dict[int, "Group"]:
        found: dict[int, Group] = defaultdict(Group)
        for person in self.people:
            for use, spent in person.uses.items():
                if use[0] == FOR_CLIENT:
                    group = found[int(use[place])]
                    group.seconds += spent.seconds
                    group.cost += spent.cost
                    group.is_complete &= person.is_complete
                    group.people.add(person.user_id)
        return found


@dataclass
class Group:
    seconds: int = 0
    cost: int = 0
    is_complete: bool = True  # nothing was left out for want of a rate
    people: set[int] = field(default_factory=set)


def too_few(groups: dict[int, Group], fewest: int) -> set[int]:
    """The groups whose cost would say what one or two people are paid.

    All that are hidden together are of enough people as well, since their sum is the total less what is shown; for
    that the smallest of the others are hidden with them.
    """
    hidden = {key for key, group in groups.items() if group.cost and len(group.people) < fewest}
    among = {person for key in hidden for person in groups[key].people}
    rest = sorted((len(group.people), key) for key, group in groups.items() if group.cost and key not in hidden)
    for _size, key in rest if hidden else ():
        if len(among) >= fewest:
            break
        hidden.add(key)
        among |= groups[key].people
    return hidden


def months_of(period: Period) -> list[Period]:
    """The whole months that the period touches."""
    found, first = [], period.start.replace(day=1)
    while first <= period.end:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        found.append(Period(first, last))
        first = last + dt.timedelta(days=1)
    return found


def team_cost(*, period: Period, currency: str = "", people: Collection[int] | None = None) -> TeamCost:
    """For the system, which asks for no person: who shows it asks what of it may be seen.

    ``people`` are the users it is about; everybody unless told.
    """
    months = months_of(period)
    first, last = months[0].start, months[-1].end
    employed = Employment.objects.during(first, last).select_related("user").order_by("pk")
    employments = list(employed if people is None else employed.filter(user_id__in=people))
    planned = work_days(employments, first, last)
    rates = _rates(employments, first, last)
    logged, counts = _logged(first, last, period)
    slips = _payslips(months)
    found = TeamCost(period, Till(currency or settings.COMPANY_CURRENCY))
    known = {row.user_id for row in employments} | set(counts) | {user for user, _month in slips}
    shown = sorted(known if people is None else known.intersection(people))
    names = _people(shown)
    for user_id in shown:
        person = names[user_id]
        person.logged, person.billable = counts.get(user_id, (0, 0))
        days = _days(planned.get(user_id, []), logged.get(user_id, {}))
        for month in months:
            mine = [day for day in days if month.start <= day.date <= month.end]
            slip = slips.get((user_id, f"{month.start:%Y-%m}"))
            if not mine and slip is not None:
                mine = [WorkedDay(month.end, is_employed=False)]
            if mine:
                _add_month(found, person, mine, rates.get(user_id, []), slip)
        found.people.append(person)
    return found


def _add_month(
    found: TeamCost, person: PersonCost, days: Sequence[WorkedDay], rates: Sequence[Rate], slip: "_Slip | None"
) -> None:
    """Put one month of one person where it belongs."""
    period, till = found.period, found.till
    amounts = cost.provisional(days, rates)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        if amount:
            sums[currency] += amount
    expected = {currency: _thousandths(amount, currency) for currency, amount in sums.items()}
    before = sum(amount for currency, amount in expected.items() if currency == till.currency)
    costs = [0] * len(days)
    if slip is not None:
        total = till.take(COST, slip.currency, slip.amount)
        person.is_complete &= slip.currency == till.currency or not slip.amount.unconverted
        costs = cost.by_day(total, days, [amount for _currency, amount in amounts])
    else:
        for currency, whole in expected.items():
            weights = [amount if own == currency else Decimal(0) for own, amount in amounts]
            one = facts.Sum(whole, 0, whole, 1, 1) if currency != till.currency else facts.Sum(whole, whole, 0, 1, 0)
            parts = cost.by_day(till.take(COST, currency, one), days, weights)
            costs = [sum(pair) for pair in zip(costs, parts, strict=True)]
            person.is_complete &= currency == till.currency
    within = (period.start, period.end)
    portions = list(cost.month_of(days, costs, within))
    # In whole coins, so that whatever is shown of them adds up to what is shown of all.
    coin = THOUSANDTHS // 10 ** money.digits(till.currency)
    whole = (sum(amount for _use, _seconds, amount in portions) + coin // 2) // coin
    shares = money.allocate(whole, [amount for _use, _seconds, amount in portions])
    inside = sum(shares) * coin
    for (use, seconds, _exact), share in zip(portions, shares, strict=True):
        spent = person.uses[use]
        spent.seconds += seconds
        spent.cost += share * coin
    person.attended += sum(day.worked for day in days if within[0] <= day.date <= within[1])
    if slip is None:
        found.provisional += inside
        return
    found.final += inside
    if before:
        shown = cost.by_day(before, days, [amount for _currency, amount in amounts])
        found.restated += inside - sum(
            amount for day, amount in zip(days, shown, strict=True) if within[0] <= day.date <= within[1]
        )


def _thousandths(amount: Decimal, currency: str) -> int:
    return facts.thousandths(money.quantize(amount, currency))


def _days(planned: Iterable[Any], logged: dict[dt.date, dict[tuple[int, int], int]]) -> list[WorkedDay]:
    """The person's days; those on which somebody logged time without being planned at all are days too."""
    found = {
        day.date: WorkedDay(
            day.date,
            day.is_employed,
            day.is_working,
            day.planned_seconds,
            day.worked_seconds,
            logged.get(day.date, {}),
        )
        for day in planned
    }
    for day in logged.keys() - found.keys():
        found[day] = WorkedDay(day, is_employed=False, logged=logged[day])
    return [found[day] for day in sorted(found)]


def _rates(employments: Sequence[Employment], first: dt.date, last: dt.date) -> dict[int, list[Rate]]:
    by_employment = pay_in_force([row.pk for row in employments], first, last)
    return {
        row.user_id: [
            Rate(pay.effective_from, pay.kind == pay.Kind.HOURLY, pay.amount, pay.employer_share, pay.currency)
            for pay in by_employment[row.pk]
        ]
        for row in employments
    }


@dataclass(frozen=True)
class _Slip:
    currency: str
    amount: facts.Sum


def _payslips(months: Sequence[Period]) -> dict[tuple[int, str], _Slip]:
    """What approved payslips cost; in the company's currency by the rate that their expense keeps."""
    periods = [f"{month.start:%Y-%m}" for month in months]
    rows = Payslip._base_manager.filter(period__in=periods, run__status__in=sorted(PayrollRun.FIXED)).order_by()
    found = {}
    columns = ("pk", "user_id", "period", "currency", "gross", "employer_share")
    kept = _kept_rates(periods)
    for pk, user_id, period, currency, gross, share in rows.values_list(*columns):
        total = gross + share
        company = facts.in_company(total, currency, kept.get(pk))
        own = facts.thousandths(total)
        one = facts.Sum(own, 0, own, 1, 1) if company is None else facts.Sum(own, int(company * THOUSANDTHS), 0, 1, 0)
        found[user_id, period] = _Slip(currency, one)
    return found


def _kept_rates(periods: Sequence[str]) -> dict[int, Decimal | None]:
    rows = FinancialRecord._base_manager.filter(payslip__period__in=periods, exchange_rate__isnull=False)
    return dict(rows.order_by().values_list("payslip_id", "exchange_rate"))


Logged = dict[int, dict[dt.date, dict[tuple[int, int], int]]]


def _logged(first: dt.date, last: dt.date, period: Period) -> tuple[Logged, dict[int, tuple[int, int]]]:
    """Seconds by person, day, client and project; and in the period, all of them and the billable ones."""
    rows = TimeEntry._base_manager.filter(work_date__range=(first, last), ended_at__isnull=False).order_by()
    grouped = rows.values_list("user_id", "work_date", "task__client_id", "task__project_id").annotate(
        whole=Sum("seconds"), billed=Sum("seconds", filter=Q(billable=True))
    )
    found: Logged = defaultdict(lambda: defaultdict(dict))
    counts: dict[int, tuple[int, int]] = {}
    for user_id, day, client_id, project_id, whole, billable in grouped.iterator(chunk_size=5_000):
        found[user_id][day][client_id or 0, project_id or 0] = int(whole)
        if period.start <= day <= period.end:
            before = counts.get(user_id, (0, 0))
            counts[user_id] = (before[0] + int(whole), before[1] + int(billable or 0))
    return found, counts


def _people(ids: Sequence[int]) -> dict[int, PersonCost]:
    rows = User._base_manager.filter(pk__in=ids).order_by()
    columns = ("pk", "name", "role__name", "department__name")
    return {
        pk: PersonCost(pk, name, role or "", department or "")
        for pk, name, role, department in rows.values_list(*columns)
    }


__all__ = ["FOR_CLIENT", "IDLE", "INTERNAL", "Group", "PersonCost", "TeamCost", "months_of", "team_cost"]
