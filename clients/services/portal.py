"""Who, of a client's own people, may sign in and see the client's record."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client
from hyperflow.core import audit, changes, outbox
from hyperflow.core.errors import Conflict, Invalid, NotFound
from hyperflow.core.fields import fold_email
from hyperflow.core.transactions import command


def portal_account(email: str) -> User:
    """The account of somebody outside by its address. Raises `Invalid` (``does_not_exist``)."""
    account = User.objects.active().filter(email=fold_email(email.strip()), role__is_staff=False).first()
    if account is None:
        raise Invalid(_("There is no portal account with this address."), code="does_not_exist", field="email")
    return account


def portal_users(client: Client) -> QuerySet[User]:
    """Those who see the client's record through the portal: not people who work here, whatever they were before."""
    return client.portal_users.filter(role__is_staff=False)


def check_belongs_nowhere_else(*, client: Client, user: User) -> None:
    """One account sees one client. Which other one it sees is not said."""
    if Client.portal_users.through.objects.filter(user_id=user.pk).exclude(client_id=client.pk).exists():
        raise Conflict(_("This account belongs to another client."), code="portal_user_elsewhere")


@command
def add_portal_user(*, client: Client, user: User, actor: Any) -> bool:
    """Let somebody see the client's own record and its tasks. Says whether that is new.

    Only for people outside (`Invalid`, ``not_a_portal_user``): staff see clients by their work, and someone who
    comes to work here sees nothing through the portal any more. An account belongs to one client (`Conflict`,
    ``portal_user_elsewhere``).
    """
    client = changes.lock(client)
    changes.lock(User(pk=user.pk))  # two clients at once: the second sees what the first did
    user = User.objects.select_related("role").get(pk=user.pk)
    if user.is_staff or not user.is_active:
        raise Invalid(_("Only active accounts of people outside can be portal users."), code="not_a_portal_user")
    if client.portal_users.filter(pk=user.pk).exists():
        return False
    check_belongs_nowhere_else(client=client, user=user)
    client.portal_users.add(user)
    audit.record("client.portal_user_added", client, actor=actor, changes={"portal_users": (None, user.pk)})
    outbox.emit("client.updated", client, changed=["portal_users"])
    return True


@command
def remove_portal_user(*, client: Client, user_id: int, actor: Any) -> None:
    """Take the view of the client's record away, from the very next request."""
    client = changes.lock(client)
    if not client.portal_users.filter(pk=user_id).exists():
        raise NotFound(_("This is no portal user of the client."))
    client.portal_users.remove(user_id)
    audit.record("client.portal_user_removed", client, actor=actor, changes={"portal_users": (user_id, None)})
    outbox.emit("client.updated", client, changed=["portal_users"])
