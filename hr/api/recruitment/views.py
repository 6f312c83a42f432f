"""Postings, candidates and what belongs to them."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from hr.api.recruitment import serializers
from hr.api.recruitment.filters import CandidateFilter, OnboardingFilter, PostingFilter
from hr.models import (
    Candidate,
    CandidateNote,
    Interview,
    JobPosting,
    OnboardingTask,
    Scorecard,
    StageTemplate,
)
from hr.services import recruitment as postings
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_erasing, recruitment_hiring
from hr.services import recruitment_interviews as interviews
from hr.services import recruitment_onboarding as onboarding
from hyperflow.core import audit
from hyperflow.core.api.parsers import Upload
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound
from hyperflow.core.models import AuditEntry


class PostingViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    queryset = JobPosting.objects.select_related("department", "hiring_manager")
    serializer_class = serializers.PostingSerializer
    filterset_class = PostingFilter
    orderings: ClassVar = {"created_at": "created_at", "title": "title"}
    search = ("title", "location", "description")
    needs: ClassVar = {
        "list": "hr.view_jobposting",
        "retrieve": "hr.view_jobposting",
        "create": "hr.add_jobposting",
        "update": "hr.change_jobposting",
    }
    inputs: ClassVar = {"create": serializers.PostingInput, "update": serializers.PostingInput}

    def create(self, request: Request) -> HttpResponse:
        return self.render(postings.create_posting(actor=self.actor, **self._given()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        posting = self.get_object()
        changes = self._given()
        postings.update_posting(posting=posting, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.render(posting)

    def _given(self) -> dict[str, Any]:
        """The body, with the department that its name means."""
        given = self.parse()
        if given.get("department"):
            given["department"] = postings.department_named(given["department"], actor=self.actor)
        return given


class StageTemplateViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    queryset = StageTemplate.objects.prefetch_related("stages")
    serializer_class = serializers.StageTemplateSerializer
    needs: ClassVar = {
        "list": "hr.view_stagetemplate",
        "retrieve": "hr.view_stagetemplate",
        "create": "hr.add_stagetemplate",
        "update": "hr.change_stagetemplate",
    }
    inputs: ClassVar = {"create": serializers.StageTemplateInput, "update": serializers.StageTemplateInput}

    def create(self, request: Request) -> HttpResponse:
        return self.render(postings.create_template(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        template = self.get_object()
        changes = self.parse()
        postings.update_template(template=template, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.render(template)


class PostingCandidateViewSet(ScopedViewSet):
    """The candidates of one posting, which the caller must see."""

    queryset = Candidate.objects.select_related("posting", "step")
    serializer_class = serializers.CandidateSerializer
    filterset_class = CandidateFilter
    orderings: ClassVar = {"created_at": "created_at", "name": "name"}
    search = ("name", "email", "notes")
    needs: ClassVar = {"list": "hr.view_candidate", "create": "hr.add_candidate"}
    inputs: ClassVar = {"create": serializers.CandidateInput}

    def posting(self) -> JobPosting:
        found = JobPosting.objects.visible_to(self.actor).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(posting=self.posting()))

    def create(self, request: Request, pk: int) -> HttpResponse:
        posting = self.posting()
        return self.render(candidates.apply(posting=posting, actor=self.actor, **self.parse()), 201)

    def location(self, row: Any) -> str:
        return f"/api/hr/candidates/{row.pk}"


class CandidateViewSet(RetrieveMixin, ScopedViewSet):
    queryset = Candidate.objects.select_related("posting", "step", "resume")
    serializer_class = serializers.CandidateDetailSerializer
    needs: ClassVar = {
        "retrieve": "hr.view_candidate",
        "update": "hr.change_candidate",
        "hire": "hr.hire_candidate",
        "erase": "hr.erase_candidate",
        "resume": "hr.view_candidate",
        "attach": "hr.change_candidate",
    }
    inputs: ClassVar = {
        "update": serializers.CandidateUpdate,
        "hire": serializers.HireInput,
        "erase": serializers.ReasonInput,
        "attach": serializers.ResumeInput,
    }
    outputs: ClassVar = {"resume": serializers.ResumeSerializer, "attach": serializers.ResumeSerializer}
    parsers: ClassVar = {"attach": Upload}

    def update(self, request: Request, pk: int) -> HttpResponse:
        candidate = self.get_object()
        recruitment_hiring.change_candidate(
            candidate=candidate, actor=self.actor, expected_version=self.expected_version, **self.parse()
        )
        return self.render(candidate)

    def hire(self, request: Request, pk: int) -> HttpResponse:
        candidate = self.get_object()
        given = self.parse()
        recruitment_hiring.hire(candidate=candidate, actor=self.actor, expected_version=self.expected_version, **given)
        return self.render(candidate)

    def erase(self, request: Request, pk: int) -> HttpResponse:
        candidate = self.get_object()
        recruitment_erasing.erase_candidate(candidate=candidate, actor=self.actor, **self.parse())
        return self.render(candidate)

    def resume(self, request: Request, pk: int) -> HttpResponse:
        candidate = self.get_object()
        candidates.resume_or_missing(candidate)
        return self.show(candidate)

    def attach(self, request: Request, pk: int) -> HttpResponse:
        candidate = self.get_object()
        upload = self.parse()["file"]
        candidates.attach_resume(
            candidate=candidate, actor=self.actor, upload=upload, expected_version=self.expected_version
        )
        return self.render(candidate)


class PartOfCandidateViewSet(ScopedViewSet):
    """Rows of one candidate, whom the caller must see."""

    def candidate(self) -> Candidate:
        found = Candidate.objects.visible_to(self.actor).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found


class NoteViewSet(PartOfCandidateViewSet):
    queryset = CandidateNote.objects.select_related("author")
    serializer_class = serializers.NoteSerializer
    needs: ClassVar = {"list": "hr.view_candidatenote", "create": "hr.add_candidatenote"}
    inputs: ClassVar = {"create": serializers.NoteInput}
    default_ordering = "created_at"

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(candidate=self.candidate()))

    def create(self, request: Request, pk: int) -> HttpResponse:
        note = candidates.add_note(candidate=self.candidate(), actor=self.actor, **self.parse())
        return self.render(note, 201)


class CandidateHistoryViewSet(PartOfCandidateViewSet):
    """Everything that was done about a candidate, newest first."""

    queryset = AuditEntry.objects.all()
    serializer_class = serializers.HistorySerializer
    needs: ClassVar = {"list": "hr.view_candidate"}
    orderings: ClassVar = {}
    default_ordering = "-id"

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(audit.history(self.candidate()))


class CandidateInterviewViewSet(PartOfCandidateViewSet):
    queryset = Interview.objects.select_related("candidate").prefetch_related("interviewers")
    serializer_class = serializers.InterviewSerializer
    orderings: ClassVar = {"created_at": "created_at", "starts_at": "starts_at"}
    default_ordering = "created_at"
    needs: ClassVar = {"list": "hr.view_interview", "create": "hr.add_interview"}
    inputs: ClassVar = {"create": serializers.InterviewInput}

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(candidate=self.candidate()))

    def create(self, request: Request, pk: int) -> HttpResponse:
        interview = interviews.plan_interview(candidate=self.candidate(), actor=self.actor, **self.parse())
        return self.render(interview, 201)

    def location(self, row: Any) -> str:
        return f"/api/hr/interviews/{row.pk}"


class InterviewViewSet(RetrieveMixin, ScopedViewSet):
    queryset = Interview.objects.select_related("candidate").prefetch_related("interviewers")
    serializer_class = serializers.InterviewSerializer
    needs: ClassVar = {"retrieve": "hr.view_interview", "update": "hr.change_interview"}
    inputs: ClassVar = {"update": serializers.InterviewInput}

    def update(self, request: Request, pk: int) -> HttpResponse:
        interview = self.get_object()
        changes = self.parse()
        interviews.update_interview(
            interview=interview, actor=self.actor, expected_version=self.expected_version, **changes
        )
        return self.render(interview)


class InterviewScorecardViewSet(ScopedViewSet):
    queryset = Scorecard.objects.select_related("interviewer")
    serializer_class = serializers.ScorecardSerializer
    default_ordering = "created_at"
    needs: ClassVar = {"list": "hr.view_scorecard", "create": "hr.add_scorecard"}
    inputs: ClassVar = {"create": serializers.ScorecardInput}

    def interview(self) -> Interview:
        found = Interview.objects.visible_to(self.actor).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(interview=self.interview()))

    def create(self, request: Request, pk: int) -> HttpResponse:
        card = interviews.add_scorecard(interview=self.interview(), actor=self.actor, **self.parse())
        return self.render(card, 201)

    def location(self, row: Any) -> str:
        return f"/api/hr/scorecards/{row.pk}"


class ScorecardViewSet(RetrieveMixin, ScopedViewSet):
    queryset = Scorecard.objects.select_related("interviewer", "interview")
    serializer_class = serializers.ScorecardSerializer
    needs: ClassVar = {"retrieve": "hr.view_scorecard", "update": "hr.change_scorecard"}
    inputs: ClassVar = {"update": serializers.ScorecardInput}

    def update(self, request: Request, pk: int) -> HttpResponse:
        card = self.get_object()
        changes = self.parse()
        interviews.update_scorecard(scorecard=card, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.render(card)


class OnboardingViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Checklists of new colleagues: everybody's own, a manager's reports', for HR all."""

    queryset = OnboardingTask.objects.select_related("user")
    serializer_class = serializers.OnboardingSerializer
    filterset_class = OnboardingFilter
    orderings: ClassVar = {"due_on": "due_on", "created_at": "created_at"}
    default_ordering = "due_on"
    search = ("title", "user__name")
    needs: ClassVar = {
        "list": "hr.view_onboardingtask",
        "retrieve": "hr.view_onboardingtask",
        "create": "hr.add_onboardingtask",
        "update": "hr.change_onboardingtask",
    }
    inputs: ClassVar = {"create": serializers.OnboardingInput, "update": serializers.OnboardingUpdate}

    def create(self, request: Request) -> HttpResponse:
        return self.render(onboarding.add_task(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        task = self.get_object()
        changes = self.parse()
        onboarding.update_task(task=task, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.render(task)
