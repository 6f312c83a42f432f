"""What every way of writing attendance shares: whose row is held, which day it is, how its sessions stand."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from hr import rules
from hr.models import Attendance, LeaveDay
from hr.schedules import Person, Rota, Rules, Shift, rota_of
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid


@dataclass(frozen=True)
class Plan:
    """When somebody is meant to work around a day. Who is no employee has no shifts, only a zone."""

    zone: ZoneInfo
    person: Person | None

    def shift(self, day: dt.date) -> Shift | None:
        return self.person.shift(day) if self.person is not None else None

    def rules_on(self, day: dt.date) -> Rules:
        return self.person.rules_on(day) if self.person is not None else Rules()

    def work_date(self, at: dt.datetime) -> dt.date:
        return rules.work_date(at, self.zone, self.shift)


def lock_person(person_id: int) -> User:
    """Everything that writes somebody's attendance holds their row: of two writes the second sees the first."""
    return changes.lock(User(pk=person_id))


def plan_of(person: Any, *instants: dt.datetime) -> Plan:
    """Their plan for the days around these instants."""
    days = [at.date() for at in instants]
    # In their own zone, which the rota knows, each may be a day earlier or later.
    rota = rota_of([person.pk], min(days) - 3 * rules.DAY, max(days) + 3 * rules.DAY)
    return plan_in(rota, person)


def plan_in(rota: Rota, person: Any) -> Plan:
    """Their plan in a rota that was read; the zone is that of their employment."""
    found = rota.get(person.pk)
    return Plan(found.zone if found is not None else clock.zone_of(person), found)


def check_span(starts_at: dt.datetime, ends_at: dt.datetime | None) -> None:
    """Refuses times that cannot be."""
    if starts_at > clock.now():
        raise Invalid(_("Attendance is written down once it has passed."), code="in_the_future", field="login_time")
    if ends_at is None:
        return
    if ends_at <= starts_at:
        raise Invalid(_("The clock-out comes after the clock-in."), code="end_before_start", field="logout_time")
    if ends_at > clock.now():
        raise Invalid(_("Attendance is written down once it has passed."), code="in_the_future", field="logout_time")
    if ends_at - starts_at > rules.LONGEST:
        raise Invalid(_("One session lasts at most 24 hours."), code="too_long", field="logout_time")


def check_employed(plan: Plan, day: dt.date) -> None:
    """Refuses (`Invalid` ``outside_employment``) a day on which an employee was not employed yet, or not any more."""
    if plan.person is None or plan.person.is_employed(day):
        return
    terms = plan.person.employment
    if day < terms.hire_date:
        message = _("The employment begins on %(limit)s: there is no attendance on %(day)s.")
        raise Invalid(message % {"limit": terms.hire_date, "day": day}, code="outside_employment", field="login_time")
    message = _("The employment ended on %(limit)s: there is no attendance on %(day)s.")
    raise Invalid(message % {"limit": terms.end_date, "day": day}, code="outside_employment", field="login_time")


def check_free(
    person_id: int, starts_at: dt.datetime, ends_at: dt.datetime | None, *, besides: int | None = None
) -> None:
    """Refuses (`Conflict` ``time_overlap``) what overlaps another session of the person, whose row is held."""
    others = Attendance._base_manager.filter(user_id=person_id).exclude(pk=besides or 0)
    if ends_at is not None:
        others = others.filter(login_time__lt=ends_at)
    finished = Q(login_time__gt=starts_at - rules.LONGEST, logout_time__gt=starts_at)
    other = others.filter(finished | Q(open_marker=1)).order_by("login_time").first()
    if other is not None:
        raise Conflict(
            _("This overlaps another session of the same person: change that one, or choose other times."),
            code="time_overlap",
            attendance_id=other.pk,
        )


def restate(person: Any, day: dt.date, plan: Plan, *, actor: Any | None) -> None:
    """Say of each session of the day how it stands, by the rules, after one of them changed."""
    rows = list(Attendance._base_manager.filter(user_id=person.pk, work_date=day).order_by("login_time", "pk"))
    if not rows:
        return
    away, from_home = leave_on(person.pk, day)
    sessions = [
        rules.Session(
            row.login_time,
            row.logout_time,
            rules.is_remote(row.location, works_from_home=from_home),
            row.confirmed,
        )
        for row in rows
    ]
    shift = plan.shift(day)
    is_over = rules.is_over(day, shift, clock.now(), plan.zone)
    found = rules.statuses(sessions, shift, plan.rules_on(day), leave=away, is_over=is_over)
    for row, status in zip(rows, found, strict=True):
        if row.status != status:
            changes.update(
                changes.lock(row), actor=actor, action="attendance.status", event="attendance.changed",
                payload={"user_id": person.pk}, status=status,
            )  # fmt: skip


def leave_on(person_id: int, day: dt.date) -> tuple[Decimal, bool]:
    """How much of the day they are away on approved leave, and whether leave has them work from elsewhere."""
    away, from_home = Decimal(0), False
    for portion, is_away in LeaveDay.objects.filter(user_id=person_id, date=day).values_list("portion", "is_away"):
        away += portion if is_away else 0
        from_home |= not is_away
    return away, from_home
