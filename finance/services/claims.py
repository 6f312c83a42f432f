"""Expenses that people hand in: claimed, approved or refused by somebody else, reimbursed. Counted once approved."""

import datetime as dt
from decimal import Decimal
from typing import Any, Unpack

from django.utils.translation import gettext as _

from finance.models import FinancialRecord
from finance.services import books, records, rollups
from finance.services.records import RecordFields
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

Status = FinancialRecord.Status


def claim(*, actor: Any, receipt: Any = None, **fields: Unpack[RecordFields]) -> FinancialRecord:
    """Hand an expense in that the actor paid. It counts nowhere until somebody else has approved it."""
    _check_may(actor, "finance.claim_expense", _("You may not hand expenses in."))
    fields["record_type"] = FinancialRecord.Type.EXPENSE
    fields["user"] = actor
    return records.write_record(
        actor=actor,
        receipt=receipt,
        source=FinancialRecord.Source.CLAIM,
        status=Status.SUBMITTED,
        is_paid_by_person=True,
        **fields,
    )


@command
def decide(
    *, record: FinancialRecord, actor: Any, approve: bool, note: str = "", expected_version: int | None = None
) -> FinancialRecord:
    """Approve a claim, or refuse it. Nobody decides about what they claim themselves (``self_approval``)."""
    _check_may(actor, "finance.approve_expense", _("You may not decide about expenses."))
    status = Status.APPROVED if approve else Status.REJECTED
    record = _lock_for(record, status, expected_version)
    if actor.pk in {record.user_id, record.created_by_id}:
        raise NotAllowed(_("Somebody else decides about your own expenses."), code="self_approval")
    if approve:
        books.check_open(record.record_date)
    return _move(record, actor, status, decided_by=actor, decided_at=clock.now(), decision_note=note)


@command
def hand_in_again(
    *,
    record: FinancialRecord,
    actor: Any,
    expected_version: int | None = None,
    amount: Decimal | None = None,
    description: str | None = None,
) -> FinancialRecord:
    """Hand a refused expense in again, mended."""
    record = _lock_for(record, Status.SUBMITTED, expected_version)
    if record.user_id != actor.pk:
        raise NotAllowed(_("Only who handed it in does so again."))
    given = {"amount": amount, "description": description}
    mended = {name: value for name, value in given.items() if value is not None}
    return _move(record, actor, Status.SUBMITTED, decided_by=None, decided_at=None, decision_note="", **mended)


@command
def reimburse(
    *, record: FinancialRecord, actor: Any, date: dt.date | None = None, expected_version: int | None = None
) -> FinancialRecord:
    """Say that an approved expense was paid back to whom it was owed, once."""
    _check_may(actor, "finance.reimburse_expense", _("You may not mark expenses as reimbursed."))
    record = _lock_for(record, Status.REIMBURSED, expected_version)
    day = date or books.today()
    if day > max(books.today(), clock.business_date(actor)):
        raise Invalid(_("This day is still to come."), code="in_future", field="date")
    return _move(record, actor, Status.REIMBURSED, reimbursed_on=day)


def _lock_for(record: FinancialRecord, status: FinancialRecord.Status, version: int | None) -> FinancialRecord:
    record = changes.lock(record, expected_version=version)
    allowed = FinancialRecord.NEXT[Status(record.status)]
    if status not in allowed:
        raise Conflict(
            _("An expense that is “%(from)s” cannot become “%(to)s”.")
            % {"from": record.get_status_display(), "to": status.label},
            code="invalid_transition",
            allowed=sorted(str(one) for one in allowed),
        )
    return record


def _move(record: FinancialRecord, actor: Any, status: FinancialRecord.Status, **values: Any) -> FinancialRecord:
    before = rollups.facts_of(record)
    if "amount" in values:
        values["company_amount"] = records.in_company(values["amount"], record)
    changes.update(record, actor=actor, action=f"expense.{status}", event="record.updated", status=status, **values)
    rollups.changed(before, record)
    return record


def _check_may(actor: Any, permission: str, message: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(message)
