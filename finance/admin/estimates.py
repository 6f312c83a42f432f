"""Estimates in the admin: written, sent, decided, billed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from finance.admin.documents import LINE_FIELDS, amount_of
from finance.admin.moves import NoteForm, invoice_link
from finance.admin.papers import PapersMixin
from finance.models import Estimate, EstimateLine
from finance.services import books, estimates
from hyperflow.core.admin import Link, Move, RelatedFilter, ScopedModelAdmin, ServiceInline
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter


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
        return [*super().links(request, row), *invoice_link(row.invoice)]

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
