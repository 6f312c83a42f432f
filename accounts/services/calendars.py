"""Working calendars: hours by weekday and holidays. Whatever changes a part counts as a change of the calendar."""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Holiday, WorkingCalendar, WorkingHours
from accounts.services.uniqueness import or_taken
from accounts.signals import holidays_changed
from hyperflow.core import audit, changes
from hyperflow.core.errors import Conflict
from hyperflow.core.registry import refusals
from hyperflow.core.transactions import command


@command
def create_calendar(*, actor: Any | None, name: str, is_default: bool = False) -> WorkingCalendar:
    """A calendar without hours. Raises `Conflict` (``name_taken``)."""
    with _unless_taken():
        calendar = changes.create(WorkingCalendar(name=name), actor=actor, action="calendar.create")
    return update_calendar(calendar=calendar, actor=actor, is_default=True) if is_default else calendar


@command
def update_calendar(
    *, calendar: WorkingCalendar, actor: Any | None, expected_version: int | None = None, **values: Any
) -> WorkingCalendar:
    """Rename a calendar, or make it the one for people who have none of their own: there is always exactly one."""
    becomes_default = values.get("is_default")
    if becomes_default:
        # Locked together and in one order, so that of two at once one is the default in the end.
        changes.lock_all(WorkingCalendar, [calendar.pk, *_defaults()])
    calendar = changes.lock(calendar, expected_version=expected_version)
    if becomes_default is False and calendar.is_default:
        raise Conflict(_("Make another calendar the default instead."), code="default_needed")
    if becomes_default and not calendar.is_default:
        for former in WorkingCalendar.objects.filter(is_default=True):
            changes.update(former, actor=actor, action="calendar.update", is_default=False)
    with _unless_taken():
        changes.update(calendar, actor=actor, action="calendar.update", **values)
    return calendar


@command
def add_hours(*, calendar: WorkingCalendar, actor: Any | None, **values: Any) -> WorkingHours:
    """A stretch of work on a weekday. Raises `Conflict` (``hours_overlap``) where there is one at that time."""
    return _write(WorkingHours(calendar=calendar, **values), actor, "calendar.hours")


@command
def change_hours(*, hours: WorkingHours, actor: Any | None, **values: Any) -> WorkingHours:
    return _write(_with(hours, values), actor, "calendar.hours")


@command
def remove_hours(*, hours: WorkingHours, actor: Any | None) -> None:
    _remove(hours, actor, "calendar.hours")


@command
def add_holiday(*, calendar: WorkingCalendar, actor: Any | None, **values: Any) -> Holiday:
    """A day off for everybody who follows the calendar. Raises `Conflict` (``holiday_taken``).

    Other apps may refuse days (`hyperflow.core.registry.refusals`), here and where one is moved or removed.
    """
    return _write(Holiday(calendar=calendar, **values), actor, "calendar.holiday")


@command
def change_holiday(*, holiday: Holiday, actor: Any | None, **values: Any) -> Holiday:
    return _write(_with(holiday, values), actor, "calendar.holiday")


@command
def remove_holiday(*, holiday: Holiday, actor: Any | None) -> None:
    _remove(holiday, actor, "calendar.holiday")


def _defaults() -> list[int]:
    return list(WorkingCalendar.objects.filter(is_default=True).values_list("pk", flat=True))


def _with(part: Any, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        setattr(part, name, value)
    return part


def _write(part: Any, actor: Any | None, action: str) -> Any:
    calendar = changes.lock(part.calendar)
    before = type(part).objects.filter(pk=part.pk).first()
    part.calendar = calendar
    part.full_clean(validate_unique=False, validate_constraints=False)
    if isinstance(part, WorkingHours):
        _check_hours(part)
    if dates := _changed_dates(before, part):
        refusals.ask("holidays", calendar_id=calendar.pk, dates=dates)
    with or_taken(_("This day is in the calendar already."), "holiday_taken"):
        part.save()
    changes.touch(calendar)
    audit.record(action, calendar, actor=actor, changes={"part": (str(before) if before else None, str(part))})
    _announce(calendar, before, part)
    return part


def _check_hours(hours: WorkingHours) -> None:
    if hours.ends_at <= hours.starts_at:
        raise ValidationError({"ends_at": _("Work ends after it begins.")})
    others = WorkingHours.objects.filter(calendar=hours.calendar, weekday=hours.weekday).exclude(pk=hours.pk)
    if others.filter(starts_at__lt=hours.ends_at, ends_at__gt=hours.starts_at).exists():
        raise Conflict(_("These hours overlap others of the same day."), code="hours_overlap")


def _remove(part: models.Model, actor: Any | None, action: str) -> None:
    calendar = changes.lock(part.calendar)  # type: ignore[attr-defined]
    label, there = str(part), type(part)._base_manager.filter(pk=part.pk).first()
    if there is None:
        return
    if dates := _changed_dates(there, None):
        refusals.ask("holidays", calendar_id=calendar.pk, dates=dates)
    there.delete()
    changes.touch(calendar)
    audit.record(action, calendar, actor=actor, changes={"part": (label, None)})
    _announce(calendar, part, None)


def _announce(calendar: WorkingCalendar, before: models.Model | None, after: models.Model | None) -> None:
    """Tell who counts working days which dates have changed."""
    if dates := _changed_dates(before, after):
        holidays_changed.send(sender=WorkingCalendar, calendar_id=calendar.pk, dates=dates)


def _changed_dates(before: models.Model | None, after: models.Model | None) -> list[dt.date]:
    """The dates that become holidays, or are none any longer. A new name or the same date changes none."""
    dates: set[dt.date] = {part.date for part in (before,) if isinstance(part, Holiday)}
    dates ^= {part.date for part in (after,) if isinstance(part, Holiday)}
    return sorted(dates)


def _unless_taken() -> AbstractContextManager[None]:
    return or_taken(_("There is a calendar of this name already."), "name_taken")
