from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core.models import ScopedQuerySet, VersionedModel


class CalendarQuerySet(ScopedQuerySet["WorkingCalendar"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_staff else self.none()


class WorkingCalendar(VersionedModel):
    """When people who follow it work: hours per weekday, less its holidays. Times are local to the person."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(_("default"), default=False, help_text=_("For people who have none of their own."))

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return self.name


WEEKDAYS = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


class WorkingHours(models.Model):
    """One stretch of work on one weekday (0 is Monday). A lunch break is the gap between two of them."""

    calendar = models.ForeignKey(WorkingCalendar, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=list(
            enumerate(
                [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
            )
        ),
    )
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("to"))

    class Meta:
        ordering = ["weekday", "starts_at"]
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday", "starts_at"], name="accounts_hours_start_once"),
            models.CheckConstraint(name="accounts_hours_end_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="accounts_hours_weekday", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class HolidayQuerySet(ScopedQuerySet["Holiday"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_staff else self.none()


class Holiday(models.Model):
    """A day on which nobody who follows the calendar works."""

    calendar = models.ForeignKey(WorkingCalendar, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        ordering = ["date"]
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="accounts_holiday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
