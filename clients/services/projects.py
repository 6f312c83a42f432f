"""Agreeing on projects with clients, and who works on them."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from clients import identity
from clients.models import Client, KeySequence, Project, ProjectMember
from clients.services import keys
from clients.services.rules import active_staff, rates_only_for_who_sees_them, unique_or
from hyperflow.core import audit, changes, outbox
from hyperflow.core.errors import Conflict, Invalid, NotFound
from hyperflow.core.registry import figures
from hyperflow.core.transactions import command


class ProjectFields(TypedDict, total=False):
    """What is agreed beside the name. Dates are business dates; ``hourly_rate`` and ``budget`` are in ``currency``."""

    status: str
    billing: str
    budget: Decimal | None
    currency: str
    budget_hours: Decimal | None
    hourly_rate: Decimal | None
    start_date: dt.date | None
    end_date: dt.date | None


class ProjectChanges(ProjectFields, total=False):
    name: str
    client: Client


@command
def create_project(
    *,
    actor: Any,
    client: Client,
    name: str,
    key: str = "",
    members: Iterable[Any] = (),
    **fields: Unpack[ProjectFields],
) -> Project:
    """Agree on a project with a client.

    Its tasks are called by ``key``, for good (`Conflict`, ``key_taken``); without one it is made of the client's and
    the project's name. The currency is the client's unless said otherwise. The name is unique at the client
    (`Conflict`, ``name_taken``).
    """
    rates_only_for_who_sees_them(actor, fields)
    client = changes.lock(client)  # so that its currency stays while the project is made
    project = Project(client=client, name=name.strip(), **fields)
    project.currency = fields.get("currency") or client.currency
    _refuse_taken_name(project)
    people = {person.pk: active_staff(person, "member_ids") for person in members}

    prefix = key or identity.project_prefix(client.key_sequence.prefix, project.name)
    project.key_sequence = keys.named_sequence(prefix=key) if key else keys.new_sequence(prefix=prefix)
    with unique_or(_name_taken()):
        changes.create(project, actor=actor, action="project.create", event="project.created", client_id=client.pk)
    ProjectMember.objects.bulk_create(ProjectMember(project=project, user=person) for person in people.values())
    return project


@command
def update_project(
    *, project: Project, actor: Any, expected_version: int | None = None, **fields: Unpack[ProjectChanges]
) -> Project:
    """Change what was agreed.

    Once there are tasks, the project stays with its client (`Conflict`, ``project_has_tasks``) and keeps its currency
    (``currency_in_use``).
    """
    rates_only_for_who_sees_them(actor, fields)
    project = changes.lock(project, expected_version=expected_version)
    if "name" in fields:
        fields["name"] = fields["name"].strip()
    moves = "client" in fields and fields["client"].pk != project.client_id
    if moves:
        _refuse_with_tasks(project, _("A project with tasks stays with its client."), "project_has_tasks")
    if fields.get("currency", project.currency) != project.currency:
        _refuse_with_tasks(project, _("A project with tasks keeps its currency."), "currency_in_use")
        _refuse_amounts_of_another_currency(project, fields)
    if moves or fields.get("name", project.name) != project.name:
        client = fields["client"] if moves else project.client
        _refuse_taken_name(Project(pk=project.pk, client=client, name=fields.get("name", project.name)))
    with unique_or(_name_taken()):
        changes.update(project, actor=actor, action="project.update", event="project.updated", **fields)
    return project


@command
def add_member(*, project: Project, user: Any, actor: Any) -> bool:
    """Let somebody who works here work on the project: they see it, its client and its tasks. Says whether that is
    new."""
    active_staff(user, "user_id")
    project = changes.lock(project)
    _member, is_new = ProjectMember.objects.get_or_create(project=project, user=user)
    if is_new:
        _members_changed(project, actor, (None, user.pk))
    return is_new


@command
def remove_member(*, project: Project, user_id: int, actor: Any) -> None:
    """Take somebody off the project. Tasks assigned to them stay theirs until somebody hands them on."""
    project = changes.lock(project)
    removed, _by_model = ProjectMember.objects.filter(project=project, user_id=user_id).delete()
    if not removed:
        raise NotFound(_("They are no member of the project."))
    _members_changed(project, actor, (user_id, None))


def _members_changed(project: Project, actor: Any, change: tuple[Any, Any]) -> None:
    changes.touch(project)
    audit.record("project.members", project, actor=actor, changes={"members": change})
    outbox.emit("project.updated", project, changed=["members"])


def _refuse_with_tasks(project: Project, reason: str, code: str) -> None:
    # Who makes a task takes a number first, so holding the sequence keeps new tasks out until this is decided.
    KeySequence.objects.select_for_update().get(pk=project.key_sequence_id)
    if figures.of("clients.project", "has_tasks", None, [project.pk], default=False)[project.pk]:
        raise Conflict(reason, code=code)


def _refuse_amounts_of_another_currency(project: Project, fields: Any) -> None:
    """80 euros do not become 80 dollars: amounts are given anew with the currency, or taken off."""
    kept = [name for name in ("hourly_rate", "budget") if name not in fields and getattr(project, name) is not None]
    if kept:
        raise Invalid(
            _("It has amounts in %(currency)s: give them anew with the currency, or take them off.")
            % {"currency": project.currency},
            code="currency_mismatch",
            field=kept[0],
        )


def _name_taken() -> Conflict:
    return Conflict(_("The client has a project of this name already."), code="name_taken", field="name")


def _refuse_taken_name(project: Project) -> None:
    """Case does not tell projects apart, on any database."""
    others = Project.objects.filter(client_id=project.client_id, name__iexact=project.name)
    if others.exclude(pk=project.pk).exists():
        raise _name_taken()
