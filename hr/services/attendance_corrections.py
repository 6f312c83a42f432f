"""Changing attendance afterwards: asked for by the person and decided by somebody else, or made by HR.

Either way a correction keeps what stood there before, who, and why.
"""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from hr import rules, scope
from hr.models import Attendance, AttendanceCorrection
from hr.services import attendance_days as days
from hr.services import attendance_locks as locks
from hr.services.attendance import check_waits, confirm
from hr.services.deciders import deciders_of
from hyperflow.core import audit, changes, clock, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, NotFound
from hyperflow.core.transactions import command

Kind, Status = AttendanceCorrection.Kind, AttendanceCorrection.Status


@command
def ask(
    *,
    actor: Any,
    kind: str,
    reason: str,
    attendance: Attendance | None = None,
    login_time: dt.datetime | None = None,
    logout_time: dt.datetime | None = None,
) -> AttendanceCorrection:
    """Ask for a change of one's own attendance: a session added, changed or removed. Somebody else decides.

    Refused at once for what could not be approved; while another request for the session waits (`Conflict`,
    ``correction_pending``), and where one for a session at that time does (``time_overlap``).
    """
    person = days.lock_person(actor.pk)
    row = _draft(person, kind, reason, attendance, login_time, logout_time, actor)
    waiting = AttendanceCorrection._base_manager.filter(user=person, status=Status.PENDING)
    if row.attendance_id is not None and waiting.filter(attendance_id=row.attendance_id).exists():
        raise Conflict(_("A correction of this session waits for a decision already."), code="correction_pending")
    if row.kind == Kind.ADD:
        _check_not_asked_for(row, waiting)
    changes.create(
        row, actor=actor, action="correction.ask", event="attendance.correction_requested", user_id=person.pk
    )
    notify(
        users=deciders_of(
            person.pk,
            of_reports="hr.decide_correction",
            of_everybody=("hr.decide_correction", "hr.view_all_attendance"),
        ),
        kind="attendance.correction_requested",
        title=_("%(who)s asks for a correction of attendance") % {"who": person.name},
        body=row.reason,
        subject=row,
        actor=actor,
    )
    return row


@command
def answer(
    *, attendance: Attendance, actor: Any, logout_time: dt.datetime | None = None, reason: str = ""
) -> AttendanceCorrection | None:
    """What the person says about a session that was closed for them: it was so, or they left at another time.

    The first confirms it; the second asks for a correction, which is given back, and until it is approved nothing
    counts as worked.
    """
    if attendance.user_id != actor.pk:
        raise NotAllowed(_("Each person confirms their own sessions."))
    check_waits(attendance)
    if logout_time is None or logout_time == attendance.logout_time:
        confirm(attendance=attendance, actor=actor)
        return None
    why = reason or _("The clock-out was forgotten.")
    return ask(actor=actor, kind=Kind.CHANGE, attendance=attendance, logout_time=logout_time, reason=why)


@command
def decide(
    *,
    correction: AttendanceCorrection,
    actor: Any,
    approve: bool,
    note: str = "",
    expected_version: int | None = None,
) -> AttendanceCorrection:
    """Approve a request, which makes the change, or reject it, which changes nothing.

    By HR, or by a manager of the person at any height; never by who it is about or who asked (``self_approval``). Of
    two deciders at once one wins; for the other it is decided already (`Conflict`, ``invalid_transition``).
    """
    person = days.lock_person(correction.user_id)
    row = changes.lock(correction, expected_version=expected_version)
    _check_may_decide(actor, row)
    to = Status.APPROVED if approve else Status.REJECTED
    if to not in AttendanceCorrection.NEXT[Status(row.status)]:
        raise Conflict(
            _("This correction is %(status)s already.") % {"status": row.get_status_display().lower()},
            code="invalid_transition",
            allowed=sorted(AttendanceCorrection.NEXT[Status(row.status)]),
        )
    made = _apply(row, person, actor) if approve else row.attendance
    changes.update(
        row,
        actor=actor,
        action="correction.decide",
        event="attendance.correction_decided",
        payload={"user_id": person.pk, "status": str(to)},
        status=to,
        attendance=made,
        decided_by=actor,
        decided_at=clock.now(),
        decision_note=note,
    )
    answer = _("approved") if approve else _("rejected")
    notify(
        users=[row.user_id, row.requested_by_id],
        kind="attendance.correction_decided",
        title=_("Your correction of attendance was %(answer)s") % {"answer": answer},
        body=note,
        subject=row,
        actor=actor,
    )
    return row


@command
def correct(
    *,
    actor: Any,
    user: Any,
    kind: str,
    reason: str,
    attendance: Attendance | None = None,
    login_time: dt.datetime | None = None,
    logout_time: dt.datetime | None = None,
    expected_version: int | None = None,
) -> AttendanceCorrection:
    """HR adds, changes or removes a session of somebody else, with a reason; it holds at once.

    The correction that is given back keeps the old times, and leads to the session (to none where it was removed).
    """
    if not actor.has_perm("hr.correct_attendance"):
        raise NotAllowed(_("You may not correct attendance."))
    if user.pk == actor.pk:
        raise NotAllowed(_("Nobody corrects their own attendance: ask for a correction instead."), code="self_approval")
    person = days.lock_person(user.pk)
    if attendance is not None:
        changes.lock(attendance, expected_version=expected_version)
    row = _draft(person, kind, reason, attendance, login_time, logout_time, actor)
    row.attendance = _apply(row, person, actor)
    row.status, row.decided_by, row.decided_at = Status.APPROVED, actor, clock.now()
    changes.create(row, actor=actor, action="correction.make", user_id=person.pk)
    notify(
        users=[person],
        kind="attendance.corrected",
        title=_("Your attendance was corrected"),
        body=row.reason,
        subject=row.attendance or row,
        actor=actor,
    )
    return row


def _draft(
    person: User,
    kind: str,
    reason: str,
    attendance: Attendance | None,
    login_time: dt.datetime | None,
    logout_time: dt.datetime | None,
    actor: Any,
) -> AttendanceCorrection:
    """The correction, with what stands there now and what is to stand there, checked."""
    if not reason.strip():
        raise Invalid(_("Say why: a correction keeps its reason."), code="required", field="reason")
    row = AttendanceCorrection(user=person, kind=kind, reason=reason.strip(), requested_by=actor)
    if kind != Kind.ADD:
        if attendance is None:
            raise Invalid(_("Say which session."), code="required", field="attendance_id")
        there = changes.lock(attendance)
        if there.user_id != person.pk:
            raise NotFound(_("There is nothing here."))
        row.attendance, row.old_login_time, row.old_logout_time = there, there.login_time, there.logout_time
    if kind != Kind.REMOVE:
        row.login_time = login_time or row.old_login_time
        row.logout_time = logout_time or row.old_logout_time
    _check_corrects(row)
    _check(row, person)
    return row


def _check_not_asked_for(row: AttendanceCorrection, waiting: QuerySet[AttendanceCorrection]) -> None:
    """Of two sessions at the same time only one could be approved: whoever decides should not have to find out."""
    same_time = waiting.filter(kind=Kind.ADD, login_time__lt=row.logout_time, logout_time__gt=row.login_time)
    if same_time.exists():
        raise Conflict(
            _("You have asked for a session at this time already, which waits for a decision."), code="time_overlap"
        )


def _check_corrects(row: AttendanceCorrection) -> None:
    """A change changes a time. Hours that wait to be confirmed may be said to be right as they stand."""
    if row.kind != Kind.CHANGE or row.attendance is None or not row.attendance.confirmed:
        return
    if (row.login_time, row.logout_time) == (row.old_login_time, row.old_logout_time):
        raise Invalid(
            _("These are the times that stand there: say another begin or end, or leave the session as it is."),
            code="nothing_to_correct",
        )


def _check(row: AttendanceCorrection, person: User) -> None:
    """Could it be made now? Times that can be, no other session in the way, a day of work here, none that is closed."""
    touched = [row.attendance.work_date] if row.attendance is not None else []
    if row.kind != Kind.REMOVE:
        if row.login_time is None:
            raise Invalid(_("Say when it began."), code="required", field="login_time")
        if row.logout_time is None and row.kind == Kind.ADD:
            raise Invalid(_("Say when it ended."), code="required", field="logout_time")
        days.check_span(row.login_time, row.logout_time)
        days.check_free(person.pk, row.login_time, row.logout_time, besides=row.attendance_id)
        plan = days.plan_of(person, row.login_time)
        day = plan.work_date(row.login_time)
        days.check_employed(plan, day)
        touched.append(day)
    locks.check_open(person.pk, *touched)


def _apply(row: AttendanceCorrection, person: User, actor: Any) -> Attendance | None:
    """Make the change; gives the session as it is then, none where it was removed."""
    there = _as_it_was(row)
    _check(row, person)
    if row.kind == Kind.REMOVE:
        assert there is not None  # noqa: S101
        _remove(there, person, actor)
        return None
    assert row.login_time is not None  # noqa: S101
    plan = days.plan_of(person, row.login_time)
    day = plan.work_date(row.login_time)
    ended = row.logout_time
    seconds = rules.seconds_between(row.login_time, ended) if ended is not None else 0
    if there is None:
        made = Attendance(
            user=person, work_date=day, login_time=row.login_time, logout_time=ended, seconds=seconds,
            source=Attendance.Source.CORRECTION,
        )  # fmt: skip
        changes.create(made, actor=actor, action="attendance.add", event="attendance.changed", user_id=person.pk)
        days.restate(person, day, plan, actor=actor)
        return made
    former = there.work_date
    changes.update(
        there, actor=actor, action="attendance.change", event="attendance.changed", payload={"user_id": person.pk},
        work_date=day, login_time=row.login_time, logout_time=ended, seconds=seconds, confirmed=True,
    )  # fmt: skip
    for each in sorted({former, day}):
        days.restate(person, each, plan, actor=actor)
    return there


def _as_it_was(row: AttendanceCorrection) -> Attendance | None:
    """The session, locked, if it still stands as it did when the correction was asked for."""
    if row.kind == Kind.ADD:
        return None
    there = Attendance._base_manager.select_for_update().filter(pk=row.attendance_id or 0).first()
    if there is None or (there.login_time, there.logout_time) != (row.old_login_time, row.old_logout_time):
        raise Conflict(
            _("The session was changed since this was asked for: reject it, and ask again."),
            code="attendance_changed",
        )
    return there


def _remove(there: Attendance, person: User, actor: Any) -> None:
    plan, day = days.plan_of(person, there.login_time), there.work_date
    audit.record(
        "attendance.remove",
        there,
        actor=actor,
        changes={"login_time": (there.login_time, None), "logout_time": (there.logout_time, None)},
    )
    outbox.emit("attendance.changed", there, user_id=person.pk)
    Attendance._base_manager.get(pk=there.pk).delete()
    days.restate(person, day, plan, actor=actor)


def _check_may_decide(actor: Any, row: AttendanceCorrection) -> None:
    if not actor.has_perm("hr.decide_correction"):
        raise NotAllowed(_("You may not decide corrections."))
    if actor.pk == row.user_id:
        raise NotAllowed(_("Nobody decides their own correction: somebody else has to."), code="self_approval")
    if actor.pk == row.requested_by_id:
        raise NotAllowed(_("You asked for this correction, so somebody else decides it."), code="self_approval")
    if not actor.has_perm("hr.view_all_attendance") and not scope.is_above(actor, row.user_id):
        raise NotFound(_("There is nothing here."))
