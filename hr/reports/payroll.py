"""Reports of payroll."""

from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = []
