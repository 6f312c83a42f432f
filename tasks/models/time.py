from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel
from tasks.models.tasks import Task


class TimeEntryQuerySet(ScopedQuerySet["TimeEntry"]):
    def visible_to(self, user: Any) -> Self:
        """Everybody's for who approves or looks after time, else the person's own."""
        if user.has_perm("tasks.view_all_time"):
            return self
        return self.filter(user_id=user.pk) if user.has_perm("tasks.view_timeentry") else self.none()

    def running(self) -> Self:
        return self.filter(ended_at__isnull=True)


class TimeEntry(VersionedModel):
    """A stretch of somebody's work on a task. Entries of one person never overlap, and one at most is running.

    The rate is found once, when the entry is made (task, then project, client, person), and frozen with its
    currency, so a later change of rates bills no old work anew. ``work_date`` is the person's own day at the start.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")
        BILLED = "billed", _("Billed")

    class RateSource(models.TextChoices):
        TASK = "task", _("Task")
        PROJECT = "project", _("Project")
        CLIENT = "client", _("Client")
        PERSON = "person", _("Person")
        NONE = "none", _("No rate")

    task = models.ForeignKey(Task, verbose_name=_("task"), on_delete=models.PROTECT, related_name="time_entries")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="time_entries"
    )
    started_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("to"), null=True, blank=True)
    work_date = models.DateField(_("day"), editable=False)
    seconds = models.PositiveIntegerField(_("seconds"), default=0, editable=False)
    billable = models.BooleanField(_("billable"), default=True)
    rate = models.DecimalField(
        _("rate"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        editable=False,
    )
    currency = models.CharField(_("currency"), max_length=3, editable=False)
    rate_source = models.CharField(max_length=7, choices=RateSource.choices, default=RateSource.NONE, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    running_marker = models.GeneratedField(
        expression=Case(
            When(ended_at__isnull=True, then=Value(1)), default=None, output_field=models.SmallIntegerField()
        ),
        output_field=models.SmallIntegerField(null=True),
        db_persist=True,
    )

    objects = TimeEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name = _("time entry")
        verbose_name_plural = _("time entries")
        permissions = [
            ("view_all_time", "Can see everybody's time"),
            ("approve_time", "Can approve time of others"),
            ("lock_time", "Can lock past periods"),
        ]
        indexes = [
            models.Index(fields=["user", "started_at", "id"], name="tasks_time_user"),
            models.Index(fields=["task", "started_at", "id"], name="tasks_time_task"),
            models.Index(fields=["status", "started_at", "id"], name="tasks_time_status"),
            models.Index(fields=["started_at", "id"], name="tasks_time_started"),
            models.Index(fields=["user", "work_date"], name="tasks_time_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "running_marker"], name="tasks_time_one_running_timer"),
            models.CheckConstraint(
                name="tasks_time_end_after_start", condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at"))
            ),
            models.CheckConstraint(
                name="tasks_time_running_is_open", condition=Q(ended_at__isnull=False) | Q(status="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.work_date}"


class LockedPeriodQuerySet(ScopedQuerySet["LockedPeriod"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("tasks.view_lockedperiod") else self.none()


class LockedPeriod(TimestampedModel):
    """Days whose time is closed: no entry on them may be made, changed or deleted."""

    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = LockedPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("locked period")
        verbose_name_plural = _("locked periods")
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="tasks_locked_days")]
        constraints = [
            models.CheckConstraint(name="tasks_locked_end_after_start", condition=Q(ends_on__gte=F("starts_on")))
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"
