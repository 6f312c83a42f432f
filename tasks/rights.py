"""Who may do what to which task. Whether a person may do it at all is a permission; here it meets the row."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client, Project, ProjectMember
from hyperflow.core.errors import Invalid, NotAllowed
from tasks.models import Task


def check_may_create(*, actor: Any, client: Client, project: Project | None) -> None:
    """Who leads work makes tasks anywhere; others on projects they work on; portal users for their own client."""
    if actor.has_perm("tasks.add_task"):
        if not actor.has_perm("tasks.change_any_task") and not works_on(actor, project):
            raise NotAllowed(_("You may add tasks to projects you work on."))
    elif not actor.has_perm("tasks.add_own_client_task"):
        raise NotAllowed(_("You may not add tasks."))
    elif not Client.objects.visible_to(actor).filter(pk=client.pk).exists():
        raise NotAllowed(_("You may ask for tasks for your own company."))


def works_on(person: Any, project: Project | None) -> bool:
    """Is the person a member of the project, or do they have a task in it?"""
    if project is None:
        return False
    return (
        ProjectMember.objects.filter(project=project, user_id=person.pk).exists()
        or Task._base_manager.filter(project=project, assigned_to_id=person.pk).exists()
    )


def check_may_work(*, actor: Any, task: Task) -> None:
    """Status and progress belong to the assignee, and to who looks after the work of others."""
    if task.assigned_to_id == actor.pk and actor.has_perm("tasks.work_on_task"):
        return
    if not actor.has_perm("tasks.change_any_task"):
        raise NotAllowed(_("This task is not assigned to you."))


def check_may_edit(*, actor: Any, task: Task) -> None:
    """Who looks after the work of others edits every task; others those they made or were given."""
    if actor.has_perm("tasks.change_any_task"):
        return
    own = actor.pk in (task.assigned_to_id, task.created_by_id)
    if not own or not actor.has_perm("tasks.change_task"):
        raise NotAllowed(_("You may edit tasks that are yours."))


def check_may_assign(*, actor: Any) -> None:
    if not actor.has_perm("tasks.assign_task"):
        raise NotAllowed(_("You may not assign tasks."))


def check_may_set_rate(*, actor: Any) -> None:
    if not actor.has_perm("clients.view_rates"):
        raise NotAllowed(_("You may not set rates."))


def check_may_set_billable(*, actor: Any) -> None:
    """What a client pays for is a decision about money, as a rate is."""
    if not actor.has_perm("clients.view_rates"):
        raise NotAllowed(_("You may not say what is billed."))


def check_assignable(person: Any) -> None:
    """Work is given to people who work here now."""
    if not person.is_active or not person.is_staff:
        raise Invalid(_("This person cannot be given tasks."), code="not_assignable", field="assigned_to")


def check_may_watch(people: Iterable[User], *, client: Client) -> None:
    """Colleagues watch any task; of the people outside only those of the task's client, who might see it."""
    outside = {person.pk for person in people if not person.is_staff}
    if not outside:
        return
    foreign = outside - set(client.portal_users.filter(pk__in=outside).values_list("pk", flat=True))
    if foreign:
        ids = ", ".join(map(str, sorted(foreign)))
        raise Invalid(
            _("These people do not belong to the task's client: %(ids)s.") % {"ids": ids},
            code="does_not_exist",
            field="watchers",
        )


def audience(task: Task, people: Iterable[int | None]) -> list[User]:
    """Those of the people (by id) who are active and may see the task: nobody else is told about it."""
    ids = {pk for pk in people if pk is not None}
    if not ids:
        return []
    users = list(User.objects.filter(pk__in=ids, is_active=True).select_related("role").order_by("pk"))
    unsure = [user for user in users if not _sees_by_itself(task, user)]
    admitted = _admitted(task, unsure) if unsure else set()
    return [user for user in users if user not in unsure or user.pk in admitted]


def _sees_by_itself(task: Task, user: User) -> bool:
    if not user.has_perm("tasks.view_task"):
        return False
    own = user.is_staff and user.pk in (task.assigned_to_id, task.created_by_id)
    return own or user.has_perm("tasks.view_all_tasks")


def _admitted(task: Task, users: list[User]) -> set[int]:
    able = [user for user in users if user.has_perm("tasks.view_task")]
    staff = [user.pk for user in able if user.is_staff]
    portal = [user.pk for user in able if not user.is_staff and user.has_perm("clients.view_client")]
    found: set[int] = set()
    if staff and task.project_id:
        members = ProjectMember.objects.filter(project_id=task.project_id, user_id__in=staff)
        found.update(members.values_list("user_id", flat=True))
    if portal:
        speakers = Client.portal_users.through.objects.filter(client_id=task.client_id, user_id__in=portal)
        found.update(speakers.values_list("user_id", flat=True))
    return found
