"""Accounts: made, changed, deactivated; who may give whom which role."""

import uuid
from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext as _

from accounts import hashing
from accounts.models import Role, Session, User
from accounts.rights import permissions_of, permissions_of_role
from accounts.services.passwords import check_password_is_good
from accounts.services.sessions import end_sessions
from accounts.services.uniqueness import or_taken
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.fields import fold_email
from hyperflow.core.registry import refusals
from hyperflow.core.transactions import command

#: What `update_user` may set. Everything else about a person has a command of its own.
EDITABLE = frozenset({"name", "job_title", "department", "timezone", "calendar", "billing_rate"})


def create_user(
    *,
    actor: Any | None,
    name: str,
    email: str,
    role: Role,
    password: str | None = None,
    verified: bool = True,
    is_active: bool = True,
    **details: Any,
) -> User:
    """Make an account. Without a password it can only be entered by a reset link; inactive, not before it is activated.

    ``actor`` is ``None`` where the system itself makes it (the first admin, registration). ``details`` are the fields
    that `update_user` may set. Raises `Conflict` (``email_taken``), also for the loser of two at once, and `NotAllowed`
    (``role_not_allowed``) where the role grants what the actor may not do.
    """
    _only_editable(details)
    if actor is not None:
        may_grant(actor, role)
    user = User(
        name=name,
        email=fold_email(email),
        role=role,
        is_active=is_active,
        email_verified_at=clock.now() if verified else None,
        **details,
    )
    if password is not None:
        check_password_is_good(password, user=user)
    # Outside of the transaction: a hash takes a quarter of a second, and on SQLite nobody else could write meanwhile.
    user.password = hashing.hashed(password)
    return insert(user, actor=actor, action="user.create")


@command
def placeholder(*, actor: Any | None, name: str, email: str | None = None) -> User:
    """Somebody that an import knows by name only: can be named, can't sign in, sees nothing.

    Without an address it gets one that no mail reaches. Whoever has the address already is given back instead.
    """
    if email:
        known = User.objects.filter(email=fold_email(email)).first()
        if known is not None:
            return known
    address = fold_email(email) if email else f"placeholder-{uuid.uuid4().hex}@placeholder.invalid"
    user = User(
        name=name[:150],
        email=address,
        role=Role.objects.get(code=Role.Code.EMPLOYEE),
        password=hashing.hashed(None),
        is_active=False,
        is_placeholder=True,
    )
    return insert(user, actor=actor, action="user.placeholder")


@command
def update_user(*, user: User, actor: Any | None, expected_version: int | None = None, **values: Any) -> User:
    """Change what may simply be edited about a person (`EDITABLE`). Other apps may refuse another calendar."""
    _only_editable(values)
    user = changes.lock(user, expected_version=expected_version)
    if "calendar" in values and getattr(values["calendar"], "pk", None) != user.calendar_id:
        refusals.ask("calendar_of", user=user, calendar=values["calendar"])
    changes.update(user, actor=actor, action="user.update", event="user.updated", **values)
    return user


@command
def change_email(*, user: User, actor: Any | None, email: str, expected_version: int | None = None) -> User:
    """Give somebody another address. Every sign-in and every link sent to the old one ends."""
    user = changes.lock(user, expected_version=expected_version)
    not_above(actor, user)
    with _unless_taken():
        changed = changes.update(
            user,
            actor=actor,
            action="user.email",
            event="user.updated",
            email=fold_email(email),
            email_verified_at=clock.now(),
        )
    if "email" in changed:
        end_sessions(user=user, reason=Session.End.ACCOUNT)
    return user


@command
def change_role(*, user: User, actor: Any, role: Role, expected_version: int | None = None) -> User:
    """Give somebody another role. It holds from their next request on, which needs a new sign-in.

    Nobody changes their own (``self_approval``), nobody gives or takes a role that can do what they can't
    (``role_not_allowed``), and the last active admin stays one (``last_admin``).
    """
    user = changes.lock(user, expected_version=expected_version)
    if user.role_id == role.pk:
        return user
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("Nobody changes their own role: ask somebody else who may."), code="self_approval")
    if actor is not None:
        may_grant(actor, role)
    not_above(actor, user)
    if not role.grants_everything:
        _keep_an_admin(user)
    changes.update(user, actor=actor, action="user.role", event="user.updated", role=role)
    end_sessions(user=user, reason=Session.End.ACCOUNT)
    return user


@command
def deactivate_user(*, user: User, actor: Any | None, expected_version: int | None = None) -> User:
    """Somebody leaves: every sign-in, link and token of theirs ends at once; their work stays.

    Doing it twice changes nothing. The last active admin can't be deactivated (``last_admin``), nobody themself
    (``self_approval``).
    """
    user = changes.lock(user, expected_version=expected_version)
    if not user.is_active:
        return user
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("Nobody deactivates their own account: ask somebody else who may."), code="self_approval")
    _not_an_admin_by_less(actor, user)
    _keep_an_admin(user)
    changes.update(user, actor=actor, action="user.deactivate", event="user.updated", is_active=False)
    end_sessions(user=user, reason=Session.End.ACCOUNT)
    return user


@command
def reactivate_user(*, user: User, actor: Any | None, expected_version: int | None = None) -> User:
    """Somebody comes back, with the role and password they had. A placeholder is taken over by `adopt_placeholder`."""
    user = changes.lock(user, expected_version=expected_version)
    if user.is_placeholder:
        raise Conflict(_("A placeholder is nobody who could sign in: give it an address first."), code="is_placeholder")
    if not user.is_active:
        _not_an_admin_by_less(actor, user)
        changes.update(user, actor=actor, action="user.reactivate", event="user.updated", is_active=True)
    return user


@command
def adopt_placeholder(*, user: User, actor: Any | None, email: str, role: Role, name: str | None = None) -> User:
    """A placeholder becomes a person with an address, who comes in by a reset link and keeps what was theirs."""
    user = changes.lock(user)
    if not user.is_placeholder:
        raise Conflict(_("This account belongs to a person already."), code="not_a_placeholder")
    if actor is not None:
        may_grant(actor, role)
    with _unless_taken():
        changes.update(
            user,
            actor=actor,
            action="user.adopt",
            event="user.updated",
            email=fold_email(email),
            name=name or user.name,
            role=role,
            is_placeholder=False,
            is_active=True,
            email_verified_at=clock.now(),
        )
    return user


def may_grant(actor: Any, role: Role) -> None:
    """Raises ``role_not_allowed`` where the role could do what the actor can't, unless it is a basic one."""
    if role.is_basic:
        return
    everything_by_less = role.grants_everything and not actor.role.grants_everything
    if everything_by_less or not permissions_of_role(role) <= permissions_of(actor):
        raise NotAllowed(_("You can't give a role that may do more than you may yourself."), code="role_not_allowed")


def not_above(actor: Any | None, user: User) -> None:
    """Nobody takes over or demotes an account that can do more than they can."""
    if actor is not None and actor.pk != user.pk:
        may_grant(actor, user.role)


def _not_an_admin_by_less(actor: Any | None, user: User) -> None:
    """HR lets everybody go but those who run the installation."""
    if user.role.grants_everything:
        not_above(actor, user)


def _keep_an_admin(user: User) -> None:
    if not (user.is_active and user.role.grants_everything):
        return
    # All of them are locked, in one order, so that two admins can't remove each other at once.
    admins = User.objects.select_for_update().filter(is_active=True, role__in=_admin_roles()).order_by("pk")
    if [admin.pk for admin in admins] == [user.pk]:
        raise Conflict(_("This is the last active admin: make somebody else one first."), code="last_admin")


def _admin_roles() -> list[int]:
    return list(Role.objects.filter(grants_everything=True).values_list("pk", flat=True))


def _only_editable(values: dict[str, Any]) -> None:
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"Not an editable field of a user: {', '.join(sorted(unknown))}")


@command
def insert(user: User, *, actor: Any | None, action: str) -> User:
    """Write a new account. Of two at once with one address the second gets `Conflict` (``email_taken``)."""
    with _unless_taken():
        return changes.create(user, actor=actor, action=action, event="user.created")


def _unless_taken() -> AbstractContextManager[None]:
    return or_taken(_("There is an account with this address already."), "email_taken")


def role_by_code(code: str) -> Role:
    """The role of that code; raises `Invalid` for one that does not exist."""
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise Invalid(_("There is no such role."), field="role", code="invalid_choice")
    return role
