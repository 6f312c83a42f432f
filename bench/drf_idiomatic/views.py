from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import serializers, viewsets

from tasks.models import Task


class TaskSerializer(serializers.ModelSerializer[Task]):
    task_id = serializers.IntegerField(source="id")
    client_name = serializers.CharField(source="client.name")
    project_name = serializers.CharField(source="project.name", default=None)
    assignee_name = serializers.CharField(source="assigned_to.name", default=None)
    watchers = serializers.JSONField(source="watcher_ids")

    class Meta:
        model = Task
        fields: ClassVar[list[str]] = [
            *("task_id", "key", "title", "description", "client_id", "client_name", "project_id", "project_name"),
            *("assigned_to", "assignee_name", "created_by", "status", "priority", "progress", "estimated_time"),
            *("actual_time", "due_date", "start_time", "end_time", "tags", "parent_id", "watchers", "position"),
            *("created_at", "updated_at"),
        ]


class TaskViewSet(viewsets.ReadOnlyModelViewSet[Task]):
    serializer_class = TaskSerializer

    def get_queryset(self) -> QuerySet[Task]:
        return (
            Task.objects.filter(assigned_to=self.request.user)
            .select_related("client", "project", "assigned_to")
            .order_by("-created_at", "-id")
        )
