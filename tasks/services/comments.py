"""What colleagues say about a task, and who hears of it."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from hyperflow.core import audit, clock, outbox
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command
from tasks import rights
from tasks.mentions import Person, mentioned
from tasks.models import Comment, Task


@command
def add_comment(
    *, task: Task, actor: Any, content: str, created_at: dt.datetime | None = None, quiet: bool = False
) -> Comment:
    """Say something about a task.

    Colleagues mentioned with ``@`` who may see the task are told that they are; assignee and watchers hear of the
    comment; everybody once, the author never. ``created_at`` and ``quiet`` (nobody is told) are for imports.
    """
    if not content.strip():
        raise Invalid(_("Say something."), code="required", field="content")
    meant = _meant(task, content)
    comment = Comment.objects.create(task=task, author=actor, content=content, created_at=created_at or clock.now())
    if meant:
        comment.mentions.set(meant)
    audit.record("task.commented", task, actor=actor, changes={"comment": (None, comment.pk)})
    outbox.emit("task.commented", task, comment_id=comment.pk, author=actor.pk, mentions=[user.pk for user in meant])
    if not quiet:
        _tell(task, comment, meant=meant, actor=actor)
    return comment


def _meant(task: Task, content: str) -> list[User]:
    if "@" not in content:
        return []
    staff = User.objects.filter(is_active=True, role__is_staff=True).order_by("pk").values_list("pk", "name", "email")
    return rights.audience(task, mentioned(content, (Person(*row) for row in staff.iterator())))


def _tell(task: Task, comment: Comment, *, meant: list[User], actor: Any) -> None:
    body = comment.content[:300]
    notify(
        users=meant,
        kind="task.mentioned",
        title=_("%(name)s mentioned you in %(key)s") % {"name": actor, "key": task.key},
        body=body,
        subject=task,
        actor=actor,
    )
    told = {user.pk for user in meant} | {actor.pk}
    others = rights.audience(task, {task.assigned_to_id, *task.watcher_ids} - told)
    notify(
        users=[user for user in others if user.is_staff],  # what colleagues say among themselves
        kind="task.commented",
        title=_("%(name)s commented on %(key)s: %(title)s") % {"name": actor, "key": task.key, "title": task.title},
        body=body,
        subject=task,
        actor=actor,
    )
