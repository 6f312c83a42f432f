"""Employment, attendance, leave, payroll and recruitment."""

from hr.models.attendance import Attendance, AttendanceCorrection, LockedDays
from hr.models.employment import Compensation, Employment, PatternDay, WorkPattern
from hr.models.leave import BlockedDays, LeaveDay, LeaveEntry, LeaveRequest, LeaveType

__all__ = [
    "Attendance",
    "AttendanceCorrection",
    "BlockedDays",
    "Compensation",
    "Employment",
    "LeaveDay",
    "LeaveEntry",
    "LeaveRequest",
    "LeaveType",
    "LockedDays",
    "PatternDay",
    "WorkPattern",
]
