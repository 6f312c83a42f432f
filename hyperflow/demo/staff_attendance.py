"""Attendance of fourteen months: the clock's many rows at once; what was forgotten, confirmed and corrected, by the
services."""

import datetime as dt
from typing import Any

from accounts.models import User
from hr import rules
from hr.models import Attendance, AttendanceCorrection, LeaveDay
from hr.services import attendance, attendance_corrections
from hyperflow.core import clock
from hyperflow.demo import staff_hours
from hyperflow.demo.days import DAY, MINUTE
from hyperflow.demo.staff import LEAVER, Staff, at_time
from hyperflow.demo.staff_hours import Forgotten

Kind = AttendanceCorrection.Kind

#: How often each person has forgotten to clock out.
TIMES = (1, 2, 2, 3)
#: Two of these have forgotten it lately and have not said yet whether it was so; how many working days ago.
LATELY = (("employee", 1), ("rasmus.holm", 3), ("ines.weiland", 2), ("finance", 2))
#: Who asks for a correction of how long ago, what of it (minutes on the clock-in or on the clock-out), and what comes
#: of it.
CORRECTIONS: tuple[tuple[str, int, int, int, str, str | None], ...] = (
    ("employee", 45, -20, 0, "I was in before: the door's reader was out of order.", "The log of the door agrees."),
    ("viktor.hahn", 75, 0, 35, "Watched the backup until it was through.", "Thank you for staying."),
    ("daniel.okafor", 38, 0, 240, "Dinner with the client.", ""),
    ("aiko.tanabe", 4, 0, 40, "A call with the client after I had clocked out.", None),
)


def attend(staff: Staff) -> int:
    """Write everybody's attendance. Gives how many sessions there are."""
    late = _forgotten_lately(staff)
    hours = staff_hours.invent(staff, _forgotten_before(staff, late) | late)
    staff_hours.write(staff, hours.done)
    for one in sorted(hours.forgotten, key=lambda one: one.came_at):
        _forget(staff, one, is_confirmed=(one.user.pk, one.day) not in late)
    for correction in CORRECTIONS:
        _correct(staff, *correction)
    staff_hours.write(staff, hours.running)
    return Attendance.objects.count()


def _away(user: User) -> set[dt.date]:
    return set(LeaveDay.objects.filter(user=user).values_list("date", flat=True))


def _forgotten_before(staff: Staff, late: set[tuple[int, dt.date]]) -> set[tuple[int, dt.date]]:
    """In the first half of a month, so that it is confirmed before the month is paid. Release nights are left alone."""
    pick, found = staff.stage.random, set()
    for row in staff.employments.values():
        until = min(row.end_date or staff.stage.today, staff.stage.today) - 16 * DAY
        away = _away(row.user)
        days = [
            day
            for day in staff.person(row.user).working_days(staff.opens, until)
            if day.day <= 15 and day.weekday() != 2 and day not in away
        ]
        found |= {(row.user_id, day) for day in pick.sample(days, min(len(days), pick.choice(TIMES)))}
    return found - late


def _forgotten_lately(staff: Staff) -> set[tuple[int, dt.date]]:
    """Within the last two weeks, and in days that no payroll run has closed."""
    found: list[tuple[int, dt.date]] = []
    today = staff.stage.today
    for login, ago in LATELY:
        user = staff.user(login)
        days = staff.person(user).working_days(max(staff.draft, today - 13 * DAY), today - DAY)
        days = [day for day in days if day not in _away(user)]
        if days:
            found.append((user.pk, days[-min(ago, len(days))]))
    return set(found[:2])


def _forget(staff: Staff, one: Forgotten, *, is_confirmed: bool) -> None:
    """They came and never clocked out; the nightly job closes it and asks; in the morning they say that it was so."""
    plan = staff.person(one.user)
    row = at_time(one.came_at, attendance.clock_in, actor=one.user)
    closed_at = rules.forgotten_at(one.came_at, plan.shift(one.day)) + 20 * MINUTE
    at_time(closed_at, attendance.close_forgotten, attendance_id=row.pk)
    if not is_confirmed:
        return
    away, day = _away(one.user), one.day + DAY
    while day in away or not plan.is_working_day(day):
        day += DAY
    hour = 22 if one.user.email == LEAVER.email else 9
    at_time(
        staff.at(one.user, day, hour, 25), attendance.confirm, attendance=Attendance(pk=row.pk, user=one.user),
        actor=one.user,
    )  # fmt: skip


def _correct(
    staff: Staff, login: str, ago: int, on_in: int, on_out: int, reason: str, answer: str | None
) -> AttendanceCorrection | None:
    """Asked for on the next day at work, for a session of about so many days ago; decided some hours later.

    An empty answer is a refusal, and ``None`` is no answer yet.
    """
    user, day = staff.user(login), staff.stage.today - ago * DAY
    if answer is not None:
        day = day.replace(day=min(day.day, 18))  # decided before the month is paid
    row = _a_session(user, day, is_last=on_out != 0)
    if row is None:
        return None
    plan, asked = staff.person(user), row.work_date + DAY
    while not plan.is_working_day(asked):
        asked += DAY
    asked_at = min(staff.at(user, asked, 9, 40), staff.stage.now)
    times: dict[str, Any] = {"login_time": row.login_time + on_in * MINUTE}
    assert row.logout_time is not None  # noqa: S101
    times["logout_time"] = row.logout_time + on_out * MINUTE
    with clock.as_of(asked_at):
        made = attendance_corrections.ask(actor=user, kind=Kind.CHANGE, attendance=row, reason=reason, **times)
    if answer is None:
        return made
    return at_time(
        asked_at + dt.timedelta(hours=5),
        attendance_corrections.decide,
        correction=made,
        actor=staff.above(user),
        approve=bool(answer),
        note=answer or "Dinner is on us, but it is no working time.",
    )


def _a_session(user: User, day: dt.date, *, is_last: bool) -> Attendance | None:
    """The first or last session of the latest ordinary day until then."""
    rows = Attendance.objects.filter(user=user, work_date__lte=day, closed_by_job=False, logout_time__isnull=False)
    latest = rows.order_by("-work_date").first()
    if latest is None:
        return None
    return rows.filter(work_date=latest.work_date).order_by("-login_time" if is_last else "login_time").first()
