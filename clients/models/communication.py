from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.clients import Client, Contact, PartOfClientQuerySet, one_line
from hyperflow.core import clock


class CommunicationLog(models.Model):
    """One thing that was said to or by a client, on whatever channel. Appended; never edited."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        MEETING = "meeting", _("Meeting")
        CHAT = "chat", _("Chat")
        NOTE = "note", _("Note")
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        ASANA = "asana", "Asana"
        TRELLO = "trello", "Trello"
        GMAIL = "gmail", "Gmail"
        ZOHO = "zoho", "Zoho Mail"
        WHATSAPP = "whatsapp", "WhatsApp"

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("From the client")
        OUTBOUND = "outbound", _("To the client")
        INTERNAL = "internal", _("Internal")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="communications")
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="communications"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="communications"
    )
    sender_name = models.CharField(_("sender"), max_length=150, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    message = models.TextField(_("message"))
    external_url = models.URLField(_("link"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("at"), default=clock.now)

    objects = PartOfClientQuerySet.as_manager()

    class Meta:
        db_table = "communication_logs"
        ordering = ["-created_at", "-id"]
        verbose_name = _("communication")
        verbose_name_plural = _("communication log")
        indexes = [
            models.Index(fields=["client", "created_at", "id"], name="communication_client"),
            models.Index(fields=["created_at", "id"], name="communication_created"),
        ]

    def __str__(self) -> str:
        return self.subject or self.message[:60]

    def clean(self) -> None:
        one_line(self, "sender_name", "subject")
