"""Shapes of time entries and of the timer."""

from typing import Any, ClassVar

from rest_framework import serializers

from hyperflow.core import money
from hyperflow.core.api.serializers import (
    BooleanInput,
    IdField,
    PriceField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
    WireDateTimeField,
)
from tasks.models import Task, TimeEntry


class TimeEntrySerializer(ResourceSerializer):
    """A stretch of somebody's work. ``hours`` is null while the timer runs, ``rate`` without the right to see rates."""

    entry_id = serializers.IntegerField(source="pk")
    task_id = serializers.IntegerField()
    task_key = serializers.CharField(source="task.key")
    task_title = serializers.CharField(source="task.title")
    user_id = serializers.IntegerField()
    user_name = serializers.CharField(source="user.name")
    hours = serializers.SerializerMethodField()
    rate = serializers.SerializerMethodField()
    approved_by = serializers.IntegerField(source="approved_by_id")

    class Meta:
        model = TimeEntry
        fields: ClassVar = [
            "entry_id",
            "task_id",
            "task_key",
            "task_title",
            "user_id",
            "user_name",
            "work_date",
            "started_at",
            "ended_at",
            "hours",
            "billable",
            "rate",
            "currency",
            "note",
            "status",
            "approved_by",
            "approved_at",
            "created_at",
            "updated_at",
        ]

    def get_hours(self, entry: TimeEntry) -> float | None:
        return None if entry.ended_at is None else round(entry.seconds / 3600, 2)

    def get_rate(self, entry: TimeEntry) -> str | None:
        if entry.rate is None or not self.context["request"].user.has_perm("clients.view_rates"):
            return None
        return money.wire_price(entry.rate, entry.currency)


class TimerSerializer(serializers.Serializer):
    """What runs now, and what starting it stopped."""

    started = TimeEntrySerializer()
    stopped = TimeEntrySerializer(allow_null=True)


class TimerInput(StrictSerializer):
    note = SafeCharField(max_length=500, required=False, allow_blank=True, single_line=True)
    billable = BooleanInput(required=False)


class NothingInput(StrictSerializer):
    """An empty object, or no body at all."""


class TimeEntryInput(StrictSerializer):
    task_id = VisibleRelatedField(queryset=Task.objects.select_related("client", "project"), source="task")
    started_at = WireDateTimeField()
    ended_at = WireDateTimeField()
    billable = BooleanInput(required=False)
    note = SafeCharField(max_length=500, required=False, allow_blank=True, single_line=True)


class IdsInput(StrictSerializer):
    ids = serializers.ListField(child=IdField(), min_length=1, max_length=200)

    def validate_ids(self, ids: list[int]) -> list[int]:
        return sorted(set(ids))


def rate_field() -> Any:
    """What ``rate`` is on the wire, for the schema."""
    return PriceField(allow_null=True)
