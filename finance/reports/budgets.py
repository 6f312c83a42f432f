"""The page of budgets: what was allowed, what was spent, and what is left."""

from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.models import Budget
from finance.reports import links
from finance.reports.money import NEEDS
from finance.selectors.budgets import Standing, standings
from finance.services import books
from hyperflow.core import money
from hyperflow.core.reports import Bar, Chart, Column, FilterForm, ReportView, Table

_RUNNING = "running"


class BudgetsForm(FilterForm):
    which = forms.ChoiceField(
        label=_("Which"), required=False, choices=[(_RUNNING, _("Those that run today")), ("all", _("All"))]
    )
    scope = forms.ChoiceField(label=_("For"), required=False, choices=[("", _("Everything")), *Budget.Scope.choices])


def _row(one: Standing, back: str) -> dict[str, Any]:
    budget = one.budget
    return {
        "page": reverse("admin:finance_budget_change", args=[budget.pk]),
        "links": {name: links.behind(name, back=back, budget=budget.pk) for name in ("spent", "left")},
        "budget": budget,
        "name": budget.name,
        "for": str(budget.department or budget.client or budget.project or _("Company")),
        "category": budget.category,
        "until": budget.ends_on,
        "currency": budget.currency,
        "amount": money.quantize(budget.amount, budget.currency),
        "spent": one.spent,
        "left": money.quantize(one.left, budget.currency),
        "percent": one.percent,
    }


class BudgetsReport(ReportView):
    """Budgets against what was spent, the fullest first."""

    slug = "finance/budgets"
    title = _("Budgets")
    description = _("What may be spent by departments, for clients and on projects, and what is left of it.")
    needs = NEEDS
    form_class = BudgetsForm
    columns = [
        Column(_("Budget"), "name", link=lambda row: row["page"]),
        Column(_("For"), "for"),
        Column(_("Category"), "category"),
        Column(_("Until"), "until", "date"),
        Column(_("Currency"), "currency"),
        Column(_("Budget"), "amount", "money", link=lambda row: row["page"]),
        Column(_("Spent"), "spent", "money", link=lambda row: row["links"]["spent"]),
        Column(_("Left"), "left", "money", link=lambda row: row["links"]["left"]),
        Column(_("Spent in percent"), "percent", "number"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        budgets = Budget.objects.visible_to(user)
        today = books.today()
        if (filters["which"] or _RUNNING) == _RUNNING:
            budgets = budgets.filter(starts_on__lte=today, ends_on__gte=today)
        if filters["scope"]:
            budgets = budgets.filter(scope=filters["scope"])
        with_payroll = bool(user.has_perm("hr.view_all_payslips"))
        found = sorted(standings(budgets, with_payroll=with_payroll), key=lambda one: one.percent, reverse=True)
        notes = [
            _now("%(name)s: %(count)d expenses have no exchange rate and are not counted.")
            % {"name": one.budget.name, "count": one.unconverted}
            for one in found
            if one.unconverted
        ]
        if not with_payroll:
            notes.append(_now("Without what people are paid, which you may not see."))
        bars = [
            Bar(
                one.budget.name,
                float(max(one.percent, Decimal(100))),
                f"{one.percent:f} %",
                part=float(max(one.percent, Decimal(0))),
            )
            for one in found
        ]
        chart = Chart(title=_("Spent of each"), legend=[_("spent"), _("budget")], bars=bars)
        back = links.address(self.slug, filters)
        return Table([_row(one, back) for one in found], chart=chart, notes=notes)
