"""Reports of recruitment."""

from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = []
