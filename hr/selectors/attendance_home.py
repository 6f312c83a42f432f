"""What of attendance waits for somebody, for their home page."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from hr import scope
from hr.models import Attendance, AttendanceCorrection
from hr.selectors.attendance_time import days_of_time
from hyperflow.core import clock
from hyperflow.core.registry import Counter

#: How far back unexplained days are counted.
DAYS = 14


def home_counters(user: Any) -> list[Counter]:
    """Own clock-outs to confirm and days to explain; for who leads, those of reports and what asks for a decision."""
    if not user.has_perm("hr.view_attendance"):
        return []
    sessions = "/admin/hr/attendance/"
    today = clock.business_date(user)
    start = today - dt.timedelta(days=DAYS)
    found = []
    waiting = Attendance._base_manager.filter(user_id=user.pk, confirmed=False).count()
    if waiting:
        url = f"{sessions}?confirmed__exact=0&user__id__exact={user.pk}"
        found.append(Counter(_("Clock-outs to confirm"), waiting, url, "danger"))
    leads = user.has_perm("hr.decide_correction")
    reports = scope.reports_of(user) if leads else frozenset[int]()
    flagged = {
        person: sum(bool(day.flags) for day in days)
        for person, days in days_of_time([user.pk, *reports], start, today).items()
    }
    period = f"start={start.isoformat()}&end={today.isoformat()}"
    address = f"/reports/hr/unexplained?{period}&flagged=on"
    if flagged[user.pk]:
        found.append(Counter(_("My unexplained days"), flagged[user.pk], f"{address}&person={user.pk}"))
    if leads:
        theirs = sum(count for person, count in flagged.items() if person != user.pk)
        if reports:
            found.append(Counter(_("Unexplained days of reports"), theirs, address))
        asked = AttendanceCorrection.objects.visible_to(user).filter(status=AttendanceCorrection.Status.PENDING)
        asked = asked.exclude(user_id=user.pk).order_by()
        url = "/admin/hr/attendancecorrection/?status__exact=pending"
        found.append(Counter(_("Corrections to decide"), asked.count(), url))
    return found
