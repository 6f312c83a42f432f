"""Reports of leave: what is left and what it is worth, and who is away when."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from hr.leave_rules import Statement
from hr.models import Compensation, Employment, LeaveType
from hr.reports.forms import DaysForm, PeopleForm
from hr.schedules import Person, Rota
from hr.selectors import leave as selectors
from hr.selectors import leave_calendar
from hr.selectors.employment import pay_in_force, pay_on
from hyperflow.core import clock, money
from hyperflow.core.reports import Bar, Chart, Column, ReportView, Table

MOST_BARS = 20
WEEKS, MONTHS = 52, 12
_WEEK = dt.timedelta(days=6)


class LeavePeopleForm(PeopleForm):
    everybody, own = "hr.view_all_leave", "hr.view_leaverequest"


class BalanceForm(LeavePeopleForm):
    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        kinds = LeaveType.objects.visible_to(user).filter(draws_on_balance=True).order_by("pk")
        self.fields["type"] = forms.ModelChoiceField(
            label=_("Type"), queryset=kinds, required=False, empty_label=_("All")
        )


class BalanceReport(ReportView):
    """What everybody has left. What it is worth is for those alone who see pay."""

    slug = "hr/leave-balances"
    title = _("Leave balances")
    description = _("Days of leave carried over, credited, taken, asked for and left; with pay, what is owed for them.")
    needs = ("hr.view_leaverequest",)
    form_class = BalanceForm
    columns = [
        Column(_("Person"), "name", link=lambda row: row["ledger"]),
        Column(_("Department"), "department"),
        Column(_("Type"), "type"),
        Column(_("Carried over"), "carried", "number", total=True),
        Column(_("Credited"), "accrued", "number", total=True),
        Column(_("Adjusted"), "adjusted", "number", total=True),
        Column(_("Taken"), "taken", "number", total=True, link=lambda row: row["approved"]),
        Column(_("Lapsed"), "lapsed", "number", total=True),
        Column(_("Balance"), "balance", "number", total=True, link=lambda row: row["ledger"]),
        Column(_("Asked for"), "pending", "number", total=True, link=lambda row: row["requests"]),
        Column(_("Booked for later years"), "booked_ahead", "number", total=True, link=lambda row: row["approved"]),
    ]
    pay_columns = [
        Column(_("Pay a day"), "daily", "money"),
        Column(_("Owed"), "owed", "money"),
        Column(_("Currency"), "currency"),
    ]

    def shown_columns(self, user: Any) -> Sequence[Column]:
        return [*self.columns, *self.pay_columns] if user.has_perm("hr.view_pay") else self.columns

    def table(self, user: Any, **filters: Any) -> Table:
        today = clock.business_date(user)
        people = selectors.people_with_balances(user).during(today, today)
        if filters["department"] is not None:
            people = people.filter(user__department=filters["department"])
        if filters["person"] is not None:
            people = people.filter(user=filters["person"])
        employments = list(people.order_by("user__name", "pk"))
        kinds = [kind for kind in selectors.kept_types() if filters["type"] in (None, kind)]
        found = selectors.statements([one.user_id for one in employments], today=today, types=kinds)
        rows = [
            _balance_row(one, kind, found.get((one.user_id, kind.pk), Statement()))
            for one in employments
            for kind in kinds
        ]
        notes: list[Any] = []
        if user.has_perm("hr.view_pay"):
            _add_pay(rows, employments, today)
            notes = _owed_in_all(rows)
        return Table(rows, chart=_balance_chart(rows, kinds), notes=notes)


def _balance_row(employment: Employment, kind: LeaveType, mine: Statement) -> dict[str, Any]:
    behind = {"user__id__exact": employment.user_id, "type__id__exact": kind.pk}
    requests = reverse("admin:hr_leaverequest_changelist")
    sums = {
        name: _plain(getattr(mine, name))
        for name in ("carried", "accrued", "adjusted", "taken", "lapsed", "balance", "pending", "booked_ahead")
    }
    return {
        "user_id": employment.user_id,
        "name": employment.user.name,
        "department": employment.user.department.name if employment.user.department else "",
        "kind": kind,
        "type": kind.name,
        "ledger": f"{reverse('admin:hr_leaveentry_changelist')}?{urlencode(behind)}",
        "approved": f"{requests}?{urlencode({**behind, 'status__exact': 'approved'})}",
        "requests": f"{requests}?{urlencode({**behind, 'status__exact': 'pending'})}",
        **sums,
        **dict.fromkeys(("daily", "owed", "currency")),
    }


def _plain(days: Decimal) -> Decimal:
    """Without needless zeros, and never as 1E+1."""
    return Decimal(format(days.normalize(), "f")) if days else Decimal(0)


def _add_pay(rows: list[dict[str, Any]], employments: list[Employment], today: dt.date) -> None:
    """What is owed: the days of paid leave that do not simply end with the year, at today's pay for a day."""
    pay = pay_in_force([one.pk for one in employments], today, today)
    rota = Rota.of(employments, today, today)
    daily = {
        one.user_id: _daily_pay(one, found, rota[one.user_id])
        for one in employments
        if (found := pay_on(pay[one.pk], today)) is not None
    }
    for row in rows:
        kind, mine = row["kind"], daily.get(row["user_id"])
        if mine is None or not kind.is_paid or kind.carry_over_max == 0:
            continue
        amount, currency = mine
        row["daily"] = money.quantize(amount, currency)
        row["owed"] = money.quantize(amount * row["balance"], currency)
        row["currency"] = currency


def _daily_pay(employment: Employment, pay: Compensation, person: Person) -> tuple[Decimal, str] | None:
    """Pay of a working day: a year's pay over the working days of 52 weeks, or an hourly rate for a day's hours."""
    days_a_week = len(person.week)
    if not days_a_week:
        return None
    if pay.kind == Compensation.Kind.HOURLY:
        return pay.amount * employment.weekly_hours / days_a_week, pay.currency
    return pay.amount * MONTHS / (days_a_week * WEEKS), pay.currency


def _owed_in_all(rows: list[dict[str, Any]]) -> list[str]:
    """One sum a currency: they are never added up across."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["owed"] is not None:
            sums[row["currency"]] += row["owed"]
    found = [
        now_("Owed for leave in all: %(amount)s %(currency)s.")
        % {"amount": f"{money.quantize(amount, currency):,}", "currency": currency}
        for currency, amount in sorted(sums.items())
    ]
    if found:
        found.append(now_("Paid leave that carries over is owed, at the pay in force today."))
    return found


def _balance_chart(rows: list[dict[str, Any]], kinds: list[LeaveType]) -> Chart | None:
    """The kind of leave that people have most of, the largest balances first."""
    if not kinds:
        return None
    first = [row for row in rows if row["kind"] == kinds[0] and row["balance"] > 0]
    first.sort(key=lambda row: (-row["balance"], row["name"]))
    return Chart(
        title=now_("%(type)s: days left") % {"type": kinds[0].name},
        legend=[_("asked for"), _("left")],
        bars=[
            Bar(
                row["name"],
                float(row["balance"]),
                f"{row['balance']}",
                link=row["ledger"],
                part=float(min(row["pending"], row["balance"])),
            )
            for row in first[:MOST_BARS]
        ],
    )


class CalendarForm(DaysForm):
    """Today and the four weeks after it, unless the address says otherwise."""

    everybody, own = "hr.view_all_leave", "hr.view_leaverequest"

    def defaults(self, user: Any) -> dict[str, Any]:
        today = clock.business_date(user)
        return {"start": today.isoformat(), "end": (today + dt.timedelta(days=27)).isoformat()}


class LeaveCalendarReport(ReportView):
    """Who of the team is away when."""

    slug = "hr/leave-calendar"
    title = _("Team calendar")
    description = _("Approved leave of the team. What kind it is, is shown to those who may see the request.")
    needs = ("hr.view_leaverequest",)
    form_class = CalendarForm
    columns = [
        Column(_("Person"), "name", link=lambda row: row["link"]),
        Column(_("Department"), "department"),
        Column(_("From"), "start", "date"),
        Column(_("To"), "end", "date"),
        Column(_("Working days"), "days", "number", total=True),
        Column(_("Where"), "where"),
        Column(_("Type"), "type", link=lambda row: row["link"]),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        start, end = filters["start"], filters["end"]
        found = leave_calendar.away(user, start, end, department=filters["department"], person=filters["person"])
        rows = [
            {
                "name": one.name,
                "department": one.department,
                "start": one.start,
                "end": one.end,
                "days": _plain(one.days),
                "where": str(_("away")) if one.is_away else str(_("works elsewhere")),
                "type": one.type_name or "",
                "link": one.request_id and reverse("admin:hr_leaverequest_change", args=[one.request_id]),
            }
            for one in found
        ]
        return Table(rows, chart=_calendar_chart(found, start, end))


def _calendar_chart(found: list[leave_calendar.Away], start: dt.date, end: dt.date) -> Chart:
    """How many are away in each week."""
    bars: list[Bar] = []
    week = start - dt.timedelta(days=start.weekday())
    while week <= end and len(bars) < MOST_BARS:
        last = week + _WEEK
        people = {one.user_id for one in found if one.is_away and one.start <= last and one.end >= week}
        link = f"?{urlencode({'start': max(week, start), 'end': min(last, end)})}"
        bars.append(Bar(f"{week:%d %b} – {last:%d %b}", float(len(people)), str(len(people)), link=link))
        week += dt.timedelta(days=7)
    return Chart(title=now_("People away in each week"), bars=bars)


REPORTS: list[type[ReportView]] = [BalanceReport, LeaveCalendarReport]
