from django.db import models
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField


class OutboxEvent(models.Model):
    """A fact that was committed: the one source for realtime, automation rules and outgoing webhooks.

    Ids may commit out of order, so a reader remembers what it has handled and looks back a while; it never
    keeps only "the highest id seen".
    """

    kind = IdentifierField(_("kind"), max_length=64)
    subject_type = IdentifierField(_("subject type"), max_length=64)
    subject_id = models.BigIntegerField(_("subject id"))
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["created_at", "id"], name="core_outbox_created"),
            models.Index(fields=["subject_type", "subject_id", "id"], name="core_outbox_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class OutboxReader(models.Model):
    """What one listener has handled: every id up to ``position``, and the ids in ``handled`` beyond it.

    ``handled`` is a list of ranges ``[first, last]``. What is missing between them may still be committed.
    """

    name = IdentifierField(_("reader"), max_length=64, unique=True)
    position = models.BigIntegerField(_("handled up to"), default=0)
    handled = models.JSONField(_("handled beyond"), default=list)

    class Meta:
        verbose_name = _("event reader")
        verbose_name_plural = _("event readers")

    def __str__(self) -> str:
        return self.name
