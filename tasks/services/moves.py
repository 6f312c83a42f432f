"""What happens to a task on its way: status, progress, and its place in the order that people make by hand."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.selectors import working_hours_between
from accounts.services.notifications import notify
from clients.models import Client, KeySequence, Project
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.transactions import command
from tasks import ranks, rights
from tasks.models import Comment, Task, TimeEntry
from tasks.signals import task_completed

CENT = Decimal("0.01")
#: How many rows on either side are spread out first where a gap is used up.
NEIGHBOURS = 16


@command
def set_status(*, task: Task, status: str, actor: Any, note: str = "", expected_version: int | None = None) -> Task:
    """Move a task along its life cycle.

    The row is locked and read again, so of two people pressing at once one wins and the other is told. Starting work
    for the first time sets ``start_time``. Completing sets ``end_time``, the hours taken and 100 percent; reopening
    takes end and hours back. Open sub-tasks do not hold a task back, since who completes it may know that they are
    no longer needed. ``note`` becomes a comment. Raises `Conflict` (``invalid_transition``, with ``allowed``).
    """
    task = changes.lock(task, expected_version=expected_version)
    rights.check_may_work(actor=actor, task=task)
    before, after = Task.Status(task.status), Task.Status(status)
    if after not in Task.NEXT[before]:
        raise Conflict(
            _("A task that is “%(before)s” cannot become “%(after)s”.")
            % {"before": before.label, "after": after.label},
            code="invalid_transition",
            allowed=sorted(Task.NEXT[before]),
        )
    changes.update(
        task,
        actor=actor,
        action="task.status",
        event="task.updated",
        payload={"status": after.value, "status_before": before.value},
        status=after,
        **_consequences(task, after),
    )
    if note:
        Comment.objects.create(task=task, author=actor, content=note)
    if after is Task.Status.COMPLETED:
        task_completed.send(sender=Task, task_id=task.pk)
    _tell_watchers(task, after, actor=actor)
    return task


def _consequences(task: Task, after: str) -> dict[str, Any]:
    now = clock.now()
    if after == Task.Status.COMPLETED:
        return {"end_time": now, "actual_time": hours_taken(task, until=now), "progress": 100}
    values: dict[str, Any] = {"end_time": None, "actual_time": None}
    if after == Task.Status.IN_PROGRESS and task.start_time is None:
        values["start_time"] = now
    return values


def hours_taken(task: Task, *, until: Any) -> Decimal:
    """What the task took, in hours: what its time entries say, else the assignee's working hours since it began."""
    seconds = TimeEntry._base_manager.filter(task_id=task.pk).aggregate(total=Sum("seconds"))["total"]
    if seconds:
        return (Decimal(seconds) / 3600).quantize(CENT, rounding=ROUND_HALF_UP)
    if task.start_time is None:
        return Decimal(0)
    return working_hours_between(task.assigned_to, task.start_time, until).quantize(CENT, rounding=ROUND_HALF_UP)


def _tell_watchers(task: Task, status: Task.Status, *, actor: Any) -> None:
    people = rights.audience(task, {*task.watcher_ids, task.assigned_to_id} - {actor.pk})
    notify(
        users=people,
        kind="task.status",
        title=_("%(key)s is now “%(status)s”: %(title)s")
        % {"key": task.key, "status": status.label, "title": task.title},
        subject=task,
        actor=actor,
    )


@command
def set_progress(
    *,
    task: Task,
    progress: int,
    actor: Any,
    progress_description: str | None = None,
    drive_link: str | None = None,
    expected_version: int | None = None,
) -> Task:
    """Say how far it is, in percent, with a word on it and a link to the work.

    The percentage of a task that is completed or cancelled stays as it is (`Conflict` ``task_closed``): reopen it
    first. Word and link may still be given.
    """
    task = changes.lock(task, expected_version=expected_version)
    rights.check_may_work(actor=actor, task=task)
    if task.status not in Task.OPEN and progress != task.progress:
        raise Conflict(_("Reopen the task before you change its progress."), code="task_closed")
    values: dict[str, Any] = {"progress": progress}
    if progress_description is not None:
        values["progress_description"] = progress_description
    if drive_link is not None:
        values["drive_link"] = drive_link
    changes.update(task, actor=actor, action="task.progress", event="task.updated", **values)
    return task


@command
def move_task(
    *,
    task: Task,
    actor: Any,
    before: Task | None = None,
    after: Task | None = None,
    expected_version: int | None = None,
) -> Task:
    """Put a task right before or right after another of the same project; with neither, at the end.

    (Tasks without a project have one order a client.) However often one gap is used, there is always room: where it
    is full, the rows around it are spread out, which changes nobody's order.
    """
    if before is not None and after is not None:
        raise Invalid(_("Name one neighbour: before or after."), code="one_neighbour", field="after_id")
    sequence = _lock_order(task)
    task = changes.lock(task, expected_version=expected_version)
    rights.check_may_edit(actor=actor, task=task)
    anchor = before or after
    if anchor is not None:
        anchor = changes.lock(anchor)
        _check_same_order(task, anchor)
    position = _place(task, sequence, before=anchor if before else None, after=anchor if after else None)
    changes.update(task, actor=actor, action="task.moved", event="task.updated", position=position)
    return task


def to_end(task: Task, *, actor: Any) -> None:
    """Put a locked task that came from elsewhere at the end of its order."""
    position = _place(task, _lock_order(task), before=None, after=None)
    changes.update(task, actor=actor, action="task.moved", position=position)


def _lock_order(task: Task) -> KeySequence:
    """One change of an order at a time. New tasks lock the same row when they take their key."""
    if task.project_id is not None:
        sequence_id = Project._base_manager.values_list("key_sequence_id", flat=True).get(pk=task.project_id)
    else:
        sequence_id = Client._base_manager.values_list("key_sequence_id", flat=True).get(pk=task.client_id)
    return KeySequence.objects.select_for_update().get(pk=sequence_id)


def _check_same_order(task: Task, anchor: Task) -> None:
    same = (task.client_id, task.project_id) == (anchor.client_id, anchor.project_id)
    if not same or anchor.pk == task.pk:
        raise Invalid(_("Only tasks of one project have an order."), code="other_order", field="after_id")


def _others(task: Task) -> QuerySet[Task]:
    rows = Task._base_manager.exclude(pk=task.pk).order_by("position", "pk").only("pk", "position")
    if task.project_id is not None:
        return rows.filter(project_id=task.project_id)
    return rows.filter(client_id=task.client_id, project__isnull=True)


def _place(task: Task, sequence: KeySequence, *, before: Task | None, after: Task | None) -> int:
    others = _others(task)
    ceiling = ranks.at_number(sequence.last + 1)  # where the next new task will land
    if before is not None:
        left, right = _up_to(others, before, itself=False), _from(others, before, itself=True)
    elif after is not None:
        left, right = _up_to(others, after, itself=True), _from(others, after, itself=False)
    else:
        left, right = others.reverse(), others.none()
    low, high = left.first(), right.first()
    top = high.position if high else max(ceiling, low.position + 2 if low else ceiling)
    position = ranks.between(low.position if low else None, top)
    return position if position is not None else _make_room(left, right, top=ceiling)


def _make_room(left: QuerySet[Task], right: QuerySet[Task], *, top: int) -> int:
    """Spread the rows around a full gap, more and more of them until there is room; gives the place in the gap."""
    size = NEIGHBOURS
    while True:
        below, above = list(left[: size + 1]), list(right[: size + 1])
        low = below[size].position if len(below) > size else None
        last = above[-1].position if above else below[0].position
        high = above[size].position if len(above) > size else max(top, last + 1)
        rows = [*reversed(below[:size]), *above[:size]]
        positions = ranks.spread(len(rows) + 1, low, high)
        if positions is not None:
            break
        size *= 2
    place = positions.pop(len(below[:size]))
    for row, position in zip(rows, positions, strict=True):
        row.position = position
    # Nothing that a person edited changes here, so neither does a version.
    Task._base_manager.bulk_update(rows, ["position"], batch_size=200)
    return place


def _up_to(rows: QuerySet[Task], row: Task, *, itself: bool) -> QuerySet[Task]:
    tied = Q(pk__lte=row.pk) if itself else Q(pk__lt=row.pk)
    return rows.filter(position__lte=row.position).filter(Q(position__lt=row.position) | tied).reverse()


def _from(rows: QuerySet[Task], row: Task, *, itself: bool) -> QuerySet[Task]:
    tied = Q(pk__gte=row.pk) if itself else Q(pk__gt=row.pk)
    return rows.filter(position__gte=row.position).filter(Q(position__gt=row.position) | tied)
