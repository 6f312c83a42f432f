from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models.clients import Client, list_indexes, one_line, validate_currency
from hyperflow.core import money
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, VersionedModel


class KeySequence(models.Model):
    """Hands out the human keys of tasks: ``ACME-1``, ``ACME-2`` … The row is locked while a number is taken."""

    prefix = IdentifierField(_("prefix"), max_length=12, unique=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("key sequence")
        verbose_name_plural = _("key sequences")

    def __str__(self) -> str:
        return self.prefix


class ProjectQuerySet(ScopedQuerySet["Project"]):
    def visible_to(self, user: Any) -> Self:
        """Who sees every client sees every project; other staff those they are a member of or whose client they see;
        portal users those of their clients."""
        if not user.has_perm("clients.view_project"):
            return self.none()
        if user.has_perm("clients.view_all_clients"):
            return self
        mine = Q(client__in=Client.objects.visible_to(user))
        if user.is_staff:
            mine |= Q(pk__in=ProjectMember.objects.filter(user_id=user.pk).values("project_id"))
        return self.filter(mine)


class Project(VersionedModel):
    """A piece of work agreed with a client, and how it is billed."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ACTIVE = "active", _("Active")
        ON_HOLD = "on_hold", _("On hold")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    class Billing(models.TextChoices):
        HOURLY = "hourly", _("Hourly")
        FIXED = "fixed", _("Fixed price")
        RETAINER = "retainer", _("Retainer")

    client = models.ForeignKey(Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(_("name"), max_length=200)
    key_sequence = models.OneToOneField(KeySequence, on_delete=models.PROTECT, related_name="project", editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    billing = models.CharField(_("billing"), max_length=10, choices=Billing.choices, default=Billing.HOURLY)
    budget = models.DecimalField(
        _("budget"), max_digits=18, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    budget_hours = models.DecimalField(
        _("budget in hours"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    hourly_rate = models.DecimalField(
        _("hourly rate"), max_digits=18, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    start_date = models.DateField(_("start"), null=True, blank=True)
    end_date = models.DateField(_("end"), null=True, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="clients.ProjectMember", related_name="projects", verbose_name=_("members")
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        indexes = list_indexes("project", [[], ["status"], ["client"]])
        constraints = [
            models.UniqueConstraint(fields=["client", "name"], name="clients_project_name_once_per_client"),
            models.CheckConstraint(
                name="clients_project_end_after_start",
                condition=Q(end_date__isnull=True) | Q(start_date__isnull=True) | Q(end_date__gte=F("start_date")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name")
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValidationError({"end_date": _("A project cannot end before it starts.")})
        if self.budget is not None and not money.fits(self.budget, self.currency):
            message = _("%(currency)s has %(digits)d digits after the point: write the budget with no more.")
            values = {"currency": self.currency, "digits": money.digits(self.currency)}
            raise ValidationError({"budget": ValidationError(message, code="too_many_digits", params=values)})


class ProjectMember(models.Model):
    """Somebody who works on a project: they see it, its client and all its tasks."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        verbose_name = _("project member")
        verbose_name_plural = _("project members")
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="clients_member_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.project}"
