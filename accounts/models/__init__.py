"""People, what they may do, and how they are signed in."""

from accounts.models.calendars import Holiday, WorkingCalendar, WorkingHours
from accounts.models.notifications import Notification
from accounts.models.people import Department, Role, User
from accounts.models.sessions import OneTimeToken, Session

__all__ = [
    "Department",
    "Holiday",
    "Notification",
    "OneTimeToken",
    "Role",
    "Session",
    "User",
    "WorkingCalendar",
    "WorkingHours",
]
