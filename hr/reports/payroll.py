"""Reports of payroll."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr.models import PayrollRun
from hr.selectors import payroll_costs
from hr.selectors.payroll_costs import Cost
from hyperflow.core import clock, money
from hyperflow.core.reports import Bar, Chart, Column, FilterForm, ReportView, Table, month_name

MOST_BARS = 24
MONTH = {"type": "month", "pattern": "[12][0-9]{3}-(0[1-9]|1[0-2])", "placeholder": "2026-05"}
_IS_MONTH = r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"


class CostForm(FilterForm):
    start = forms.RegexField(_IS_MONTH, label=_("From"), widget=forms.TextInput(attrs=MONTH))
    end = forms.RegexField(_IS_MONTH, label=_("To"), widget=forms.TextInput(attrs=MONTH))
    group = forms.ChoiceField(
        label=_("By"), choices=[("period", _("Month")), ("department", _("Department"))], required=False
    )
    status = forms.ChoiceField(label=_("Runs"), choices=[("", _("All")), *PayrollRun.Status.choices], required=False)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        named = [(name, name) for name in payroll_costs.departments(user)]
        self.fields["department"] = forms.ChoiceField(
            label=_("Department"), choices=[("", _("All")), *named], required=False
        )

    def defaults(self, user: Any) -> dict[str, Any]:
        today = clock.business_date(user)
        return {"start": f"{today - dt.timedelta(days=364):%Y-%m}", "end": f"{today:%Y-%m}"}

    def clean_group(self) -> str:
        return self.cleaned_data["group"] or "period"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("start") and cleaned.get("end") and cleaned["start"] > cleaned["end"]:
            self.add_error("start", _("The period ends before it begins."))
        return cleaned


class PayrollReport(ReportView):
    """What people cost."""

    slug = "hr/payroll"
    title = _("Payroll cost")
    description = _("Gross pay, deductions, net pay and the employer's share by month or department.")
    needs = ("hr.view_pay",)
    form_class = CostForm
    columns = [
        Column(_("Month or department"), "name", "month", link=lambda row: row["link"]),
        Column(_("Payslips"), "people", "number", link=lambda row: row["link"]),
        Column(_("Currency"), "currency"),
        Column(_("Gross pay"), "gross", "money"),
        Column(_("Deductions"), "deductions", "money"),
        Column(_("Net pay"), "net", "money"),
        Column(_("Employer's share"), "employer_share", "money"),
        Column(_("Cost"), "cost", "money"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        found = payroll_costs.costs(
            user,
            start=filters["start"],
            end=filters["end"],
            group=filters["group"],
            department=filters["department"],
            status=filters["status"],
        )
        rows = [_row(cost, filters) for cost in found]
        currencies = sorted({cost.currency for cost in found})
        notes = [_("Each currency is summed by itself.")] if len(currencies) > 1 else []
        return Table(rows, notes=notes, more_charts=[_chart(found, rows, currency) for currency in currencies])


def _row(cost: Cost, filters: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: getattr(cost, name) for name in ("gross", "deductions", "net", "employer_share", "cost")}
    return {
        "name": cost.key or str(_("Without a department")),
        "people": cost.people,
        "currency": cost.currency,
        "link": _payslips(cost, filters),
        **{name: money.quantize(amount, cost.currency) for name, amount in amounts.items()},
    }


def _payslips(cost: Cost, filters: dict[str, Any]) -> str:
    """The list of payslips behind a number."""
    first, last = (filters["start"], filters["end"]) if filters["group"] == "department" else (cost.key, cost.key)
    query = {
        "period_start_from": f"{first}-01",
        "period_start_to": f"{last}-01",
        "currency": cost.currency,
    }
    department = cost.key if filters["group"] == "department" else filters["department"]
    if department:
        query["department"] = department
    if filters["status"]:
        query["run__status__exact"] = filters["status"]
    return f"{reverse('admin:hr_payslip_changelist')}?{urlencode(query)}"


def _chart(found: list[Cost], rows: list[dict[str, Any]], currency: str) -> Chart:
    """Bars of one currency: with those of another, the lengths could not be compared."""
    pairs = [(cost, row) for cost, row in zip(found, rows, strict=True) if cost.currency == currency][-MOST_BARS:]
    return Chart(
        title=_("Cost in %(currency)s") % {"currency": currency},
        legend=[_("of this, net pay"), _("cost")],
        bars=[
            Bar(
                month_name(row["name"]),
                float(cost.cost),
                f"{row['cost']:,f}",
                link=row["link"],
                part=max(0.0, float(cost.net)),
            )
            for cost, row in pairs
        ],
    )


REPORTS: list[type[ReportView]] = [PayrollReport]
