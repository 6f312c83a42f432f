"""Recruitment in the admin. What may be done is said in `hr.admin.recruitment_moves`."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hr.admin import recruitment_moves as moves
from hr.admin import recruitment_onboarding as recruitment_onboarding  # registers its own classes
from hr.admin.recruitment_board import board_view
from hr.admin.recruitment_forms import CandidateForm, PostingForm, StageTemplateForm
from hr.models import Candidate, CandidateNote, Interview, JobPosting, Scorecard, StageTemplate
from hr.selectors import recruitment as selectors
from hr.services import recruitment as postings
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_interviews as interviews
from hyperflow.core import storage
from hyperflow.core.admin import Link, ReadOnlyInline, RelatedFilter, ScopedModelAdmin
from hyperflow.core.admin.filters import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter

STATUS_LABEL = {"draft": "", "open": "success", "closed": "warning", "filled": "info"}
STAGE_LABEL = {
    "new": "info", "screening": "", "interview": "warning", "offer": "primary", "hired": "success",
    "rejected": "danger",
}  # fmt: skip


@admin.register(StageTemplate)
class StageTemplateAdmin(ScopedModelAdmin):
    form = StageTemplateForm
    list_display = ["name", "shown_stages", "is_default"]
    search_fields = ["name"]
    fields = ["name", "is_default", "laid"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("stages")

    def create_with(self, actor: Any, **values: Any) -> StageTemplate:
        return postings.create_template(actor=actor, **values)

    def update_with(self, row: StageTemplate, actor: Any, **values: Any) -> StageTemplate:
        return postings.update_template(template=row, actor=actor, **values)

    @admin.display(description=_("stages"))
    def shown_stages(self, template: StageTemplate) -> str:
        return " → ".join(stage.name for stage in template.stages.all())


@admin.register(JobPosting)
class JobPostingAdmin(ScopedModelAdmin):
    form = PostingForm
    list_display = ["shown_title", "shown_status", "location", "hiring_manager", "applicants", "closing_date"]
    list_select_related = ["department", "hiring_manager"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("department", RelatedFilter),
        ("hiring_manager", RelatedFilter),
        ("posted_date", RangeDateFilter),
    ]
    search_fields = ["title", "location"]
    search_help_text = _("Title or location")
    autocomplete_fields = ["department", "hiring_manager", "template"]
    readonly_fields = ["status", "posted_date"]
    field_needs = {"salary_min": "hr.view_pay", "salary_max": "hr.view_pay"}
    moves = moves.POSTING_MOVES
    exported = [
        (_("Title"), "title"), (_("Department"), "department__name"), (_("Location"), "location"),
        (_("Type"), "employment_type"), (_("Status"), "status"), (_("Openings"), "openings"),
        (_("Posted on"), "posted_date"), (_("Last day to apply"), "closing_date"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        standing = [(_("Where it stands"), {"fields": [("status", "posted_date")]})] if obj is not None else []
        return [
            (None, {"fields": ["title", ("department", "location"), ("employment_type", "openings"), "description",
                               "wanted"]}),
            *standing,
            (_("How it is filled"), {"fields": [("hiring_manager", "template"), "closing_date"]}),
            (_("Salary range"), {"fields": [("salary_min", "salary_max"), ("currency", "shows_salary")]}),
        ]  # fmt: skip

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        from django.conf import settings

        initial = {"currency": settings.COMPANY_CURRENCY, "template": postings.default_template().pk}
        return {**initial, **super().get_changeform_initial_data(request)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(applicants_count=Count("candidates"))

    def create_with(self, actor: Any, **values: Any) -> JobPosting:
        return postings.create_posting(actor=actor, **values)

    def update_with(self, row: JobPosting, actor: Any, **values: Any) -> JobPosting:
        return postings.update_posting(posting=row, actor=actor, **values)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        found = [Link(_("Board"), reverse("admin:hr_jobposting_board", args=[row.pk]), "view_kanban")]
        if row.status == JobPosting.Status.OPEN:
            found.append(Link(_("Careers page"), reverse("career", args=[row.pk]), "public"))
        return found

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("board/", wrap(self.board), name="hr_jobposting_board_newest"),
            path("<int:object_id>/board/", wrap(self.board), name="hr_jobposting_board"),
        ]
        return [*own, *super().get_urls()]

    def board(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        return board_view(self.admin_site, request, object_id)

    @display(description=_("job"), ordering="title", header=True)
    def shown_title(self, posting: JobPosting) -> list[str]:
        return [posting.title, posting.department.name if posting.department else ""]

    @display(description=_("status"), ordering="status", label=STATUS_LABEL)
    def shown_status(self, posting: JobPosting) -> tuple[str, Any]:
        return posting.status, posting.get_status_display()

    @admin.display(description=_("applicants"), ordering="applicants_count")
    def applicants(self, posting: Any) -> str:
        address = reverse("admin:hr_jobposting_board", args=[posting.pk])
        return format_html('<a href="{}">{}</a>', address, posting.applicants_count)


class SourceFilter(DropdownFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((source, source) for source in selectors.sources(request.user)), ("-", _("Not said"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(source="" if value == "-" else value) if value else queryset


class ReachedFilter(DropdownFilter):
    """Who came as far as a stage, whatever became of them then."""

    title = _("came as far as")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(word, Candidate.Stage(word).label) for word in Candidate.FUNNEL]

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.value() in Candidate.FUNNEL:
            return queryset.filter(furthest__gte=Candidate.FUNNEL.index(self.value()))
        return queryset


class InterviewInline(ReadOnlyInline):
    model = Interview
    tab = True
    fields = ["round", "title", "starts_at", "status", "shown_panel", "shown_scores"]
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("interviewers", "scorecards")

    @admin.display(description=_("interviewers"))
    def shown_panel(self, interview: Interview) -> str:
        return ", ".join(str(person) for person in interview.interviewers.all()) or "–"

    @admin.display(description=_("overall"))
    def shown_scores(self, interview: Interview) -> str:
        return ", ".join(str(card.overall) for card in interview.scorecards.all()) or "–"


class NoteInline(ReadOnlyInline):
    model = CandidateNote
    tab = True
    fields = ["created_at", "author", "text"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("author").order_by("-created_at", "-id")


@admin.register(Candidate)
class CandidateAdmin(ScopedModelAdmin):
    form = CandidateForm
    list_display = ["shown_name", "shown_stage", "shown_rating", "average", "source", "applied_on"]
    list_select_related = ["posting", "step"]
    list_filter = [
        ("posting", RelatedFilter),
        ("posting__department", RelatedFilter),
        ("stage", ChoicesDropdownFilter),
        ReachedFilter,
        SourceFilter,
        ("applied_on", RangeDateFilter),
        ("erase_on", RangeDateFilter),
    ]
    search_fields = ["name", "email"]
    search_help_text = _("Name or address")
    autocomplete_fields = ["posting"]
    inlines = [InterviewInline, NoteInline]
    moves = moves.CANDIDATE_MOVES
    exported = [
        (_("Name"), "name"), (_("E-mail address"), "email"), (_("Phone"), "phone"), (_("Posting"), "posting__title"),
        (_("Stage"), "step__name"), (_("Rating"), "rating"), (_("Average of the scorecards"), "average"),
        (_("Source"), "source"), (_("Applied on"), "applied_on"), (_("Hired at"), "hired_at"),
    ]  # fmt: skip
    readonly_fields = [
        "step", "average", "rejection_reason", "applied_on", "shown_resume", "hired_at", "employee", "erased_at",
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        self_told = ["name", ("email", "phone"), ("experience_years", "source"), "able"]
        ours = [("rating", "erase_on") if obj is not None else "rating", "notes"]
        if obj is None:
            return [(None, {"fields": ["posting", *self_told]}), (_("What we think"), {"fields": ours})]
        standing = [("step", "average"), ("applied_on", "shown_resume"), "rejection_reason", ("hired_at", "employee")]
        return [
            (None, {"fields": ["posting", *self_told]}),
            (_("Where they stand"), {"fields": standing}),
            (_("What we think"), {"fields": ours}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["posting"] if obj is not None else [])]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.viewer = request.user
        return row

    def may_change(self, user: Any, row: Candidate) -> bool:
        return not row.is_erased

    def create_with(self, actor: Any, **values: Any) -> Candidate:
        return candidates.apply(actor=actor, **values)

    def update_with(self, row: Candidate, actor: Any, **values: Any) -> Candidate:
        return candidates.update_candidate(candidate=row, actor=actor, **values)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        return [Link(_("Board"), reverse("admin:hr_jobposting_board", args=[row.posting_id]), "view_kanban")]

    def _after(self, request: HttpRequest, row: Any, back: str) -> str:
        """Who came from the board goes back to it."""
        if request.GET.get("from") == "board":
            return reverse("admin:hr_jobposting_board", args=[row.posting_id])
        return super()._after(request, row, back)

    @display(description=_("candidate"), ordering="name", header=True)
    def shown_name(self, candidate: Candidate) -> list[str]:
        return [candidate.name, candidate.posting.title]

    @display(description=_("stage"), ordering="stage", label=STAGE_LABEL)
    def shown_stage(self, candidate: Candidate) -> tuple[str, Any]:
        return candidate.stage, candidate.step.name

    @admin.display(description=_("rating"), ordering="rating")
    def shown_rating(self, candidate: Candidate) -> str:
        return f"{candidate.rating} / 5" if candidate.rating else "–"

    @admin.display(description=_("résumé"))
    def shown_resume(self, candidate: Any) -> str:
        return _resume_link(candidate, candidate.viewer)


def _resume_link(candidate: Candidate, viewer: Any) -> str:
    if candidate.resume is None:
        return "–"
    address = storage.signed_path(candidates.KIND, candidate.pk, viewer)
    return format_html('<a href="{}">{}</a>', address, candidate.resume.original_name)


class ScorecardInline(ReadOnlyInline):
    model = Scorecard
    fields = ["interviewer", "coding", "english", "aptitude", "overall", "notes"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("interviewer")


@admin.register(Interview)
class InterviewAdmin(ScopedModelAdmin):
    list_display = ["shown_candidate", "round", "title", "starts_at", "shown_status", "shown_panel"]
    list_select_related = ["candidate", "candidate__posting"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("candidate__posting", RelatedFilter),
        ("interviewers", RelatedFilter),
        ("starts_at", RangeDateFilter),
    ]
    search_fields = ["candidate__name", "title"]
    search_help_text = _("Candidate or subject")
    autocomplete_fields = ["candidate", "interviewers"]
    fields = ["candidate", "title", "starts_at", "minutes", "location", "interviewers", "notes", "status"]
    readonly_fields = ["status", "shown_resume"]
    inlines = [ScorecardInline]
    moves = moves.INTERVIEW_MOVES

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["candidate", "whom"] if obj is not None else [])]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who sees no candidates but their own interviews reads the name, without a link that refuses them."""
        fields = super().get_fields(request, obj)
        if obj is None:
            return fields
        whom = "candidate" if request.user.has_perm("hr.view_candidate") else "whom"
        return [whom, "shown_resume", *(name for name in fields if name != "candidate")]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row: Any = super().get_object(request, object_id, from_field)
        if row is not None:
            row.viewer = request.user
        return row

    @admin.display(description=_("candidate"))
    def whom(self, interview: Interview) -> str:
        return interview.candidate.name

    @admin.display(description=_("résumé"))
    def shown_resume(self, interview: Any) -> str:
        return _resume_link(interview.candidate, interview.viewer)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related(Prefetch("interviewers"))

    def may_change(self, user: Any, row: Interview) -> bool:
        return not row.candidate.is_erased

    def create_with(self, actor: Any, **values: Any) -> Interview:
        return interviews.plan_interview(actor=actor, **values)

    def update_with(self, row: Interview, actor: Any, **values: Any) -> Interview:
        return interviews.update_interview(interview=row, actor=actor, **values)

    @display(description=_("candidate"), header=True)
    def shown_candidate(self, interview: Interview) -> list[str]:
        return [interview.candidate.name, interview.candidate.posting.title]

    @display(description=_("status"), ordering="status", label={"planned": "info", "done": "success", "cancelled": ""})
    def shown_status(self, interview: Interview) -> tuple[str, Any]:
        return interview.status, interview.get_status_display()

    @admin.display(description=_("interviewers"))
    def shown_panel(self, interview: Interview) -> str:
        return ", ".join(str(person) for person in interview.interviewers.all()) or "–"
