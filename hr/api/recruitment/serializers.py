"""Shapes of postings, candidates, interviews and onboarding, in and out."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.models import Role, User
from hr.models import (
    Candidate,
    CandidateNote,
    Employment,
    Interview,
    JobPosting,
    OnboardingTask,
    RecruitmentStage,
    Scorecard,
    StageTemplate,
)
from hr.selectors import recruitment as selectors
from hr.services.recruitment_candidates import KIND
from hyperflow.core import money, storage
from hyperflow.core.api.serializers import (
    BooleanInput,
    ChoiceField,
    EmailField,
    HoursField,
    IdField,
    MoneyField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateField,
    WireDateTimeField,
)

STAFF = User.objects.select_related("role").filter(is_active=True, role__is_staff=True)


class TextList(serializers.ListField):
    """Short texts, each once."""

    def __init__(self, *, most: int, longest: int, **kwargs: Any) -> None:
        super().__init__(
            child=SafeCharField(max_length=longest, single_line=True), max_length=most, required=False, **kwargs
        )

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


# -- out


class PostingSerializer(ResourceSerializer):
    """A job that is offered. The salary range is null for who may see neither pay nor a range that is not public."""

    job_id = IdField(source="pk")
    department = serializers.CharField(source="department.name", allow_null=True, default=None)
    requirements = serializers.ListField(child=serializers.CharField())
    salary_min = MoneyField(allow_null=True)
    salary_max = MoneyField(allow_null=True)
    hiring_manager_id = serializers.IntegerField(allow_null=True)
    hiring_manager_name = serializers.CharField(source="hiring_manager.name", allow_null=True, default=None)
    template_id = serializers.IntegerField()
    applicants_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = JobPosting
        fields: ClassVar = [
            "job_id", "title", "department", "location", "employment_type", "description", "requirements",
            "salary_min", "salary_max", "currency", "shows_salary", "openings", "hiring_manager_id",
            "hiring_manager_name", "template_id", "status", "posted_date", "closing_date", "applicants_count",
            "created_at", "updated_at",
        ]  # fmt: skip

    def prepare(self, rows: list[JobPosting]) -> None:
        self.applicants = selectors.applicants_of(rows)

    def to_representation(self, row: JobPosting) -> dict[str, Any]:
        row.applicants_count = self.applicants.get(row.pk, 0)  # type: ignore[attr-defined]
        shown = super().to_representation(row)
        if not (row.shows_salary or self.context["request"].user.has_perm("hr.view_pay")):
            shown |= {"salary_min": None, "salary_max": None}
        return shown


class StageSerializer(serializers.Serializer):
    stage_id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    stage = serializers.ChoiceField(source="word", choices=RecruitmentStage.Word.choices)


class StageTemplateSerializer(ResourceSerializer):
    """Reusable stages in their order; each stands for one of the words that ``stage`` of a candidate has."""

    template_id = IdField(source="pk")
    stages = StageSerializer(many=True)

    class Meta:
        model = StageTemplate
        fields: ClassVar = ["template_id", "name", "is_default", "stages", "created_at", "updated_at"]


class CandidateSerializer(ResourceSerializer):
    """Somebody who applies. ``resume`` is a short-lived link for this caller. Once erased, nothing personal is left."""

    candidate_id = IdField(source="pk")
    job_id = serializers.IntegerField(source="posting_id")
    job_title = serializers.CharField(source="posting.title")
    email = serializers.CharField(allow_null=True)
    stage_id = serializers.IntegerField(source="step_id")
    stage_name = serializers.CharField(source="step.name")
    skills = serializers.ListField(child=serializers.CharField())
    experience_years = HoursField(allow_null=True)
    resume = serializers.SerializerMethodField()
    average = HoursField(allow_null=True, help_text="Average of ``overall`` over all scorecards.")
    user_id = serializers.IntegerField(source="employee_id", allow_null=True)
    applied_at = WireDateTimeField(source="created_at")
    erased = serializers.BooleanField(source="is_erased")

    class Meta:
        model = Candidate
        fields: ClassVar = [
            "candidate_id", "job_id", "job_title", "name", "email", "phone", "stage", "stage_id", "stage_name",
            "skills", "experience_years", "resume", "rating", "average", "notes", "source", "rejection_reason",
            "applied_at", "hired_at", "user_id", "erase_on", "erased", "updated_at",
        ]  # fmt: skip

    def get_resume(self, row: Candidate) -> str | None:
        return resume_link(row, self.context["request"]) if row.resume_id is not None else None

    def to_representation(self, row: Candidate) -> dict[str, Any]:
        shown = super().to_representation(row)
        return {**shown, "email": None} if row.is_erased else shown


def resume_link(row: Candidate, request: Any) -> str:
    return storage.signed_path(KIND, row.pk, request.user, session=getattr(request.auth, "sid", None))


class ScoresSerializer(serializers.Serializer):
    """Averages over all scorecards, from 1 to 5; null where nobody gave that score."""

    count = serializers.IntegerField()
    coding = serializers.FloatField(allow_null=True)
    english = serializers.FloatField(allow_null=True)
    aptitude = serializers.FloatField(allow_null=True)
    overall = serializers.FloatField(allow_null=True)


class CandidateDetailSerializer(CandidateSerializer):
    """One candidate, with what the interviewers say on average."""

    scores = ScoresSerializer(read_only=True)

    class Meta(CandidateSerializer.Meta):
        fields: ClassVar = [*CandidateSerializer.Meta.fields, "scores"]

    def to_representation(self, row: Candidate) -> dict[str, Any]:
        row.scores = selectors.scores_of(row)  # type: ignore[attr-defined]
        return super().to_representation(row)


class ResumeSerializer(serializers.Serializer):
    """The file; ``url`` is a short-lived link for this caller."""

    file_name = serializers.CharField()
    file_type = serializers.CharField()
    file_size = serializers.IntegerField()
    checksum = serializers.CharField(help_text="SHA-256, hexadecimal.")
    url = serializers.CharField()

    def to_representation(self, row: Candidate) -> dict[str, Any]:
        file: Any = row.resume
        return {
            "file_name": file.original_name,
            "file_type": file.content_type,
            "file_size": file.size,
            "checksum": file.sha256,
            "url": resume_link(row, self.context["request"]),
        }


class NoteSerializer(ResourceSerializer):
    note_id = IdField(source="pk")
    candidate_id = serializers.IntegerField()
    user_id = serializers.IntegerField(source="author_id")
    user_name = serializers.CharField(source="author.name")

    class Meta:
        model = CandidateNote
        fields: ClassVar = ["note_id", "candidate_id", "user_id", "user_name", "text", "created_at"]


class HistorySerializer(serializers.Serializer):
    """Something that was done: ``changes`` maps a field to before and after; what is personal is shown as "…"."""

    change_id = serializers.IntegerField(source="pk")
    at = WireDateTimeField()
    user_id = serializers.IntegerField(source="actor_id", allow_null=True)
    user_name = serializers.CharField(source="actor.name", allow_null=True, default=None)
    action = serializers.CharField()
    changes = serializers.DictField()


class InterviewSerializer(ResourceSerializer):
    """A round. Its interviewers read here whom they meet: ``resume`` is a short-lived link for this caller."""

    interview_id = IdField(source="pk")
    candidate_id = serializers.IntegerField()
    candidate_name = serializers.CharField(source="candidate.name")
    resume = serializers.SerializerMethodField()
    interviewers = serializers.SerializerMethodField()

    class Meta:
        model = Interview
        fields: ClassVar = [
            "interview_id", "candidate_id", "candidate_name", "resume", "round", "title", "starts_at", "minutes",
            "location", "status", "notes", "interviewers", "created_at", "updated_at",
        ]  # fmt: skip

    def get_resume(self, row: Interview) -> str | None:
        candidate = row.candidate
        return resume_link(candidate, self.context["request"]) if candidate.resume_id is not None else None

    def get_interviewers(self, row: Interview) -> list[int]:
        return sorted(person.pk for person in row.interviewers.all())


class ScorecardSerializer(ResourceSerializer):
    scorecard_id = IdField(source="pk")
    interview_id = serializers.IntegerField()
    user_id = serializers.IntegerField(source="interviewer_id")
    user_name = serializers.CharField(source="interviewer.name")

    class Meta:
        model = Scorecard
        fields: ClassVar = [
            "scorecard_id", "interview_id", "user_id", "user_name", "coding", "english", "aptitude", "overall",
            "notes", "created_at", "updated_at",
        ]  # fmt: skip


class OnboardingSerializer(ResourceSerializer):
    """Something to do for a new colleague."""

    task_id = IdField(source="pk")
    user_id = serializers.IntegerField()
    user_name = serializers.CharField(source="user.name")
    done = serializers.SerializerMethodField()
    done_by = serializers.IntegerField(source="done_by_id", allow_null=True)

    class Meta:
        model = OnboardingTask
        fields: ClassVar = [
            "task_id", "user_id", "user_name", "title", "due_on", "done", "done_at", "done_by", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_done(self, row: OnboardingTask) -> bool:
        return row.done_at is not None


# -- in


class PostingInput(StrictSerializer):
    title = SafeCharField(max_length=160, single_line=True)
    department = SafeCharField(max_length=80, single_line=True, required=False, allow_null=True)
    location = SafeCharField(max_length=120, single_line=True, required=False, allow_blank=True)
    employment_type = ChoiceField(choices=Employment.Type.choices, required=False)
    description = SafeCharField(max_length=20_000, required=False, allow_blank=True)
    requirements = TextList(most=50, longest=300)
    salary_min = MoneyField(required=False, allow_null=True, min_value=0)
    salary_max = MoneyField(required=False, allow_null=True, min_value=0)
    currency = ChoiceField(choices=sorted(money.CURRENCIES), required=False)
    shows_salary = BooleanInput(required=False)
    openings = serializers.IntegerField(min_value=1, max_value=500, required=False)
    hiring_manager_id = VisibleRelatedField(queryset=STAFF, source="hiring_manager", required=False, allow_null=True)
    template_id = VisibleRelatedField(queryset=StageTemplate.objects.all(), source="template", required=False)
    status = ChoiceField(choices=JobPosting.Status.choices, required=False)
    closing_date = WireDateField(required=False, allow_null=True)


class StageInput(StrictSerializer):
    """A stage as it is to be; with ``stage_id`` it is one that is there."""

    stage_id = IdField(required=False, source="id")
    name = SafeCharField(max_length=60, single_line=True)
    stage = ChoiceField(choices=RecruitmentStage.Word.choices)


class StageTemplateInput(StrictSerializer):
    name = SafeCharField(max_length=80, single_line=True)
    is_default = BooleanInput(required=False)
    stages = StageInput(many=True, required=False)


class CandidateInput(StrictSerializer):
    name = SafeCharField(max_length=150, single_line=True)
    email = EmailField()
    phone = SafeCharField(max_length=40, single_line=True, required=False, allow_blank=True)
    skills = TextList(most=100, longest=60)
    experience_years = HoursField(required=False, allow_null=True, min_value=0, max_value=80)
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    notes = SafeCharField(max_length=10_000, required=False, allow_blank=True)
    source = SafeCharField(  # type: ignore[assignment]  # a field of the wire, not the attribute of every field
        max_length=60, single_line=True, required=False, allow_blank=True
    )
    erase_on = WireDateField(required=False)
    notify = BooleanInput(required=False, help_text="Mail them that it came in, or a rejection: true.")


class HireInput(StrictSerializer):
    """How somebody begins: as an employee, today, and with the next free code, unless it says otherwise."""

    role = VisibleRelatedField(queryset=Role.objects.filter(is_staff=True), required=False, help_text="A role's id.")
    hire_date = WireDateField(required=False)
    employee_code = SafeCharField(max_length=32, single_line=True, required=False)
    manager_id = VisibleRelatedField(queryset=STAFF, source="manager", required=False)


class CandidateUpdate(CandidateInput):
    """``stage`` moves the candidate; ``stage_id`` to that very stage of the posting. ``create_employee`` hires."""

    stage = ChoiceField(choices=Candidate.Stage.choices, required=False)
    stage_id = IdField(required=False)
    rejection_reason = SafeCharField(max_length=500, required=False, allow_blank=True, source="reason")
    create_employee = BooleanInput(required=False)


class ReasonInput(StrictSerializer):
    reason = SafeCharField(max_length=500)


class ResumeInput(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)


class NoteInput(StrictSerializer):
    text = SafeCharField(max_length=10_000)


class InterviewInput(StrictSerializer):
    title = SafeCharField(max_length=120, single_line=True, required=False, allow_blank=True)
    starts_at = WireDateTimeField()
    minutes = serializers.IntegerField(min_value=5, max_value=600, required=False)
    location = SafeCharField(max_length=300, single_line=True, required=False, allow_blank=True)
    status = ChoiceField(choices=Interview.Status.choices, required=False)
    notes = SafeCharField(max_length=10_000, required=False, allow_blank=True)
    interviewers = serializers.ListField(child=VisibleRelatedField(queryset=STAFF), required=False, max_length=20)


class ScorecardInput(StrictSerializer):
    coding = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    english = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    aptitude = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    overall = serializers.IntegerField(min_value=1, max_value=5)
    notes = SafeCharField(max_length=10_000, required=False, allow_blank=True)


class OnboardingInput(StrictSerializer):
    user_id = VisibleRelatedField(queryset=User.objects.filter(role__is_staff=True), source="user")
    title = SafeCharField(max_length=200, single_line=True)
    due_on = WireDateField()


class OnboardingUpdate(StrictSerializer):
    done = BooleanInput(required=False)
    title = SafeCharField(max_length=200, single_line=True, required=False)
    due_on = WireDateField(required=False)
