"""The parts of the agency that people belong to."""

from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Department
from accounts.services.uniqueness import or_taken
from hyperflow.core import changes
from hyperflow.core.transactions import command


@command
def create_department(*, actor: Any | None, name: str) -> Department:
    """Raises `Conflict` (``name_taken``) where there is one of that name."""
    with _unless_taken():
        return changes.create(Department(name=name), actor=actor, action="department.create")


@command
def update_department(
    *, department: Department, actor: Any | None, expected_version: int | None = None, **values: Any
) -> Department:
    department = changes.lock(department, expected_version=expected_version)
    with _unless_taken():
        changes.update(department, actor=actor, action="department.update", **values)
    return department


def _unless_taken() -> AbstractContextManager[None]:
    return or_taken(_("There is a department of this name already."), "name_taken")
