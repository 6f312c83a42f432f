"""Kinds of leave and their policies, and the days on which none is taken."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from hr.models import BlockedDays, LeaveType
from hyperflow.core import audit, changes
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command


@command
def create_leave_type(*, actor: Any, code: str, name: str, **policy: Any) -> LeaveType:
    """A further kind of leave, asked for by its code. Raises `Conflict` (``leave_type_taken``)."""
    if code == "half_day":
        raise Invalid(_("This is what half a day of annual leave is called."), code="unknown_leave_type", field="code")
    with _unless_taken():
        return changes.create(LeaveType(code=code, name=name, **policy), actor=actor, action="leave_type.create")


@command
def update_leave_type(
    *, leave_type: LeaveType, actor: Any, expected_version: int | None = None, **policy: Any
) -> LeaveType:
    """Change a policy. It goes for what is asked for, decided and credited from now on; its code stays."""
    leave_type = changes.lock(leave_type, expected_version=expected_version)
    if policy.get("code", leave_type.code) != leave_type.code:
        raise Invalid(_("The code stays: requests are made by it."), code="unknown_leave_type", field="code")
    changes.update(leave_type, actor=actor, action="leave_type.update", **policy)
    return leave_type


@command
def block_days(*, actor: Any, name: str, starts_on: dt.date, ends_on: dt.date, department: Any = None) -> BlockedDays:
    """No further leave is asked for on these days. What was asked for before is decided as it stands."""
    _check_order(starts_on, ends_on)
    row = BlockedDays(name=name, starts_on=starts_on, ends_on=ends_on, department=department)
    return changes.create(row, actor=actor, action="blocked_days.create")


@command
def change_blocked_days(
    *, blocked: BlockedDays, actor: Any, expected_version: int | None = None, **values: Any
) -> BlockedDays:
    blocked = changes.lock(blocked, expected_version=expected_version)
    _check_order(values.get("starts_on", blocked.starts_on), values.get("ends_on", blocked.ends_on))
    changes.update(blocked, actor=actor, action="blocked_days.update", **values)
    return blocked


@command
def unblock_days(*, blocked: BlockedDays, actor: Any) -> None:
    blocked = changes.lock(blocked)
    audit.record("blocked_days.delete", blocked, actor=actor, changes={"name": (blocked.name, None)})
    blocked.delete()


def _check_order(starts_on: dt.date, ends_on: dt.date) -> None:
    if ends_on < starts_on:
        raise Invalid(_("The last day comes after the first."), code="end_before_start", field="ends_on")


def _unless_taken() -> Any:
    return or_taken(_("There is leave with this code already."), "leave_type_taken")
