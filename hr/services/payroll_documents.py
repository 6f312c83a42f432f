"""The payslip as a document: rendered from what the row keeps, stored once its run is approved, announced by mail."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from hr.models import PayrollRun, Payslip, PayslipLine
from hyperflow.core import changes, jobs, mail, money, storage, typesetting
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command

TEMPLATE = "hr/payslip.typ"
#: What signed links to payslips name.
KIND = "hr.payslip"
#: Payslips that are stored and announced in one transaction.
BATCH = 50


def render(payslip: Payslip) -> bytes:
    """The PDF, the same for the same payslip. Needs ``run`` and ``lines`` at hand."""
    made_at = payslip.run.approved_at or payslip.created_at
    return typesetting.pdf(TEMPLATE, _content(payslip), made_at=made_at)


@command
def pdf_of(*, payslip: Payslip) -> StoredFile:
    """The stored document of a payslip of an approved run; rendered at once where the job has not done it yet."""
    payslip = changes.lock(payslip)
    if payslip.pdf is None:
        content = ContentFile(render(payslip), name=file_name(payslip))
        payslip.pdf = storage.store(content, actor=None)
        payslip.save(update_fields=["pdf"])
    return payslip.pdf


def find_document(pk: int, user: Any) -> StoredFile | None:
    """The document of a payslip, for who may see it."""
    payslip = Payslip.objects.visible_to(user).filter(pk=pk, run__status__in=sorted(PayrollRun.FIXED)).first()
    return pdf_of(payslip=payslip) if payslip is not None else None


def prepare(*, run_id: int) -> dict[str, int]:
    """Store the documents of an approved run and tell its people, each once. Done again it does nothing more."""
    rows = to_prepare(run_id)
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        with jobs.effect():
            for payslip in rows.filter(pk__in=ids[start : start + BATCH]):
                pdf_of(payslip=payslip)
                _announce(payslip)
        jobs.progress(100 * min(start + BATCH, len(ids)) // len(ids))
    return {"payslips": len(ids)}


def to_prepare(run_id: int) -> QuerySet[Payslip]:
    """Payslips of an approved run whose document is not stored yet."""
    rows = Payslip.objects.filter(run_id=run_id, run__status__in=sorted(PayrollRun.FIXED), pdf__isnull=True)
    return rows.select_related("run", "user").order_by("pk")


def _announce(payslip: Payslip) -> None:
    """The mail says no amount: it may be read over a shoulder, or by somebody else."""
    user = payslip.user
    if not user.is_active:
        return
    month = month_name(payslip.period_start)
    title = _("Your payslip for %(month)s is ready") % {"month": month}
    # Without a front end of one's own, people read it in the admin.
    has_own = settings.FRONTEND_URL != settings.PUBLIC_URL
    page = f"/payslips/{payslip.pk}" if has_own else f"/admin/hr/payslip/{payslip.pk}/change/"
    link = f"{settings.FRONTEND_URL}{page}"
    text = _("Hello %(name)s,\n\nyour payslip for %(month)s is ready. You find it here:\n\n%(link)s\n\n%(company)s\n")
    mail.send(
        to=user.email,
        subject=title,
        text=text % {"name": user.name, "month": month, "link": link, "company": payslip.employer},
        dedupe_key=f"payslip:{payslip.pk}",
    )
    notify(users=[user], kind="payslip.ready", title=title, subject=payslip)


def file_name(payslip: Payslip) -> str:
    return f"payslip-{payslip.period}-{payslip.employee_code}.pdf"


def month_name(day: dt.date) -> str:
    return date_format(day, "F Y")


def _content(payslip: Payslip) -> dict[str, Any]:
    """Everything that is printed, in words."""
    lines = list(payslip.lines.all())
    heading = _("Payslip") if payslip.run.status in PayrollRun.FIXED else _("Payslip (draft)")
    month = month_name(payslip.period_start)
    return {
        "language": (get_language() or "en")[:2],
        "title": f"{heading} {month}",
        "heading": heading,
        "month": month,
        "employer": payslip.employer,
        "footer": f"{payslip.employee_name} · {payslip.employee_code} · {month}",
        "person": _rows(
            (_("Name"), payslip.employee_name),
            (_("Employee code"), payslip.employee_code),
            (_("Position"), payslip.position),
            (_("Department"), payslip.department),
        ),
        "days": _rows(
            (_("Period"), f"{date_format(payslip.period_start, 'j M')} – {date_format(payslip.period_end, 'j M Y')}"),
            (_("Working days"), _working_days(payslip)),
            (_("Paid days"), _number(payslip.paid_days)),
            (_("Unpaid days"), _number(payslip.unpaid_days)),
            (_("Overtime in hours"), _number(payslip.overtime_hours) if payslip.overtime_hours else ""),
        ),
        "earned_title": _("Earnings"),
        "earned": _earned(payslip, lines),
        "gross": _row(_("Gross pay"), _amount(payslip, payslip.gross)),
        "deducted_title": _("Deductions"),
        "deducted": [
            _row(line.label, _amount(payslip, line.amount)) for line in lines if line.kind == "deduction"
        ],
        "deductions": _row(_("Deductions together"), _amount(payslip, payslip.deductions)),
        "net": _row(_("Net pay"), f"{payslip.currency} {_amount(payslip, payslip.net)}"),
        "share": _share(payslip),
    }  # fmt: skip


def _earned(payslip: Payslip, lines: list[PayslipLine]) -> list[dict[str, str]]:
    rows = [_row(_("Basic salary"), _amount(payslip, payslip.basic_salary))]
    if payslip.unpaid_leave:
        rows.append(_row(_("Unpaid days"), _amount(payslip, -payslip.unpaid_leave)))
    if payslip.overtime:
        rows.append(_row(_("Overtime"), _amount(payslip, payslip.overtime)))
    return [*rows, *(_row(line.label, _amount(payslip, line.amount)) for line in lines if line.kind == "allowance")]


def _share(payslip: Payslip) -> str:
    if not payslip.employer_share:
        return ""
    amount = f"{payslip.currency} {_amount(payslip, payslip.employer_share)}"
    return _("Beside this the employer pays a share of %(amount)s.") % {"amount": amount}


def _working_days(payslip: Payslip) -> str:
    days = _number(payslip.working_days)
    if payslip.month_days == payslip.working_days:
        return days
    return _("%(days)s of the month's %(all)s") % {"days": days, "all": _number(payslip.month_days)}


def _rows(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [_row(label, value) for label, value in pairs if value]


def _row(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": value}


def _amount(payslip: Payslip, amount: Decimal) -> str:
    text = f"{money.quantize(amount, payslip.currency):,f}"
    return text.replace("-", "−")


def _number(number: Decimal) -> str:
    return format(number.normalize(), "f")
