"""What is to be done for somebody who begins here."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hr import scope
from hr.models.people import by_somebody
from hyperflow.core.models import ScopedQuerySet, VersionedModel


class OnboardingTemplateQuerySet(ScopedQuerySet["OnboardingTemplate"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_onboardingtemplate") else self.none()


class OnboardingTemplate(VersionedModel):
    """A checklist for new colleagues of a department, or of any that has none of its own."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    department = models.ForeignKey(
        "accounts.Department",
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: for everybody else."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = OnboardingTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("onboarding template")
        verbose_name_plural = _("onboarding templates")

    def __str__(self) -> str:
        return self.name


class OnboardingStep(models.Model):
    """A line of the checklist, and when it is due, counted in days from the first one (before it, if negative)."""

    template = models.ForeignKey(
        OnboardingTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="steps"
    )
    position = models.PositiveSmallIntegerField(_("position"))
    title = models.CharField(_("what to do"), max_length=200)
    days = models.SmallIntegerField(
        _("days after the first"), default=0, validators=[MinValueValidator(-90), MaxValueValidator(365)]
    )

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [models.UniqueConstraint(fields=["template", "position"], name="hr_onboarding_one_a_place")]

    def __str__(self) -> str:
        return self.title


class OnboardingTaskQuerySet(ScopedQuerySet["OnboardingTask"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for a manager their reports'; everybody their own."""
        return scope.people_in_scope(self, user, everybody="hr.view_all_onboarding", own="hr.view_onboardingtask")


class OnboardingTask(VersionedModel):
    """Something to do for one new colleague. ``number`` is its place in their list, and makes the list exist once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("for"), on_delete=models.PROTECT, related_name="onboarding_tasks"
    )
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    title = models.CharField(_("what to do"), max_length=200)
    due_on = models.DateField(_("due"))
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)
    done_by = by_somebody(_("done by"), blank=False, editable=False)

    objects = OnboardingTaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        verbose_name = _("onboarding task")
        verbose_name_plural = _("onboarding tasks")
        permissions = [("view_all_onboarding", "Can see everybody's onboarding")]
        indexes = [
            models.Index(fields=["due_on", "id"], name="hr_onboarding_due"),
            models.Index(fields=["user", "due_on", "id"], name="hr_onboarding_user"),
            models.Index(fields=["created_at", "id"], name="hr_onboarding_created"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="hr_onboarding_once"),
            models.CheckConstraint(
                name="hr_onboarding_done_by_somebody",
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title
