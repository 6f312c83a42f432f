"""What was done to a row, in words: the audit log's entries with names instead of numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from hyperflow.core import audit
from hyperflow.core.models import AuditEntry

#: A page of history; older entries are found in the audit log.
MOST_ENTRIES = 200
EMPTY = "–"


@dataclass(frozen=True)
class Change:
    field: Any
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    at: Any
    who: str
    action: str
    changes: list[Change] = field(default_factory=list)


def entries_of(row: models.Model, user: Any, *, hidden: Iterable[str] = ()) -> list[Entry]:
    """The newest entries, with related rows named in one query a table. Fields in ``hidden`` are left out."""
    found = list(audit.history(row)[:MOST_ENTRIES])
    left_out = {*hidden, *(f"{name}_id" for name in hidden)}
    names = _names(type(row), found, user)
    return [
        Entry(
            at=entry.at,
            who=str(entry.actor) if entry.actor else "",
            action=sentence(entry.action),
            changes=[
                _change(type(row), name, values, names)
                for name, values in entry.changes.items()
                if name not in left_out
            ],
        )
        for entry in found
    ]


def sentence(action: str) -> str:
    """``task.status_changed`` as a person reads it: "Task: status changed"."""
    noun, _dot, verb = action.partition(".")
    return f"{noun.replace('_', ' ').capitalize()}: {verb.replace('_', ' ')}" if verb else noun


def _field(model: type[models.Model], name: str) -> Any:
    for candidate in (name, name.removesuffix("_id")):
        try:
            return model._meta.get_field(candidate)
        except FieldDoesNotExist:
            continue
    return None


def _names(model: type[models.Model], entries: list[AuditEntry], user: Any) -> dict[tuple[str, int], str]:
    """Names of the related rows that the entries mention and the person may see."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for name, values in entry.changes.items():
            field = _field(model, name)
            if getattr(field, "many_to_one", False) or getattr(field, "one_to_one", False):
                wanted.setdefault(name, set()).update(value for value in values if isinstance(value, int))
    names = {}
    for name, ids in wanted.items():
        rows = _field(model, name).related_model._default_manager.all()
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        names.update({(name, row.pk): str(row) for row in rows.filter(pk__in=ids)})
    return names


def _change(model: type[models.Model], name: str, values: list[Any], names: dict[tuple[str, int], str]) -> Change:
    field = _field(model, name)
    before, after = (_shown(field, name, value, names) for value in values)
    return Change(field=getattr(field, "verbose_name", name.replace("_", " ")), before=before, after=after)


def _shown(field: Any, name: str, value: Any, names: dict[tuple[str, int], str]) -> str:
    if value is None or value in ("", []):
        return EMPTY
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, int) and (name, value) in names:
        return names[name, value]
    choices = dict(getattr(field, "flatchoices", None) or ())
    if not isinstance(value, list | dict) and value in choices:
        return str(choices[value])
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return _moment(field, value) or str(value)


def _moment(field: Any, value: Any) -> str | None:
    """Times are kept in UTC and shown in the reader's zone."""
    if isinstance(field, models.DateTimeField) and (instant := parse_datetime(str(value))) is not None:
        return formats.date_format(timezone.localtime(instant), "DATETIME_FORMAT")
    if isinstance(field, models.DateField) and (day := parse_date(str(value))) is not None:
        return formats.date_format(day, "DATE_FORMAT")
    return None
