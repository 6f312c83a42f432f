"""What fits together: a task with its client and project, and a sub-task with the task it is part of."""

from django.utils.translation import gettext as _

from clients.models import Client, Project
from hyperflow.core import changes
from hyperflow.core.errors import Conflict, Invalid
from tasks.models import Task

#: A task, its sub-tasks, theirs …: as deep as people can still follow.
MOST_LEVELS = 5


def check_fits(*, client: Client, project: Project | None) -> None:
    if project is not None and project.client_id != client.pk:
        raise Invalid(_("The project belongs to another client."), code="other_client", field="project_id")


def lock_clients(*ids: int) -> None:
    """Two changes of what is part of what, or of where it is, could each undo what the other relied on: close a circle
    that neither sees, or leave a part in another project. So there is one at a time a client. Locked before any task.
    """
    for pk in sorted(set(ids)):
        changes.lock(Client(pk=pk))


def as_it_is_now(parent: Task) -> Task:
    """The parent as others left it while its client was waited for."""
    found: Task = Task._base_manager.select_related("project").get(pk=parent.pk)
    return found


def check_parent(*, parent: Task, client: Client, project: Project | None, task: Task | None = None) -> None:
    """May ``task`` (a new one where ``None``) become a part of ``parent``?

    Both are for one client and in one project (or in none), nothing is a part of itself, and there are at most
    `MOST_LEVELS` levels.
    """
    if parent.client_id != client.pk:
        raise Invalid(_("The parent belongs to another client."), code="other_client", field="parent_id")
    check_same_project(parent=parent, project=project)
    above = _ancestors(parent)
    if task is not None and task.pk in above:
        raise Conflict(_("A task cannot be a part of itself."), code="circular_parent")
    if len(above) + (1 if task is None else _height(task)) > MOST_LEVELS:
        message = _("Sub-tasks go %(most)d levels deep at most.") % {"most": MOST_LEVELS}
        raise Invalid(message, code="too_deep", field="parent_id")


def check_same_project(*, parent: Task, project: Project | None) -> None:
    if parent.project_id != getattr(project, "pk", None):
        raise Invalid(
            _("A sub-task is in the project of the task it is part of."), code="parent_elsewhere", field="parent_id"
        )


def _ancestors(task: Task) -> list[int]:
    """The task and all above it."""
    found = [task.pk]
    above = task.parent_id
    while above is not None and len(found) <= MOST_LEVELS:
        found.append(above)
        above = Task._base_manager.filter(pk=above).values_list("parent_id", flat=True).get()
    return found


def _height(task: Task) -> int:
    """How many levels the task and all below it take."""
    levels, ids = 1, [task.pk]
    while levels <= MOST_LEVELS:
        ids = list(Task._base_manager.filter(parent_id__in=ids).order_by().values_list("pk", flat=True))
        if not ids:
            break
        levels += 1
    return levels
