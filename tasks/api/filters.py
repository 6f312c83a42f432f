"""What lists of tasks and of time can be narrowed by."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet

from hyperflow.core import clock
from hyperflow.core.api.filters import BooleanFilter, ChoiceFilter, DateFilter, IdFilter, StrictFilterSet, date_range
from hyperflow.core.models import AuditEntry
from tasks.api.serializers import PRIORITIES
from tasks.models import Attachment, Comment, Task, TaskTag, TimeEntry


class PriorityFilter(ChoiceFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(name, choice.label) for name, choice in PRIORITIES.items()], **kwargs)

    def filter(self, rows: Any, value: Any) -> Any:
        return rows.filter(priority=PRIORITIES[value]) if value else rows


class OwnTaskFilter(StrictFilterSet):
    """Filters of the caller's own tasks."""

    status = ChoiceFilter(choices=Task.Status.choices)
    priority = PriorityFilter()
    client_id = IdFilter(field_name="client_id")
    project_id = IdFilter(field_name="project_id")
    parent_id = IdFilter(field_name="parent_id")
    tag = django_filters.CharFilter(method="with_tag", max_length=60)
    tags = django_filters.CharFilter(method="with_tag", max_length=60)
    overdue = BooleanFilter(method="late")
    due_after, due_before = date_range("due_date")
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")
    updated_since = DateFilter("updated_at", end=False)

    class Meta:
        model = Task
        fields: ClassVar[list[str]] = []

    def late(self, rows: QuerySet[Task], name: str, value: bool | None) -> QuerySet[Task]:
        """Open and past its due date, by the caller's own day; or everything else."""
        if value is None:
            return rows
        today = clock.business_date(getattr(self.request, "user", None))
        late = {"status__in": sorted(Task.OPEN), "due_date__lt": today}
        return rows.filter(**late) if value else rows.exclude(**late, due_date__isnull=False)

    def with_tag(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return rows.filter(pk__in=TaskTag.objects.filter(name=value).values("task_id"))


class TaskFilter(OwnTaskFilter):
    """… and of everybody's in scope."""

    assigned_to = IdFilter(field_name="assigned_to_id")
    created_by = IdFilter(field_name="created_by_id")
    unassigned = BooleanFilter(field_name="assigned_to", lookup_expr="isnull")


class TimeEntryFilter(StrictFilterSet):
    status = ChoiceFilter(choices=TimeEntry.Status.choices)
    user_id = IdFilter(field_name="user_id")
    task_id = IdFilter(field_name="task_id")
    client_id = IdFilter(field_name="task__client_id")
    project_id = IdFilter(field_name="task__project_id")
    billable = BooleanFilter(field_name="billable")
    running = BooleanFilter(field_name="ended_at", lookup_expr="isnull")
    started_after, started_before = date_range("started_at")
    ended_after, ended_before = date_range("ended_at")
    work_date_after, work_date_before = date_range("work_date")
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")

    class Meta:
        model = TimeEntry
        fields: ClassVar[list[str]] = []


class CommentFilter(StrictFilterSet):
    user_id = IdFilter(field_name="author_id")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Comment
        fields: ClassVar[list[str]] = []


class AttachmentFilter(StrictFilterSet):
    uploaded_by = IdFilter(field_name="uploaded_by_id")
    uploaded_after, uploaded_before = date_range("uploaded_at")

    class Meta:
        model = Attachment
        fields: ClassVar[list[str]] = []


class HistoryFilter(StrictFilterSet):
    user_id = IdFilter(field_name="actor_id")
    action = django_filters.CharFilter(max_length=64)
    at_after, at_before = date_range("at")

    class Meta:
        model = AuditEntry
        fields: ClassVar[list[str]] = []
