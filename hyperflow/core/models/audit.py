from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models.base import ScopedQuerySet


class AuditQuerySet(ScopedQuerySet["AuditEntry"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("core.view_auditentry") else self.none()


class AuditEntry(models.Model):
    """Who did what to which row, with the values before and after. Appended, never changed or deleted.

    ``changes`` maps a field to ``[before, after]``; the history of a row is its entries, newest first.
    """

    at = models.DateTimeField(_("at"), default=clock.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("actor"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = IdentifierField(_("action"), max_length=64)
    target_type = IdentifierField(_("target type"), max_length=64, blank=True)
    target_id = models.BigIntegerField(_("target id"), null=True)
    target_label = models.CharField(_("target"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    request_id = IdentifierField(_("request id"), max_length=64, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["target_type", "target_id", "id"], name="core_audit_target"),
            models.Index(fields=["actor", "id"], name="core_audit_actor"),
            models.Index(fields=["actor", "at", "id"], name="core_audit_actor_at"),
            models.Index(fields=["action", "id"], name="core_audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}".strip()
