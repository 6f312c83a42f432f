"""What lists of recruitment can be narrowed by."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet

from hr.models import Candidate, Employment, JobPosting, OnboardingTask
from hyperflow.core.api.filters import BooleanFilter, ChoiceFilter, IdFilter, StrictFilterSet, date_range


class PostingFilter(StrictFilterSet):
    status = ChoiceFilter(choices=JobPosting.Status.choices)
    department = django_filters.CharFilter(field_name="department__name", lookup_expr="iexact", max_length=80)
    location = django_filters.CharFilter(lookup_expr="iexact", max_length=120)
    employment_type = ChoiceFilter(choices=Employment.Type.choices)
    hiring_manager_id = IdFilter(field_name="hiring_manager_id")
    posted_after, posted_before = date_range("posted_date")
    closing_after, closing_before = date_range("closing_date")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = JobPosting
        fields: ClassVar[list[str]] = []


class CandidateFilter(StrictFilterSet):
    stage = ChoiceFilter(choices=Candidate.Stage.choices)
    stage_id = IdFilter(field_name="step_id")
    source = django_filters.CharFilter(max_length=60)
    erased = BooleanFilter(method="with_erased")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Candidate
        fields: ClassVar[list[str]] = []

    def with_erased(self, rows: QuerySet[Candidate], name: str, value: bool | None) -> QuerySet[Candidate]:
        return rows if value is None else rows.filter(erased_at__isnull=not value)


class OnboardingFilter(StrictFilterSet):
    user_id = IdFilter(field_name="user_id")
    done = BooleanFilter(method="with_done")
    due_after, due_before = date_range("due_on")

    class Meta:
        model = OnboardingTask
        fields: ClassVar[list[str]] = []

    def with_done(self, rows: QuerySet[OnboardingTask], name: str, value: Any) -> QuerySet[OnboardingTask]:
        return rows if value is None else rows.filter(done_at__isnull=not value)
