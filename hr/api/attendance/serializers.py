"""Shapes of attendance."""

from typing import Any, ClassVar

from rest_framework import serializers

from hr.models import Attendance
from hyperflow.core.api.serializers import (
    IdField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    WireDateField,
    WireDateTimeField,
)


def hours(seconds: int) -> float:
    return round(seconds / 3600, 2)


class AttendanceSerializer(ResourceSerializer):
    """One session at work.

    ``hours_worked`` is null while it is open, and 0 while it waits to be confirmed: its hours are then
    ``hours_unconfirmed``.
    """

    attendance_id = serializers.IntegerField(source="pk")
    user_id = serializers.IntegerField()
    user_name = serializers.CharField(source="user.name")
    hours_worked = serializers.SerializerMethodField()
    hours_unconfirmed = serializers.SerializerMethodField()

    class Meta:
        model = Attendance
        fields: ClassVar[list[str]] = [
            "attendance_id",
            "user_id",
            "user_name",
            "work_date",
            "login_time",
            "logout_time",
            "hours_worked",
            "hours_unconfirmed",
            "status",
            "confirmed",
            "closed_by_job",
            "location",
            "note",
            "source",
            "created_at",
            "updated_at",
        ]

    def get_hours_worked(self, row: Attendance) -> float | None:
        if row.logout_time is None:
            return None
        return hours(row.seconds) if row.confirmed else 0.0

    def get_hours_unconfirmed(self, row: Attendance) -> float:
        return 0.0 if row.confirmed else hours(row.seconds)


class TodaySerializer(serializers.Serializer):
    """The caller's day at work. The session named is the open one, else the last; null where there is none yet."""

    work_date = WireDateField()
    attendance_id = serializers.IntegerField(allow_null=True)
    login_time = WireDateTimeField(allow_null=True)
    logout_time = WireDateTimeField(allow_null=True)
    open = serializers.BooleanField()
    hours_today = serializers.FloatField()
    sessions = AttendanceSerializer(many=True)

    def to_representation(self, day: Any) -> dict[str, Any]:
        one = AttendanceSerializer(context=self.context)
        current = day.current
        sessions = [one.to_representation(row) for row in day.sessions]
        last = sessions[-1] if sessions else {}
        return {
            "work_date": day.work_date.isoformat(),
            "attendance_id": current.pk if current is not None else None,
            "login_time": last.get("login_time"),
            "logout_time": last.get("logout_time"),
            "open": day.is_open,
            "hours_today": hours(day.seconds),
            "sessions": sessions,
        }


class ClockIn(StrictSerializer):
    note = SafeCharField(max_length=500, required=False, allow_blank=True, single_line=True)
    location = SafeCharField(max_length=120, required=False, allow_blank=True, single_line=True)


class ClockOut(StrictSerializer):
    attendance_id = IdField(required=False)
    note = SafeCharField(max_length=500, required=False, allow_blank=True, single_line=True)
