"""What somebody's day at work looks like now."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hr import rules
from hr.models import Attendance, Employment
from hr.selectors.days import days_of, summed
from hr.services.attendance_days import plan_of
from hyperflow.core import clock


@dataclass(frozen=True)
class Today:
    """The person's day at work: its sessions from the first to the last, and the seconds that count so far."""

    work_date: dt.date
    sessions: list[Attendance]
    seconds: int

    @property
    def current(self) -> Attendance | None:
        """The open session, else the last one."""
        return self.sessions[-1] if self.sessions else None

    @property
    def is_open(self) -> bool:
        return self.current is not None and self.current.logout_time is None


def today(person: Any) -> Today:
    """The day that a clock-in would belong to now: after midnight, a night shift's is still the one it began on.

    Whoever is clocked in is on the day of that session, until it counts as forgotten. What runs is counted up to now;
    what waits to be confirmed is not.
    """
    now = clock.now()
    plan = plan_of(person, now)
    day = plan.work_date(now)
    running = Attendance._base_manager.filter(user_id=person.pk, open_marker=1).first()
    if running is not None and now < rules.forgotten_at(running.login_time, plan.shift(running.work_date)):
        day = running.work_date
    found = Attendance._base_manager.filter(user_id=person.pk, work_date=day).select_related("user")
    rows = list(found.order_by("login_time", "pk"))
    seconds = sum(
        rules.seconds_between(row.login_time, max(now, row.login_time)) if row.logout_time is None else row.seconds
        for row in rows
        if row.confirmed
    )
    return Today(day, rows, seconds)


def summaries(
    employments: Sequence[Employment], start: dt.date, end: dt.date, *, status: str | None = None
) -> list[dict[str, Any]]:
    """Each employee's period in figures; with a ``status`` those who have a day of it. Fixed number of queries."""
    found = days_of(employments, start, end)
    rows = []
    for employment in employments:
        days = found[employment.user_id]
        if status and not any(day.status == status for day in days):
            continue
        total, person = summed(days), employment.user
        rows.append(
            {
                "user_id": person.pk,
                "user_name": person.name,
                "employee_code": employment.code,
                "department": person.department.name if person.department is not None else None,
                "days_present": total.present,
                "days_late": total.late,
                "days_absent": total.absent,
                "days_half": total.half_days,
                "days_remote": total.remote,
                "days_leave": float(total.leave),
                "hours": _hours(total.worked_seconds),
                "hours_planned": _hours(total.planned_seconds),
                "hours_unconfirmed": _hours(total.unconfirmed_seconds),
                "overtime": _hours(total.overtime_seconds),
            }
        )
    return rows


def _hours(seconds: int) -> float:
    return round(seconds / 3600, 2)
