from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.models import StoredFile
from tasks.models.tasks import PartOfTaskQuerySet, Task


class StaffOnlyPartOfTaskQuerySet(PartOfTaskQuerySet):
    """What colleagues say and keep among themselves: portal users see the task, not this."""

    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user) if user.is_staff else self.none()


class Comment(models.Model):
    """What somebody said about a task. ``author_name`` keeps who it was where an import knew only a name."""

    MOST_CONTENT: ClassVar = 20_000

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    content = models.TextField(_("text"))
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    created_at = models.DateTimeField(_("at"), default=clock.now)

    objects = StaffOnlyPartOfTaskQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(fields=["task", "created_at", "id"], name="tasks_comment_task"),
            models.Index(fields=["created_at", "id"], name="tasks_comment_created"),
        ]

    def __str__(self) -> str:
        return self.content[:60]


class Attachment(models.Model):
    """A file with a task, or a link that an import brought. Exactly one of ``file`` and ``external_url`` is set."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="attachments")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="attachment")
    external_url = models.URLField(_("link"), max_length=2000, blank=True)
    name = models.CharField(_("name"), max_length=255)
    description = models.CharField(_("description"), max_length=500, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("at"), default=clock.now)

    objects = StaffOnlyPartOfTaskQuerySet.as_manager()

    class Meta:
        ordering = ["uploaded_at", "id"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [models.Index(fields=["task", "uploaded_at", "id"], name="tasks_attachment_task")]
        constraints = [
            models.CheckConstraint(
                name="tasks_attachment_file_or_link",
                condition=(Q(file__isnull=False) & Q(external_url="")) | (Q(file__isnull=True) & ~Q(external_url="")),
            )
        ]

    def __str__(self) -> str:
        return self.name
