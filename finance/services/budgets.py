"""Saying once that a budget is nearly spent. Budgets themselves are made in `finance.services.setup`."""

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from finance.models import Budget
from finance.selectors.budgets import standings
from finance.services import books
from hyperflow.core import changes, clock, money
from hyperflow.core.transactions import command


def warn() -> int:
    """Tell whoever looks after budgets of those that reached their percentage; gives how many. Done again it tells
    nothing more, until a budget is changed."""
    today = books.today()
    running = Budget._base_manager.filter(alerted_at__isnull=True, starts_on__lte=today, ends_on__gte=today)
    due = [one for one in standings(running) if one.is_due]
    return sum(
        _warn(budget=one.budget, percent=f"{one.percent:f}", spent=money.wire(one.spent, one.budget.currency))
        for one in due
    )


@command
def _warn(*, budget: Budget, percent: str, spent: str | None) -> bool:
    budget = changes.lock(budget)
    if budget.alerted_at is not None:
        return False
    changes.update(budget, actor=None, action="budget.alerted", alerted_at=clock.now())
    title = _("%(name)s: %(percent)s %% of the budget is spent") % {"name": budget.name, "percent": percent}
    body = _("%(spent)s of %(amount)s %(currency)s.") % {
        "spent": spent, "amount": money.wire(budget.amount, budget.currency), "currency": budget.currency,
    }  # fmt: skip
    notify(
        users=User.objects.staff_who_may("finance.change_budget"),
        kind="budget.alert",
        title=title,
        body=body,
        subject=budget,
    )
    return True
