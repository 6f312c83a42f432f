"""What the page of a run shows below its fields: totals, each payslip beside the month before, what explains it."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hr.models import PayrollRun
from hr.selectors.payroll_changes import Difference, differences, run_before
from hr.selectors.payroll_waiting import PaidAbsence, Waiting, days_over, paid_absences, waiting_of
from hr.services.payroll import job_under_way
from hyperflow.core import money

#: Payslips on the page: those whose pay changed most. The rest are in the list of payslips.
MOST = 300
_AMOUNTS = ("basic_salary", "unpaid_leave", "overtime", "allowances", "gross", "deductions")


def page_of(run: PayrollRun, *, payslips_are_shown: bool, attendance_is_shown: bool = False) -> dict[str, Any]:
    """Values for `admin/hr/payroll_run.html`, in a fixed number of queries.

    What holds the approval up is said before somebody tries; where it leads only to who sees everybody's attendance.
    """
    is_open = run.status in PayrollRun.OPEN
    before = run_before(run)
    found = differences(run, before) if payslips_are_shown and run.computed_at is not None else []
    return {
        "job": job_under_way(run),
        "problems": run.problems,
        "waiting": [_waiting(one, run, attendance_is_shown) for one in waiting_of(run)] if is_open else [],
        "absences": [_absence(one, run, attendance_is_shown) for one in paid_absences(run)] if is_open else [],
        "before": before.period if before is not None else "",
        "totals": [_total(one, before) for one in run.totals],
        "rows": [_row(one, has_before=before is not None) for one in found[:MOST]],
        "left_out": max(0, len(found) - MOST),
        "all": f"{reverse('admin:hr_payslip_changelist')}?run__id__exact={run.pk}",
    }


def _waiting(one: Waiting, run: PayrollRun, is_linked: bool) -> dict[str, Any]:
    first, last = days_over(run)
    sessions, corrections, leave = "", "", ""
    if is_linked:
        days = {"work_date_from": first.isoformat(), "work_date_to": last.isoformat(), "confirmed__exact": 0}
        sessions = _list("attendance", user__id__exact=one.user_id, **days)
        corrections = _list("attendancecorrection", user__id__exact=one.user_id, status__exact="pending")
        leave = _list("leaverequest", user__id__exact=one.user_id, status__exact="pending")
    parts = []
    if one.sessions:
        text = ngettext("%(count)d session to confirm", "%(count)d sessions to confirm", one.sessions)
        parts.append({"text": text % {"count": one.sessions}, "link": sessions})
    if one.corrections:
        text = ngettext("%(count)d correction to decide", "%(count)d corrections to decide", one.corrections)
        parts.append({"text": text % {"count": one.corrections}, "link": corrections})
    if one.leave:
        text = ngettext("%(count)d request for leave to decide", "%(count)d requests for leave to decide", one.leave)
        parts.append({"text": text % {"count": one.leave}, "link": leave})
    return {"name": one.name, "parts": parts}


def _absence(one: PaidAbsence, run: PayrollRun, is_linked: bool) -> dict[str, Any]:
    text = ngettext("%(count)d day without work or leave", "%(count)d days without work or leave", len(one.days))
    query = urlencode({"month": run.period, "person": one.user_id})
    return {
        "name": one.name,
        "text": text % {"count": len(one.days)},
        "link": f"{reverse('admin:hr_attendance_sheet')}?{query}" if is_linked else "",
    }


def _list(model: str, **query: Any) -> str:
    return f"{reverse(f'admin:hr_{model}_changelist')}?{urlencode(query)}"


def _total(total: dict[str, Any], before: PayrollRun | None) -> dict[str, Any]:
    currency = total["currency"]
    then = next((one for one in before.totals if one["currency"] == currency), None) if before is not None else None
    change = _signed(Decimal(total["net"]) - Decimal(then["net"]), currency) if then is not None else ""
    return {
        "currency": currency,
        "people": total["people"],
        **{name: _amount(Decimal(total[name]), currency) for name in ("net", "gross", "deductions", "employer_share")},
        "cost": _amount(Decimal(total["gross"]) + Decimal(total["employer_share"]), currency),
        "difference": change,
    }


def _row(one: Difference, *, has_before: bool) -> dict[str, Any]:
    slip, is_here = one.payslip, one.is_here
    days = f"{slip.paid_days.normalize():f} / {slip.working_days.normalize():f}"
    amounts = [_amount(getattr(slip, name), slip.currency) if getattr(slip, name) else "–" for name in _AMOUNTS]
    return {
        "name": slip.employee_name,
        "department": slip.department,
        "link": reverse("admin:hr_payslip_change", args=[slip.pk]),
        "is_here": is_here,
        "net": f"{slip.currency} {_amount(slip.net, slip.currency)}" if is_here else "–",
        "amounts": [days, *amounts] if is_here else ["–"] * (len(amounts) + 1),
        "change": _change(one) if has_before else "",
        "tone": "" if not (has_before and one.amount) else "up" if one.amount > 0 else "down",
        "causes": [
            {"label": cause.label, "amount": _signed(cause.amount, slip.currency)} for cause in one.causes
        ] if has_before else [],
    }  # fmt: skip


def _change(one: Difference) -> str:
    if one.amount is None:
        return _("other currency")
    return _signed(one.amount, one.payslip.currency) if one.amount else "–"


def _signed(amount: Decimal, currency: str) -> str:
    return f"{'+' if amount > 0 else ''}{_amount(amount, currency)}"


def _amount(amount: Decimal, currency: str) -> str:
    return f"{money.quantize(amount, currency):,f}".replace("-", "−")
