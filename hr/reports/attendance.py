"""Reports of attendance."""

from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = []
