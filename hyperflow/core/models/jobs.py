from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models.base import ScopedQuerySet


class JobQuerySet(ScopedQuerySet["Job"]):
    def visible_to(self, user: Any) -> Self:
        """A person sees the jobs they started; who may look after the system sees all."""
        if user.has_perm("core.view_job"):
            return self
        return self.filter(owner_id=user.pk)


class Job(models.Model):
    """Work to be done after the transaction that asked for it, and the record that it was.

    The row is the job: the broker only carries its id as a wake-up. A claim is a conditional UPDATE that hands out
    ``token`` and a lease; who holds the token may heartbeat and finish, nobody else. A lease that runs out makes
    the job due again until ``max_attempts``, then it has failed with its reason and can be retried by a person.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = IdentifierField(_("kind"), max_length=100)
    queue = IdentifierField(_("queue"), max_length=20, default="default")
    arguments = models.JSONField(_("arguments"), default=dict)
    dedupe_key = IdentifierField(_("dedupe key"), max_length=200, null=True, blank=True, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("most attempts"), default=3)
    run_at = models.DateTimeField(_("due at"), default=clock.now)
    token = IdentifierField(_("claim"), max_length=36, blank=True, default="")
    lease_until = models.DateTimeField(_("leased until"), null=True)
    progress = models.PositiveSmallIntegerField(_("progress"), default=0)
    result = models.JSONField(_("result"), null=True)
    error = models.TextField(_("error"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("asked by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    request_id = IdentifierField(_("request id"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["state", "queue", "run_at", "id"], name="core_job_due"),
            models.Index(fields=["state", "lease_until"], name="core_job_lease"),
            models.Index(fields=["owner", "id"], name="core_job_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                name="core_job_running_is_leased",
                condition=~Q(state="running") | (Q(lease_until__isnull=False) & ~Q(token="")),
            ),
            models.CheckConstraint(name="core_job_progress_percent", condition=Q(progress__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Heartbeat(models.Model):
    """When a kind of process (the workers, the scheduler) last showed that it works. One row a kind."""

    name = IdentifierField(_("process"), max_length=40, unique=True)
    at = models.DateTimeField(_("last seen"), default=clock.now)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
