"""When people were at work."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from hr import scope
from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel


class AttendanceQuerySet(ScopedQuerySet["Attendance"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for a manager their reports'; everybody their own."""
        return scope.people_in_scope(self, user, everybody="hr.view_all_attendance", own="hr.view_attendance")

    def open(self) -> Self:
        return self.filter(logout_time__isnull=True)


class Attendance(VersionedModel):
    """One session at work, from clock-in to clock-out. A break is the gap between two of a day.

    ``work_date`` is the day of the shift in the person's own zone: a night shift belongs to the date it began. A
    session that a job closed because nobody clocked out is not ``confirmed``, and counts as worked only once it is.
    At most one of a person is open.
    """

    class Status(models.TextChoices):
        PRESENT = "present", _("Present")
        LATE = "late", _("Late")
        HALF_DAY = "half-day", _("Half day")
        REMOTE = "remote", _("Remote")

    class Source(models.TextChoices):
        CLOCK = "clock", _("Clock")
        CORRECTION = "correction", _("Correction")
        IMPORT = "import", _("Import")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="attendances"
    )
    work_date = models.DateField(_("day"))
    login_time = models.DateTimeField(_("clock-in"))
    logout_time = models.DateTimeField(_("clock-out"), null=True, blank=True)
    seconds = models.PositiveIntegerField(_("seconds"), default=0, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PRESENT)
    location = models.CharField(_("location"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.CLOCK)
    confirmed = models.BooleanField(_("confirmed"), default=True)
    closed_by_job = models.BooleanField(_("closed for a forgotten clock-out"), default=False)
    external_id = models.CharField(max_length=120, blank=True, editable=False)
    open_marker = models.GeneratedField(
        expression=Case(
            When(logout_time__isnull=True, then=Value(1)), default=None, output_field=models.SmallIntegerField()
        ),
        output_field=models.SmallIntegerField(null=True),
        db_persist=True,
    )

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        db_table = "employee_attendance"
        ordering = ["-login_time", "-id"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        permissions = [
            ("view_all_attendance", "Can see everybody's attendance"),
            ("clock_in", "Can clock in and out"),
            ("correct_attendance", "Can correct the attendance of others"),
            ("decide_correction", "Can decide corrections that reports asked for"),
            ("lock_attendance", "Can lock past days of attendance"),
        ]
        indexes = [
            models.Index(fields=["user", "work_date", "login_time", "id"], name="hr_attendance_day"),
            models.Index(fields=["user", "login_time", "id"], name="hr_attendance_user"),
            models.Index(fields=["work_date", "user"], name="hr_attendance_sheet"),
            models.Index(fields=["login_time", "id"], name="hr_attendance_login"),
            models.Index(fields=["status", "login_time", "id"], name="hr_attendance_status"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "open_marker"], name="hr_attendance_one_open"),
            models.CheckConstraint(
                name="hr_attendance_out_after_in",
                condition=Q(logout_time__isnull=True) | Q(logout_time__gt=F("login_time")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.work_date}"


class CorrectionQuerySet(ScopedQuerySet["AttendanceCorrection"]):
    def visible_to(self, user: Any) -> Self:
        return scope.people_in_scope(self, user, everybody="hr.view_all_attendance", own="hr.view_attendance")


class AttendanceCorrection(VersionedModel):
    """A change of somebody's attendance that was asked for or made, with what stood there before, who and why.

    ``attendance`` is empty while an addition waits. A correction that HR makes directly is approved from the start.
    """

    class Kind(models.TextChoices):
        ADD = "add", _("Add")
        CHANGE = "change", _("Change")
        REMOVE = "remove", _("Remove")

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    NEXT = {
        Status.PENDING: frozenset({Status.APPROVED, Status.REJECTED}),
        Status.APPROVED: frozenset(),
        Status.REJECTED: frozenset(),
    }

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    attendance = models.ForeignKey(
        Attendance, on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    old_login_time = models.DateTimeField(_("clock-in before"), null=True, blank=True)
    old_logout_time = models.DateTimeField(_("clock-out before"), null=True, blank=True)
    login_time = models.DateTimeField(_("clock-in"), null=True, blank=True)
    logout_time = models.DateTimeField(_("clock-out"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decision_note = models.CharField(_("note of the decision"), max_length=500, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("attendance correction")
        verbose_name_plural = _("attendance corrections")
        indexes = [
            models.Index(fields=["status", "created_at", "id"], name="hr_correction_status"),
            models.Index(fields=["user", "created_at", "id"], name="hr_correction_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"


class LockedDaysQuerySet(ScopedQuerySet["LockedDays"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_lockeddays") else self.none()


class LockedDays(TimestampedModel):
    """Days whose attendance is closed for everybody: nothing on them is made, changed or removed.

    An approved payroll run locks its month this way; ``source`` names it, and such a lock stays.
    """

    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    source = models.CharField(max_length=40, blank=True, editable=False)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = LockedDaysQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("locked days of attendance")
        verbose_name_plural = _("locked days of attendance")
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="hr_locked_days")]
        constraints = [
            models.CheckConstraint(name="hr_locked_end_after_start", condition=Q(ends_on__gte=F("starts_on")))
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"
