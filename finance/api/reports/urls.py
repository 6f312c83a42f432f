"""Paths of the reports of finance."""

from typing import Any

from finance.api.reports.views import ReportViewSet
from hyperflow.core.api.routes import route

report_urlpatterns: list[Any] = [
    route("reports/revenue", ReportViewSet, get="revenue"),
    route("reports/expenses", ReportViewSet, get="expenses"),
    route("reports/profit-loss", ReportViewSet, get="profit_loss"),
    route("reports/receivables", ReportViewSet, get="receivables"),
    route("analysis/cost", ReportViewSet, get="cost"),
]
