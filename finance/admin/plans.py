"""What is billed by plan, in the admin: estimates, schedules, milestones, retainers; and a project's hours."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from clients.models import Project
from finance.admin.documents import LINE_FIELDS, amount_of
from finance.admin.papers import PapersMixin
from finance.billing.grouping import GroupBy
from finance.models import (
    Estimate,
    EstimateLine,
    Milestone,
    RecurringInvoice,
    RecurringLine,
    RecurringPeriod,
    Retainer,
    RetainerMonth,
)
from finance.services import books, estimates, from_time, milestones, recurring, retainers, settling
from hyperflow.core.admin import (
    Link,
    Move,
    MoveForm,
    ReadOnlyInline,
    RelatedFilter,
    ScopedModelAdmin,
    ServiceInline,
)
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter
from tasks.models import TimeEntry


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), **options)


class NoteForm(MoveForm):
    note = forms.CharField(label=_("Note"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget)


class DayForm(MoveForm):
    date = _day(_("On"), required=False, help_text=_("Empty: today."))


class HoursForm(MoveForm):
    """Which hours of a project are billed, and how."""

    until = _day(_("Worked until"))
    group_by = forms.ChoiceField(
        label=_("A line for each"),
        choices=[(GroupBy.TASK, _("Task")), (GroupBy.PERSON, _("Person")), (GroupBy.DAY, _("Day"))],
        widget=UnfoldAdminSelectWidget,
    )
    with_expenses = forms.BooleanField(
        label=_("Billable expenses, too"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    leave_out_unexplained = forms.BooleanField(
        label=_("Leave out time that attendance does not explain"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = books.today().replace(day=1) - dt.timedelta(days=1)

    def clean_group_by(self) -> GroupBy:
        return GroupBy(self.cleaned_data["group_by"])


BILL_HOURS = Move(
    "bill_hours", _("Bill hours"),
    lambda row, actor, **answers: from_time.bill_time(project=row, actor=actor, **answers),
    needs="finance.bill_time", done=_("a draft of its hours is among the invoices"), icon="request_quote",
    form=HoursForm,
    question=_("Approved, billable hours that are not billed yet become the draft of an invoice."),
)  # fmt: skip

# The project's page belongs to clients, which know nothing of invoices.
_projects: Any = admin.site.get_model_admin(Project)
_projects.moves = [*_projects.moves, BILL_HOURS]


class WriteOffForm(MoveForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


WRITE_OFF = Move(
    "write_off", _("Write off"), lambda row, actor, reason: settling.write_off(entry=row, actor=actor, reason=reason),
    needs="finance.bill_time", done=_("written off"), icon="money_off", form=WriteOffForm, danger=True,
    question=_("It will not be billed."),
    available=lambda row, user: row.billable and row.status == TimeEntry.Status.APPROVED,
)  # fmt: skip
TAKE_BACK = Move(
    "take_back", _("Bill after all"), lambda row, actor: settling.take_back_write_off(entry=row, actor=actor),
    needs="finance.bill_time", done=_("unbilled again"), icon="undo",
    available=lambda row, user: row.status == TimeEntry.Status.APPROVED,
)  # fmt: skip

_entries: Any = admin.site.get_model_admin(TimeEntry)
_entries.moves = [*_entries.moves, WRITE_OFF, TAKE_BACK]


def _invoice_link(invoice: Any) -> list[Link]:
    if invoice is None:
        return []
    return [Link(str(invoice), reverse("admin:finance_invoice_change", args=[invoice.pk]), icon="request_quote")]


# -- estimates


class EstimateLineInline(ServiceInline):
    model = EstimateLine
    verbose_name, verbose_name_plural = _("line"), _("lines")
    view_needs = "finance.view_estimate"
    change_needs = "finance.change_estimate"
    fields = [*LINE_FIELDS, "shown_net"]
    readonly_fields = ["shown_net"]
    can_delete = True
    ordering = ["position", "pk"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("estimate")

    def _may(self, request: HttpRequest, verb: str, owner: Any) -> bool:
        return (owner is None or owner.status == Estimate.Status.DRAFT) and super()._may(request, verb, owner)

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        lines = [*_lines_of(owner), _given(values)]
        return estimates.update_estimate(estimate=owner, actor=actor, lines=lines)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        lines = [one | _given(values) if one["line_id"] == row.pk else one for one in _lines_of(row.estimate)]
        return estimates.update_estimate(estimate=row.estimate, actor=actor, lines=lines)

    def delete_with(self, row: Any, actor: Any) -> None:
        lines = [one for one in _lines_of(row.estimate) if one["line_id"] != row.pk]
        estimates.update_estimate(estimate=row.estimate, actor=actor, lines=lines)

    @admin.display(description=_("net"))
    def shown_net(self, line: EstimateLine) -> str:
        return amount_of(line.taxable, line.estimate.currency) if line.pk else "–"


def _given(values: dict[str, Any]) -> Any:
    return {name: value for name, value in values.items() if name in LINE_FIELDS}


def _lines_of(estimate: Estimate) -> list[Any]:
    rows = EstimateLine.objects.filter(estimate=estimate).order_by("position", "pk")
    kept = [*LINE_FIELDS, "discount_amount"]
    return [{"line_id": line.pk, **{name: getattr(line, name) for name in kept}} for line in rows]


@admin.register(Estimate)
class EstimateAdmin(PapersMixin, ScopedModelAdmin):
    list_display = ["shown_number", "title", "client", "shown_status", "issue_date", "valid_until", "shown_total"]
    list_select_related = ["client"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("client", RelatedFilter),
        ("project", RelatedFilter),
        ("issue_date", RangeDateFilter),
    ]
    search_fields = ["number", "title", "client__name"]
    autocomplete_fields = ["client", "project"]
    inlines = [EstimateLineInline]
    history_skips = frozenset({"seller", "buyer"})
    moves = [
        Move(
            "send", _("Mark as sent"), lambda row, actor: estimates.send(estimate=row, actor=actor),
            needs="finance.change_estimate", done=_("sent"), icon="send",
            question=_("It takes the next number of its year and does not change any more."),
            available=lambda row, user: row.status == Estimate.Status.DRAFT,
        ),
        Move(
            "accept", _("Accepted"),
            lambda row, actor, note: estimates.decide(estimate=row, actor=actor, accepted=True, note=note),
            needs="finance.change_estimate", done=_("accepted"), icon="thumb_up", form=NoteForm,
            available=lambda row, user: row.status == Estimate.Status.SENT,
        ),
        Move(
            "decline", _("Declined"),
            lambda row, actor, note: estimates.decide(estimate=row, actor=actor, accepted=False, note=note),
            needs="finance.change_estimate", done=_("declined"), icon="thumb_down", form=NoteForm, danger=True,
            available=lambda row, user: Estimate.Status.DECLINED in Estimate.NEXT[Estimate.Status(row.status)],
        ),
        Move(
            "bill", _("Make the invoice"), lambda row, actor: estimates.bill(estimate=row, actor=actor),
            needs="finance.add_invoice", done=_("its draft is among the invoices"), icon="request_quote",
            available=lambda row, user: row.status == Estimate.Status.ACCEPTED and row.invoice_id is None,
        ),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        terms: list[Any] = [
            "title", ("client", "project"), ("currency", "exchange_rate"), ("issue_date", "valid_until"),
            ("discount_percent", "discount_amount"), "language", "notes",
        ]  # fmt: skip
        if obj is None:
            return [(None, {"fields": terms})]
        standing = [("number", "standing"), ("shown_subtotal", "shown_total"), "decision_note"]
        return [(_("Where it stands"), {"fields": standing}), (_("Terms"), {"fields": terms})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["number", "standing", "client", "shown_subtotal", "shown_total", "decision_note"]

    def may_change(self, user: Any, row: Any) -> bool:
        return bool(row.status == Estimate.Status.DRAFT)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        return [*super().links(request, row), *_invoice_link(row.invoice)]

    def create_with(self, actor: Any, **values: Any) -> Estimate:
        return estimates.create_estimate(actor=actor, lines=[], **values)

    def update_with(self, row: Estimate, actor: Any, **values: Any) -> Estimate:
        return estimates.update_estimate(estimate=row, actor=actor, **values)

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, row: Estimate) -> str:
        return str(row)

    @display(
        description=_("status"),
        ordering="status",
        label={"draft": "", "sent": "info", "accepted": "success", "declined": "warning", "expired": "danger"},
    )
    def shown_status(self, row: Estimate) -> tuple[str, Any]:
        status = estimates.status_on(row, books.today())
        return status, _("Expired") if status == Estimate.EXPIRED else row.get_status_display()

    @admin.display(description=_("status"))
    def standing(self, row: Estimate) -> str:
        return str(self.shown_status(row)[1])

    @admin.display(description=_("total"), ordering="total")
    def shown_total(self, row: Estimate) -> str:
        return amount_of(row.total, row.currency)

    @admin.display(description=_("subtotal"))
    def shown_subtotal(self, row: Estimate) -> str:
        return amount_of(row.subtotal, row.currency)


# -- schedules


class RecurringLineInline(ServiceInline):
    model = RecurringLine
    view_needs = "finance.view_recurringinvoice"
    change_needs = "finance.change_recurringinvoice"
    fields = ["description", "quantity", "unit_price", "discount_percent", "tax_rate"]
    can_delete = True
    ordering = ["position", "pk"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The rates are read once, not once a line."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.choices = list(field.choices)
        return field

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return recurring.add_line(schedule=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return recurring.update_line(line=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        recurring.remove_line(line=row, actor=actor)


class RecurringPeriodInline(ReadOnlyInline):
    model = RecurringPeriod
    view_needs = "finance.view_recurringinvoice"
    fields = ["period", "starts_on", "ends_on", "invoice"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("invoice")


@admin.register(RecurringInvoice)
class RecurringInvoiceAdmin(ScopedModelAdmin):
    list_display = ["name", "client", "every", "next_on", "ends_on", "issues_by_itself", "is_active"]
    list_select_related = ["client"]
    list_filter = [("is_active", BooleanRadioFilter), ("every", ChoicesDropdownFilter), ("client", RelatedFilter)]
    search_fields = ["name", "client__name"]
    autocomplete_fields = ["client", "project"]
    inlines = [RecurringLineInline, RecurringPeriodInline]

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        fields: list[Any] = [
            "name", ("client", "project"), ("every", "payment_terms_days"), ("starts_on", "ends_on"), "currency",
            ("issues_by_itself", "is_active"), "notes",
        ]  # fmt: skip
        return [(None, {"fields": fields if obj is None else ["next_on", *fields]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["next_on", "client"]

    def create_with(self, actor: Any, **values: Any) -> RecurringInvoice:
        return recurring.create_schedule(actor=actor, **values)

    def update_with(self, row: RecurringInvoice, actor: Any, **values: Any) -> RecurringInvoice:
        return recurring.update_schedule(schedule=row, actor=actor, **values)


# -- milestones


@admin.register(Milestone)
class MilestoneAdmin(ScopedModelAdmin):
    list_display = ["name", "project", "shown_amount", "due_date", "reached_on", "is_billed"]
    list_select_related = ["project", "line"]
    list_filter = [("project", RelatedFilter), ("due_date", RangeDateFilter), ("reached_on", RangeDateFilter)]
    search_fields = ["name", "project__name"]
    autocomplete_fields = ["project"]
    fields = [("project", "position"), "name", ("amount", "currency"), "tax_rate", "due_date"]
    deletable = True
    moves = [
        Move(
            "reach", _("Reached"), lambda row, actor, date: milestones.reach(milestone=row, actor=actor, date=date),
            needs="finance.change_milestone", done=_("reached"), icon="flag", form=DayForm,
            available=lambda row, user: row.reached_on is None,
        ),
        Move(
            "bill", _("Bill"), lambda row, actor: milestones.bill(milestone=row, actor=actor),
            needs="finance.add_invoice", done=_("its draft is among the invoices"), icon="request_quote",
            available=lambda row, user: row.reached_on is not None and row.line_id is None,
        ),
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["project"]

    def may_change(self, user: Any, row: Any) -> bool:
        return row.line_id is None

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        return _invoice_link(row.line.invoice if row.line is not None else None)

    def create_with(self, actor: Any, **values: Any) -> Milestone:
        return milestones.create_milestone(actor=actor, **values)

    def update_with(self, row: Milestone, actor: Any, **values: Any) -> Milestone:
        return milestones.update_milestone(milestone=row, actor=actor, **values)

    def delete_with(self, row: Milestone, actor: Any) -> None:
        milestones.delete_milestone(milestone=row, actor=actor)

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, row: Milestone) -> str:
        return amount_of(row.amount, row.currency)

    @admin.display(description=_("billed"), boolean=True)
    def is_billed(self, row: Milestone) -> bool:
        return row.line_id is not None


# -- retainers


class RetainerMonthInline(ReadOnlyInline):
    model = RetainerMonth
    view_needs = "finance.view_retainer"
    fields = ["month", "hours_included", "hours_brought", "hours_used", "hours_over", "hours_carried", "invoice"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("invoice")

    @admin.display(description=_("included"))
    def hours_included(self, row: RetainerMonth) -> str:
        return hours_of(row.included)

    @admin.display(description=_("brought"))
    def hours_brought(self, row: RetainerMonth) -> str:
        return hours_of(row.brought)

    @admin.display(description=_("worked"))
    def hours_used(self, row: RetainerMonth) -> str:
        return hours_of(row.used)

    @admin.display(description=_("run over"))
    def hours_over(self, row: RetainerMonth) -> str:
        return hours_of(row.overrun)

    @admin.display(description=_("carried on"))
    def hours_carried(self, row: RetainerMonth) -> str:
        return hours_of(row.carried)


def hours_of(seconds: int) -> str:
    """``-1:30`` and ``12:05``: hours and minutes."""
    sign, minutes = ("-" if seconds < 0 else ""), abs(seconds) // 60
    return f"{sign}{minutes // 60}:{minutes % 60:02}"


class RetainerForm(MoveForm):
    """A browser that knows no picker of months takes the month as text."""

    month = forms.DateField(
        label=_("Month"),
        help_text=_("Year and month, as in 2026-03. Months are billed in their order."),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "month", "placeholder": "2026-03"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = retainers.open_months(self.rows[0], books.today()) if len(self.rows) == 1 else []
        self.fields["month"].initial = f"{waiting[0]:%Y-%m}" if waiting else None


@admin.register(Retainer)
class RetainerAdmin(ScopedModelAdmin):
    list_display = ["name", "project", "shown_fee", "shown_hours", "starts_on", "ends_on", "is_active"]
    list_select_related = ["project"]
    list_filter = [("is_active", BooleanRadioFilter), ("project", RelatedFilter)]
    search_fields = ["name", "project__name"]
    autocomplete_fields = ["project"]
    inlines = [RetainerMonthInline]
    moves = [
        Move(
            "bill_month", _("Bill a month"),
            lambda row, actor, month: retainers.bill_month(retainer=row, actor=actor, month=month),
            needs="finance.bill_time", done=_("its draft is among the invoices"), icon="request_quote",
            form=RetainerForm, question=_("The fee, and the hours that run over at their rate."),
        ),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        fields: list[Any] = [
            "name", "project", ("starts_on", "ends_on"), ("fee", "currency"),
            ("included_seconds", "rolls_over_months"), ("overrun_rate", "tax_rate"), ("issues_by_itself", "is_active"),
        ]  # fmt: skip
        return [(None, {"fields": fields if obj is None else [("shown_hours", "shown_left"), *fields]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["project", "shown_hours", "shown_left"]

    def create_with(self, actor: Any, **values: Any) -> Retainer:
        return retainers.create_retainer(actor=actor, **values)

    def update_with(self, row: Retainer, actor: Any, **values: Any) -> Retainer:
        return retainers.update_retainer(retainer=row, actor=actor, **values)

    @admin.display(description=_("fee"), ordering="fee")
    def shown_fee(self, row: Retainer) -> str:
        return amount_of(row.fee, row.currency)

    @admin.display(description=_("hours a month"))
    def shown_hours(self, row: Retainer) -> str:
        return hours_of(row.included_seconds)

    @admin.display(description=_("hours left this month"))
    def shown_left(self, row: Retainer) -> str:
        return hours_of(retainers.hours_left(row))
