"""Payroll in the admin: runs with what changed and why, payslips, components, corrections."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from hr.admin.payroll_approving import ApproveForm, approve
from hr.admin.payroll_page import page_of
from hr.admin.payslips import amount_of
from hr.models import ComponentAssignment, Employment, PayAdjustment, PayComponent, PayrollRun
from hr.services import payroll, payroll_parts
from hyperflow.core.admin import (
    Link,
    Move,
    MoveForm,
    ReadOnlyInline,
    RelatedFilter,
    ScopedModelAdmin,
    widgets,
)
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter

Status = PayrollRun.Status

RUN_MOVES = [
    Move(
        "review", _("Hand in for review"), lambda run, actor: payroll.review(run=run, actor=actor),
        needs="hr.change_payrollrun", done=_("in review"), icon="fact_check",
        available=lambda run, user: run.status == Status.DRAFT and run.computed_at is not None,
    ),
    Move(
        "approve", _("Approve"), approve,
        needs="hr.approve_payroll", done=_("approved"), icon="verified", form=ApproveForm,
        question=_("It does not change any more, the attendance of its days is closed, and its people are told."),
        available=lambda run, user: run.status == Status.REVIEW,
    ),
    Move(
        "pay", _("Mark as paid"), lambda run, actor: payroll.pay(run=run, actor=actor),
        needs="hr.pay_payroll", done=_("paid"), icon="payments",
        question=_("It is booked as an expense, once."),
        available=lambda run, user: run.status == Status.APPROVED,
    ),
    Move(
        "recompute", _("Work out anew"), lambda run, actor: payroll.recompute(run=run, actor=actor),
        needs="hr.add_payrollrun", done=_("worked out anew"), icon="calculate",
        question=_("All its payslips are made again from what is true now. A run in review is a draft again."),
        available=lambda run, user: run.status in PayrollRun.OPEN,
    ),
]  # fmt: skip


@admin.register(PayrollRun)
class PayrollRunAdmin(ScopedModelAdmin):
    """Its page is where a run is judged: totals, each payslip beside the month before, and what explains it."""

    list_display = ["period", "shown_status", "people", "shown_net", "shown_cost", "approved_by", "paid_at"]
    list_select_related = ["approved_by"]
    list_filter = [("status", ChoicesDropdownFilter), ("starts_on", RangeDateFilter)]
    search_fields = ["period"]
    search_help_text = _("Month, as 2026-05")
    moves = RUN_MOVES
    change_form_after_template = "admin/hr/payroll_run.html"
    history_skips = frozenset({"computation", "totals", "problems", "job"})

    class Media:
        css: ClassVar = {"all": ["hyperflow/payroll.css"]}

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            return [(None, {"fields": ["period"], "description": _("The month, as 2026-05.")})]
        steps = [
            ("started_by", "reviewed_by"),
            ("approved_by", "approved_at"),
            ("paid_by", "paid_at"),
            ("locked_until",),
        ]
        # What has not happened yet would push the totals off a phone's screen.
        taken = [tuple(name for name in step if getattr(obj, name) is not None) for step in steps]
        standing = [("period", "status"), ("people", "computed_at"), *filter(None, taken)]
        return [(_("Where it stands"), {"fields": standing})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["status", "people", "computed_at", "started_by", "reviewed_by", "approved_by", "approved_at"]
        return [*shown, "paid_by", "paid_at", "locked_until"] if obj is not None else []

    def create_with(self, actor: Any, **values: Any) -> Any:
        started = payroll.start_run(actor=actor, period=values["period"])
        told = [_("A job works this run out. Its page shows how far it is.")] if started.job is not None else []
        return started.run, told

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        run = kwargs.get("obj")
        if run is not None:
            user = request.user
            context["payroll"] = page_of(
                run,
                payslips_are_shown=user.has_perm("hr.view_all_payslips"),
                attendance_is_shown=user.has_perm("hr.view_all_attendance"),
            )
        return super().render_change_form(request, context, **kwargs)

    def links(self, request: HttpRequest, row: PayrollRun) -> list[Link]:
        if not request.user.has_perm("hr.view_all_payslips"):
            return []
        address = reverse("admin:hr_payslip_changelist")
        return [Link(_("Payslips"), f"{address}?run__id__exact={row.pk}", icon="receipt_long")]

    @display(
        description=_("status"),
        ordering="status",
        label={"draft": "", "review": "warning", "approved": "info", "paid": "success"},
    )
    def shown_status(self, run: PayrollRun) -> tuple[str, Any]:
        return run.status, run.get_status_display()

    @admin.display(description=_("net pay"))
    def shown_net(self, run: PayrollRun) -> str:
        return sums_of(run, "net")

    @admin.display(description=_("cost"))
    def shown_cost(self, run: PayrollRun) -> str:
        return sums_of(run, "gross", "employer_share")


def sums_of(run: PayrollRun, *names: str) -> str:
    """The sums of a run in each of its currencies, one after the other."""
    sums = [(one["currency"], sum((Decimal(one[name]) for name in names), Decimal(0))) for one in run.totals]
    return " · ".join(amount_of(amount, currency) for currency, amount in sums)


class AssignForm(MoveForm):
    """Who gets the component, or another amount of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        employees = Employment.objects.visible_to(self.actor).select_related("user").order_by("code")
        self.fields["employment"] = widgets.one_of(_("Employee"), employees)
        self.fields["amount"] = forms.DecimalField(
            label=_("Own amount"),
            required=False,
            min_value=0,
            max_digits=18,
            decimal_places=3,
            help_text=_("In the currency of their pay, or a percentage. Empty: as the component has it."),
            widget=UnfoldAdminTextInputWidget(),
        )


class UnassignForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = ComponentAssignment.objects.filter(component__in=[row.pk for row in self.rows])
        employees = Employment.objects.visible_to(self.actor).filter(components__in=held).select_related("user")
        self.fields["employment"] = widgets.one_of(_("Employee"), employees.order_by("code"))


def _unassign(component: PayComponent, actor: Any, employment: Employment) -> None:
    payroll_parts.unassign_component(component=component, employment=employment, actor=actor)


COMPONENT_MOVES = [
    Move(
        "assign", _("Give to an employee"),
        lambda component, actor, **answers: payroll_parts.assign_component(component=component, actor=actor, **answers),
        needs="hr.change_paycomponent", done=_("given"), icon="person_add", form=AssignForm, in_list=False,
    ),
    Move(
        "unassign", _("Take from an employee"), _unassign,
        needs="hr.change_paycomponent", done=_("taken back"), icon="person_remove", form=UnassignForm, in_list=False,
    ),
]  # fmt: skip


class AssignmentInline(ReadOnlyInline):
    model = ComponentAssignment
    view_needs = "hr.view_paycomponent"
    fields = ["employment", "amount"]
    readonly_fields = fields
    verbose_name_plural = _("employees with it, or with an amount of their own")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("employment__user")


@admin.register(PayComponent)
class PayComponentAdmin(ScopedModelAdmin):
    list_display = ["name", "code", "kind", "method", "for_everybody", "is_active", "position"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("for_everybody", BooleanRadioFilter),
    ]
    search_fields = ["name", "code"]
    inlines = [AssignmentInline]
    moves = COMPONENT_MOVES

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        names = ", ".join(sorted(payroll_parts.NAMES))
        help_text = _(
            "A formula may name: %(names)s; it knows + - * / ( ), comparisons, min, max, round and if(…, …, …). "
            'Brackets are written [{"above": "1000", "percent": "10"}].'
        )
        return [
            (None, {"fields": [("name", "code"), ("kind", "position"), ("is_active", "for_everybody")]}),
            (
                _("How much"),
                {
                    "fields": [
                        ("method", "base"), ("amount", "currency"), ("percent", "is_prorated"), "formula", "brackets",
                    ],
                    "description": help_text % {"names": names},
                },
            ),
            (_("When"), {"fields": [("effective_from", "effective_until")]}),
        ]  # fmt: skip

    def create_with(self, actor: Any, **values: Any) -> PayComponent:
        return payroll_parts.create_component(actor=actor, **values)

    def update_with(self, row: PayComponent, actor: Any, **values: Any) -> PayComponent:
        return payroll_parts.update_component(component=row, actor=actor, **values)


@admin.register(PayAdjustment)
class PayAdjustmentAdmin(ScopedModelAdmin):
    """What an approved run paid wrongly is corrected here; the next run pays it, with its reason."""

    list_display = ["user", "corrects", "shown_amount", "reason", "run", "made_by"]
    list_select_related = ["user", "corrects", "run", "made_by"]
    list_filter = [("user", RelatedFilter), ("corrects", RelatedFilter), ("run", RelatedFilter)]
    search_fields = ["user__name", "reason"]
    autocomplete_fields = ["user", "corrects"]
    deletable = True

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        fields = [("user", "corrects"), ("amount", "currency"), "reason"]
        return [(None, {"fields": [*fields, *([("run", "made_by")] if obj is not None else [])]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["run", "made_by"] if obj is not None else []

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, row: PayAdjustment) -> str:
        return amount_of(row.amount, row.currency)

    def create_with(self, actor: Any, **values: Any) -> PayAdjustment:
        return payroll_parts.add_adjustment(actor=actor, **values)

    def delete_with(self, row: PayAdjustment, actor: Any) -> None:
        payroll_parts.remove_adjustment(adjustment=row, actor=actor)
