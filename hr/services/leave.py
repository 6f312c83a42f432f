"""Requests for leave: asked for, approved, rejected, cancelled.

Each command first holds the person's employment. Two requests of one person therefore come one after the other, and
so do two decisions: the second one sees what the first has done.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services.notifications import notify
from hr import leave_rules, scope
from hr.models import Employment, LeaveDay, LeaveEntry, LeaveRequest
from hr.services import leave_checks as checks
from hr.services import leave_ledger
from hr.services.attendance_locks import check_open
from hyperflow.core import changes, clock, storage
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command

KIND = "hr.leave_document"
Status = LeaveRequest.Status


def ask_for_leave(
    *,
    actor: Any,
    leave_type: str,
    start_date: dt.date,
    end_date: dt.date,
    half_day: bool = False,
    reason: str = "",
    document: Any = None,
    user: Any = None,
) -> LeaveRequest:
    """Ask for leave, for oneself or, as HR, for somebody else (who then owes no notice).

    ``leave_type`` is a word of the contract: ``half_day`` is annual leave of half a day. A document is stored before
    the rows are written. Every rule that the request breaks is named: see `leave_checks`.
    """
    person = user or actor
    if person.pk != actor.pk and not actor.has_perm("hr.decide_any_leave"):
        raise NotAllowed(_("You ask for leave for yourself; HR enters it for others."))
    file = _stored(document, actor) if document is not None else None
    return _ask(
        actor=actor,
        person=person,
        word=leave_type,
        start=start_date,
        end=end_date,
        half_day=half_day or leave_type == checks.HALF_DAY,
        reason=reason,
        file=file,
    )


def _stored(document: Any, actor: Any) -> StoredFile:
    """The store calls whatever is uploaded a ``file``; here it came as the ``document``."""
    try:
        return storage.store(document, actor=actor)
    except Invalid as refused:
        raise Invalid(refused.message, code=refused.code, field="document", **refused.extra) from refused


@command
def _ask(
    *,
    actor: Any,
    person: Any,
    word: str,
    start: dt.date,
    end: dt.date,
    half_day: bool,
    reason: str,
    file: StoredFile | None,
) -> LeaveRequest:
    kind = checks.type_of(word)
    employment = leave_ledger.hold(person.pk)
    today = checks.today_of(employment)
    checks.check_dates(kind, start, end, half_day, today)
    checks.check_employed(employment, start, end)
    dates = checks.working_days(employment, start, end)
    days = leave_rules.days_of(dates, half_day=half_day)
    if person.pk == actor.pk:
        checks.check_notice(kind, start, today)
    checks.check_document(kind, days, file is not None)
    checks.check_no_overlap(person.pk, start, end)
    checks.check_not_blocked(employment, dates)
    check_open(person.pk, *dates)
    if kind.draws_on_balance:
        leave_ledger.credit(user_id=person.pk)
        checks.check_balance(employment, kind, dates, checks.portion_of(half_day), with_asked=True)
    request = LeaveRequest(
        user=employment.user,
        type=kind,
        asked_as=word,
        start_date=start,
        end_date=end,
        half_day=half_day,
        days=days,
        reason=reason,
        document=file,
    )
    changes.create(request, actor=actor, action="leave.request", event="leave.requested", user_id=person.pk)
    notify(
        users=checks.approvers_of(person.pk),
        kind="leave.requested",
        title=_("%(name)s asks for leave: %(when)s") % {"name": employment.user, "when": described(request)},
        body=reason,
        subject=request,
        actor=actor,
    )
    return request


@command
def set_status(
    *,
    request: LeaveRequest,
    status: str,
    actor: Any,
    decision_note: str = "",
    expected_version: int | None = None,
) -> LeaveRequest:
    """Move a request along its life cycle. Of two who decide at once one wins, the other is refused.

    Raises `NotAllowed` (``self_approval``, ``permission_denied``) for who may not, then `Conflict`
    (``invalid_transition`` with the moves there are).
    """
    check_may_move(request=request, status=status, actor=actor)
    employment = leave_ledger.hold(request.user_id)
    request = changes.lock(request, expected_version=expected_version)
    request.user = employment.user
    _check_move(request, status, actor, employment)
    if status == Status.APPROVED:
        _take(request, employment, actor)
    elif request.status == Status.APPROVED:
        _give_back(request, actor)
    changes.update(
        request,
        actor=actor,
        action=f"leave.{status}",
        event=f"leave.{status}",
        payload={"user_id": request.user_id},
        status=status,
        days=request.days,
        approver=request.approver if status == Status.CANCELLED else actor,
        decided_at=clock.now(),
        decision_note=decision_note or request.decision_note,
    )
    _tell(request, actor)
    return request


def check_may_move(*, request: LeaveRequest, status: str, actor: Any) -> None:
    """Who may: the person above decides reports, HR everybody else; a request is cancelled by its owner, or by HR."""
    is_own = request.user_id == actor.pk
    if status == Status.CANCELLED:
        if not is_own and not actor.has_perm("hr.decide_any_leave"):
            raise NotAllowed(_("Leave is cancelled by whose it is, or by HR."))
        return
    if is_own:
        raise NotAllowed(_("Nobody decides their own leave: your manager or HR does."), code="self_approval")
    if not may_decide(request.user_id, actor):
        raise NotAllowed(_("Leave is decided by the person's manager or by HR."))


def may_decide(person_id: int, actor: Any) -> bool:
    """May this person decide that one's leave?"""
    if person_id == actor.pk:
        return False
    return actor.has_perm("hr.decide_any_leave") or (
        actor.has_perm("hr.decide_leave") and scope.is_above(actor, person_id)
    )


def document_of(pk: int, user: Any) -> StoredFile | None:
    """The document of a request, for whoever may see the request now. The store asks this for each download."""
    request = LeaveRequest.objects.visible_to(user).select_related("document").filter(pk=pk).first()
    return request.document if request is not None else None


def described(request: LeaveRequest) -> str:
    """A request in a few words: what, when, how long."""
    when = f"{request.start_date}" if request.start_date == request.end_date else None
    long = ngettext("%(days)s day", "%(days)s days", 1 if request.days == 1 else 2) % {
        "days": checks.plain(request.days)
    }
    return _("%(type)s, %(when)s (%(long)s)") % {
        "type": request.type,
        "when": when or f"{request.start_date} – {request.end_date}",
        "long": _("half a day") if request.half_day else long,
    }


def _check_move(request: LeaveRequest, status: str, actor: Any, employment: Employment) -> None:
    allowed = sorted(LeaveRequest.NEXT[Status(request.status)])
    if status not in allowed:
        raise Conflict(
            _("A request that is %(status)s cannot become %(wanted)s.")
            % {"status": request.get_status_display().lower(), "wanted": str(Status(status).label).lower()},
            code="invalid_transition",
            allowed=allowed,
        )
    begun = request.status == Status.APPROVED and request.start_date <= checks.today_of(employment)
    if status == Status.CANCELLED and request.user_id == actor.pk and begun:
        raise Conflict(_("Leave that has begun is cancelled by HR: ask them."), code="invalid_transition", allowed=[])


def _take(request: LeaveRequest, employment: Employment, actor: Any) -> None:
    """The days are counted anew, since calendars and the employment may have changed since they were asked for."""
    checks.check_employed(employment, request.start_date, request.end_date)
    dates = checks.working_days(employment, request.start_date, request.end_date)
    check_open(request.user_id, *dates)
    portion = checks.portion_of(request.half_day)
    request.days = leave_rules.days_of(dates, half_day=request.half_day)
    if request.type.draws_on_balance:
        leave_ledger.credit(user_id=request.user_id)
        checks.check_balance(employment, request.type, dates, portion, with_asked=False)
    add_days(request, dates)
    leave_ledger.book(request=request, kind=LeaveEntry.Kind.TAKEN, dates=dates, portion=portion, actor=actor)


def add_days(request: LeaveRequest, dates: Iterable[dt.date]) -> None:
    """Write the days that an approved request takes. They keep what the kind of leave meant on that day."""
    LeaveDay.objects.bulk_create(
        LeaveDay(
            request=request,
            user_id=request.user_id,
            type=request.type,
            date=date,
            portion=checks.portion_of(request.half_day),
            is_paid=request.type.is_paid,
            is_away=request.type.is_away,
        )
        for date in dates
    )


def _give_back(request: LeaveRequest, actor: Any) -> None:
    rows = LeaveDay._base_manager.filter(request=request)
    dates = list(rows.order_by("date").values_list("date", flat=True))
    check_open(request.user_id, *dates)
    rows.delete()
    leave_ledger.book(
        request=request,
        kind=LeaveEntry.Kind.RETURNED,
        dates=dates,
        portion=checks.portion_of(request.half_day),
        actor=actor,
        note=_("Cancelled"),
    )


def _tell(request: LeaveRequest, actor: Any) -> None:
    """The person is told what others decide, those who decide what the person takes back."""
    titles = {
        Status.APPROVED: _("Approved: %(what)s"),
        Status.REJECTED: _("Rejected: %(what)s"),
        Status.CANCELLED: _("Cancelled by %(who)s: %(what)s"),
    }
    people = checks.approvers_of(request.user_id) if actor.pk == request.user_id else [request.user_id]
    notify(
        users=people,
        kind=f"leave.{request.status}",
        title=titles[Status(request.status)] % {"who": actor, "what": described(request)},
        body=request.decision_note,
        subject=request,
        actor=actor,
    )
