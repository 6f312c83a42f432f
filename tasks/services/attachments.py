"""Files and links with a task."""

from typing import Any

from django.utils.translation import gettext as _

from hyperflow.core import audit, changes, outbox, storage
from hyperflow.core.errors import Conflict, NotFound
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command
from tasks import rights
from tasks.models import Attachment, Task

KIND = "tasks.attachment"
MOST_ATTACHMENTS = 200


def attach_file(*, task: Task, actor: Any, upload: Any, description: str = "") -> Attachment:
    """Keep a file with a task. What it is, is decided from its content; what is not allowed is refused.

    The bytes are stored before the rows are written: a file without a row is swept up, a row without its file would
    be a broken promise.
    """
    _check_room(task)
    stored = storage.store(upload, actor=actor)
    return _attach(task=task, actor=actor, name=stored.original_name, description=description, file=stored)


def attach_link(*, task: Task, actor: Any, url: str, name: str = "", description: str = "") -> Attachment:
    """Keep a link with a task, as an import brings it; nothing is fetched."""
    _check_room(task)
    return _attach(task=task, actor=actor, name=(name or url)[:255], description=description[:500], external_url=url)


def attached_file(pk: int, user: Any) -> StoredFile | None:
    """The file behind an attachment, for whoever may see it now. The store asks this for each download."""
    attachment = Attachment.objects.visible_to(user).select_related("file").filter(pk=pk).first()
    return attachment.file if attachment is not None else None


@command
def remove_attachment(*, attachment: Attachment, actor: Any) -> None:
    """Take a file or link away again: who put it there may, and who may change the task. Its bytes go too."""
    task = changes.lock(attachment.task)
    found = Attachment.objects.select_related("file").filter(pk=attachment.pk).first()
    if found is None:
        raise NotFound(_("There is nothing here."))
    if found.uploaded_by_id != actor.pk:
        rights.check_may_edit(actor=actor, task=task)
    pk = found.pk
    found.delete()
    if found.file is not None:
        storage.remove(found.file)
    audit.record("task.detached", task, actor=actor, changes={"attachment": (found.name, None)})
    outbox.emit("task.updated", task, changed=["attachments"], attachment_id=pk)


@command
def _attach(*, task: Task, actor: Any, name: str, **values: Any) -> Attachment:
    attachment = Attachment(task=task, name=name, uploaded_by=actor, **values)
    attachment.full_clean(exclude=["task", "file", "uploaded_by"], validate_unique=False, validate_constraints=False)
    attachment.save(force_insert=True)
    audit.record("task.attached", task, actor=actor, changes={"attachment": (None, name)})
    outbox.emit("task.updated", task, changed=["attachments"], attachment_id=attachment.pk)
    return attachment


def _check_room(task: Task) -> None:
    if Attachment.objects.filter(task=task).count() >= MOST_ATTACHMENTS:
        raise Conflict(
            _("A task has at most %(most)d files.") % {"most": MOST_ATTACHMENTS}, code="too_many_attachments"
        )
