"""Making and editing tasks."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from clients.models import Client, Project
from clients.services import keys
from hyperflow.core import changes, clock, compiled, outbox
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.transactions import command
from tasks import ranks, rights
from tasks.models import Task, TaskTag, TaskWatcher
from tasks.services import family, moves
from tasks.signals import task_created

MOST_TAGS = 20
MOST_WATCHERS = 50
#: What a task belongs to.
_PLACE = frozenset({"client", "project", "parent"})


@command
def create_task(
    *,
    actor: Any,
    client: Client,
    title: str,
    description: str = "",
    project: Project | None = None,
    parent: Task | None = None,
    assigned_to: Any | None = None,
    priority: int = Task.Priority.MEDIUM,
    due_date: Any | None = None,
    estimated_time: Decimal | None = None,
    hourly_rate: Decimal | None = None,
    billable: bool = True,
    tags: Sequence[str] = (),
    watchers: Iterable[Any] = (),
    quiet: bool = False,
) -> Task:
    """A new piece of work for a client: pending, at the end of its project's order, watched by who made it.

    It takes the next key of its project, or of its client where it has none. The assignee is told, unless ``quiet``
    (imports). Portal users may ask for tasks for their own company, and not say who does them.
    """
    rights.check_may_create(actor=actor, client=client, project=project)
    family.check_fits(client=client, project=project)
    if assigned_to is not None:
        rights.check_may_assign(actor=actor)
        rights.check_assignable(assigned_to)
    if hourly_rate is not None:
        rights.check_may_set_rate(actor=actor)
    if not billable:
        rights.check_may_set_billable(actor=actor)
    if parent is not None:
        family.lock_clients(client.pk)
        parent = family.as_it_is_now(parent)
        family.check_parent(parent=parent, client=client, project=project)
    watchers = list(watchers)
    rights.check_may_watch(watchers, client=client)
    labels = clean_tags(tags)
    key = keys.next_key(project.key_sequence_id if project else client.key_sequence_id)
    watching = list(dict.fromkeys([actor.pk, *(person.pk for person in watchers)]))
    now = clock.now()
    task = Task(
        key=key,
        title=title,
        description=description,
        client=client,
        project=project,
        parent=parent,
        assigned_to=assigned_to,
        created_by=actor,
        priority=priority,
        due_date=due_date,
        estimated_time=estimated_time,
        hourly_rate=hourly_rate,
        billable=billable,
        tags=labels,
        watcher_ids=watching,
        position=ranks.at_number(int(key.rpartition("-")[2])),
        created_at=now,
        updated_at=now,
    )
    changes.create(
        task,
        actor=actor,
        action="task.created",
        event="task.created",
        client_id=client.pk,
        project_id=task.project_id,
        assigned_to=task.assigned_to_id,
    )
    for pk in watching:
        compiled.insert(TaskWatcher(task=task, user_id=pk))
    if labels:
        TaskTag.objects.bulk_create(TaskTag(task=task, name=name) for name in labels)
    task_created.send(sender=Task, task_id=task.pk)
    if assigned_to is not None and assigned_to.pk != actor.pk and not quiet:
        _tell_assignee(task, actor=actor)
    return task


@command
def update_task(
    *, task: Task, actor: Any, expected_version: int | None = None, quiet: bool = False, **values: Any
) -> Task:
    """Edit what a task is: any of the arguments of `create_task` but ``quiet``.

    Giving it to somebody takes the right to assign, and that person is told. In another project it goes to the end of
    the order there and keeps its key; its sub-tasks go with it. Raises `Conflict` (``client_fixed``) where time,
    sub-tasks or a parent tie it to its client.
    """
    if values.keys() & _PLACE:
        family.lock_clients(task.client_id, getattr(values.get("client"), "pk", task.client_id))
    task = changes.lock(task, expected_version=expected_version)
    rights.check_may_edit(actor=actor, task=task)
    assigning = "assigned_to" in values and getattr(values["assigned_to"], "pk", None) != task.assigned_to_id
    if assigning:
        rights.check_may_assign(actor=actor)
        if values["assigned_to"] is not None:
            rights.check_assignable(values["assigned_to"])
    if "hourly_rate" in values and values["hourly_rate"] != task.hourly_rate:
        rights.check_may_set_rate(actor=actor)
    if "billable" in values and values["billable"] != task.billable:
        rights.check_may_set_billable(actor=actor)
    if "watchers" in values:
        values["watchers"] = list(values["watchers"])
        rights.check_may_watch(values["watchers"], client=values.get("client", task.client))
        values["watcher_ids"] = _keep_watchers(task, values.pop("watchers"))
    if "tags" in values:
        values["tags"] = _keep_tags(task, values["tags"])
    _check_place(task, values)
    changed = changes.update(task, actor=actor, action="task.updated", event="task.updated", **values)
    if assigning:
        _announce_assignment(task, actor=actor, quiet=quiet)
    if "project" in changed or "client" in changed:
        moves.to_end(task, actor=actor)
    if "project" in changed:
        _take_along(task, actor=actor)
    return task


@command
def set_tags(*, task: Task, tags: Sequence[str], actor: Any, expected_version: int | None = None) -> Task:
    """Label the task with exactly these."""
    return update_task(task=task, actor=actor, expected_version=expected_version, tags=tags)


@command
def set_watchers(*, task: Task, watchers: Iterable[Any], actor: Any, expected_version: int | None = None) -> Task:
    """Exactly these people hear what happens to the task. Watching gives no rights: who cannot see it hears nothing."""
    return update_task(task=task, actor=actor, expected_version=expected_version, watchers=list(watchers))


def clean_tags(tags: Sequence[str]) -> list[str]:
    """The labels without blanks around them and without repeats, in the order given."""
    names = list(dict.fromkeys(name.strip() for name in tags))
    if any(not name or len(name) > 60 for name in names):
        raise Invalid(_("A tag has 1 to 60 characters."), code="invalid_tag", field="tags")
    if len(names) > MOST_TAGS:
        raise Invalid(_("A task has at most %(most)d tags.") % {"most": MOST_TAGS}, code="too_many_tags", field="tags")
    return names


def _keep_tags(task: Task, tags: Sequence[str]) -> list[str]:
    names = clean_tags(tags)
    rows = TaskTag.objects.filter(task=task)
    rows.exclude(name__in=names).delete()
    present = set(rows.values_list("name", flat=True))
    TaskTag.objects.bulk_create(TaskTag(task=task, name=name) for name in names if name not in present)
    return names


def _keep_watchers(task: Task, watchers: Iterable[Any]) -> list[int]:
    ids = list(dict.fromkeys(person.pk for person in watchers))
    if len(ids) > MOST_WATCHERS:
        message = _("A task has at most %(most)d watchers.") % {"most": MOST_WATCHERS}
        raise Invalid(message, code="too_many_watchers", field="watchers")
    rows = TaskWatcher.objects.filter(task=task)
    rows.exclude(user_id__in=ids).delete()
    present = set(rows.values_list("user_id", flat=True))
    TaskWatcher.objects.bulk_create(TaskWatcher(task=task, user_id=pk) for pk in ids if pk not in present)
    return ids


def _check_place(task: Task, values: dict[str, Any]) -> None:
    """Client, project and parent must still fit each other after the change."""
    if not values.keys() & _PLACE:
        return
    client = values.get("client", task.client)
    project = values.get("project", task.project)
    parent = values.get("parent", task.parent)
    if client.pk != task.client_id and (parent or task.subtasks.exists() or task.time_entries.exists()):
        raise Conflict(_("Time, sub-tasks or a parent tie this task to its client."), code="client_fixed")
    family.check_fits(client=client, project=project)
    if parent is not None and parent.pk != task.parent_id:
        parent = values["parent"] = family.as_it_is_now(parent)
        family.check_parent(parent=parent, client=client, project=project, task=task)
    elif parent is not None and "project" in values:
        family.check_same_project(parent=parent, project=project)
    _check_rate_keeps_its_currency(task, values, client, project)


def _check_rate_keeps_its_currency(task: Task, values: dict[str, Any], client: Any, project: Any) -> None:
    """A rate is a number of one currency: it is not carried into another one as if it were worth the same."""
    before = task.project.currency if task.project is not None else task.client.currency
    after = project.currency if project is not None else client.currency
    has_rate = task.hourly_rate is not None and "hourly_rate" not in values
    if before != after and (has_rate or task.subtasks.filter(hourly_rate__isnull=False).exists()):
        raise Invalid(
            _("It has a rate in %(before)s, and there all is in %(after)s: give the rate anew, or take it off.")
            % {"before": before, "after": after},
            code="currency_mismatch",
            field="hourly_rate",
        )


def _take_along(task: Task, *, actor: Any) -> None:
    """Sub-tasks are in their task's project, so they go where it goes."""
    for part in task.subtasks.order_by("pk"):
        part = changes.lock(part)
        if changes.update(part, actor=actor, action="task.updated", event="task.updated", project=task.project):
            moves.to_end(part, actor=actor)
            _take_along(part, actor=actor)


def _announce_assignment(task: Task, *, actor: Any, quiet: bool) -> None:
    outbox.emit("task.assigned", task, assigned_to=task.assigned_to_id)
    if task.assigned_to_id and not quiet:
        _tell_assignee(task, actor=actor)


def _tell_assignee(task: Task, *, actor: Any) -> None:
    notify(
        users=[task.assigned_to_id],
        kind="task.assigned",
        title=_("%(key)s is yours: %(title)s") % {"key": task.key, "title": task.title},
        subject=task,
        actor=actor,
    )
