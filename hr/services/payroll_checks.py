"""What must be settled before a run is approved, each refusal with its code and what to do about it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from hr.models import Compensation, Employment, PayComponent, PayrollRun, Payslip
from hr.selectors import payroll as selectors
from hr.services.payroll_locks import waiting_for
from hyperflow.core import clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed

#: Names that a refusal says; more are counted by their ids.
_MOST_NAMES = 5


def check_not_own(run: PayrollRun, actor: Any) -> None:
    """Whoever prepared a run with their own payslip in it does not approve it as well (``self_approval``)."""
    prepared = actor.pk in {run.started_by_id, run.reviewed_by_id}
    if prepared and run.payslips.filter(user_id=actor.pk).exists():
        message = _("Your own payslip is in this run, which you prepared: somebody else approves it.")
        raise NotAllowed(message, code="self_approval")


def check_complete(run: PayrollRun) -> None:
    """Everybody could be worked out (else ``payroll_incomplete``)."""
    stuck = [problem for problem in run.problems if problem["blocks"]]
    if stuck:
        raise Conflict(
            _("%(name)s: %(message)s Mend it, then work the run out anew.") % stuck[0],
            code="payroll_incomplete",
            user_ids=sorted({problem["user_id"] for problem in stuck}),
        )


def problems_without(run: PayrollRun, leave_out: Sequence[int]) -> list[dict[str, Any]]:
    """The problems as they stand once these people are left out: everybody without pay, and nobody else.

    Raises `Conflict` ``payroll_without_pay`` while somebody without pay is not named, `Invalid` ``not_without_pay``
    for somebody who is named and has pay.
    """
    without = run.without_pay
    if wrong := sorted(set(leave_out) - set(without)):
        message = _("Only who has no pay in this run is left out; others have a payslip, or are not in it: %(ids)s.")
        values = {"ids": ", ".join(str(one) for one in wrong[:_MOST_NAMES])}
        raise Invalid(message % values, code="not_without_pay", field="leave_out")
    if missing := {pk: name for pk, name in without.items() if pk not in leave_out}:
        message = _("No pay is set for %(names)s, so they get no payslip for this month.")
        hint = _(
            "Set their pay (0 for who works without any) and work the run out anew, or say in the approval that they "
            "are left out (`leave_out`)."
        )
        raise Conflict(
            f"{message % {'names': _named(missing.values())}} {hint}",
            code="payroll_without_pay",
            user_ids=sorted(missing),
        )
    return [{**one, "left_out": True} if one["code"] == run.NO_PAY else one for one in run.problems]


def check_current(run: PayrollRun) -> None:
    """No employment, pay or component of pay was changed since the run was worked out (else ``payroll_outdated``)."""
    listed = Q(pk__in=selectors.to_be_paid(run).values("pk")) | Q(
        user_id__in=Payslip.objects.filter(run=run).values("user_id")
    )
    # Until now: where a past is played back (demo data), rows may bear stamps of days that are still to come.
    worked_out, now = run.computed_at, clock.now()
    later = Compensation.objects.filter(created_at__gt=worked_out, created_at__lte=now, effective_from__lte=run.ends_on)
    changed = Employment.objects.filter(listed).filter(
        Q(updated_at__gt=worked_out, updated_at__lte=now) | Q(pk__in=later.values("employment_id"))
    )
    component = PayComponent.objects.filter(updated_at__gt=worked_out, updated_at__lte=now).order_by("pk").first()
    if component is not None:
        message = _("The component “%(name)s”, or whom it holds for, was changed since this run was worked out.")
        raise Conflict(f"{message % {'name': component.name}} {_('Work it out anew.')}", code="payroll_outdated")
    found = dict(changed.order_by("pk").values_list("user_id", "user__name"))
    if found:
        message = _("The employment or the pay of %(names)s was changed since this run was worked out.")
        raise Conflict(
            f"{message % {'names': _named(found.values())}} {_('Work it out anew.')}",
            code="payroll_outdated",
            user_ids=sorted(found),
        )


def check_settled(run: PayrollRun) -> None:
    """No attendance and no leave of its days waits for somebody (else ``attendance_waits``): closing the days would
    freeze hours that nobody confirmed, and leave could not be approved any more."""
    if waiting := waiting_for(run):
        message = _(
            "Days of %(names)s in this month are not settled: hours to confirm, corrections or leave to decide."
        )
        hint = _("Settle it (a correction by HR confirms hours too), then work the run out anew.")
        raise Conflict(f"{message % {'names': _named(waiting)}} {hint}", code="attendance_waits")


def _named(names: Iterable[str]) -> str:
    every = sorted(names)
    return ", ".join(every[:_MOST_NAMES]) + (" …" if len(every) > _MOST_NAMES else "")
