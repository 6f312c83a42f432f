"""Shapes of attendance."""

from typing import Any, ClassVar

from rest_framework import serializers

from hr.models import Attendance, AttendanceCorrection, LockedDays
from hyperflow.core.api.serializers import (
    ChoiceField,
    IdField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    VisibleRelatedField,
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


class CorrectionSerializer(ResourceSerializer):
    """A change of attendance: what stood there, what is to stand there, who asked, who decided, and why."""

    correction_id = serializers.IntegerField(source="pk")
    user_id = serializers.IntegerField()
    user_name = serializers.CharField(source="user.name")
    attendance_id = serializers.IntegerField(allow_null=True)
    requested_by = serializers.IntegerField(source="requested_by_id")
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)

    class Meta:
        model = AttendanceCorrection
        fields: ClassVar[list[str]] = [
            "correction_id",
            "user_id",
            "user_name",
            "attendance_id",
            "kind",
            "old_login_time",
            "old_logout_time",
            "login_time",
            "logout_time",
            "reason",
            "status",
            "requested_by",
            "decided_by",
            "decided_at",
            "decision_note",
            "created_at",
            "updated_at",
        ]


def _reason(**more: Any) -> SafeCharField:
    return SafeCharField(max_length=500, single_line=True, **more)


class CorrectionRequest(StrictSerializer):
    """``add`` takes both times, ``change`` a session and what is new about it, ``remove`` a session."""

    kind = ChoiceField(choices=AttendanceCorrection.Kind.choices)
    attendance_id = VisibleRelatedField(
        queryset=Attendance.objects.all(), source="attendance", required=False, allow_null=True
    )
    login_time = WireDateTimeField(required=False, allow_null=True)
    logout_time = WireDateTimeField(required=False, allow_null=True)
    reason = _reason()


class CorrectionDecision(StrictSerializer):
    status = ChoiceField(choices=["approved", "rejected"])
    decision_note = _reason(required=False, allow_blank=True)


class Confirmation(StrictSerializer):
    """Nothing: it was so. With another ``logout_time`` it becomes a request for a correction."""

    logout_time = WireDateTimeField(required=False)
    reason = _reason(required=False)


class ConfirmationAnswer(serializers.Serializer):
    """The session as it is now, and the request where one was made."""

    attendance = AttendanceSerializer()
    correction = CorrectionSerializer(allow_null=True)


class SessionAdd(StrictSerializer):
    login_time = WireDateTimeField()
    logout_time = WireDateTimeField()
    reason = _reason()


class SessionChange(StrictSerializer):
    login_time = WireDateTimeField(required=False)
    logout_time = WireDateTimeField(required=False)
    reason = _reason()


class SessionRemoval(StrictSerializer):
    reason = _reason()


class SummarySerializer(serializers.Serializer):
    """An employee's period in figures. Hours are those that are confirmed."""

    user_id = serializers.IntegerField()
    user_name = serializers.CharField()
    employee_code = serializers.CharField()
    department = serializers.CharField(allow_null=True)
    days_present = serializers.IntegerField()
    days_late = serializers.IntegerField()
    days_absent = serializers.IntegerField()
    days_half = serializers.IntegerField()
    days_remote = serializers.IntegerField()
    days_leave = serializers.FloatField()
    hours = serializers.FloatField()
    hours_planned = serializers.FloatField()
    hours_unconfirmed = serializers.FloatField()
    overtime = serializers.FloatField()


class DayOfTimeSerializer(serializers.Serializer):
    """A day of attendance against the time logged on tasks, in hours: attended − breaks − logged = unexplained.

    ``flags`` says what needs a word: ``unexplained``, ``logged_while_out``, ``logged_on_leave``.
    """

    user_id = serializers.IntegerField()
    date = WireDateField()
    attended = serializers.FloatField()
    breaks = serializers.FloatField()
    logged = serializers.FloatField()
    unexplained = serializers.FloatField()
    logged_while_out = serializers.FloatField()
    logged_on_leave = serializers.FloatField()
    flags = serializers.ListField(child=serializers.CharField())
    entry_ids = serializers.ListField(child=serializers.IntegerField())

    def to_representation(self, day: Any) -> dict[str, Any]:
        return {
            "user_id": day.user_id,
            "date": day.date.isoformat(),
            "attended": hours(day.attended_seconds),
            "breaks": hours(day.break_seconds),
            "logged": hours(day.logged_seconds),
            "unexplained": hours(day.unexplained_seconds),
            "logged_while_out": hours(day.while_out_seconds),
            "logged_on_leave": hours(day.on_leave_seconds),
            "flags": day.flags,
            "entry_ids": day.entry_ids,
        }


class PersonTimeSerializer(serializers.Serializer):
    """An employee's days of attendance against logged time."""

    user_id = serializers.IntegerField()
    user_name = serializers.CharField()
    employee_code = serializers.CharField()
    days = DayOfTimeSerializer(many=True)


class TimePeriodQuery(serializers.Serializer):
    """Default: the last 30 days. At most 92."""

    start_date = WireDateField(required=False)
    end_date = WireDateField(required=False)
    flagged = ChoiceField(choices=["true", "false"], required=False)


class LockSerializer(ResourceSerializer):
    """Days of attendance that are closed. ``source`` names what closed them, where it was no person."""

    lock_id = serializers.IntegerField(source="pk")
    locked_by = serializers.IntegerField(source="locked_by_id", allow_null=True)

    class Meta:
        model = LockedDays
        fields: ClassVar[list[str]] = [
            "lock_id",
            "starts_on",
            "ends_on",
            "reason",
            "source",
            "locked_by",
            "created_at",
        ]


class LockInput(StrictSerializer):
    starts_on = WireDateField()
    ends_on = WireDateField()
    reason = SafeCharField(max_length=200, single_line=True, required=False, allow_blank=True)
