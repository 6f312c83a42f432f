"""Roles: what they are called and what they grant. Nobody grants what they may not do themself."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.rights import permissions_of
from accounts.services.people import may_grant
from accounts.services.uniqueness import or_taken
from hyperflow.core import audit, changes
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

#: What `update_role` may set.
EDITABLE = frozenset({"name", "description", "permissions", "is_basic"})


@command
def create_role(
    *,
    actor: Any,
    code: str,
    name: str,
    description: str = "",
    is_staff: bool = True,
    is_basic: bool = False,
    permissions: Iterable[Permission] = (),
) -> Role:
    """Another role, beside the seven that are installed. It never grants everything: only *admin* does."""
    role = Role(code=code, name=name, description=description, is_staff=is_staff, is_basic=is_basic)
    with or_taken(_("There is a role with this code already."), "code_taken"):
        role = changes.create(role, actor=actor, action="role.create", event="role.updated")
    set_role_permissions(role=role, actor=actor, permissions=permissions)
    role.refresh_from_db()
    return role


@command
def update_role(*, role: Role, actor: Any, expected_version: int | None = None, **values: Any) -> Role:
    """Change what a role is called or grants. Whether it is staff's, and its code, are decided when it is made."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"Not an editable field of a role: {', '.join(sorted(unknown))}")
    permissions = values.pop("permissions", None)
    role = changes.lock(role, expected_version=expected_version)
    if values.get("is_basic"):
        # Else one could first declare a role basic and then give it.
        _holds(actor, role)
    changes.update(role, actor=actor, action="role.update", event="role.updated", **values)
    if permissions is not None:
        set_role_permissions(role=role, actor=actor, permissions=permissions)
        role.refresh_from_db()
    return role


@command
def set_role_permissions(
    *, role: Role, actor: Any | None, permissions: Iterable[Permission | str], expected_version: int | None = None
) -> Role:
    """Say what a role grants, from the next request on of everybody who has it, in every process.

    ``permissions`` are rows or names (``"tasks.add_task"``). The version is what makes processes look again. Raises
    `NotAllowed`: ``role_not_allowed`` where a permission is added that the actor lacks, ``self_approval`` where
    somebody adds to their own role, and `Conflict` for *admin*, which grants everything as it is.
    """
    role = changes.lock(role, expected_version=expected_version)
    wanted = _named(permissions)
    held = _held(role)
    if set(wanted) == held:
        return role
    if role.grants_everything:
        raise Conflict(_("This role grants everything as it is."), code="grants_everything")
    added, removed = set(wanted) - held, held - set(wanted)
    if actor is not None and added:
        _may_add(actor, role, added)
    role.permissions.set(wanted.values())
    changes.touch(role)
    audit.record("role.permissions", role, actor=actor, changes={"permissions": (sorted(removed), sorted(added))})
    return role


@command
def delete_role(*, role: Role, actor: Any) -> None:
    """A role that nobody has goes. The seven that the product knows stay."""
    role = changes.lock(role)
    if role.code in Role.Code.values:
        raise Conflict(_("This role belongs to the product and stays."), code="in_use")
    if User.objects.filter(role=role).exists():
        raise Conflict(_("There are people with this role: give them another one first."), code="in_use")
    audit.record("role.delete", role, actor=actor, changes={"code": (role.code, None)})
    role.delete()


def _may_add(actor: Any, role: Role, added: set[str]) -> None:
    if actor.role_id == role.pk and not actor.role.grants_everything:
        raise NotAllowed(_("Nobody adds to what their own role grants."), code="self_approval")
    if not added <= permissions_of(actor):
        raise NotAllowed(_("You can't grant what you may not do yourself."), code="role_not_allowed")


def _holds(actor: Any | None, role: Role) -> None:
    if actor is not None and not role.is_basic:
        may_grant(actor, role)


def _held(role: Role) -> set[str]:
    return set(_labelled(role.permissions.all()))


def _labelled(rows: Any) -> dict[str, Permission]:
    label = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return {row.label: row for row in rows.annotate(label=label).order_by()}


def _named(permissions: Iterable[Permission | str]) -> dict[str, Permission]:
    given = list(permissions)
    names = {one for one in given if isinstance(one, str)}
    ids = {one.pk for one in given if not isinstance(one, str)}
    found = _labelled(Permission.objects.filter(pk__in=ids)) if ids else {}
    if names:
        codenames = {name.partition(".")[2] for name in names}
        rows = _labelled(Permission.objects.filter(codename__in=codenames))
        if missing := names - set(rows):
            sentence = _("There is no permission %(name)s.") % {"name": sorted(missing)[0]}
            raise Invalid(sentence, field="permissions", code="invalid_choice")
        found |= {name: rows[name] for name in names}
    return found
