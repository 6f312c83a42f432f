"""Payslips in the admin: each amount in its currency, what it is made of, and its document."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin import AllValuesFieldListFilter
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.models import PayrollRun, Payslip, PayslipLine
from hr.services import payroll_documents
from hyperflow.core import money, storage
from hyperflow.core.admin import Link, ReadOnlyInline, ReadOnlyScopedAdmin, RelatedFilter
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter
from hyperflow.core.admin.forms import without_zeros

Status = PayrollRun.Status
#: Fields that the page shows with their currency, and those that it shows without zeros that say nothing.
AMOUNTS = (
    "basic_salary", "unpaid_leave", "overtime", "allowances", "gross", "deductions", "net", "employer_share",
)  # fmt: skip
NUMBERS = ("working_days", "month_days", "paid_days", "unpaid_days", "hours", "overtime_hours")


def amount_of(amount: Decimal, currency: str) -> str:
    return f"{currency} {money.quantize(amount, currency):,f}"


def _amount(name: str) -> Any:
    return _shown(name, lambda row: amount_of(getattr(row, name), row.currency))


def _number(name: str) -> Any:
    return _shown(name, lambda row: f"{without_zeros(getattr(row, name)):,f}")


def _shown(name: str, words: Callable[[Payslip], str]) -> Any:
    """A column, and a line of the page, under the name of that field."""

    @admin.display(description=getattr(Payslip._meta.get_field(name), "verbose_name", name))
    def shown(_admin: Any, row: Payslip) -> str:
        return words(row)

    return shown


class PayslipLineInline(ReadOnlyInline):
    model = PayslipLine
    view_needs = "hr.view_payslip"
    verbose_name_plural = _("what it is made of")
    fields = ["label", "kind", "shown_amount"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("payslip")

    @admin.display(description=_("amount"))
    def shown_amount(self, row: PayslipLine) -> str:
        return amount_of(row.amount, row.payslip.currency)


@admin.register(Payslip)
class PayslipAdmin(ReadOnlyScopedAdmin):
    """Payslips are made by runs; here they are read, by their people and by who looks after pay."""

    list_display = ["period", "employee_name", "department", "shown_gross", "shown_net", "shown_days", "shown_state"]
    list_select_related = ["run"]
    list_filter = [
        ("run", RelatedFilter),
        ("run__status", ChoicesDropdownFilter),
        ("user", RelatedFilter),
        ("user__department", RelatedFilter),
        ("department", AllValuesFieldListFilter),
        ("currency", AllValuesFieldListFilter),
        ("period_start", RangeDateFilter),
    ]
    search_fields = ["employee_name", "employee_code"]
    search_help_text = _("Name or employee code")
    inlines = [PayslipLineInline]
    exported = [
        (_("Month"), "period"), (_("Employee code"), "employee_code"), (_("Name"), "employee_name"),
        (_("Department"), "department"), (_("Currency"), "currency"), (_("Basic salary"), "basic_salary"),
        (_("Unpaid leave"), "unpaid_leave"), (_("Overtime"), "overtime"), (_("Allowances"), "allowances"),
        (_("Gross pay"), "gross"), (_("Deductions"), "deductions"), (_("Net pay"), "net"),
        (_("Employer's share"), "employer_share"), (_("Working days"), "working_days"), (_("Paid days"), "paid_days"),
        (_("Unpaid days"), "unpaid_days"), (_("Status"), "status"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        who = [("employee_name", "employee_code"), ("position", "department"), ("period", "employer")]
        pay = [
            ("shown_basic_salary", "shown_unpaid_leave"), ("shown_overtime", "shown_allowances"),
            ("shown_gross", "shown_deductions"), ("shown_net", "shown_employer_share"),
        ]  # fmt: skip
        days = [
            ("shown_working_days", "shown_month_days"), ("shown_paid_days", "shown_unpaid_days"),
            ("shown_hours", "shown_overtime_hours"),
        ]  # fmt: skip
        return [(None, {"fields": who}), (_("Pay"), {"fields": pay}), (_("Days"), {"fields": days})]

    def get_urls(self) -> list[URLPattern]:
        pdf = path("<int:pk>/pdf/", self.admin_site.admin_view(self.pdf_view), name=self._url_name("pdf", full=False))
        return [pdf, *super().get_urls()]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The document of a payslip that is visible to the reader and approved."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = payroll_documents.find_document(pk, request.user)
        if file is None:
            raise Http404
        return storage.download(file)

    def links(self, request: HttpRequest, row: Payslip) -> list[Link]:
        if row.run.status not in PayrollRun.FIXED:
            return []
        return [Link(_("PDF"), reverse("admin:hr_payslip_pdf", args=[row.pk]), icon="picture_as_pdf")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [f"shown_{name}" for name in (*AMOUNTS, *NUMBERS)]

    shown_basic_salary, shown_unpaid_leave, shown_overtime, shown_allowances = map(_amount, AMOUNTS[:4])
    shown_gross, shown_deductions, shown_net, shown_employer_share = map(_amount, AMOUNTS[4:])
    shown_working_days, shown_month_days, shown_paid_days = map(_number, NUMBERS[:3])
    shown_unpaid_days, shown_hours, shown_overtime_hours = map(_number, NUMBERS[3:])

    @admin.display(description=_("paid days"))
    def shown_days(self, row: Payslip) -> str:
        return f"{row.paid_days.normalize():f} / {row.working_days.normalize():f}"

    @display(description=_("status"), label={"draft": "", "approved": "info", "paid": "success"})
    def shown_state(self, row: Payslip) -> tuple[str, Any]:
        return row.status, Status(row.run.status).label
