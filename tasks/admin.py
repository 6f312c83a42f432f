"""Tasks and time in the admin. What may be done to them is said in `tasks.admin_moves`."""

import csv
import io
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from accounts.models import User
from hyperflow.core import clock, storage
from hyperflow.core.admin import ReadOnlyInline, RelatedFilter, ScopedModelAdmin, widgets
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter
from hyperflow.core.admin.forms import ScopedForm
from hyperflow.core.errors import DomainError
from tasks import admin_moves, rights
from tasks.admin_filters import DueFilter, StandingFilter, TagFilter, WhoseFilter
from tasks.models import Attachment, Comment, LockedPeriod, Task, TimeEntry
from tasks.services import locks
from tasks.services import tasks as task_services
from tasks.services import time as time_services


class TaskForm(ScopedForm):
    # Not ``tags``: that column is written by the service alone, so no form field may be bound to it.
    labels = widgets.text(
        _("tags"),
        required=False,
        most=2_000,
        help_text=_('Separated by commas; one that has a comma in it stands in quotes: "a, b".'),
    )
    watchers = forms.ModelMultipleChoiceField(
        label=_("watchers"), queryset=User.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "labels" in self.fields:
            self.fields["labels"].initial = tag_text(self.instance.tags)
        if "watchers" in self.fields:
            people = User.objects.visible_to(self.request.user)
            watchers: Any = self.fields["watchers"]
            kept = models.Q(pk__in=self.instance.watcher_ids)
            watchers.queryset = people.filter(models.Q(is_active=True) | kept)
            watchers.initial = self.instance.watcher_ids

    def clean_labels(self) -> list[str]:
        return tag_list(self.cleaned_data["labels"])

    def changed_values(self) -> dict[str, Any]:
        return _with_tags(super().changed_values())

    def all_values(self) -> dict[str, Any]:
        return _with_tags(super().all_values())


def tag_text(tags: list[str]) -> str:
    """Tags as a line of CSV, so that one with a comma or quotes in it stays one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(tags)
    return line.getvalue()


def tag_list(text: str) -> list[str]:
    try:
        found = next(csv.reader([" ".join(text.split())], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise forms.ValidationError(
            _("A quote stands at the beginning and at the end of a tag, or nowhere.")
        ) from error
    return [tag.strip() for tag in found if tag.strip()]


def _with_tags(values: dict[str, Any]) -> dict[str, Any]:
    return {"tags" if name == "labels" else name: value for name, value in values.items()}


class CommentInline(ReadOnlyInline):
    model = Comment
    tab = True
    fields = ["created_at", "author", "content"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("author").order_by("-created_at", "-id")


class AttachmentInline(ReadOnlyInline):
    model = Attachment
    tab = True
    fields = ["shown_name", "description", "uploaded_by", "uploaded_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        self.viewer = request.user
        return super().get_queryset(request).select_related("uploaded_by", "file")

    @admin.display(description=_("file or link"))
    def shown_name(self, attachment: Attachment) -> str:
        if attachment.file_id is None:
            address = attachment.external_url
            if not address.startswith(("https://", "http://")):
                return attachment.name
            return format_html(
                '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', address, attachment.name
            )
        address = storage.signed_path("tasks.attachment", attachment.pk, self.viewer)
        return format_html('<a href="{}">{}</a>', address, attachment.name)


class TimeInline(ReadOnlyInline):
    model = TimeEntry
    tab = True
    verbose_name_plural = _("time")
    fields = ["work_date", "user", "shown_hours", "billable", "status", "note"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")

    @admin.display(description=_("hours"))
    def shown_hours(self, entry: TimeEntry) -> str:
        return hours_of(entry)


class SubtaskInline(ReadOnlyInline):
    model = Task
    fk_name = "parent"
    tab = True
    verbose_name_plural = _("sub-tasks")
    fields = ["key", "title", "status", "assigned_to", "due_date"]
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("assigned_to")


@admin.register(Task)
class TaskAdmin(ScopedModelAdmin):
    form = TaskForm
    list_display = [
        "shown_title",
        "client",
        "assigned_to",
        "shown_status",
        "shown_priority",
        "shown_due",
        "shown_percent",
    ]
    list_select_related = ["client", "project", "assigned_to"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        StandingFilter,
        DueFilter,
        WhoseFilter,
        ("assigned_to", RelatedFilter),
        ("client", RelatedFilter),
        ("project", RelatedFilter),
        TagFilter,
        ("due_date", RangeDateFilter),
    ]
    search_fields = ["key", "title"]
    search_help_text = _("Key or title")
    autocomplete_fields = ["client", "project", "parent", "assigned_to"]
    field_needs = {"hourly_rate": "clients.view_rates", "billable": "clients.view_rates"}
    inlines = [CommentInline, AttachmentInline, TimeInline, SubtaskInline]
    moves = admin_moves.TASK_MOVES
    history_skips = frozenset({"position", "watcher_ids"})
    exported = [
        (_("Key"), "key"), (_("Title"), "title"), (_("Client"), "client__name"), (_("Project"), "project__name"),
        (_("Assigned to"), "assigned_to__name"), (_("Status"), "status"), (_("Priority"), "priority"),
        (_("Progress"), "progress"), (_("Due"), "due_date"), (_("Estimate in hours"), "estimated_time"),
        (_("Hours taken"), "actual_time"), (_("Tags"), "tags"), (_("Created at"), "created_at"),
    ]  # fmt: skip
    life_cycle = ["status", "shown_progress", "actual_time", "start_time", "end_time", "created_by", "created_at"]

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        standing = [("status", "shown_progress"), ("start_time", "end_time"), ("actual_time", "created_by")]
        return [
            (None, {"fields": ["title", "description"]}),
            *([(_("Where it stands"), {"fields": standing})] if obj is not None else []),
            (
                _("Where and who"),
                {
                    "fields": [
                        ("client", "project"),
                        ("assigned_to", "priority"),
                        ("due_date", "parent"),
                        "labels",
                        "watchers",
                    ]
                },
            ),
            (_("Time and money"), {"fields": [("estimated_time", "hourly_rate"), "billable"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = [*self.life_cycle]
        return fixed if request.user.has_perm("tasks.assign_task") else [*fixed, "assigned_to"]

    def may_change(self, user: Any, row: Task) -> bool:
        try:
            rights.check_may_edit(actor=user, task=row)
        except DomainError:
            return False
        return True

    def create_with(self, actor: Any, **values: Any) -> Task:
        return task_services.create_task(actor=actor, **values)

    def update_with(self, row: Task, actor: Any, **values: Any) -> Task:
        return task_services.update_task(task=row, actor=actor, **values)

    @display(description=_("task"), ordering="key", header=True)
    def shown_title(self, task: Task) -> list[str]:
        where = f"{task.key} · {task.project.name}" if task.project else task.key
        return [task.title, where]

    @display(
        description=_("status"),
        ordering="status",
        label={"pending": "info", "in_progress": "warning", "completed": "success", "cancelled": ""},
    )
    def shown_status(self, task: Task) -> tuple[str, Any]:
        return task.status, task.get_status_display()

    @display(
        description=_("priority"),
        ordering="priority",
        label={1: "", 2: "", 3: "warning", 4: "danger"},
    )
    def shown_priority(self, task: Task) -> tuple[int, Any]:
        return task.priority, task.get_priority_display()

    @admin.display(description=_("due"), ordering="due_order")
    def shown_due(self, task: Task) -> Any:
        if task.due_date is None:
            return "–"
        late = task.status in Task.OPEN and task.due_date < clock.business_date()
        return format_html(
            '<span class="{}">{}</span>', "hf-due hf-late" if late else "hf-due", f"{task.due_date:%d %b %Y}"
        )

    @admin.display(description=_("done"), ordering="progress")
    def shown_percent(self, task: Task) -> str:
        return f"{task.progress} %"

    @admin.display(description=_("progress"))
    def shown_progress(self, task: Task) -> str:
        return f"{task.progress} %" + (f" – {task.progress_description}" if task.progress_description else "")


@admin.register(TimeEntry)
class TimeEntryAdmin(ScopedModelAdmin):
    list_display = ["work_date", "user", "task", "shown_hours", "billable", "shown_state", "note"]
    list_select_related = ["user", "task", "task__client"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("user", RelatedFilter),
        ("task__client", RelatedFilter),
        ("task__project", RelatedFilter),
        ("billable", BooleanRadioFilter),
        ("work_date", RangeDateFilter),
    ]
    search_fields = ["note", "task__key", "task__title"]
    search_help_text = _("Note, or key or title of the task")
    date_hierarchy = "work_date"
    autocomplete_fields = ["task", "user"]
    field_needs = {"rate": "clients.view_rates", "rate_source": "clients.view_rates", "currency": "clients.view_rates"}
    readonly_fields = [
        "work_date",
        "shown_hours",
        "status",
        "rate",
        "currency",
        "rate_source",
        "approved_by",
        "approved_at",
    ]
    moves = admin_moves.TIME_MOVES
    deletable = True
    exported = [
        (_("Day"), "work_date"), (_("Person"), "user__name"), (_("Client"), "task__client__name"),
        (_("Task"), "task__key"), (_("Title"), "task__title"), (_("From"), "started_at"), (_("To"), "ended_at"),
        (_("Hours"), lambda entry: round(entry.seconds / 3600, 2)), (_("Billable"), "billable"),
        (_("Status"), "status"), (_("Note"), "note"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        what = ["task", "user", "started_at", "ended_at", "billable", "note"]
        if obj is None:
            others = request.user.has_perm("tasks.approve_time")
            return [(None, {"fields": what if others else [name for name in what if name != "user"]})]
        state = [
            ("work_date", "shown_hours"), ("status", "rate_source"), ("rate", "currency"),
            ("approved_by", "approved_at"),
        ]  # fmt: skip
        return [(None, {"fields": what}), (_("What follows from it"), {"fields": state})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["user"] if obj is not None else [])]

    def may_change(self, user: Any, row: TimeEntry) -> bool:
        return row.user_id == user.pk and row.status in {TimeEntry.Status.OPEN, TimeEntry.Status.SUBMITTED}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        mine = not isinstance(obj, TimeEntry) or self.may_change(request.user, obj)
        return mine and super().has_delete_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def create_with(self, actor: Any, **values: Any) -> TimeEntry:
        return time_services.add_entry(actor=actor, **values)

    def update_with(self, row: TimeEntry, actor: Any, **values: Any) -> TimeEntry:
        return time_services.change_entry(entry=row, actor=actor, **values)

    def delete_with(self, row: TimeEntry, actor: Any) -> None:
        time_services.delete_entry(entry=row, actor=actor)

    @admin.display(description=_("hours"), ordering="seconds")
    def shown_hours(self, entry: TimeEntry) -> str:
        return hours_of(entry)

    @display(
        description=_("status"),
        ordering="status",
        label={"open": "", "submitted": "info", "approved": "success", "billed": "primary"},
    )
    def shown_state(self, entry: TimeEntry) -> tuple[str, Any]:
        return entry.status, entry.get_status_display()


@admin.register(LockedPeriod)
class LockedPeriodAdmin(ScopedModelAdmin):
    list_display = ["starts_on", "ends_on", "reason", "locked_by"]
    list_select_related = ["locked_by"]
    list_filter = [("starts_on", RangeDateFilter)]
    search_fields = ["reason"]
    fields = ["starts_on", "ends_on", "reason"]
    deletable = True

    def create_with(self, actor: Any, **values: Any) -> LockedPeriod:
        return locks.lock_period(actor=actor, **values)

    def delete_with(self, row: LockedPeriod, actor: Any) -> None:
        locks.unlock_period(period=row, actor=actor)


def hours_of(entry: TimeEntry) -> str:
    """``1:30``; a running timer has no hours yet."""
    if entry.ended_at is None:
        return str(_("running"))
    minutes = round(entry.seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
