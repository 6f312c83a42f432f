"""Rows of the past, written many at a time.

The services write what happens now: each stamps the present, tells people and queues what follows. An import and the
demo data write what happened long ago, thousands of rows of it. This is the one place that does so, and it keeps what
the services promise:

* a task's key comes from its project's (else its client's) locked sequence, its position from the key's number;
* ``tags`` and ``watcher_ids`` repeat exactly the rows beside them;
* a completed task has its end and its hours, an open one has neither;
* every row that people edit has one audit entry for each of its versions, at the time it happened.

It tells nobody, queues nothing and announces nothing: listeners care for news, and this is history.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection, models

from clients.models import KeySequence
from hyperflow.core import audit, changes, compiled
from hyperflow.core.models import AuditEntry, OutboxEvent, VersionedModel
from tasks import ranks
from tasks.models import Task, TaskTag, TaskWatcher

Row = TypeVar("Row", bound=models.Model)

BATCH = 500


def insert(rows: Sequence[Row]) -> Sequence[Row]:
    """Insert new rows of one model in their order; each has its id afterwards."""
    if not rows:
        return rows
    if connection.features.can_return_rows_from_bulk_insert:
        type(rows[0])._base_manager.bulk_create(rows, batch_size=BATCH)
    else:
        for row in rows:
            row.save(force_insert=True)
    return rows


def take_keys(sequence_id: int, count: int) -> list[tuple[str, int]]:
    """The next keys of a sequence with the positions that belong to them. The sequence stays locked."""
    if not count:
        return []
    sequence = KeySequence.objects.select_for_update().get(pk=sequence_id)
    first = sequence.last + 1
    KeySequence.objects.filter(pk=sequence_id).update(last=sequence.last + count)
    numbers = range(first, first + count)
    return [(f"{sequence.prefix}-{number}", ranks.at_number(number)) for number in numbers]


def insert_tasks(tasks: Sequence[Task]) -> None:
    """Insert tasks (keys, positions, tags and watchers are set) with the rows that their copies repeat."""
    for task in tasks:
        task.full_clean(exclude=_RELATIONS, validate_unique=False, validate_constraints=False)
    insert(tasks)
    insert([TaskTag(task=task, name=name) for task in tasks for name in task.tags])
    insert([TaskWatcher(task=task, user_id=pk) for task in tasks for pk in task.watcher_ids])


#: Not looked up row by row: they were read in this very transaction.
_RELATIONS = ["client", "project", "parent", "assigned_to", "created_by", "key"]


def entry(
    action: str,
    row: models.Model,
    *,
    actor: Any | None,
    at: dt.datetime,
    values: Mapping[str, tuple[Any, Any]] | None = None,
) -> AuditEntry:
    """An audit entry of that time, not yet inserted. Without ``values`` it says what the row was made with."""
    if values is None and isinstance(row, VersionedModel):
        values = changes.filled(row)
    return AuditEntry(
        at=at,
        actor=actor,
        action=action,
        target_type=row._meta.label_lower,
        target_id=row.pk,
        target_label=str(row)[:200],
        changes={name: [audit.plain(before), audit.plain(after)] for name, (before, after) in (values or {}).items()},
    )


def write_history(entries: Sequence[AuditEntry]) -> None:
    """Insert audit entries of the past among those that are there, so that the log is in the order of time.

    Only where nobody has read the log yet: those that are there get new ids.
    """
    there = list(AuditEntry.objects.order_by("id"))
    AuditEntry.objects.all().delete()
    for one in there:
        one.pk = None
    everything: list[AuditEntry] = [*there, *entries]
    everything.sort(key=lambda one: one.at)
    compiled.insert_many(everything)


def date_back(rows: Iterable[models.Model], at: dt.datetime) -> None:
    """What a service has just written happened then: the rows, their history, and no news of it."""
    for row in rows:
        type(row)._base_manager.filter(pk=row.pk).update(created_at=at, updated_at=at)
        target: dict[str, Any] = {"target_type": row._meta.label_lower, "target_id": row.pk}
        AuditEntry.objects.filter(**target).update(at=at)
        OutboxEvent.objects.filter(subject_type=row._meta.label_lower, subject_id=row.pk).delete()
