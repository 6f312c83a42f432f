"""What documents are made with: the issuer, rates of tax, how clients are billed, stages of reminding; and budgets.

Documents keep copies of all this from when they were issued, so a change here goes for documents to come.
"""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from clients.models import Client
from finance.models import (
    BillingDetails,
    Budget,
    Issuer,
    Milestone,
    RecurringInvoice,
    ReminderStage,
    Retainer,
    TaxRate,
)
from finance.models.issuing import THE_ONE
from finance.services import reminders
from hyperflow.core import audit, changes
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.transactions import command


@command
def create_tax_rate(*, actor: Any, code: str, name: str, **values: Any) -> TaxRate:
    """A rate that lines can have from now on. Raises `Conflict` (``tax_rate_taken``)."""
    _check_rate(values.get("category", TaxRate._meta.get_field("category").default), values.get("rate", 0))
    with or_taken(_("There is a rate with this code already."), "tax_rate_taken"):
        return changes.create(TaxRate(code=code, name=name, **values), actor=actor, action="tax_rate.create")


@command
def update_tax_rate(*, tax_rate: TaxRate, actor: Any, expected_version: int | None = None, **values: Any) -> TaxRate:
    """Change a rate for lines to come; those that have it keep their copy. Its code stays."""
    tax_rate = changes.lock(tax_rate, expected_version=expected_version)
    if values.get("code", tax_rate.code) != tax_rate.code:
        raise Invalid(_("The code stays: lines are written by it."), code="code_is_fixed", field="code")
    _check_rate(values.get("category", tax_rate.category), values.get("rate", tax_rate.rate))
    if tax_rate.is_active and not values.get("is_active", True):
        _check_unused(tax_rate)
    changes.update(tax_rate, actor=actor, action="tax_rate.update", **values)
    return tax_rate


def _check_unused(rate: TaxRate) -> None:
    """What is still to be billed at this rate could not be any more."""
    users: tuple[QuerySet[Any], ...] = (
        RecurringInvoice._base_manager.filter(is_active=True, lines__tax_rate=rate),
        Retainer._base_manager.filter(is_active=True, tax_rate=rate),
        Milestone._base_manager.filter(line__isnull=True, tax_rate=rate),
    )
    for rows in users:
        row = rows.order_by("pk").first()
        if row is not None:
            raise Conflict(
                _("%(name)s is still billed at this rate: give it another one first.") % {"name": row}, code="in_use"
            )


@command
def create_issuer(*, actor: Any, **values: Any) -> Issuer:
    """The company as its documents show it. There is one (else `Conflict` ``issuer_exists``)."""
    if Issuer._base_manager.filter(pk=THE_ONE).exists():
        raise Conflict(_("The issuer is there already: change it."), code="issuer_exists")
    return changes.create(Issuer(**values), actor=actor, action="issuer.create")


@command
def update_issuer(*, issuer: Issuer, actor: Any, expected_version: int | None = None, **values: Any) -> Issuer:
    issuer = changes.lock(issuer, expected_version=expected_version)
    changes.update(issuer, actor=actor, action="issuer.update", **values)
    return issuer


@command
def create_billing_details(*, actor: Any, client: Client, **values: Any) -> BillingDetails:
    """How a client is billed, beyond its record. Raises `Conflict` (``billing_details_exist``)."""
    with or_taken(_("This client has billing details already: change those."), "billing_details_exist"):
        row = BillingDetails(client=client, **values)
        return changes.create(row, actor=actor, action="billing_details.create")


@command
def update_billing_details(
    *, details: BillingDetails, actor: Any, expected_version: int | None = None, **values: Any
) -> BillingDetails:
    details = changes.lock(details, expected_version=expected_version)
    if values.pop("client", details.client) != details.client:
        raise Invalid(_("The details belong to their client."), code="client_is_fixed", field="client")
    changes.update(details, actor=actor, action="billing_details.update", **values)
    return details


@command
def create_stage(*, actor: Any, **values: Any) -> ReminderStage:
    """A step of reminding. Raises `Conflict` (``stage_taken``) where another has the same day, and `Invalid`
    (``unknown_placeholder``) where its text asks for what nothing is filled in for."""
    reminders.check_text(values.get("subject", ""), values.get("text", ""))
    with _unless_stage_taken():
        return changes.create(ReminderStage(**values), actor=actor, action="reminder_stage.create")


@command
def update_stage(
    *, stage: ReminderStage, actor: Any, expected_version: int | None = None, **values: Any
) -> ReminderStage:
    stage = changes.lock(stage, expected_version=expected_version)
    reminders.check_text(values.get("subject", ""), values.get("text", ""))
    with _unless_stage_taken():
        changes.update(stage, actor=actor, action="reminder_stage.update", **values)
    return stage


@command
def create_budget(*, actor: Any, **values: Any) -> Budget:
    """What may be spent in a period, for what its scope names (else `Invalid` ``wrong_scope``)."""
    budget = Budget(created_by=actor, **values)
    _check_scope(budget)
    return changes.create(budget, actor=actor, action="budget.create")


@command
def update_budget(*, budget: Budget, actor: Any, expected_version: int | None = None, **values: Any) -> Budget:
    """Change a budget. A new amount, period or threshold may tell again that it is nearly spent."""
    budget = changes.lock(budget, expected_version=expected_version)
    told = {"alerted_at": None} if values.keys() & {"amount", "starts_on", "ends_on", "alert_percent"} else {}
    wanted = {name: getattr(budget, name) for name in ("scope", "department", "client", "project")}
    _check_scope(Budget(**{name: values.get(name, value) for name, value in wanted.items()}))
    changes.update(budget, actor=actor, action="budget.update", **{**values, **told})
    return budget


@command
def delete_budget(*, budget: Budget, actor: Any) -> None:
    budget = changes.lock(budget)
    audit.record("budget.delete", budget, actor=actor, changes={"amount": (budget.amount, None)})
    budget.delete()


def _check_rate(category: str, percent: Any) -> None:
    if category != TaxRate._meta.get_field("category").default and percent:
        raise Invalid(_("A rate of this kind is 0 %: there is no tax on it."), code="rate_not_zero", field="rate")


def _check_scope(budget: Budget) -> None:
    """Exactly what the scope names is set."""
    for name in (Budget.Scope.DEPARTMENT, Budget.Scope.CLIENT, Budget.Scope.PROJECT):
        is_set, is_wanted = getattr(budget, f"{name}_id") is not None, budget.scope == name
        if is_set != is_wanted:
            message = _("Say which one this budget is for.") if is_wanted else _("This budget is not for one of these.")
            raise Invalid(message, code="wrong_scope", field=str(name))


def _unless_stage_taken() -> Any:
    return or_taken(_("There is a stage on this day already."), "stage_taken")
