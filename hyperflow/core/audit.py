"""The audit log: one entry a command."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from hyperflow.core import compiled, context
from hyperflow.core.models import AuditEntry

Changes = Mapping[str, tuple[Any, Any]]


def plain(value: Any) -> Any:
    """A value as the audit log and the outbox keep it: JSON, exact (decimals and times as strings)."""
    match value:
        case None | bool() | int() | str():
            return str(value) if isinstance(value, models.TextChoices) else value
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case dt.date() | dt.time():
            return value.isoformat()
        case UUID():
            return str(value)
        case models.Model():
            return value.pk
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return str(value)


def record(
    action: str, target: models.Model | None = None, *, actor: Any | None, changes: Changes | None = None
) -> AuditEntry:
    """Write down who did what. ``changes`` maps a field to its value before and after.

    An actor who is nobody yet (an anonymous sign-in attempt) is ``None``. A row whose name is personal and will be
    erased is called by its ``audit_label``, since the log is kept.
    """
    written = entry(action, target, actor=actor, changes=changes)
    compiled.insert(written)
    return written


def entry(
    action: str, target: models.Model | None = None, *, actor: Any | None, changes: Changes | None = None
) -> AuditEntry:
    """The entry that `record` writes, not yet written: for who writes many at once."""
    now = context.current()
    return AuditEntry(
        actor=actor if getattr(actor, "pk", None) else None,
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=target.pk if target is not None else None,
        target_label=str(getattr(target, "audit_label", target))[:200] if target is not None else "",
        changes={name: [plain(before), plain(after)] for name, (before, after) in (changes or {}).items()},
        request_id=now.request_id,
        ip=now.ip,
    )


def history(target: models.Model) -> models.QuerySet[AuditEntry]:
    """Everything that was done to a row, newest first."""
    return (
        AuditEntry.objects.filter(target_type=target._meta.label_lower, target_id=target.pk)
        .select_related("actor")
        .order_by("-id")
    )
