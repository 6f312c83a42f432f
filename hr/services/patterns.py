"""Work patterns: the shifts of a week and the rules a day is judged by. A change of a shift is one of its pattern."""

from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from hr.models import PatternDay, WorkPattern
from hyperflow.core import audit, changes
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command


@command
def create_pattern(*, actor: Any | None, name: str, **values: Any) -> WorkPattern:
    """A pattern without shifts. Raises `Conflict` (``name_taken``)."""
    with _unless_taken():
        return changes.create(WorkPattern(name=name, **values), actor=actor, action="pattern.create")


@command
def update_pattern(
    *, pattern: WorkPattern, actor: Any | None, expected_version: int | None = None, **values: Any
) -> WorkPattern:
    """Rename it or change its rules. They hold for every day that is judged from now on, past ones included."""
    pattern = changes.lock(pattern, expected_version=expected_version)
    with _unless_taken():
        changes.update(pattern, actor=actor, action="pattern.update", **values)
    return pattern


@command
def set_shift(*, pattern: WorkPattern, actor: Any | None, shift: PatternDay | None = None, **values: Any) -> PatternDay:
    """Add the shift of a weekday, or change one. One weekday has one shift (`Conflict`, ``shift_taken``)."""
    pattern = changes.lock(pattern)
    before = str(shift) if shift is not None else None
    row = shift or PatternDay(pattern=pattern)
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean(exclude=["pattern"], validate_unique=False, validate_constraints=False)
    if row.break_minutes >= row.minutes:
        raise Invalid(_("The break is shorter than the shift."), code="break_too_long", field="break_minutes")
    with or_taken(_("This weekday has a shift already: change that one."), "shift_taken"):
        row.save()
    changes.touch(pattern)
    audit.record("pattern.shift", pattern, actor=actor, changes={"shift": (before, str(row))})
    return row


@command
def remove_shift(*, shift: PatternDay, actor: Any | None) -> None:
    """From now on the weekday is a day off."""
    pattern = changes.lock(shift.pattern)
    label = str(shift)
    if PatternDay.objects.filter(pk=shift.pk).delete()[0]:
        changes.touch(pattern)
        audit.record("pattern.shift", pattern, actor=actor, changes={"shift": (label, None)})


def _unless_taken() -> AbstractContextManager[None]:
    return or_taken(_("There is a work pattern of this name already."), "name_taken")
