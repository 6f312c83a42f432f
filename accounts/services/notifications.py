"""In-app notifications: told to people, read by them."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from accounts.models import Notification, User
from hyperflow.core import clock
from hyperflow.core.transactions import command


@command
def notify(
    *,
    users: Iterable[Any],
    kind: str,
    title: str,
    body: str = "",
    subject: models.Model | None = None,
    actor: Any | None = None,
) -> list[Notification]:
    """Tell people something, in the transaction that makes it true.

    Each is told once, the one who did it never, and nobody who has left. ``users`` may be people or their ids.
    """
    ids = {getattr(user, "pk", user) for user in users} - {None, getattr(actor, "pk", None)}
    if not ids:
        return []
    active = User.objects.filter(pk__in=ids, is_active=True).order_by("pk").values_list("pk", flat=True)
    now = clock.now()
    rows = [
        Notification(
            user_id=pk,
            kind=kind,
            title=str(title)[:200],
            body=str(body)[:500],
            subject_type=subject._meta.label_lower if subject is not None else "",
            subject_id=subject.pk if subject is not None else None,
            actor_id=getattr(actor, "pk", None),
            created_at=now,
        )
        for pk in active
    ]
    return Notification.objects.bulk_create(rows)


@command
def mark_read(*, actor: User, ids: Iterable[int] | None = None) -> int:
    """The actor has seen these of their own notifications, or all of them. Gives how many were unread until now."""
    unread = Notification.objects.visible_to(actor).filter(unread_marker=1)
    if ids is not None:
        unread = unread.filter(pk__in=set(ids))
    return unread.update(read_at=clock.now())
