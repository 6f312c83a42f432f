"""The parts of the agency that people belong to."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from hyperflow.core import changes
from hyperflow.core.errors import Conflict
from hyperflow.core.transactions import command


@command
def create_department(*, actor: Any | None, name: str) -> Department:
    """Raises `Conflict` (``name_taken``) where there is one of that name."""
    try:
        with transaction.atomic():
            return changes.create(Department(name=name), actor=actor, action="department.create")
    except IntegrityError as taken:
        raise _taken() from taken


@command
def update_department(
    *, department: Department, actor: Any | None, expected_version: int | None = None, **values: Any
) -> Department:
    department = changes.lock(department, expected_version=expected_version)
    try:
        with transaction.atomic():
            changes.update(department, actor=actor, action="department.update", **values)
    except IntegrityError as taken:
        raise _taken() from taken
    return department


def _taken() -> Conflict:
    return Conflict(_("There is a department of this name already."), code="name_taken")
