"""Balances of leave that somebody has overdrawn: allowed, since the ledger says what happened, but worth a word."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from hr.models import LeaveType
from hr.selectors.leave import statements
from hyperflow.core import clock


@dataclass(frozen=True)
class Debt:
    """A balance of this year that is below nothing."""

    balance: Decimal
    message: str
    code: str = "negative_balance"


def debts_of(user: Any, leave_type: LeaveType) -> list[Debt]:
    """The person's debt of this kind of leave, if they have one."""
    found = statements([user.pk], today=clock.business_date(user), types=[leave_type])
    statement = found.get((user.pk, leave_type.pk))
    if statement is None or statement.balance >= 0:
        return []
    message = _("%(name)s now owes %(days)s days of %(type)s: none can be taken before that is made up for.")
    values = {"name": user.name, "days": f"{-statement.balance.normalize():f}", "type": leave_type}
    return [Debt(statement.balance, message % values)]
