"""Onboarding in the admin: checklists to tick off, and the templates they are made from."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.admin import recruitment_moves as moves
from hr.models import OnboardingStep, OnboardingTask, OnboardingTemplate
from hr.services import recruitment_onboarding as onboarding
from hyperflow.core import clock
from hyperflow.core.admin import RelatedFilter, ScopedModelAdmin, ServiceInline
from hyperflow.core.admin.filters import DropdownFilter, RangeDateFilter


class DoneFilter(DropdownFilter):
    title = _("done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("To do")), ("yes", _("Done"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.value() in {"yes", "no"}:
            return queryset.filter(done_at__isnull=self.value() == "no")
        return queryset


@admin.register(OnboardingTask)
class OnboardingTaskAdmin(ScopedModelAdmin):
    list_display = ["shown_title", "due_on", "shown_done", "done_by"]
    list_select_related = ["user", "done_by"]
    list_filter = [DoneFilter, ("user", RelatedFilter), ("due_on", RangeDateFilter)]
    search_fields = ["title", "user__name"]
    search_help_text = _("Person or what to do")
    autocomplete_fields = ["user"]
    readonly_fields = ["done_at", "done_by"]
    moves = moves.ONBOARDING_MOVES

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        done = [(_("Where it stands"), {"fields": [("done_at", "done_by")]})] if obj is not None else []
        return [(None, {"fields": ["user", "title", "due_on"]}), *done]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["user"] if obj is not None else [])]

    def create_with(self, actor: Any, **values: Any) -> OnboardingTask:
        return onboarding.add_task(actor=actor, **values)

    def update_with(self, row: OnboardingTask, actor: Any, **values: Any) -> OnboardingTask:
        return onboarding.update_task(task=row, actor=actor, **values)

    @display(description=_("what to do"), ordering="title", header=True)
    def shown_title(self, task: OnboardingTask) -> list[str]:
        return [task.title, str(task.user)]

    @display(description=_("done"), label={"done": "success", "late": "danger", "open": "info"})
    def shown_done(self, task: OnboardingTask) -> tuple[str, Any]:
        if task.done_at is not None:
            return "done", _("Done")
        return ("late", _("Late")) if task.due_on < clock.business_date() else ("open", _("To do"))


class StepInline(ServiceInline):
    model = OnboardingStep
    view_needs = "hr.view_onboardingtemplate"
    change_needs = "hr.change_onboardingtemplate"
    fields = ["position", "title", "days"]

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return onboarding.set_step(template=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return onboarding.set_step(template=row.template, actor=actor, step=row, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        onboarding.remove_step(step=row, actor=actor)


@admin.register(OnboardingTemplate)
class OnboardingTemplateAdmin(ScopedModelAdmin):
    list_display = ["name", "department", "is_active"]
    list_select_related = ["department"]
    search_fields = ["name"]
    autocomplete_fields = ["department"]
    fields = ["name", "department", "is_active"]
    inlines = [StepInline]

    def create_with(self, actor: Any, **values: Any) -> OnboardingTemplate:
        return onboarding.create_template(actor=actor, **values)

    def update_with(self, row: OnboardingTemplate, actor: Any, **values: Any) -> OnboardingTemplate:
        return onboarding.update_template(template=row, actor=actor, **values)
