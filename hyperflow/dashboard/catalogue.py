"""Every report of every app, in the groups that people look for them in."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from clients.reports import PerformanceReport
from finance.reports import REPORTS as FINANCE_REPORTS
from hr.reports import REPORTS as HR_REPORTS
from hyperflow.core.reports import ReportView
from tasks.reports import HoursReport, LateReport

GROUPS: dict[str, tuple[Any, list[type[ReportView]]]] = {
    "work": (_("Work and clients"), [PerformanceReport, LateReport, HoursReport]),
    "hr": (_("People"), HR_REPORTS),
    "finance": (_("Finance"), FINANCE_REPORTS),
}
REPORTS = [report for _heading, reports in GROUPS.values() for report in reports]
