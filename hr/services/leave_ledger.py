"""Writing the leave ledger. Lines are appended, never changed; a balance is their sum, nothing else.

Whoever writes lines of a person holds that person's employment (`hold`), so that two never spend the same day.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from hr import leave_rules
from hr.leave_rules import Line, Policy, Span
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hyperflow.core import audit, changes, clock, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

_THOUSANDTH = Decimal("0.001")
_BATCH = 200


def hold(user_id: int) -> Employment:
    """The employment of a person, locked, and the person with it: attendance that is being closed waits for them.

    Raises `Conflict` (``not_employed``) for somebody who is no employee.
    """
    row = Employment._base_manager.select_for_update().filter(user_id=user_id).first()
    if row is None:
        raise Conflict(_("This person is no employee: HR adds their employment first."), code="not_employed")
    row.user = changes.lock(User(pk=user_id))
    return row


def balance_of(user_id: int, leave_type: LeaveType) -> Decimal:
    """The sum of a ledger, exactly: thousandths of days, which a float of any size that occurs keeps apart."""
    rows = LeaveEntry._base_manager.filter(user_id=user_id, type=leave_type)
    return exact(rows.aggregate(days=Sum("days"))["days"])


def exact(days: Any) -> Decimal:
    """A sum of days as the database gives it (SQLite adds floats), to the thousandth that lines have."""
    return Decimal(days or 0).quantize(_THOUSANDTH)


def taken_lines(dates: Iterable[dt.date], portion: Decimal) -> list[Line]:
    """The lines that taking these days makes: one for each year that they lie in."""
    return [Line(LeaveEntry.Kind.TAKEN, -days, first) for first, days in leave_rules.by_year(dates, portion).values()]


def book(
    *, request: LeaveRequest, kind: str, dates: Iterable[dt.date], portion: Decimal, actor: Any | None, note: str = ""
) -> None:
    """Take these days of a request, or give them back, on the days themselves.

    Where they are past, what was carried over and lapsed since is corrected at once, as if they had been known in time.
    """
    if not request.type.draws_on_balance:
        return
    sign = 1 if kind == LeaveEntry.Kind.TAKEN else -1
    lines = taken_lines(dates, portion)
    for line in lines:
        LeaveEntry.objects.create(
            user_id=request.user_id,
            type=request.type,
            kind=kind,
            days=sign * line.days,
            effective_on=line.effective_on,
            request=request,
            note=note,
            made_by=actor,
        )
    if any(line.effective_on < clock.business_date(request.user) for line in lines):
        credit(user_id=request.user_id)


@command
def adjust(*, user: Any, leave_type: LeaveType, days: Decimal, reason: str, actor: Any) -> LeaveEntry:
    """HR corrects somebody's balance by so many days, up or down, and says why. Nobody corrects their own."""
    if not actor.has_perm("hr.adjust_leave"):
        raise NotAllowed(_("You may not adjust leave balances."))
    if user.pk == actor.pk:
        raise NotAllowed(_("A colleague adjusts your own balance."), code="self_approval")
    if not leave_type.draws_on_balance:
        raise Invalid(_("This kind of leave has no balance."), code="no_balance_kept", field="leave_type")
    if not days:
        raise Invalid(_("Say by how many days, up or down."), code="required", field="days")
    if not reason.strip():
        raise Invalid(_("Say why: it stands in the ledger."), code="required", field="reason")
    hold(user.pk)
    entry = LeaveEntry.objects.create(
        user_id=user.pk,
        type=leave_type,
        kind=LeaveEntry.Kind.ADJUSTED,
        days=days,
        effective_on=clock.business_date(user),
        note=reason.strip(),
        made_by=actor,
    )
    audit.record("leave.adjusted", entry, actor=actor, changes={"days": (None, days), "note": (None, entry.note)})
    outbox.emit("leave.adjusted", entry, user_id=user.pk)
    notify(
        users=[user.pk],
        kind="leave.adjusted",
        title=_("Your balance of %(type)s was adjusted by %(days)s days") % {"type": leave_type, "days": f"{days:+f}"},
        body=entry.note,
        actor=actor,
    )
    return entry


@command
def credit(*, user_id: int) -> int:
    """Bring somebody's ledger up to today: credits, carry-over and lapse that are due. A second time adds nothing."""
    return _bring_up_to_date(hold(user_id), _kept_types())


def credit_everybody() -> int:
    """The same for everybody, each in a transaction of their own."""
    added, last = 0, 0
    while ids := list(
        _to_keep().filter(user_id__gt=last).order_by("user_id").values_list("user_id", flat=True)[:_BATCH]
    ):
        added += sum(credit(user_id=user_id) for user_id in ids)
        last = ids[-1]
    return added


def _to_keep() -> Any:
    """Those who work here, and those who left so lately that something may still have to be taken back."""
    lately = clock.business_date() - dt.timedelta(days=400)
    return Employment._base_manager.filter(Q(end_date=None) | Q(end_date__gte=lately))


def _kept_types() -> list[LeaveType]:
    return list(LeaveType.objects.filter(draws_on_balance=True).order_by("pk"))


@command
def follow_terms(*, user_id: int, hired_before: dt.date) -> None:
    """Another first or last day: what was credited follows, and all that is due by the new days is written."""
    employment, kinds = hold(user_id), _kept_types()
    if employment.hire_date != hired_before:
        span = span_of(employment)
        for kind, lines in _lines_of(employment, kinds):
            _write(employment, kind, leave_rules.hired_anew(policy_of(kind), lines, hired_before, span))
    _bring_up_to_date(employment, kinds)


def _lines_of(employment: Employment, types: list[LeaveType]) -> list[tuple[LeaveType, list[Line]]]:
    lines: dict[int, list[Line]] = {kind.pk: [] for kind in types}
    rows = LeaveEntry._base_manager.filter(user_id=employment.user_id, type__in=types).order_by("effective_on", "pk")
    for row in rows:
        lines[row.type_id].append(Line(row.kind, row.days, row.effective_on, row.key))
    return [(kind, lines[kind.pk]) for kind in types]


def _bring_up_to_date(employment: Employment, types: list[LeaveType]) -> int:
    span, found = span_of(employment), _lines_of(employment, types)
    return sum(_write(employment, kind, leave_rules.due_lines(policy_of(kind), lines, span)) for kind, lines in found)


def _write(employment: Employment, kind: LeaveType, lines: list[Line]) -> int:
    LeaveEntry.objects.bulk_create(
        LeaveEntry(
            user_id=employment.user_id,
            type=kind,
            kind=line.kind,
            days=line.days,
            effective_on=line.effective_on,
            key=line.key,
        )
        for line in lines
    )
    return len(lines)


def span_of(employment: Employment) -> Span:
    """The ledger begins with the year in which somebody was entered here; what they had before, HR adjusts."""
    return Span(
        hired=employment.hire_date,
        ends=employment.end_date,
        since=employment.created_at.date().replace(month=1, day=1),
        until=clock.business_date(employment),
    )


def policy_of(kind: LeaveType) -> Policy:
    """A kind that is no longer offered credits nothing more; what is there still lapses."""
    return Policy(
        code=kind.code,
        accrual=kind.accrual if kind.is_active else LeaveType.Accrual.NONE,
        days_per_year=kind.days_per_year,
        balance_cap=kind.balance_cap,
        carry_over_max=kind.carry_over_max,
        carry_over_months=kind.carry_over_months,
    )
