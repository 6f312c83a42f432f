"""What payslips are made of beside the salary: components, who has them, and corrections of earlier months."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hr.models import ComponentAssignment, Employment, PayAdjustment, PayComponent, PayrollRun, PayslipLine
from hr.payroll.compute import NAMES as NAMES  # what a formula may name
from hr.selectors.employment import pay_in_force
from hyperflow.core import audit, changes, clock, money
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command


@command
def create_component(*, actor: Any, **values: Any) -> PayComponent:
    """A new allowance or deduction. It counts from the next time that an open run is worked out."""
    component = PayComponent(**values)
    if PayComponent.objects.filter(code=component.code).exists():
        raise Conflict(_("There is a component with this code."), code="code_taken")
    try:
        with transaction.atomic():
            return changes.create(component, actor=actor, action="pay_component.created")
    except IntegrityError as error:
        raise Conflict(_("There is a component with this code."), code="code_taken") from error


@command
def update_component(
    *, component: PayComponent, actor: Any, expected_version: int | None = None, **values: Any
) -> PayComponent:
    """Change a component. Payslips of approved runs keep what they printed."""
    component = changes.lock(component, expected_version=expected_version)
    for name, value in values.items():
        setattr(component, name, value)
    component.clean()
    fresh = changes.lock(component)
    changes.update(fresh, actor=actor, action="pay_component.changed", **values)
    return fresh


@command
def assign_component(
    *, component: PayComponent, employment: Employment, actor: Any, amount: Decimal | None = None
) -> ComponentAssignment:
    """Let a component hold for an employee, with an amount of their own where one is given. Nobody does so for
    themselves."""
    _check_not_own(employment.user_id, actor)
    component = changes.lock(component)
    row, is_new = ComponentAssignment.objects.get_or_create(
        component=component, employment=employment, defaults={"amount": amount}
    )
    before = None if is_new else row.amount
    if not is_new:
        row.amount = amount
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    changes.touch(component)
    audit.record(
        "pay_component.assigned", component, actor=actor, changes={employment.code: (before, amount or _("assigned"))}
    )
    return row


@command
def unassign_component(*, component: PayComponent, employment: Employment, actor: Any) -> None:
    """The component does not hold for this employee any more, or again as it does for everybody."""
    _check_not_own(employment.user_id, actor)
    component = changes.lock(component)
    row = ComponentAssignment.objects.filter(component=component, employment=employment).first()
    if row is None:
        raise Invalid(_("This employee does not have the component."), code="does_not_exist", field="employment")
    before = row.amount or _("assigned")
    audit.record("pay_component.unassigned", component, actor=actor, changes={employment.code: (before, None)})
    row.delete()
    changes.touch(component)


@command
def add_adjustment(
    *, user: Any, corrects: PayrollRun, amount: Decimal, currency: str, reason: str, actor: Any
) -> PayAdjustment:
    """Correct what an approved run paid somebody. The next run that is worked out takes it in, with the reason.

    Nobody corrects their own pay (`NotAllowed` ``self_approval``); an open run is worked out anew instead
    (`Conflict` ``payroll_open``); and it is in the currency that the person is paid in (`Invalid`
    ``mixed_currencies``).
    """
    _check_not_own(user.pk, actor)
    corrects = changes.lock(corrects)
    if corrects.status not in PayrollRun.FIXED:
        raise Conflict(_("That run is not approved: change what is wrong and work it out anew."), code="payroll_open")
    employment = Employment.objects.filter(user=user).first()
    if employment is None:
        raise Invalid(_("This person is no employee."), code="does_not_exist", field="user")
    _check_currency(employment, currency)
    if money.quantize(amount, currency) != amount:
        raise Invalid(_("The amount has more digits than its currency."), code="max_decimal_places", field="amount")
    if amount == 0:
        raise Invalid(_("A correction pays more or less than nothing."), code="min_value", field="amount")
    row = PayAdjustment(user=user, corrects=corrects, amount=amount, currency=currency, reason=reason, made_by=actor)
    return changes.create(row, actor=actor, action="pay_adjustment.added", event="pay_adjustment.added")


def _check_currency(employment: Employment, currency: str) -> None:
    """One in another currency than the next payslip could not be added up with it, and would hold the next run up."""
    agreed = pay_in_force([employment.pk], clock.business_date(employment), dt.date.max)[employment.pk]
    paid_in = sorted({row.currency for row in agreed})
    if paid_in and currency not in paid_in:
        raise Invalid(
            _("%(name)s is paid in %(theirs)s: enter the correction in that currency.")
            % {"name": employment.user, "theirs": ", ".join(paid_in)},
            code="mixed_currencies",
            field="currency",
        )


@command
def remove_adjustment(*, adjustment: PayAdjustment, actor: Any) -> None:
    """Take a correction back before it is paid (`Conflict` ``payroll_locked`` once it was).

    An open run that counted it must be worked out anew before it goes on.
    """
    _check_not_own(adjustment.user_id, actor)
    run = changes.lock(PayrollRun(pk=adjustment.run_id)) if adjustment.run_id is not None else None
    adjustment = changes.lock(adjustment)
    if adjustment.run_id != (run.pk if run is not None else None):
        raise Conflict(_("A run has just taken this correction in. Try again."), code="in_use")
    drop(adjustment, run=run, actor=actor)


def drop(adjustment: PayAdjustment, *, run: PayrollRun | None, actor: Any) -> None:
    """Take a correction back that is held, and the ``run`` with it that counts it, if one does."""
    if run is not None:
        _take_out(run, adjustment, actor)
    audit.record(
        "pay_adjustment.removed",
        adjustment,
        actor=actor,
        changes={name: (getattr(adjustment, name), None) for name in ("user_id", "amount", "currency", "reason")},
    )
    adjustment.delete()


def _take_out(run: PayrollRun, adjustment: PayAdjustment, actor: Any) -> None:
    if run.status in PayrollRun.FIXED:
        raise Conflict(
            _("This correction was paid with an approved run: make a second one the other way."), code="payroll_locked"
        )
    PayslipLine.objects.filter(adjustment=adjustment).delete()
    changes.update(
        run,
        actor=actor,
        action="payroll.outdated",
        status=PayrollRun.Status.DRAFT,
        computed_at=None,
        computation=run.computation + 1,
    )


def _check_not_own(user_id: int, actor: Any) -> None:
    if user_id == actor.pk:
        raise NotAllowed(_("Somebody else decides about your pay."), code="self_approval")
