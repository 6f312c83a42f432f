"""The buttons of tasks and time entries: each calls the service that the API calls."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldBooleanSwitchWidget

from accounts.models import User
from hyperflow.core import clock
from hyperflow.core.admin import Move, MoveForm, widgets
from hyperflow.core.errors import DomainError
from tasks import rights
from tasks.models import Task, TimeEntry
from tasks.services import attachments, comments, moves, timers
from tasks.services import tasks as task_services
from tasks.services import time as time_services

Status = Task.Status
WORKS = ("tasks.work_on_task", "tasks.change_any_task")


class NoteForm(MoveForm):
    note = widgets.long_text(_("Note"), required=False, most=2_000, rows=3, help_text=_("Becomes a comment."))


class AssignForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(self.actor).filter(is_active=True, role__is_staff=True)
        self.fields["assigned_to"] = widgets.one_of(_("Assign to"), people, required=False, empty_label=_("Nobody"))
        if len(self.rows) == 1:
            self.fields["assigned_to"].initial = self.rows[0].assigned_to_id


class ProgressForm(MoveForm):
    progress = widgets.whole_number(_("Progress in percent"), least=0, most=100)
    progress_description = widgets.long_text(_("What is done, what is missing"), required=False, most=5_000, rows=3)
    drive_link = widgets.url(_("Link to the work"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].initial = getattr(self.rows[0], name)


class CommentForm(MoveForm):
    content = widgets.long_text(_("Comment"), rows=5, help_text=_("Name somebody with @ and they will be told."))


class FileForm(MoveForm):
    upload = widgets.file(_("File"))
    description = widgets.text(_("Description"), required=False)


class LinkForm(MoveForm):
    url = widgets.url(_("Address"))
    name = widgets.text(_("Name"), required=False, most=255)


class TimeForm(MoveForm):
    started_at = widgets.moment(_("From"))
    ended_at = widgets.moment(_("To"))
    billable = forms.BooleanField(label=_("Billable"), required=False, widget=UnfoldBooleanSwitchWidget())
    note = widgets.text(_("Note"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = clock.now().replace(second=0, microsecond=0)
        self.fields["started_at"].initial = now - dt.timedelta(hours=1)
        self.fields["ended_at"].initial = now
        self.fields["billable"].initial = self.rows[0].billable


def _to(status: str) -> Callable[..., Any]:
    def act(task: Task, actor: Any, note: str = "") -> Any:
        return moves.set_status(task=task, status=status, actor=actor, note=note)

    return act


def _standing(*states: str) -> Callable[[Any, Any], bool]:
    """Offered for these states, to who may work on the task."""

    def available(task: Task, user: Any) -> bool:
        return task.status in states and _may_work(task, user)

    return available


def _may_work(task: Task, user: Any) -> bool:
    try:
        rights.check_may_work(actor=user, task=task)
    except DomainError:
        return False
    return True


def _is_staff(task: Task, user: Any) -> bool:
    return bool(user.is_staff)


TASK_MOVES = [
    Move(
        "start", _("Start"), _to(Status.IN_PROGRESS), needs=WORKS, done=_("started"), icon="play_arrow", form=NoteForm,
        available=_standing(Status.PENDING),
    ),
    Move(
        "complete", _("Complete"), _to(Status.COMPLETED), needs=WORKS, done=_("completed"), icon="check", form=NoteForm,
        question=_("The time it took is worked out from its time entries."), available=_standing(Status.IN_PROGRESS),
    ),
    Move(
        "put_back", _("Put back"), _to(Status.PENDING), needs=WORKS, done=_("put back"), icon="undo", form=NoteForm,
        available=_standing(Status.IN_PROGRESS),
    ),
    Move(
        "reopen", _("Reopen"), lambda task, actor, note="": _reopen(task, actor, note), needs=WORKS,
        done=_("open again"), icon="replay", form=NoteForm, available=_standing(Status.COMPLETED, Status.CANCELLED),
    ),
    Move(
        "cancel", _("Cancel task"), _to(Status.CANCELLED), needs=WORKS, done=_("cancelled"), icon="block", danger=True,
        form=NoteForm, available=_standing(Status.PENDING, Status.IN_PROGRESS),
    ),
    Move(
        "assign", _("Assign"),
        lambda task, actor, assigned_to: task_services.update_task(task=task, actor=actor, assigned_to=assigned_to),
        needs="tasks.assign_task", done=_("assigned"), icon="person_add", form=AssignForm,
    ),
    Move(
        "progress", _("Progress"), lambda task, actor, **values: moves.set_progress(task=task, actor=actor, **values),
        needs=WORKS, done=_("progress noted"), icon="trending_up", form=ProgressForm, in_list=False,
        available=_standing(Status.PENDING, Status.IN_PROGRESS),
    ),
    Move(
        "comment", _("Comment"),
        lambda task, actor, content: comments.add_comment(task=task, actor=actor, content=content),
        needs="tasks.add_comment", done=_("comment added"), icon="chat", form=CommentForm, in_list=False,
        available=_is_staff,
    ),
    Move(
        "log_time", _("Log time"),
        lambda task, actor, **values: time_services.add_entry(task=task, actor=actor, **values),
        needs="tasks.add_timeentry", done=_("time written down"), icon="more_time", form=TimeForm, in_list=False,
    ),
    Move(
        "start_timer", _("Start timer"), lambda task, actor: timers.start_timer(task=task, actor=actor),
        needs="tasks.add_timeentry", done=_("timer running"), icon="timer", in_list=False,
        question=_("A timer that runs on another task is stopped."),
        available=lambda task, user: task.status in Task.OPEN,
    ),
    Move(
        "stop_timer", _("Stop timer"), lambda task, actor: timers.stop_timer(actor=actor, task=task),
        needs="tasks.add_timeentry", done=_("timer stopped"), icon="timer_off", in_list=False,
        available=lambda task, user: TimeEntry.objects.filter(task=task, user=user).running().exists(),
    ),
    Move(
        "attach", _("Attach file"),
        lambda task, actor, upload, description="": attachments.attach_file(
            task=task, actor=actor, upload=upload, description=description
        ),
        needs="tasks.add_attachment", done=_("file attached"), icon="attach_file", form=FileForm, in_list=False,
        available=_is_staff,
    ),
    Move(
        "attach_link", _("Attach link"),
        lambda task, actor, url, name="": attachments.attach_link(task=task, actor=actor, url=url, name=name),
        needs="tasks.add_attachment", done=_("link attached"), icon="add_link", form=LinkForm, in_list=False,
        available=_is_staff,
    ),
]  # fmt: skip


def _reopen(task: Task, actor: Any, note: str) -> Any:
    """Completed work goes on; cancelled work waits to be started."""
    status = Status.IN_PROGRESS if task.status == Status.COMPLETED else Status.PENDING
    return moves.set_status(task=task, status=status, actor=actor, note=note)


TIME_MOVES = [
    Move(
        "submit", _("Hand in"), lambda entry, actor: time_services.submit(ids=[entry.pk], actor=actor),
        needs="tasks.change_timeentry", done=_("handed in"), icon="send",
        available=lambda entry, user: entry.user_id == user.pk and entry.status == TimeEntry.Status.OPEN,
    ),
    Move(
        "approve", _("Approve"), lambda entry, actor: time_services.approve(ids=[entry.pk], actor=actor),
        needs="tasks.approve_time", done=_("approved"), icon="verified",
        available=lambda entry, user: entry.user_id != user.pk
        and entry.status in {TimeEntry.Status.OPEN, TimeEntry.Status.SUBMITTED},
    ),
    Move(
        "unapprove", _("Give back"), lambda entry, actor: time_services.unapprove(ids=[entry.pk], actor=actor),
        needs="tasks.approve_time", done=_("given back"), icon="undo",
        question=_("It is open again, so that its owner can correct it."),
        available=lambda entry, user: entry.status == TimeEntry.Status.APPROVED,
    ),
]  # fmt: skip
