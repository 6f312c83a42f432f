"""Shapes of tasks, comments and attachments, in and out."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from clients.models import Client, Project
from hyperflow.core import storage
from hyperflow.core.api.responses import wire_time
from hyperflow.core.api.serializers import (
    BooleanInput,
    ChoiceField,
    HoursField,
    IdField,
    IntegerInput,
    PriceField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    URLField,
    VisibleRelatedField,
    WireDateField,
    WireDateTimeField,
)
from tasks.models import Attachment, Comment, Task
from tasks.services.attachments import KIND

PRIORITIES = {choice.name.lower(): choice for choice in Task.Priority}


class PriorityField(serializers.ChoiceField):
    """``low``, ``medium``, ``high`` or ``urgent``; a number inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(name, str(choice.label)) for name, choice in PRIORITIES.items()], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not str or data not in PRIORITIES:
            self.fail("invalid_choice", input=data)
        return PRIORITIES[data]


class PeopleField(serializers.ListField):
    """Ids of active people whom the caller may name, found by one query; rows in Python."""

    child = IdField()
    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": "There are no such people: {ids}."}

    def to_internal_value(self, data: Any) -> list[User]:
        ids = list(dict.fromkeys(super().to_internal_value(data)))
        asking = self.context["request"].user
        found = {person.pk: person for person in User.objects.visible_to(asking).filter(pk__in=ids, is_active=True)}
        missing = [pk for pk in ids if pk not in found]
        if missing:
            self.fail("does_not_exist", ids=", ".join(map(str, missing)))
        return [found[pk] for pk in ids]


# -- out


class TaskSerializer(serializers.Serializer):
    """A piece of work for a client. `tasks.reading.render` writes it; this is its shape for the schema."""

    task_id = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    client_id = serializers.IntegerField()
    client_name = serializers.CharField()
    project_id = serializers.IntegerField(allow_null=True)
    project_name = serializers.CharField(allow_null=True)
    assigned_to = serializers.IntegerField(allow_null=True)
    assignee_name = serializers.CharField(allow_null=True)
    created_by = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Task.Status.choices)
    priority = PriorityField()
    progress = serializers.IntegerField(min_value=0, max_value=100)
    estimated_time = HoursField(allow_null=True)
    actual_time = HoursField(allow_null=True)
    due_date = WireDateField(allow_null=True)
    start_time = WireDateTimeField(allow_null=True)
    end_time = WireDateTimeField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    parent_id = serializers.IntegerField(allow_null=True)
    watchers = serializers.ListField(child=serializers.IntegerField())
    position = serializers.IntegerField()
    created_at = WireDateTimeField()
    updated_at = WireDateTimeField()


class CommentSerializer(ResourceSerializer):
    comment_id = serializers.IntegerField(source="pk")
    user_id = serializers.IntegerField(source="author_id")
    user_name = serializers.CharField(source="author.name")
    mentions = serializers.SerializerMethodField()

    class Meta:
        model = Comment
        fields: ClassVar = ["comment_id", "user_id", "user_name", "content", "mentions", "created_at"]

    def get_mentions(self, comment: Comment) -> list[int]:
        return sorted(person.pk for person in comment.mentions.all())


class AttachmentSerializer(serializers.Serializer):
    """A file (``url`` is a short-lived link for this caller), or a link from an import (``file_type`` is null)."""

    attachment_id = serializers.IntegerField()
    file_name = serializers.CharField()
    file_type = serializers.CharField(allow_null=True)
    file_size = serializers.IntegerField(allow_null=True)
    checksum = serializers.CharField(allow_null=True, help_text="SHA-256, hexadecimal.")
    url = serializers.CharField()
    description = serializers.CharField()
    uploaded_by = serializers.IntegerField()
    uploader_name = serializers.CharField()
    uploaded_at = WireDateTimeField()

    def to_representation(self, row: Attachment) -> dict[str, Any]:
        file = row.file
        request = self.context["request"]
        session = getattr(request.auth, "sid", None)
        return {
            "attachment_id": row.pk,
            "file_name": row.name,
            "file_type": file.content_type if file else None,
            "file_size": file.size if file else None,
            "checksum": file.sha256 if file else None,
            "url": storage.signed_path(KIND, row.pk, request.user, session=session) if file else row.external_url,
            "description": row.description,
            "uploaded_by": row.uploaded_by_id,
            "uploader_name": row.uploaded_by.name,
            "uploaded_at": wire_time(row.uploaded_at),
        }


class TaskDetailSerializer(TaskSerializer):
    """One task with what belongs to it.

    ``hourly_rate`` is null without the right to see rates; a client's own people see what is asked of the agency, not
    what is said and logged there: to them ``comments_count`` and ``time_entries_total`` are null.
    """

    progress_description = serializers.CharField()
    drive_link = serializers.CharField()
    billable = serializers.BooleanField()
    hourly_rate = PriceField(allow_null=True)
    currency = serializers.CharField(help_text="The client's; of ``hourly_rate``.")
    comments_count = serializers.IntegerField(allow_null=True)
    attachments = AttachmentSerializer(many=True)
    insights = serializers.ListField(child=serializers.DictField())
    time_entries_total = HoursField(allow_null=True, help_text="Hours of all finished time entries.")


_ON_THE_WIRE = {"watcher_ids": "watchers", "client": "client_id", "project": "project_id", "parent": "parent_id"}
_ON_THE_WIRE |= {"assigned_to_id": "assigned_to", "created_by_id": "created_by"}
_PRIORITY_NAMES = {int(choice): name for name, choice in PRIORITIES.items()}


def _as_on_the_wire(name: str, value: Any) -> Any:
    """A value of the audit log as a task shows it: priorities are words, hours are numbers."""
    if value is None:
        return None
    if name == "priority":
        return _PRIORITY_NAMES.get(value, value)
    return round(float(value), 2) if name in {"estimated_time", "actual_time"} else value


class ChangeSerializer(serializers.Serializer):
    """Something that was done to a task: ``changes`` maps a field to its value before and after."""

    change_id = serializers.IntegerField()
    at = WireDateTimeField()
    user_id = serializers.IntegerField(allow_null=True)
    user_name = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    changes = serializers.DictField()

    def to_representation(self, row: Any) -> dict[str, Any]:
        hidden = set() if self.context["request"].user.has_perm("clients.view_rates") else {"hourly_rate"}
        return {
            "change_id": row.pk,
            "at": wire_time(row.at),
            "user_id": row.actor_id,
            "user_name": row.actor.name if row.actor else None,
            "action": row.action,
            "changes": {
                _ON_THE_WIRE.get(name, name): [_as_on_the_wire(name, value) for value in change]
                for name, change in row.changes.items()
                if name not in hidden
            },
        }


# -- in


class TaskInput(StrictSerializer):
    client_id = VisibleRelatedField(queryset=Client.objects.all(), source="client")
    title = SafeCharField(max_length=Task.MOST_TITLE, single_line=True)
    description = SafeCharField(max_length=Task.MOST_DESCRIPTION, allow_blank=True, required=False)
    project_id = VisibleRelatedField(queryset=Project.objects.all(), source="project", required=False, allow_null=True)
    parent_id = VisibleRelatedField(queryset=Task.objects.all(), source="parent", required=False, allow_null=True)
    assigned_to = VisibleRelatedField(queryset=User.objects.select_related("role"), required=False, allow_null=True)
    priority = PriorityField(required=False)
    due_date = WireDateField(required=False, allow_null=True)
    estimated_time = HoursField(required=False, allow_null=True)
    hourly_rate = PriceField(required=False, allow_null=True)
    billable = BooleanInput(required=False)
    tags = serializers.ListField(child=SafeCharField(max_length=60, single_line=True), required=False, max_length=20)
    watchers = PeopleField(required=False, max_length=50)


class StatusInput(StrictSerializer):
    status = ChoiceField(choices=Task.Status.choices)
    note = SafeCharField(max_length=5_000, required=False, allow_blank=True)


class ProgressInput(StrictSerializer):
    progress = IntegerInput(min_value=0, max_value=100)
    progress_description = SafeCharField(max_length=5_000, required=False, allow_blank=True)
    drive_link = URLField(max_length=1_000, required=False, allow_blank=True)


class PositionInput(StrictSerializer):
    """Right before or right after another task of the same project; with one that is null, at the end."""

    before_id = VisibleRelatedField(queryset=Task.objects.all(), source="before", required=False, allow_null=True)
    after_id = VisibleRelatedField(queryset=Task.objects.all(), source="after", required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            message = _("Say where: before_id or after_id. Null is the end.")
            raise serializers.ValidationError({"after_id": [message]}, code="required")
        return attrs


class CommentInput(StrictSerializer):
    content = SafeCharField(max_length=Comment.MOST_CONTENT)


class AttachmentInput(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    description = SafeCharField(max_length=500, required=False, allow_blank=True, single_line=True)
