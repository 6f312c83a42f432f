import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Project, ProjectMember
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, VersionedModel

#: Stands for "no due date" in the order by due date: after every real one.
NO_DUE_DATE = dt.date(9999, 12, 31)


class TaskQuerySet(ScopedQuerySet["Task"]):
    def visible_to(self, user: Any) -> Self:
        """All for who looks after every task; for other staff their own and those of their projects; for portal
        users those of their clients."""
        if not user.has_perm("tasks.view_task"):
            return self.none()
        if user.has_perm("tasks.view_all_tasks"):
            return self
        if not user.is_staff:
            return self.filter(client__in=Client.objects.visible_to(user))
        return self.filter(
            Q(assigned_to_id=user.pk)
            | Q(created_by_id=user.pk)
            | Q(project_id__in=ProjectMember.objects.filter(user_id=user.pk).values("project_id"))
        )


class Task(VersionedModel):
    """A piece of work for a client.

    ``key`` is its human name (``ACME-42``), given once and never reused. Status moves along ``NEXT``; entering
    work for the first time sets ``start_time``, completing sets ``end_time`` and ``actual_time`` (hours, from the
    time entries, else working hours from start to end). ``tags`` and ``watcher_ids`` repeat what `TaskTag` and
    `TaskWatcher` hold, so that a list is one query; `tasks.services.tasks` writes both.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        MEDIUM = 2, _("Medium")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        Status.PENDING: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
        Status.IN_PROGRESS: frozenset({Status.PENDING, Status.COMPLETED, Status.CANCELLED}),
        Status.COMPLETED: frozenset({Status.IN_PROGRESS}),
        Status.CANCELLED: frozenset({Status.PENDING}),
    }
    OPEN: ClassVar[frozenset[str]] = frozenset({Status.PENDING, Status.IN_PROGRESS})

    #: What a title and a description hold at most, whoever writes them: a person, the API, an import.
    MOST_TITLE: ClassVar = 300
    MOST_DESCRIPTION: ClassVar = 50_000

    key = IdentifierField(_("key"), max_length=24, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=MOST_TITLE)
    description = models.TextField(_("description"), blank=True)
    client = models.ForeignKey(Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="tasks")
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), on_delete=models.PROTECT, null=True, blank=True, related_name="subtasks"
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("created by"), on_delete=models.PROTECT, related_name="created_tasks"
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING, editable=False
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.MEDIUM)
    progress = models.PositiveSmallIntegerField(_("progress in percent"), default=0)
    progress_description = models.TextField(_("progress note"), blank=True)
    drive_link = models.URLField(_("link to the work"), max_length=1000, blank=True)
    estimated_time = models.DecimalField(
        _("estimate in hours"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    actual_time = models.DecimalField(
        _("hours taken"), max_digits=10, decimal_places=2, null=True, blank=True, editable=False
    )
    hourly_rate = models.DecimalField(
        _("hourly rate"), max_digits=18, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    billable = models.BooleanField(_("billable"), default=True)
    due_date = models.DateField(_("due"), null=True, blank=True)
    due_order = models.GeneratedField(
        expression=Coalesce(F("due_date"), Value(NO_DUE_DATE, output_field=models.DateField())),
        output_field=models.DateField(),
        db_persist=True,
    )
    start_time = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    end_time = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    tags = models.JSONField(_("tags"), default=list, blank=True, editable=False)
    watcher_ids = models.JSONField(_("watchers"), default=list, blank=True, editable=False)
    position = models.BigIntegerField(_("position"), default=0, editable=False)
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="tasks.TaskWatcher", related_name="watched_tasks", verbose_name=_("watchers")
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "tasks"
        ordering = ["-created_at", "-id"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        permissions = [
            ("view_all_tasks", "Can see every task"),
            ("work_on_task", "Can work on own tasks: status, progress, comments, files, time"),
            ("assign_task", "Can assign tasks to people"),
            ("change_any_task", "Can move and edit tasks of others"),
            ("add_own_client_task", "Can ask for a task for the own client record"),
        ]
        # Every offered ordering alone, and with one of status, assignee, client, project.
        indexes = [
            *(
                models.Index(fields=[*lead, order, "id"], name=f"tasks_{(lead or ['all'])[0][:8]}_{order[:8]}")
                for lead in ([], ["status"], ["assigned_to"], ["client"], ["project"])
                for order in ("created_at", "updated_at", "due_order", "priority")
            ),
            models.Index(fields=["project", "position", "id"], name="tasks_project_position"),
            models.Index(fields=["created_by", "created_at", "id"], name="tasks_creator_created"),
        ]
        constraints = [
            models.CheckConstraint(name="tasks_progress_percent", condition=Q(progress__lte=100)),
            models.CheckConstraint(name="tasks_priority_known", condition=Q(priority__gte=1, priority__lte=4)),
            models.CheckConstraint(
                name="tasks_end_after_start",
                condition=Q(end_time__isnull=True) | Q(start_time__isnull=True) | Q(end_time__gte=F("start_time")),
            ),
            models.CheckConstraint(
                name="tasks_completed_has_end", condition=~Q(status="completed") | Q(end_time__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class PartOfTaskQuerySet(ScopedQuerySet[Any]):
    """Rows that belong to a task are seen by whoever sees the task."""

    def visible_to(self, user: Any) -> Self:
        if user.has_perm("tasks.view_all_tasks"):
            return self
        return self.filter(task__in=Task.objects.visible_to(user))


class TaskTag(models.Model):
    """A label on a task; the row exists so that tasks can be found by it."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="tag_rows")
    name = IdentifierField(_("tag"), max_length=60)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="tasks_tag_once")]
        indexes = [models.Index(fields=["name", "task"], name="tasks_tag_name")]

    def __str__(self) -> str:
        return self.name


class TaskWatcher(models.Model):
    """Somebody who wants to hear what happens to a task. Watching gives no rights."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="watcher_rows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watcher_rows")

    class Meta:
        verbose_name = _("watcher")
        verbose_name_plural = _("watchers")
        constraints = [models.UniqueConstraint(fields=["task", "user"], name="tasks_watcher_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.task_id}"
