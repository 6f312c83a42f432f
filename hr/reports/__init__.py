"""Reports of HR, each part in a module of its own."""

from hr.reports import attendance, attendance_time, employment, leave, payroll, recruitment
from hyperflow.core.reports import ReportView

REPORTS: list[type[ReportView]] = [
    *attendance.REPORTS,
    *attendance_time.REPORTS,
    *leave.REPORTS,
    *employment.REPORTS,
    *payroll.REPORTS,
    *recruitment.REPORTS,
]
