"""`/api/finance/reports/…` and `/api/finance/analysis/cost`."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from finance.api.reports import serializers
from finance.selectors import cost_report, receivables, reports
from hyperflow.core.api.viewsets import ActionViewSet


class ReportViewSet(ActionViewSet):
    """Sums of what the caller may see in the lists of invoices, payments and records."""

    needs: ClassVar = dict.fromkeys(
        ("revenue", "expenses", "profit_loss", "receivables", "cost"), "finance.view_reports"
    )
    queries: ClassVar = {
        "revenue": serializers.RevenueQuery,
        "expenses": serializers.ExpensesQuery,
        "profit_loss": serializers.RevenueQuery,
        "receivables": serializers.ReceivablesQuery,
        "cost": serializers.CostQuery,
    }
    outputs: ClassVar = {
        "revenue": serializers.RevenueSerializer,
        "expenses": serializers.ExpensesSerializer,
        "profit_loss": serializers.ProfitLossSerializer,
        "receivables": serializers.ReceivablesSerializer,
        "cost": serializers.CostSerializer,
    }

    def revenue(self, request: Request) -> HttpResponse:
        return self.answer(reports.revenue(self.actor, **self.query()))

    def expenses(self, request: Request) -> HttpResponse:
        return self.answer(reports.expenses(self.actor, **self.query()))

    def profit_loss(self, request: Request) -> HttpResponse:
        return self.answer(reports.profit_loss(self.actor, **self.query()))

    def receivables(self, request: Request) -> HttpResponse:
        asked = self.query()
        client = asked.pop("client_id", None)
        return self.answer(receivables.receivables(self.actor, client_id=client.pk if client else None, **asked))

    def cost(self, request: Request) -> HttpResponse:
        return self.answer(cost_report.analysis(self.actor, **self.query()))
