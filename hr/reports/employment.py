"""Reports of employment."""

from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = []
