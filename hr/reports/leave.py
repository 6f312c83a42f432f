"""Reports of leave."""

from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = []
