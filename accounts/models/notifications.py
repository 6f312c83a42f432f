from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet


class NotificationQuerySet(ScopedQuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(user_id=user.pk)


class Notification(models.Model):
    """Something that one person should know. The row keeps a kind and its values; the text is made when shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = IdentifierField(_("kind"), max_length=64)
    title = models.CharField(_("title"), max_length=200)
    body = models.CharField(_("text"), max_length=500, blank=True)
    subject_type = IdentifierField(_("about"), max_length=64, blank=True)
    subject_id = models.BigIntegerField(_("about id"), null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    read_at = models.DateTimeField(_("read at"), null=True)
    unread_marker = models.GeneratedField(
        expression=Case(
            When(read_at__isnull=True, then=Value(1)), default=None, output_field=models.SmallIntegerField()
        ),
        output_field=models.SmallIntegerField(null=True),
        db_persist=True,
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="accounts_notification_list"),
            models.Index(fields=["user", "unread_marker"], name="accounts_notification_unread"),
        ]

    def __str__(self) -> str:
        return self.title
