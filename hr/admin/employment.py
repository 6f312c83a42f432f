"""Employees, what they are paid, and work patterns in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from hr.admin.filters import EmployedAfterFilter
from hr.importers import employees
from hr.models import Compensation, Employment, PastTerms, PatternDay, WorkPattern
from hr.services import employment, imports_employees, patterns
from hyperflow.core import clock
from hyperflow.core.admin import Import, ReadOnlyInline, RelatedFilter, ScopedModelAdmin, ServiceInline
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter
from hyperflow.core.admin.forms import ScopedForm
from hyperflow.core.admin.moves import Link


class EmploymentForm(ScopedForm):
    terms_from = forms.DateField(
        label=_("The week holds since"),
        required=False,
        help_text=_("Where weekly hours, pattern or time zone change. Empty: today. Days before stay as they were."),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields["terms_from"]
        if "code" in self.fields and self.instance.pk is None:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Empty: the next free one.")


class CompensationInline(ServiceInline):
    """Rows are added, never edited: a later row takes over, one for the same day mends a mistake."""

    model = Compensation
    tab = True
    view_needs = "hr.view_pay"
    change_needs = "hr.set_pay"
    can_delete = False
    fields = ["effective_from", "kind", "amount", "currency", "employer_share", "reason"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "employer_share":
            kwargs |= {"required": False, "initial": None, "help_text": _("Empty: as it is now.")}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Compensation:
        return employment.set_compensation(employment=owner, actor=actor, **values)


class PastTermsInline(ReadOnlyInline):
    """The weeks that were worked before the one above."""

    model = PastTerms
    tab = True
    view_needs = "hr.view_employment"
    fields = ["until", "weekly_hours", "pattern", "timezone"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("pattern")


@admin.register(Employment)
class EmploymentAdmin(ScopedModelAdmin):
    form = EmploymentForm
    imports = [
        Import(
            "employees", _("Import employees"), imports_employees.NEEDS, employees.FIELDS, employees.read,
            imports_employees.import_employees, "import-hr employees",
        )
    ]  # fmt: skip
    list_display = [
        "shown_person",
        "position",
        "shown_department",
        "manager",
        "employment_type",
        "hire_date",
        "standing",
    ]
    list_select_related = ["user", "user__department", "manager", "pattern"]
    list_filter = [
        ("user__department", RelatedFilter),
        ("manager", RelatedFilter),
        ("employment_type", ChoicesDropdownFilter),
        ("hire_date", RangeDateFilter),
        ("end_date", RangeDateFilter),
        EmployedAfterFilter,
    ]
    search_fields = ["code", "position", "user__name"]
    search_help_text = _("Code, position or name")
    autocomplete_fields = ["user", "manager", "pattern"]
    inlines = [CompensationInline, PastTermsInline]
    exported = [
        (_("Code"), "code"), (_("Name"), "user__name"), (_("Address"), "user__email"),
        (_("Department"), "user__department__name"), (_("Position"), "position"), (_("Manager"), "manager__name"),
        (_("Type"), "employment_type"), (_("Hired on"), "hire_date"), (_("Last day"), "end_date"),
        (_("Weekly hours"), "weekly_hours"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        week = ["weekly_hours", ("pattern", "timezone")]
        if obj and self.has_change_permission(request, obj):
            week.append("terms_from")
        return [
            (None, {"fields": [("user", "code"), ("position", "manager")]}),
            (
                _("Terms"),
                {"fields": ["employment_type", ("hire_date", "end_date"), *week]},
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["user"] if obj is not None else []

    def may_change(self, user: Any, row: Employment) -> bool:
        return row.user_id != user.pk

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Name, department and calendar stand on the account."""
        if not request.user.has_perm("accounts.view_user"):
            return []
        return [Link(_("Account"), reverse("admin:accounts_user_change", args=[row.user_id]), "person")]

    def create_with(self, actor: Any, **values: Any) -> Employment:
        return employment.create_employment(actor=actor, **values)

    def update_with(self, row: Employment, actor: Any, **values: Any) -> Employment:
        return employment.update_employment(employment=row, actor=actor, **values)

    @display(description=_("employee"), ordering="user__name", header=True)
    def shown_person(self, row: Employment) -> list[str]:
        return [row.user.name, row.code]

    @admin.display(description=_("department"), ordering="user__department__name")
    def shown_department(self, row: Employment) -> str:
        return row.user.department.name if row.user.department is not None else "–"

    @display(description=_("status"), label={"active": "success", "planned": "info", "ended": ""})
    def standing(self, row: Employment) -> tuple[str, Any]:
        status = row.status_on(clock.business_date(row))
        return str(status), status.label


class ShiftInline(ServiceInline):
    model = PatternDay
    view_needs = "hr.view_workpattern"
    change_needs = "hr.change_workpattern"
    fields = ["weekday", "starts_at", "minutes", "break_minutes"]

    def create_with(self, owner: Any, actor: Any, **values: Any) -> PatternDay:
        return patterns.set_shift(pattern=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> PatternDay:
        return patterns.set_shift(pattern=row.pattern, shift=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        patterns.remove_shift(shift=row, actor=actor)


@admin.register(WorkPattern)
class WorkPatternAdmin(ScopedModelAdmin):
    list_display = ["name", "grace_minutes", "half_day_percent", "overtime_after_minutes"]
    search_fields = ["name"]
    inlines = [ShiftInline]

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        hint = _(
            "A change here is one of every day that was ever worked by this pattern. For other hours from a day on, "
            "make another pattern and give it to people since that day."
        )
        fields = ["name", ("grace_minutes", "half_day_percent", "overtime_after_minutes")]
        return [(None, {"fields": fields, "description": hint if obj is not None else ""})]

    def create_with(self, actor: Any, **values: Any) -> WorkPattern:
        return patterns.create_pattern(actor=actor, **values)

    def update_with(self, row: WorkPattern, actor: Any, **values: Any) -> WorkPattern:
        return patterns.update_pattern(pattern=row, actor=actor, **values)
