"""The page that follows money: from an invoice back to the work behind it, and from a task forward to its invoices."""

from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.models import Invoice
from finance.reports.durations import in_minutes
from finance.selectors import trace
from finance.selectors.trace import Step
from hyperflow.core import money
from hyperflow.core.reports import Column, FilterForm, ReportView, Table
from tasks.models import Task

_KINDS = {
    trace.TIME: _("Time"),
    trace.EXPENSE: _("Expense"),
    trace.MILESTONE: _("Milestone"),
    trace.WRITTEN: _("Written by hand"),
}
_STATES = {
    "billed": _("billed"),
    "written off": _("written off"),
    "unbilled": _("unbilled"),
    "not billable": _("not billable"),
}
_PAGES = {
    trace.TIME: "admin:tasks_timeentry_change",
    trace.EXPENSE: "admin:finance_financialrecord_change",
    trace.MILESTONE: "admin:finance_milestone_change",
}


class TraceForm(FilterForm):
    invoice = forms.CharField(label=_("Invoice"), required=False, max_length=40)
    task = forms.CharField(label=_("Task"), required=False, max_length=40)

    def clean_invoice(self) -> Invoice | None:
        number = self.cleaned_data["invoice"].strip()
        if not number:
            return None
        rows = Invoice.objects.visible_to(self.user).select_related("client")
        found: Invoice | None = rows.filter(number__iexact=number).first()
        if found is None and number.isascii() and number.isdigit() and len(number) < 19:
            found = rows.filter(pk=int(number)).first()
        if found is None:
            raise forms.ValidationError(_("There is no invoice with this number."))
        return found

    def clean_task(self) -> Task | None:
        key = self.cleaned_data["task"].strip()
        if not key:
            return None
        found: Task | None = Task.objects.visible_to(self.user).filter(key__iexact=key).first()
        if found is None:
            raise forms.ValidationError(_("There is no task with this key."))
        return found


def _page(row: dict[str, Any]) -> str | None:
    step: Step = row["step"]
    name = _PAGES.get(step.kind)
    return reverse(name, args=[step.pk]) if name is not None and step.pk is not None else None


def _task(row: dict[str, Any]) -> str | None:
    step: Step = row["step"]
    return reverse("admin:tasks_task_change", args=[step.task.pk]) if step.task is not None else None


def _invoice(row: dict[str, Any]) -> str | None:
    step: Step = row["step"]
    return reverse("admin:finance_invoice_change", args=[step.line.invoice_id]) if step.line is not None else None


def _amount(step: Step) -> Decimal | None:
    currency = step.currency or (step.line.invoice.currency if step.line is not None else "")
    return money.quantize(step.amount, currency) if step.amount is not None and currency else step.amount


def _rows(steps: list[Step]) -> list[dict[str, Any]]:
    timed = [step for step in steps if step.seconds is not None]
    minutes = dict(zip(map(id, timed), in_minutes([step.seconds or 0 for step in timed]), strict=True))
    return [_row(step, minutes.get(id(step))) for step in steps]


def _row(step: Step, minutes: int | None) -> dict[str, Any]:
    state = str(_STATES.get(step.state, ""))
    return {
        "step": step,
        "invoice": str(step.line.invoice) if step.line is not None else "",
        "line": step.line.description if step.line is not None else "",
        "kind": str(_KINDS[step.kind]),
        "what": step.what,
        "task": step.task.key if step.task is not None else "",
        "person": step.person,
        "day": step.day,
        "hours": minutes,
        "amount": _amount(step),
        "state": _now("given back") if step.given_back else state,
    }


class TraceReport(ReportView):
    """What an invoice bills, or what became of a task's hours."""

    slug = "finance/trace"
    title = _("Trace")
    description = _(
        "From the lines of an invoice back to time, tasks and expenses; from a task forward to its invoices."
    )
    needs = ("finance.view_settledtime",)
    form_class = TraceForm
    columns = [
        Column(_("Invoice"), "invoice", link=_invoice),
        Column(_("Line"), "line"),
        Column(_("Kind"), "kind", link=_page),
        Column(_("What"), "what"),
        Column(_("Task"), "task", link=_task),
        Column(_("Person"), "person"),
        Column(_("Day"), "day", "date"),
        Column(_("Hours"), "hours", "minutes", total=True),
        Column(_("Amount"), "amount", "money"),
        Column(_("Stands"), "state"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        invoice, task = filters["invoice"], filters["task"]
        if invoice is None and task is None:
            return Table([], notes=[_now("Name an invoice by its number, or a task by its key.")])
        steps = [*(trace.behind(invoice) if invoice else []), *(trace.forward(task) if task else [])]
        notes = []
        if invoice is not None:
            notes.append(f"{invoice} · {invoice.client.name} · {invoice.currency}")
        if task is not None:
            notes.append(f"{task.key} · {task.title}")
        return Table(_rows(steps), notes=notes)
