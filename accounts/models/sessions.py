import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet


class SessionQuerySet(ScopedQuerySet["Session"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("accounts.view_session") else self.filter(user_id=user.pk)


class Session(models.Model):
    """One sign-in through the API: a family of refresh tokens of which only the newest is worth anything.

    Every access token names its session (``sid``), and is refused once the session is revoked. ``current_hash``
    is the SHA-256 of the newest refresh token's id; presenting any other id of the family revokes the session.
    """

    class End(models.TextChoices):
        LOGOUT = "logout", _("Signed out")
        REUSE = "reuse", _("A used refresh token came back")
        PASSWORD = "password", _("Password changed")
        ACCOUNT = "account", _("Account changed")

    sid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    current_hash = IdentifierField(max_length=64)
    token_version = models.PositiveIntegerField()
    created_at = models.DateTimeField(_("signed in at"), default=clock.now, editable=False)
    last_used_at = models.DateTimeField(_("last refreshed at"), default=clock.now)
    refresh_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("ends at the latest"))
    revoked_at = models.DateTimeField(_("ended at"), null=True)
    end = models.CharField(_("reason"), max_length=10, choices=End.choices, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("program"), max_length=300, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["user", "revoked_at"], name="accounts_session_live"),
            models.Index(fields=["expires_at"], name="accounts_session_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.sid)


class OneTimeToken(models.Model):
    """A link that works once: only its SHA-256 is kept, it is short-lived, and dies with the account's changes."""

    class Purpose(models.TextChoices):
        RESET = "reset", _("Password reset")
        VERIFY = "verify", _("Address verification")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_tokens")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    token_hash = IdentifierField(max_length=64, unique=True)
    token_version = models.PositiveIntegerField()
    #: Hashed: what the registration that this link belongs to chose. It counts once the link is used, so whoever
    #: registers somebody else's address first can't be in possession of the account that its owner then verifies.
    password = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        indexes = [models.Index(fields=["user", "purpose"], name="accounts_onetime_user")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
