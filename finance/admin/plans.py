"""What is billed by plan, in the admin: schedules, milestones, retainers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from finance.admin.documents import amount_of
from finance.admin.moves import DayForm, invoice_link
from finance.models import (
    Milestone,
    RecurringInvoice,
    RecurringLine,
    RecurringPeriod,
    Retainer,
    RetainerMonth,
)
from finance.services import books, milestones, recurring, retainers
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
        return invoice_link(row.line.invoice if row.line is not None else None)

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
