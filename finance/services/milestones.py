"""Fixed prices in parts: a part is billed once it is reached, and can be billed again once its invoice is void."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from clients.models import Project
from finance.models import Invoice, Milestone
from finance.services import books, invoices
from hyperflow.core import audit, changes, clock, money
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command


@command
def create_milestone(*, actor: Any, project: Project, name: str, **values: Any) -> Milestone:
    """Plan a part of a project's price. Raises `Conflict` (``milestone_taken``) where the project has one so named."""
    values.setdefault("currency", project.client.currency)
    milestone = Milestone(project=project, name=name, **values)
    _check(milestone)
    with or_taken(_("The project has a milestone with this name already."), "milestone_taken"):
        return changes.create(milestone, actor=actor, action="milestone.create")


@command
def update_milestone(
    *, milestone: Milestone, actor: Any, expected_version: int | None = None, **values: Any
) -> Milestone:
    """Change a part that is not billed (`Conflict` ``milestone_billed``)."""
    milestone = _lock_unbilled(milestone, expected_version)
    if values.get("project", milestone.project) != milestone.project:
        raise Invalid(_("A milestone belongs to its project."), code="project_is_fixed", field="project")
    wanted = {
        name: values.get(name, getattr(milestone, name)) for name in ("project", "amount", "currency", "reached_on")
    }
    _check(Milestone(**wanted))
    with or_taken(_("The project has a milestone with this name already."), "milestone_taken"):
        changes.update(milestone, actor=actor, action="milestone.update", **values)
    return milestone


@command
def delete_milestone(*, milestone: Milestone, actor: Any) -> None:
    milestone = _lock_unbilled(milestone, None)
    audit.record("milestone.delete", milestone, actor=actor, changes={"name": (milestone.name, None)})
    milestone.delete()


@command
def reach(*, milestone: Milestone, actor: Any, date: dt.date | None = None) -> Milestone:
    """Say that a part is done, so that it can be billed."""
    milestone = _lock_unbilled(milestone, None)
    day = date or books.today()
    if day > max(books.today(), clock.business_date(actor)):
        raise Invalid(_("This day is still to come."), code="in_future", field="date")
    changes.update(milestone, actor=actor, action="milestone.reached", reached_on=day, reached_by=actor)
    return milestone


@command
def bill(*, milestone: Milestone, actor: Any) -> Invoice:
    """A draft for a part that is reached, once (`Conflict` ``milestone_not_reached``, ``milestone_billed``)."""
    if not actor.has_perm("finance.add_invoice"):
        raise NotAllowed(_("You may not write invoices."))
    milestone = _lock_unbilled(milestone, None)
    if milestone.reached_on is None:
        raise Conflict(_("It is not reached yet: say when it was."), code="milestone_not_reached")
    project = milestone.project
    line: Any = {
        "description": f"{project.name}: {milestone.name}",
        "quantity": 1,
        "unit_price": milestone.amount,
    }
    if milestone.tax_rate is not None:
        line["tax_code"] = milestone.tax_rate.code
    invoice = invoices.create_invoice(
        actor=actor, client=project.client, project=project, currency=milestone.currency, lines=[line],
        service_until=milestone.reached_on,
    )  # fmt: skip
    changes.update(milestone, actor=actor, action="milestone.billed", line=invoice.lines.get())
    return invoice


def _lock_unbilled(milestone: Milestone, expected_version: int | None) -> Milestone:
    milestone = changes.lock(milestone, expected_version=expected_version)
    if milestone.line_id is not None:
        raise Conflict(_("It is on an invoice: take it off that first."), code="milestone_billed")
    return milestone


def _check(milestone: Milestone) -> None:
    if milestone.amount <= 0 or not money.fits(milestone.amount, milestone.currency):
        raise Invalid(_("Write an amount above zero with the digits of its currency."), field="amount")
    if milestone.currency != milestone.project.client.currency:
        raise Invalid(
            _("%(client)s is billed in %(currency)s.")
            % {"client": milestone.project.client.name, "currency": milestone.project.client.currency},
            code="currency_mismatch",
            field="currency",
        )
