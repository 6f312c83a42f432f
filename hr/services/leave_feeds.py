"""The private address of a leave calendar: made, made anew, closed. Only a hash of its secret is kept."""

import hashlib
import secrets
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from hr.models import LeaveFeed
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import NotFound
from hyperflow.core.transactions import command


@command
def make_feed(*, actor: Any) -> str:
    """A new secret for the actor's own feed, shown this once. The one before it stops working."""
    token = secrets.token_urlsafe(32)
    changes.lock(User(pk=actor.pk))
    LeaveFeed.objects.update_or_create(
        user_id=actor.pk, defaults={"token_hash": _hash(token), "updated_at": clock.now()}
    )
    audit.record("leave.feed", User(pk=actor.pk, name=actor.name), actor=actor)
    return token


@command
def close_feed(*, actor: Any) -> None:
    """The address stops working. Without one nothing happens."""
    if LeaveFeed.objects.filter(user_id=actor.pk).delete()[0]:
        audit.record("leave.feed_closed", User(pk=actor.pk, name=actor.name), actor=actor)


def reader_of(token: str) -> User:
    """Whose feed it is. Raises `NotFound` for a secret that is none, and once its owner has left or lost the right."""
    feed = LeaveFeed.objects.select_related("user__role").filter(token_hash=_hash(token)).first()
    if feed is None or not feed.user.is_active or not feed.user.has_perm("hr.view_leaverequest"):
        raise NotFound(_("There is no such calendar. Make its address anew."))
    return feed.user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
