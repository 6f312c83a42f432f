from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField


class IdempotencyRecordQuerySet(models.QuerySet["IdempotencyRecord"]):
    def forget(self, *paths: str) -> int:
        """Delete the answers that were given under these paths, since what they tell was erased. How many."""
        under = Q()
        for path in paths:
            under |= Q(path=path) | Q(path__startswith=f"{path}/")
        return self.filter(under, status__isnull=False).delete()[0] if paths else 0


class IdempotencyRecord(models.Model):
    """The answer once given to a caller's ``Idempotency-Key``, kept for 24 hours.

    The row is inserted before the work and completed with the answer in the work's own transaction; a row without
    an answer is a request still under way.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = IdentifierField(max_length=255)
    request_hash = IdentifierField(max_length=64)
    #: Without the query.
    path = IdentifierField(max_length=255, default="", editable=False)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    lease_until = models.DateTimeField(null=True)

    objects = IdempotencyRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="core_idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="core_idempotency_age")]

    def __str__(self) -> str:
        return self.key


class AttemptCounter(models.Model):
    """How often something was tried in the running window: exact over processes, since a row counts.

    ``key`` is a hash of what is limited (an account with an address, an address), so the table tells nobody's.
    """

    key = IdentifierField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attempt counter")
        verbose_name_plural = _("attempt counters")
        indexes = [models.Index(fields=["window_ends_at"], name="core_attempts_window")]

    def __str__(self) -> str:
        return self.key[:12]
