"""How a service writes a row that people edit: lock, read again, check, change, audit, announce.

    task = changes.lock(task, expected_version=expected_version)
    changes.update(task, actor=actor, action="task.status", event="task.updated", status=status)

Nothing else writes such rows, since this is what counts their version (the ``ETag``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import F

from hyperflow.core import audit, clock, compiled, outbox
from hyperflow.core.errors import NotFound, PreconditionFailed
from hyperflow.core.models import VersionedModel

Row = TypeVar("Row", bound=models.Model)
Versioned = TypeVar("Versioned", bound=VersionedModel)

_AT_ONCE = 500  # ids in one statement: SQLite takes no more than a thousand values


def lock(row: Row, *, expected_version: int | None = None) -> Row:
    """The row as it is now, locked until the transaction ends. The caller's copy is never trusted.

    ``expected_version`` is what an ``If-Match`` header named: raises `PreconditionFailed` where the row has moved on,
    and `NotFound` where it is gone.
    """
    model = row.__class__  # of a lazy `request.user` too, whose type is not its class
    manager = model._base_manager
    try:
        locked: Row = manager.select_for_update().get(pk=row.pk)
    except ObjectDoesNotExist as gone:
        raise NotFound("It no longer exists.") from gone
    if expected_version is not None and getattr(locked, "version", None) != expected_version:
        raise PreconditionFailed("Somebody else changed this in the meantime. Read it again, then repeat your change.")
    return locked


def lock_all(model: type[Row], ids: list[int]) -> list[Row]:
    """Several rows, locked in the order of their ids so that two commands never wait for each other in a circle."""
    return list(model._base_manager.select_for_update().filter(pk__in=ids).order_by("pk"))


def create(row: Versioned, *, actor: Any, action: str, event: str | None = None, **payload: Any) -> Versioned:
    """Check and insert a new row, audit it, and announce it where ``event`` is given."""
    row.full_clean(exclude=_at_hand(row), validate_unique=False, validate_constraints=False)
    compiled.insert(row)
    audit.record(action, row, actor=actor, changes=filled(row))
    if event:
        outbox.emit(event, row, **payload)
    return row


def update(
    row: Versioned,
    *,
    actor: Any,
    action: str,
    event: str | None = None,
    payload: dict[str, Any] | None = None,
    **values: Any,
) -> dict[str, tuple[Any, Any]]:
    """Set fields of a locked row and write what really changed.

    Counts the version, stamps ``updated_at``, writes one audit entry with before and after and one event. A change
    that changes nothing writes nothing. Gives the changes, field by field.
    """
    changes = _set(row, values)
    if not changes:
        return {}
    row.version += 1
    row.updated_at = clock.now()
    row.save(update_fields=[*changes, "version", "updated_at"])
    audit.record(action, row, actor=actor, changes=changes)
    if event:
        outbox.emit(event, row, changed=sorted(changes), **(payload or {}))
    return changes


def update_all(
    rows: Sequence[Versioned],
    *,
    actor: Any,
    action: str,
    event: str | None = None,
    payload: Callable[[Versioned], dict[str, Any]] | None = None,
    **values: Any,
) -> list[Versioned]:
    """Set the same fields of many locked rows of one model to the same values, as `update` does with each.

    One statement for a thousand rows, one for their audit entries and one for their events. Gives the rows that
    changed.
    """
    changed = [(row, changes) for row in rows if (changes := _set(row, values))]
    if not changed:
        return []
    now = clock.now()
    for row, _ in changed:
        row.version += 1
        row.updated_at = now
    manager = type(changed[0][0])._base_manager
    for begin in range(0, len(changed), _AT_ONCE):
        ids = [row.pk for row, _ in changed[begin : begin + _AT_ONCE]]
        manager.filter(pk__in=ids).update(**values, version=F("version") + 1, updated_at=now)
    compiled.insert_many([audit.entry(action, row, actor=actor, changes=changes) for row, changes in changed])
    if event:
        told = [(row, sorted(changes), payload(row) if payload else {}) for row, changes in changed]
        compiled.insert_many([outbox.event(event, row, changed=names, **more) for row, names, more in told])
    return [row for row, _ in changed]


def _set(row: Versioned, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give a row its new values and check them. What really changed, before and after."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in values.items():
        field = row._meta.get_field(name)
        attname = getattr(field, "attname", name)
        before = getattr(row, attname)
        setattr(row, name, value)
        after = getattr(row, attname)
        if before != after:
            changes[name] = ("…", "…") if name in row.secret_fields else (before, after)
    if changes:
        untouched = {field.name for field in row._meta.fields if field.name not in changes}
        row.full_clean(exclude=untouched | _at_hand(row), validate_constraints=False)
    return changes


def touch(row: VersionedModel) -> None:
    """Count a change of a locked row whose parts were written: what it shows has changed, so its ``ETag`` must."""
    row.version += 1
    row.updated_at = clock.now()
    row.save(update_fields=["version", "updated_at"])


def filled(row: VersionedModel) -> dict[str, tuple[Any, Any]]:
    """What a new row was made with, as its audit entry says it."""
    return {
        field.attname: (None, getattr(row, field.attname))
        for field in _audited_fields(row)
        if getattr(row, field.attname) not in (None, "", [], {})
    }


def _at_hand(row: models.Model) -> set[str]:
    """Foreign keys whose row was given, not only its number: nobody needs to look whether it is there."""
    fields: list[Any] = [field for field in row._meta.concrete_fields if field.is_relation]
    return {one.name for one in fields if one.is_cached(row) and getattr(row, one.attname) is not None}


def _audited_fields(row: VersionedModel) -> list[Any]:
    skipped = {"id", "created_at", "updated_at", "version", *row.secret_fields}
    return [field for field in row._meta.concrete_fields if field.name not in skipped and not field.generated]
