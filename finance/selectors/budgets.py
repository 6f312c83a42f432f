"""What budgets allowed, and what was spent of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum

from finance.models import Budget, FinancialRecord
from hyperflow.core import money

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget and what was spent of it, in its currency. ``unconverted`` expenses have no rate and are in no sum."""

    budget: Budget
    spent: Decimal
    unconverted: int

    @property
    def left(self) -> Decimal:
        """Below zero: overspent."""
        return self.budget.amount - self.spent

    @property
    def percent(self) -> Decimal:
        return (self.spent * 100 / self.budget.amount).quantize(Decimal("0.1"))

    @property
    def is_due(self) -> bool:
        """Whoever looks after it is to be told."""
        return self.spent * 100 >= self.budget.amount * self.budget.alert_percent


def standings(budgets: QuerySet[Budget], *, with_payroll: bool = True) -> list[Standing]:
    """Of each of these budgets, in one query. ``with_payroll`` is for who may see what people are paid: a department
    of one is somebody.

    An expense in another currency counts by its worth in the company's, where the budget is in that.
    """
    spent = _spent() if with_payroll else _spent().filter(payslip__isnull=True)
    same = spent.filter(currency=OuterRef("currency"))
    other = spent.exclude(currency=OuterRef("currency"))
    rows: Any = budgets.select_related("department", "client", "project").annotate(
        same=_sum(same, Sum("amount")),
        other=_sum(other, Sum("company_amount")),
        foreign=_sum(other, Count("id")),
        unrated=_sum(other.filter(company_amount__isnull=True), Count("id")),
    )
    return [_standing(row) for row in rows]


def _standing(row: Any) -> Standing:
    in_company = row.currency == settings.COMPANY_CURRENCY
    spent = (row.same or _ZERO) + ((row.other or _ZERO) if in_company else _ZERO)
    unconverted = (row.unrated if in_company else row.foreign) or 0
    # SQLite adds decimals as floats; a sum in whole thousandths is exact again.
    return Standing(row, money.quantize(Decimal(spent), row.currency), unconverted)


def _spent() -> QuerySet[FinancialRecord]:
    """The counted expenses of the budget around it."""
    of_scope = (
        Q(_scope="company")
        | Q(_scope="department", department_id=OuterRef("department_id"))
        | Q(_scope="client", client_id=OuterRef("client_id"))
        | Q(_scope="project", project_id=OuterRef("project_id"))
    )
    rows: Any = FinancialRecord._base_manager.order_by().filter(
        record_type=FinancialRecord.Type.EXPENSE,
        record_date__gte=OuterRef("starts_on"),
        record_date__lte=OuterRef("ends_on"),
    )
    rows = rows.exclude(status__in=FinancialRecord.UNCOUNTED).annotate(
        _scope=ExpressionWrapper(OuterRef("scope"), CharField()),
        _category=ExpressionWrapper(OuterRef("category"), CharField()),
    )
    return rows.filter(of_scope).filter(Q(_category="") | Q(category=F("_category")))


def expenses_of(budget: Budget, *, with_payroll: bool = True) -> QuerySet[FinancialRecord]:
    """The rows that count against this one: those whose sum `standings` gives."""
    rows = FinancialRecord._base_manager.filter(
        record_type=FinancialRecord.Type.EXPENSE, record_date__range=(budget.starts_on, budget.ends_on)
    ).exclude(status__in=FinancialRecord.UNCOUNTED)
    if budget.scope != Budget.Scope.COMPANY:
        name = f"{budget.scope}_id"
        rows = rows.filter(**{name: getattr(budget, name)})
    if budget.category:
        rows = rows.filter(category=budget.category)
    return rows if with_payroll else rows.filter(payslip__isnull=True)


def _sum(rows: QuerySet[Any], aggregate: Any) -> Any:
    # All of them are expenses: one group.
    return Subquery(rows.values("record_type").annotate(found=aggregate).values("found")[:1])
