"""Who works here, on what terms, and when they are meant to work."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.calendars import WEEKDAYS
from clients.models.clients import validate_currency
from hr import scope
from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel


class WorkPatternQuerySet(ScopedQuerySet["WorkPattern"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_workpattern") else self.none()


class WorkPattern(VersionedModel):
    """When somebody is meant to work, by weekday, in their own time zone, and the rules a day is judged by.

    A shift may pass midnight: it belongs to the day it begins on. ``grace_minutes`` after its begin a clock-in is
    late. A day with less than ``half_day_percent`` of its planned work is half a day. Beyond the planned work and
    ``overtime_after_minutes`` more, what was worked is overtime.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    grace_minutes = models.PositiveSmallIntegerField(
        _("minutes of grace"), default=10, validators=[MaxValueValidator(240)]
    )
    half_day_percent = models.PositiveSmallIntegerField(
        _("half a day is less than this percentage"), default=60, validators=[MaxValueValidator(100)]
    )
    overtime_after_minutes = models.PositiveSmallIntegerField(
        _("minutes beyond the plan before overtime counts"), default=15, validators=[MaxValueValidator(480)]
    )

    objects = WorkPatternQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("work pattern")
        verbose_name_plural = _("work patterns")

    def __str__(self) -> str:
        return self.name


class PatternDay(models.Model):
    """The shift of one weekday (0 is Monday): its begin, how long it lasts, and the unpaid break in it."""

    pattern = models.ForeignKey(WorkPattern, on_delete=models.CASCADE, related_name="days")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=list(enumerate(WEEKDAYS)))
    starts_at = models.TimeField(_("from"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1_440)]
    )
    break_minutes = models.PositiveSmallIntegerField(_("break in minutes"), default=0)

    class Meta:
        ordering = ["weekday"]
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.UniqueConstraint(fields=["pattern", "weekday"], name="hr_pattern_one_shift_a_day"),
            models.CheckConstraint(name="hr_pattern_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="hr_pattern_break_within_shift", condition=Q(break_minutes__lt=F("minutes"), minutes__lte=1_440)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}"


class EmploymentQuerySet(ScopedQuerySet["Employment"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for a manager their reports, direct and indirect; everybody their own."""
        return scope.people_in_scope(self, user, everybody="hr.view_all_employments", own="hr.view_employment")

    def on(self, day: dt.date) -> Self:
        """Those employed on that day."""
        return self.filter(Q(hire_date__lte=day) & (Q(end_date__isnull=True) | Q(end_date__gte=day)))

    def during(self, start: dt.date, end: dt.date) -> Self:
        """Those employed on any day of the period, both ends included."""
        return self.filter(Q(hire_date__lte=end) & (Q(end_date__isnull=True) | Q(end_date__gte=start)))


class Employment(VersionedModel):
    """What makes a person of the accounts an employee. Name, address, department and holidays stand there.

    ``pattern`` says when they work; without one it is the hours of their working calendar. ``timezone`` is the zone
    that their days and shifts are in: a term of the employment, unlike the one of the account, in which everybody
    reads times as they like. ``end_date`` is the last
    day of employment. A manager is somebody else, and nobody is above themself.
    """

    class Type(models.TextChoices):
        FULL_TIME = "full_time", _("Full time")
        PART_TIME = "part_time", _("Part time")
        CONTRACTOR = "contractor", _("Contractor")
        INTERN = "intern", _("Intern")

    class Status(models.TextChoices):
        """Where the employment stands on a day; derived, never stored."""

        PLANNED = "planned", _("Planned")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="employment"
    )
    code = IdentifierField(_("employee code"), max_length=32, unique=True)
    position = models.CharField(_("position"), max_length=120, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("manager"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_employments",
    )
    employment_type = models.CharField(_("type"), max_length=10, choices=Type.choices, default=Type.FULL_TIME)
    hire_date = models.DateField(_("hired on"))
    end_date = models.DateField(_("last day"), null=True, blank=True)
    weekly_hours = models.DecimalField(
        _("weekly hours"),
        max_digits=5,
        decimal_places=2,
        default=40,
        validators=[MinValueValidator(0), MaxValueValidator(80)],
    )
    pattern = models.ForeignKey(
        WorkPattern,
        verbose_name=_("work pattern"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="employments",
    )
    timezone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("Where shifts begin and end. Empty: the company's.")
    )

    #: What the edit that gave this row back has to say (`hr.services.payroll_backdating.Notice`); never stored.
    warnings: Any = ()

    objects = EmploymentQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        permissions = [
            ("view_all_employments", "Can see every employee"),
            ("view_pay", "Can see what people are paid"),
            ("set_pay", "Can set what people are paid"),
        ]
        indexes = [
            models.Index(fields=["manager"], name="hr_employment_manager"),
            models.Index(fields=["hire_date", "id"], name="hr_employment_hired"),
            models.Index(fields=["created_at", "id"], name="hr_employment_created"),
        ]
        constraints = [
            models.CheckConstraint(
                name="hr_employment_ends_after_hire",
                condition=Q(end_date__isnull=True) | Q(end_date__gte=F("hire_date")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.user}"

    def clean(self) -> None:
        if self.manager_id is not None and self.manager_id == self.user_id:
            raise ValidationError({"manager": _("Nobody is their own manager.")})
        if self.end_date is not None and self.hire_date is not None and self.end_date < self.hire_date:
            raise ValidationError({"end_date": _("The last day lies before the first.")})
        if self.timezone and not clock.is_zone(self.timezone):
            raise ValidationError({"timezone": _("This is not a time zone of the IANA database.")})

    def status_on(self, day: dt.date) -> "Employment.Status":
        if self.hire_date > day:
            return self.Status.PLANNED
        return self.Status.ENDED if self.end_date is not None and self.end_date < day else self.Status.ACTIVE


class PastTermsQuerySet(ScopedQuerySet["PastTerms"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(employment__in=Employment.objects.visible_to(user))


class PastTerms(TimestampedModel):
    """The week that somebody worked up to a day, when it was changed. What holds since the last of these stands on
    the employment; so no change rewrites the days before it."""

    employment = models.ForeignKey(
        Employment, verbose_name=_("employee"), on_delete=models.PROTECT, related_name="past_terms"
    )
    until = models.DateField(_("until"))
    weekly_hours = models.DecimalField(_("weekly hours"), max_digits=5, decimal_places=2)
    pattern = models.ForeignKey(
        WorkPattern, verbose_name=_("work pattern"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)

    objects = PastTermsQuerySet.as_manager()

    class Meta:
        ordering = ["-until", "-id"]
        verbose_name = _("earlier week")
        verbose_name_plural = _("earlier weeks")
        constraints = [models.UniqueConstraint(fields=["employment", "until"], name="hr_past_terms_once_a_day")]

    def __str__(self) -> str:
        return f"{self.employment.code} – {self.until}"


class CompensationQuerySet(ScopedQuerySet["Compensation"]):
    def visible_to(self, user: Any) -> Self:
        """Pay is seen with ``hr.view_pay`` alone: no manager sees it by being one. People see their own payslips."""
        return self if user.has_perm("hr.view_pay") else self.none()


class Compensation(TimestampedModel):
    """What somebody is paid from a day on, until a later row takes over. Rows are added, never edited.

    Of two rows from the same day the one written later holds: that is how a mistake is corrected. ``amount`` is per
    month or per hour; ``employer_share`` is what employing costs beyond it, in percent.
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("Per month")
        HOURLY = "hourly", _("Per hour")

    employment = models.ForeignKey(
        Employment, verbose_name=_("employee"), on_delete=models.PROTECT, related_name="compensations"
    )
    effective_from = models.DateField(_("from"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.MONTHLY)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=6, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    employer_share = models.DecimalField(
        _("employer's share in percent"),
        max_digits=7,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(200)],
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    #: What setting it has to say about months that are paid already; never stored.
    warnings: Any = ()

    objects = CompensationQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from", "-id"]
        verbose_name = _("compensation")
        verbose_name_plural = _("compensations")
        indexes = [models.Index(fields=["employment", "effective_from", "id"], name="hr_pay_in_force")]

    def __str__(self) -> str:
        return f"{self.employment.code} {self.effective_from}"
