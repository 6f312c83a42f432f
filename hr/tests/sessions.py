"""Sessions and days of leave for tests, written directly."""

import datetime as dt
from decimal import Decimal

from hr.models import Attendance, LeaveDay, LeaveRequest, LeaveType


def session(user, day, begins, ends=None, **more):
    """A session of that day from one wall-clock time to another in UTC (``"09:00"``); past midnight where it must."""
    first = dt.datetime.combine(day, dt.time.fromisoformat(begins), tzinfo=dt.UTC)
    last = None
    if ends is not None:
        last = dt.datetime.combine(day, dt.time.fromisoformat(ends), tzinfo=dt.UTC)
        last += dt.timedelta(days=1) if last <= first else dt.timedelta()
    seconds = int((last - first).total_seconds()) if last else 0
    return Attendance.objects.create(
        user=user, work_date=day, login_time=first, logout_time=last, seconds=seconds, **more
    )


def leave(user, day, *, portion="1", code="annual", is_paid=True, is_away=True):
    """An approved day of leave, or a part of one."""
    kind, _made = LeaveType.objects.get_or_create(
        code=code, defaults={"name": code, "is_paid": is_paid, "is_away": is_away}
    )
    request = LeaveRequest.objects.create(
        user=user,
        type=kind,
        asked_as=code,
        start_date=day,
        end_date=day,
        half_day=portion != "1",
        days=Decimal(portion),
        status=LeaveRequest.Status.APPROVED,
    )
    return LeaveDay.objects.create(
        request=request,
        user=user,
        type=kind,
        date=day,
        portion=Decimal(portion),
        is_paid=is_paid,
        is_away=is_away,
    )
