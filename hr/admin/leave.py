"""Leave in the admin: requests with what a decision means for the work, the ledger, kinds of leave, blocked days."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.models import BlockedDays, LeaveEntry, LeaveRequest, LeaveType
from hr.selectors.leave_impact import impact_of
from hr.services import leave as services
from hr.services import leave_checks, leave_ledger, leave_policies
from hyperflow.core import storage
from hyperflow.core.admin import (
    Link,
    Move,
    MoveForm,
    ReadOnlyInline,
    ReadOnlyScopedAdmin,
    RelatedFilter,
    ScopedModelAdmin,
    widgets,
)
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter
from hyperflow.core.admin.forms import StandInForm
from hyperflow.core.errors import DomainError

Status = LeaveRequest.Status
DECIDES = ("hr.decide_leave", "hr.decide_any_leave")
#: Of how many requests that are decided together the confirmation shows the impact.
MOST_IMPACTS = 10


class NoteForm(MoveForm):
    decision_note = widgets.text(_("Note"), required=False, help_text=_("The person reads it."))


class ReasonForm(MoveForm):
    decision_note = widgets.text(_("Reason"), help_text=_("The person reads it."))


def _to(status: str) -> Any:
    def act(request: LeaveRequest, actor: Any, decision_note: str = "") -> Any:
        return services.set_status(request=request, status=status, actor=actor, decision_note=decision_note)

    return act


def _offered(status: str) -> Any:
    """The button is there for who may press it, while the request stands where it leads from."""

    def available(request: LeaveRequest, user: Any) -> bool:
        try:
            services.check_may_move(request=request, status=status, actor=user)
        except DomainError:
            return False
        return status in LeaveRequest.NEXT[Status(request.status)]

    return available


MOVES = [
    Move(
        "approve", _("Approve"), _to(Status.APPROVED), needs=DECIDES, done=_("approved"), icon="check", primary=True,
        form=NoteForm, available=_offered(Status.APPROVED),
        question=_("The days are taken from the balance, and the person is told."),
    ),
    Move(
        "reject", _("Reject"), _to(Status.REJECTED), needs=DECIDES, done=_("rejected"), icon="block", danger=True,
        form=ReasonForm, available=_offered(Status.REJECTED),
    ),
    Move(
        "cancel", _("Cancel leave"), _to(Status.CANCELLED), needs=("hr.add_leaverequest", "hr.decide_any_leave"),
        done=_("cancelled"), icon="undo", form=NoteForm, available=_offered(Status.CANCELLED),
        question=_("Days that were taken are given back."),
    ),
]  # fmt: skip


class AskForm(StandInForm):
    """Asks for leave, with the document that some kinds of leave need."""

    typed, stored = "enclosed", "document"
    enclosed = widgets.file(
        _("Document"),
        required=False,
        help_text=_("A certificate, say, as PDF or picture. Who may see the request can open it, and nobody else."),
    )

    def _field_for(self, name: str | None) -> str | None:
        """The store speaks of a file."""
        return "enclosed" if name == "file" else super()._field_for(name)


class EntryInline(ReadOnlyInline):
    model = LeaveEntry
    tab = True
    verbose_name_plural = _("ledger")
    fields = ["effective_on", "kind", "days", "note"]
    readonly_fields = fields


@admin.register(LeaveRequest)
class LeaveRequestAdmin(ScopedModelAdmin):
    list_display = ["shown_person", "type", "shown_when", "shown_days", "shown_status", "approver"]
    list_select_related = ["user", "type", "approver"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("type", RelatedFilter),
        ("user", RelatedFilter),
        ("start_date", RangeDateFilter),
    ]
    search_fields = ["user__name"]
    search_help_text = _("Name of the person")
    autocomplete_fields = ["user", "type"]
    form = AskForm
    inlines = [EntryInline]
    moves = MOVES
    change_form_outer_before_template = "admin/hr/leave_impact.html"
    confirmation_template = "admin/hr/leave_confirm.html"
    exported = [
        (_("Person"), "user__name"), (_("Type"), "type__name"), (_("From"), "start_date"), (_("To"), "end_date"),
        (_("Days"), "days"), (_("Status"), "status"), (_("Decided by"), "approver__name"),
        (_("Decided at"), "decided_at"), (_("Reason"), "reason"), (_("Note of the decision"), "decision_note"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            fields = ["user", "type", ("start_date", "end_date"), "half_day", "reason", "enclosed"]
            return [(None, {"fields": fields})]
        return [
            (None, {"fields": [("user", "type"), ("start_date", "end_date"), ("shown_days", "status"), "reason"]}),
            (_("Decision"), {"fields": [("approver", "decided_at"), "decision_note", "shown_document"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["shown_days", "status", "approver", "decided_at", "shown_document", "decision_note"]
        return shown if obj is None else [*shown, "user", "type", "start_date", "end_date", "half_day", "reason"]

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def create_with(self, actor: Any, **values: Any) -> LeaveRequest:
        kind = values.pop("type")
        return services.ask_for_leave(actor=actor, leave_type=kind.code, **values)

    def links(self, request: HttpRequest, row: LeaveRequest) -> list[Link]:
        month = row.start_date.replace(day=1)
        address = f"{reverse('reports:hr-leave-calendar')}?start={month}&end={max(row.end_date, month)}"
        return [Link(_("Team calendar"), address, icon="calendar_month")]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and _is_weighed(row, request.user):
            context["impacts"] = [(row, impact_of(row, request.user))]
        return super().render_change_form(request, context, **kwargs)

    def _confirmation(self, request: HttpRequest, move: Move, rows: list[Any], form: Any, back: str) -> Any:
        """Whoever approves or rejects sees what it means, before it is done."""
        response: Any = super()._confirmation(request, move, rows, form, back)
        weighed = [row for row in rows[:MOST_IMPACTS] if _is_weighed(row, request.user)]
        response.context_data["impacts"] = [(row, impact_of(row, request.user)) for row in weighed]
        return response

    @display(description=_("person"), ordering="user__name", header=True)
    def shown_person(self, row: LeaveRequest) -> list[str]:
        return [row.user.name, row.reason[:60]]

    @admin.display(description=_("when"), ordering="start_date")
    def shown_when(self, row: LeaveRequest) -> str:
        if row.start_date == row.end_date:
            return f"{row.start_date:%a %d %b %Y}"
        return f"{row.start_date:%a %d %b} – {row.end_date:%a %d %b %Y}"

    @admin.display(description=_("days"), ordering="days")
    def shown_days(self, row: LeaveRequest) -> str:
        return str(_("half a day")) if row.half_day else leave_checks.plain(row.days)

    @display(
        description=_("status"),
        ordering="status",
        label={
            Status.PENDING: "warning",
            Status.APPROVED: "success",
            Status.REJECTED: "danger",
            Status.CANCELLED: "default",
        },
    )
    def shown_status(self, row: LeaveRequest) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description=_("document"))
    def shown_document(self, row: LeaveRequest) -> str:
        if row.document_id is None:
            return "–"
        address = reverse("admin:hr_leaverequest_document", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, row.document)

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.document_view)
        return [path("<int:object_id>/document/", view, name="hr_leaverequest_document"), *super().get_urls()]

    def document_view(self, request: HttpRequest, object_id: int) -> Any:
        file = services.document_of(object_id, request.user)
        if file is None:
            raise Http404
        return storage.download(file)


def _is_weighed(row: LeaveRequest, user: Any) -> bool:
    return row.status == Status.PENDING and services.may_decide(row.user_id, user)


class AdjustForm(MoveForm):
    days = forms.DecimalField(
        label=_("Days"), max_digits=6, decimal_places=2, help_text=_("Up, or down with a minus sign.")
    )
    reason = widgets.text(_("Reason"), most=300, help_text=_("It stands in the ledger, and the person is told."))


@admin.register(LeaveEntry)
class LeaveEntryAdmin(ReadOnlyScopedAdmin):
    list_display = ["effective_on", "user", "type", "kind", "shown_days", "note", "made_by"]
    list_select_related = ["user", "type", "made_by"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("type", RelatedFilter),
        ("user", RelatedFilter),
        ("effective_on", RangeDateFilter),
    ]
    search_fields = ["user__name", "note"]
    fields = ["user", "type", "kind", "shown_days", "effective_on", "request", "note", "made_by", "created_at"]
    readonly_fields = fields
    moves = [
        Move(
            "adjust", _("Adjust this balance"),
            lambda entry, actor, days, reason: leave_ledger.adjust(
                user=entry.user, leave_type=entry.type, days=days, reason=reason, actor=actor
            ),
            needs="hr.adjust_leave", done=_("adjusted"), icon="tune", form=AdjustForm, in_list=False,
            question=_("A further line is written: lines themselves are never changed."),
            available=lambda entry, user: entry.user_id != user.pk,
        )
    ]  # fmt: skip
    exported = [
        (_("On"), "effective_on"), (_("Person"), "user__name"), (_("Type"), "type__name"), (_("Kind"), "kind"),
        (_("Days"), "days"), (_("Note"), "note"),
    ]  # fmt: skip

    @admin.display(description=_("days"), ordering="days")
    def shown_days(self, row: LeaveEntry) -> str:
        return f"{row.days.normalize():+f}" if row.days else "0"


@admin.register(LeaveType)
class LeaveTypeAdmin(ScopedModelAdmin):
    list_display = ["name", "code", "is_paid", "draws_on_balance", "accrual", "days_per_year", "is_active"]
    list_filter = [("is_active", BooleanRadioFilter)]
    search_fields = ["name", "code"]

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        return [
            (None, {"fields": [("name", "code"), ("is_paid", "is_away"), "is_active"]}),
            (
                _("Asking"),
                {"fields": [("allows_half_days", "notice_days"), "document_after_days"]},
            ),
            (
                _("Balance"),
                {
                    "fields": [
                        "draws_on_balance",
                        ("accrual", "days_per_year"),
                        ("balance_cap", "carry_over_max"),
                        "carry_over_months",
                    ]
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["code"]

    def create_with(self, actor: Any, **values: Any) -> LeaveType:
        return leave_policies.create_leave_type(actor=actor, **values)

    def update_with(self, row: LeaveType, actor: Any, **values: Any) -> LeaveType:
        return leave_policies.update_leave_type(leave_type=row, actor=actor, **values)


@admin.register(BlockedDays)
class BlockedDaysAdmin(ScopedModelAdmin):
    list_display = ["name", "starts_on", "ends_on", "department"]
    list_select_related = ["department"]
    list_filter = [("department", RelatedFilter), ("starts_on", RangeDateFilter)]
    search_fields = ["name"]
    fields = ["name", ("starts_on", "ends_on"), "department"]
    autocomplete_fields = ["department"]
    deletable = True

    def create_with(self, actor: Any, **values: Any) -> BlockedDays:
        return leave_policies.block_days(actor=actor, **values)

    def update_with(self, row: BlockedDays, actor: Any, **values: Any) -> BlockedDays:
        return leave_policies.change_blocked_days(blocked=row, actor=actor, **values)

    def delete_with(self, row: BlockedDays, actor: Any) -> None:
        leave_policies.unblock_days(blocked=row, actor=actor)
