"""Employment, attendance, leave, payroll and recruitment."""

from hr.models.attendance import Attendance, AttendanceCorrection, LockedDays
from hr.models.employment import Compensation, Employment, PatternDay, WorkPattern
from hr.models.leave import BlockedDays, LeaveDay, LeaveEntry, LeaveRequest, LeaveType
from hr.models.payroll import ComponentAssignment, PayAdjustment, PayComponent, PayrollRun, Payslip, PayslipLine

__all__ = [
    "Attendance",
    "AttendanceCorrection",
    "BlockedDays",
    "Compensation",
    "ComponentAssignment",
    "Employment",
    "LeaveDay",
    "LeaveEntry",
    "LeaveRequest",
    "LeaveType",
    "LockedDays",
    "PatternDay",
    "PayAdjustment",
    "PayComponent",
    "PayrollRun",
    "Payslip",
    "PayslipLine",
    "WorkPattern",
]
