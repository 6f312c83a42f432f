"""Reports of finance."""

from finance.reports.budgets import BudgetsReport
from finance.reports.hours import UnbilledReport
from finance.reports.money import ExpensesReport, ProfitLossReport, RevenueReport
from finance.reports.owed import CashForecastReport, ReceivablesReport
from finance.reports.rows import RowsReport
from finance.reports.statement import StatementReport
from finance.reports.team import MarginReport, TeamCostReport
from finance.reports.trace import TraceReport
from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = [
    RevenueReport,
    ExpensesReport,
    ProfitLossReport,
    ReceivablesReport,
    CashForecastReport,
    StatementReport,
    TeamCostReport,
    MarginReport,
    UnbilledReport,
    BudgetsReport,
    TraceReport,
]
#: Pages that numbers lead to, which stand in no list.
BEHIND: list[type[ReportView]] = [RowsReport]
