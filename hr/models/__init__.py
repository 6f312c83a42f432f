"""Employment, attendance, leave, payroll and recruitment."""

from hr.models.attendance import Attendance, AttendanceCorrection, LockedDays
from hr.models.employment import Compensation, Employment, PastTerms, PatternDay, WorkPattern
from hr.models.interviews import CandidateNote, Interview, Scorecard
from hr.models.leave import BlockedDays, LeaveDay, LeaveEntry, LeaveFeed, LeaveRequest, LeaveType
from hr.models.onboarding import OnboardingStep, OnboardingTask, OnboardingTemplate
from hr.models.payroll import (
    ComponentAssignment,
    PaidDays,
    PayAdjustment,
    PayComponent,
    PayrollRun,
    Payslip,
    PayslipLine,
)
from hr.models.recruitment import Candidate, JobPosting, RecruitmentStage, StageTemplate

__all__ = [
    "Attendance",
    "AttendanceCorrection",
    "BlockedDays",
    "Candidate",
    "CandidateNote",
    "Compensation",
    "ComponentAssignment",
    "Employment",
    "Interview",
    "JobPosting",
    "LeaveDay",
    "LeaveEntry",
    "LeaveFeed",
    "LeaveRequest",
    "LeaveType",
    "LockedDays",
    "OnboardingStep",
    "OnboardingTask",
    "OnboardingTemplate",
    "PaidDays",
    "PastTerms",
    "PatternDay",
    "PayAdjustment",
    "PayComponent",
    "PayrollRun",
    "Payslip",
    "PayslipLine",
    "RecruitmentStage",
    "Scorecard",
    "StageTemplate",
    "WorkPattern",
]
