"""Clocking in and out. One person has one open session, whatever happens at once."""

import datetime as dt
from typing import Any

from django.db import OperationalError
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from hr import rules
from hr.models import Attendance, AttendanceCorrection
from hr.services import attendance_days as days
from hr.services import attendance_locks as locks
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command, is_transient


def clock_in(*, actor: Any, note: str = "", location: str = "") -> Attendance:
    """Begin a session at work, now. It belongs to the day of the shift it falls in.

    Raises `Conflict` ``already_clocked_in``, and `Invalid` ``outside_employment`` for who is not employed yet or not
    any more; a session that was forgotten long ago is closed first, as the nightly
    job would do it.
    """
    try:
        return _clock_in(actor=actor, note=note, location=location)
    except OperationalError as error:
        if is_transient(error):
            _check_not_in(actor)  # of very many at once, who waited too long for the row lost to who has it
        raise


def _check_not_in(actor: Any) -> None:
    if (running := _open_of(actor.pk)) and running.login_time > clock.now() - rules.FORGOTTEN_AFTER:
        raise _already_in(running)


@command
def _clock_in(*, actor: Any, note: str, location: str) -> Attendance:
    _check_not_in(actor)  # many at once need not wait for the row to be told so
    person = days.lock_person(actor.pk)
    running = _open_of(person.pk)
    if running is not None and not _close_if_forgotten(running, person):
        raise _already_in(running)
    now = clock.now()
    plan = days.plan_of(person, now)
    day = plan.work_date(now)
    days.check_employed(plan, day)
    locks.check_open(person.pk, day)
    days.check_free(person.pk, now, now + rules.TICK)
    row = Attendance(user=person, work_date=day, login_time=now, note=note, location=location, created_at=now)
    changes.create(row, actor=actor, action="attendance.in", event="attendance.clocked_in", user_id=person.pk)
    days.restate(person, day, plan, actor=actor)
    return row


@command
def clock_out(*, actor: Any, attendance_id: int | None = None, note: str = "") -> Attendance:
    """End the actor's open session, now. Raises `Conflict` ``not_clocked_in``.

    One that was forgotten is closed at the shift's end instead and waits for their word, as the nightly job has it.
    """
    person = days.lock_person(actor.pk)
    running = _open_of(person.pk)
    if running is None or (attendance_id is not None and running.pk != attendance_id):
        raise Conflict(_("You are not clocked in there: clock in first."), code="not_clocked_in")
    if _close_if_forgotten(running, person):
        return running
    locks.check_open(person.pk, running.work_date)
    ended = max(clock.now(), running.login_time + rules.TICK)
    more = {"note": note} if note else {}
    _close(running, ended, actor=actor, action="attendance.out", event="attendance.clocked_out", **more)
    days.restate(person, running.work_date, days.plan_of(person, running.login_time), actor=actor)
    return running


@command
def close_forgotten(*, attendance_id: int) -> bool:
    """The nightly job's part for one session: close it at the shift's end, flag it, and ask the person.

    Says whether it did: somebody may have clocked out meanwhile, and days that are closed stay as they are.
    """
    found = Attendance._base_manager.filter(pk=attendance_id).only("user_id").first()
    if found is None:
        return False
    person = days.lock_person(found.user_id)
    running = Attendance._base_manager.filter(pk=attendance_id, open_marker=1).first()
    return running is not None and _close_if_forgotten(running, person)


@command
def confirm(*, attendance: Attendance, actor: Any) -> Attendance:
    """The person says that a session which a job closed was as it stands; from now on it counts as worked."""
    person = days.lock_person(attendance.user_id)
    row = changes.lock(attendance)
    if row.user_id != actor.pk:
        raise NotAllowed(_("Each person confirms their own sessions."))
    check_waits(row)
    if row.corrections.filter(status=AttendanceCorrection.Status.PENDING).exists():
        raise Conflict(
            _("You asked for a correction of this session: it counts once that is decided."), code="correction_waits"
        )
    locks.check_open(person.pk, row.work_date)
    changes.update(
        row, actor=actor, action="attendance.confirm", event="attendance.changed", payload={"user_id": person.pk},
        confirmed=True,
    )  # fmt: skip
    days.restate(person, row.work_date, days.plan_of(person, row.login_time), actor=actor)
    return row


def check_waits(row: Attendance) -> None:
    if row.confirmed or row.logout_time is None:
        raise Conflict(_("This session needs no confirmation."), code="nothing_to_confirm")


@command
def settle_day(*, user_id: int, day: dt.date) -> None:
    """Say anew how a day's sessions stand, now that it has passed: only then half a day is known to be one."""
    person = days.lock_person(user_id)
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    days.restate(person, day, days.plan_of(person, noon), actor=None)


def forgotten_candidates(now: dt.datetime) -> list[int]:
    """Open sessions that are old enough to be worth asking whether they were forgotten."""
    shortest = now - rules.FORGOTTEN_AFTER
    rows = Attendance._base_manager.filter(open_marker=1, login_time__lte=shortest).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def days_to_settle(now: dt.datetime) -> list[tuple[int, dt.date]]:
    """Days that passed lately, with a session that may yet turn out to be half a day."""
    today = now.date()
    recent = Q(work_date__range=(today - 2 * rules.DAY, today)) & ~Q(status=Attendance.Status.HALF_DAY)
    rows = Attendance._base_manager.filter(recent, open_marker__isnull=True, confirmed=True).order_by()
    return sorted(set(rows.values_list("user_id", "work_date")))


def _open_of(person_id: int) -> Attendance | None:
    return Attendance._base_manager.filter(user_id=person_id, open_marker=1).first()


def _already_in(running: Attendance) -> Conflict:
    return Conflict(
        _("You are clocked in already: clock out first."), code="already_clocked_in", attendance_id=running.pk
    )


def _close_if_forgotten(running: Attendance, person: Any) -> bool:
    plan = days.plan_of(person, running.login_time)
    shift = plan.shift(running.work_date)
    if clock.now() < rules.forgotten_at(running.login_time, shift):
        return False
    locks.check_open(person.pk, running.work_date)
    ended = rules.assumed_end(running.login_time, shift)
    _close(
        running, ended, actor=None, action="attendance.forgotten", event="attendance.forgotten",
        confirmed=False, closed_by_job=True,
    )  # fmt: skip
    days.restate(person, running.work_date, plan, actor=None)
    local = ended.astimezone(plan.zone)
    notify(
        users=[person],
        kind="attendance.forgotten",
        title=_("Did you leave at %(time)s on %(day)s?")
        % {"time": f"{local:%H:%M}", "day": running.work_date.isoformat()},
        body=_(
            "You did not clock out. Confirm the time, or say when you left: until then it does not count as worked."
        ),
        subject=running,
    )
    return True


def _close(
    running: Attendance, ended: dt.datetime, *, actor: Any | None, action: str, event: str, **values: Any
) -> None:
    changes.update(
        running,
        actor=actor,
        action=action,
        event=event,
        payload={"user_id": running.user_id},
        logout_time=ended,
        seconds=rules.seconds_between(running.login_time, ended),
        **values,
    )
