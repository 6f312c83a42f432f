"""What the reports of finance are asked, and what they answer. Amounts are strings of the answer's ``currency``."""

import datetime as dt
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as drf

from clients.models import Client
from finance.selectors.reports import ACCRUAL, CASH, twelve_months
from finance.selectors.sums import Period
from hyperflow.core import clock, money
from hyperflow.core.api.serializers import ChoiceField, StrictSerializer, VisibleRelatedField, WireDateField

EARLIEST, LATEST = dt.date(1970, 1, 1), dt.date(8999, 12, 31)
MOST_DAYS = 366 * 10
#: Team cost looks at every day of every person.
MOST_DAYS_OF_COST = 366


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["1250.00"]})
class Amount(drf.CharField):
    """An amount of the answer's currency."""


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["12.5"]})
class Percent(drf.CharField):
    """Percent with at most two digits."""


class CurrencyQuery(StrictSerializer):
    currency = drf.CharField(required=False)

    def validate_currency(self, value: str) -> str:
        if value not in money.CURRENCIES:
            raise drf.ValidationError(_("There is no such currency."), code="invalid_choice")
        return value


class PeriodQuery(CurrencyQuery):
    """Both days belong to the period. Default: this month and the eleven before it, up to today."""

    most_days: ClassVar[int] = MOST_DAYS
    start_date = WireDateField(required=False)
    end_date = WireDateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        usual = twelve_months(attrs.get("end_date") or clock.business_date())
        start, end = attrs.pop("start_date", usual.start), attrs.pop("end_date", usual.end)
        if start > end:
            self._refuse(_("The period ends before it starts."))
        if start < EARLIEST or end > LATEST:
            message = _("Choose a period from %(first)s to %(last)s.")
            self._refuse(message % {"first": EARLIEST.isoformat(), "last": LATEST.isoformat()})
        if (end - start).days >= self.most_days:
            self._refuse(_("Choose a period of at most %(days)s days.") % {"days": self.most_days})
        return {**attrs, "period": Period(start, end)}

    def _refuse(self, message: Any) -> None:
        raise drf.ValidationError({"start_date": drf.ErrorDetail(str(message), code="invalid_period")})


_BASIS = [ACCRUAL, CASH]


class RevenueQuery(PeriodQuery):
    group_by = ChoiceField(choices=["month", "quarter", "year", "client", "project"], required=False)
    basis = ChoiceField(choices=_BASIS, required=False)


class ExpensesQuery(PeriodQuery):
    group_by = ChoiceField(choices=["month", "quarter", "year", "category", "client", "project"], required=False)


class ReceivablesQuery(CurrencyQuery):
    client_id = VisibleRelatedField(queryset=Client.objects.all(), required=False)


class CostQuery(PeriodQuery):
    most_days = MOST_DAYS_OF_COST
    group_by = ChoiceField(choices=["person", "role", "department", "client", "project"], required=False)


# -- answers


class Days(drf.Serializer):
    start_date = WireDateField()
    end_date = WireDateField()


class Conversion(drf.Serializer):
    """What came in at the rates kept on documents: ``amount`` of ``currency`` is ``converted`` in the answer's."""

    measure = drf.CharField()
    currency = drf.CharField()
    amount = Amount(allow_null=True)
    converted = Amount(allow_null=True)
    rows = drf.IntegerField()


class Excluded(drf.Serializer):
    """What has no rate to the answer's currency, and is in none of its sums."""

    measure = drf.CharField()
    currency = drf.CharField()
    amount = Amount(allow_null=True)
    rows = drf.IntegerField()


class _Report(drf.Serializer):
    currency = drf.CharField()
    conversions = Conversion(many=True)
    excluded = Excluded(many=True)


class _Group(drf.Serializer):
    key = drf.CharField()
    label = drf.CharField()  # type: ignore[assignment]  # DRF's own attribute of this name is of the field
    rows = drf.IntegerField()


class _Comparison(drf.Serializer):
    """The period before, of the same length; ``change_pct`` is null where there was nothing."""

    previous_period = Days()
    change_pct = Percent(allow_null=True)


class RevenueTotals(drf.Serializer):
    """``revenue`` is without tax by accrual, and the money that came by cash; ``invoiced`` is with tax."""

    revenue = Amount()
    invoiced = Amount()
    collected = Amount()
    outstanding = Amount()
    overdue = Amount()


class RevenueRows(drf.Serializer):
    """How many documents and payments are behind each total."""

    revenue = drf.IntegerField()
    invoiced = drf.IntegerField()
    collected = drf.IntegerField()
    outstanding = drf.IntegerField()
    overdue = drf.IntegerField()


class RevenueGroup(_Group):
    revenue = Amount()
    invoiced = Amount()
    collected = Amount()


class RevenueComparison(_Comparison):
    revenue = Amount()


class RevenueSerializer(_Report):
    period = Days()
    basis = ChoiceField(choices=_BASIS)
    group_by = drf.CharField()
    totals = RevenueTotals()
    rows = RevenueRows()
    series = RevenueGroup(many=True)
    comparison = RevenueComparison()


class ExpenseTotals(drf.Serializer):
    """``payroll`` is part of ``expenses``, or null and in no sum for who may not see payslips."""

    expenses = Amount()
    payroll = Amount(allow_null=True)


class ExpenseRows(drf.Serializer):
    expenses = drf.IntegerField()


class ExpenseGroup(_Group):
    expenses = Amount()


class ExpenseComparison(_Comparison):
    expenses = Amount()


class ExpensesSerializer(_Report):
    period = Days()
    group_by = drf.CharField()
    totals = ExpenseTotals()
    rows = ExpenseRows()
    series = ExpenseGroup(many=True)
    comparison = ExpenseComparison()


class ProfitTotals(drf.Serializer):
    income = Amount()
    expenses = Amount()
    profit = Amount()
    margin_pct = Percent(allow_null=True)


class ProfitRows(drf.Serializer):
    income = drf.IntegerField()
    expenses = drf.IntegerField()


class ProfitGroup(_Group):
    income = Amount()
    expenses = Amount()
    profit = Amount()


class ProfitComparison(_Comparison):
    profit = Amount()


class ProfitLossSerializer(_Report):
    period = Days()
    basis = ChoiceField(choices=_BASIS)
    group_by = drf.CharField()
    payroll_included = drf.BooleanField()
    totals = ProfitTotals()
    rows = ProfitRows()
    series = ProfitGroup(many=True)
    comparison = ProfitComparison()


class Ages(drf.Serializer):
    """What is owed, by how long it has been due: ``0_30`` is 1 to 30 days, ``90_plus`` more than 90."""

    outstanding = Amount()
    overdue = Amount()
    not_due = Amount()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **{name: Amount() for name in ("0_30", "31_60", "61_90", "90_plus")}}


class OwingClient(Ages):
    client_id = drf.IntegerField()
    client_name = drf.CharField()
    oldest_due = WireDateField(allow_null=True)
    rows = drf.IntegerField()


class ReceivablesSerializer(_Report):
    as_of = WireDateField()
    totals = Ages()
    rows = drf.IntegerField()
    clients = OwingClient(many=True)


class CostSummary(drf.Serializer):
    """``client_cost`` + ``internal_cost`` + ``idle_cost`` = ``total_cost`` = ``final_cost`` + ``provisional_cost``."""

    total_employees = drf.IntegerField()
    total_hours = drf.FloatField()
    task_hours = drf.FloatField()
    billable_hours = drf.FloatField()
    utilisation = Percent(allow_null=True)
    total_cost = Amount(allow_null=True)
    client_cost = Amount(allow_null=True)
    internal_cost = Amount(allow_null=True)
    idle_cost = Amount(allow_null=True)
    final_cost = Amount(allow_null=True)
    provisional_cost = Amount(allow_null=True)
    restated_cost = Amount(allow_null=True)
    revenue = Amount()
    expenses = Amount()
    margin = Amount(allow_null=True)


class EmployeeCost(drf.Serializer):
    user_id = drf.IntegerField()
    name = drf.CharField()
    hours_worked = drf.FloatField()
    task_hours = drf.FloatField()
    billable_hours = drf.FloatField()
    productivity_ratio = drf.FloatField(allow_null=True)
    cost = Amount(allow_null=True)


class RoleCost(drf.Serializer):
    role = drf.CharField()
    people = drf.IntegerField()
    hours_worked = drf.FloatField()
    task_hours = drf.FloatField()
    cost = Amount(allow_null=True)


class _Costs(drf.Serializer):
    hours = drf.FloatField()
    cost = Amount(allow_null=True)
    expenses = Amount()
    revenue = Amount()
    margin = Amount(allow_null=True)
    margin_pct = Percent(allow_null=True)
    task_count = drf.IntegerField()


class ClientCost(_Costs):
    client_id = drf.IntegerField()
    client_name = drf.CharField()


class ProjectCost(_Costs):
    project_id = drf.IntegerField()
    project_name = drf.CharField()
    client_id = drf.IntegerField()
    budget = drf.CharField(allow_null=True)
    budget_currency = drf.CharField()
    variance = Amount(allow_null=True)


class CostGroup(drf.Serializer):
    key = drf.CharField()
    label = drf.CharField()  # type: ignore[assignment]  # DRF's own attribute of this name is of the field
    hours = drf.FloatField()
    cost = Amount(allow_null=True)


class CostSerializer(_Report):
    period = Days()
    group_by = drf.CharField()
    summary = CostSummary()
    groups = CostGroup(many=True)
    employee_data = EmployeeCost(many=True)
    role_distribution = RoleCost(many=True)
    client_costs = ClientCost(many=True)
    project_costs = ProjectCost(many=True)
