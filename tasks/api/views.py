"""Tasks, what is said about them and what lies with them."""

import re
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from clients.models import Client
from hyperflow.core import audit, money
from hyperflow.core.api import pagination
from hyperflow.core.api.parsers import Upload
from hyperflow.core.api.responses import dumps
from hyperflow.core.api.viewsets import ScopedViewSet
from hyperflow.core.errors import Invalid, NotFound
from hyperflow.core.models import AuditEntry
from hyperflow.core.registry import figures
from tasks import reading
from tasks.api import serializers
from tasks.api.filters import AttachmentFilter, CommentFilter, HistoryFilter, OwnTaskFilter, TaskFilter
from tasks.models import Attachment, Comment, Task
from tasks.services import attachments, comments, moves
from tasks.services import tasks as services

_ID = re.compile("[1-9][0-9]{0,17}")
#: Parameters whose value goes to one column as it is: what a compiled page takes.
_EXACT: dict[str, tuple[str, dict[str, Any] | None]] = {
    "status": ("status", {value: value for value in Task.Status.values}),
    "priority": ("priority", {name: int(choice) for name, choice in serializers.PRIORITIES.items()}),
    "assigned_to": ("assigned_to_id", None),
    "client_id": ("client_id", None),
    "project_id": ("project_id", None),
    "created_by": ("created_by_id", None),
}


class TaskViewSet(ScopedViewSet):
    """What both doors to tasks share. Lists and details do not pass through model rows: see `tasks.reading`."""

    queryset = Task.objects.select_related("client", "project")
    serializer_class = serializers.TaskSerializer
    filterset_class = TaskFilter
    orderings: ClassVar = {
        "due_date": "due_order",
        "priority": "priority",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "position": "position",
    }
    search = ("title", "key")

    # -- lists

    @classmethod
    def keyset(cls) -> pagination.Keyset:
        """Only orders that have an index with every filter: by id there is none."""
        offered = super().keyset()
        columns = {name: column for name, column in offered.columns.items() if name != "id"}
        return pagination.Keyset(columns, offered.default, offered.parsers)

    def page_of(self, branches: list[reading.Branch] | None, narrow: dict[str, Any] | None = None) -> HttpResponse:
        """A page of the tasks in these branches (``None``: whatever `visible_to` says), all with ``narrow``."""
        wanted = self.page_request()
        if wanted.column == "position" and not (
            self.request.query_params.get("project_id") or "project_id" in (narrow or {})
        ):
            message = _("Tasks have a manual order within a project: add `project_id`.")
            raise Invalid(message, code="ordering_needs_project", field="ordering")
        exact = self._exact()
        if branches is not None and exact is not None:
            found = reading.read_page(wanted, reading.narrowed(reading.narrowed(branches, narrow or {}), exact))
        else:
            rows = Task.objects.all() if branches is not None else Task.objects.visible_to(self.actor)
            scope = [{}] if branches is None else branches
            found = reading.read_page(wanted, reading.narrowed(scope, narrow or {}), self.filter(rows))
        return self.answer_page(
            reading.render_page(found.rows),
            wanted,
            found,
            reading.place_in(wanted.column),
            total=(lambda: self._count_rows(narrow or {})) if self.wants_total else None,
        )

    def _exact(self) -> dict[str, Any] | None:
        """The filters, if they are all exact values in their usual form; the filter set has a word on any other."""
        query = self.request.query_params
        allowed = self.filterset_class.base_filters
        exact: dict[str, Any] = {}
        for name in query.keys() - pagination.PARAMETERS:
            if name not in _EXACT or name not in allowed:
                return None
            (column, values), text = _EXACT[name], query[name]
            if not (_ID.fullmatch(text) if values is None else text in values):
                return None
            exact[column] = int(text) if values is None else values[text]
        return exact

    def _count_rows(self, narrow: dict[str, Any]) -> int:
        rows: Any = self.filter(self.get_queryset()).filter(**narrow)
        return int(rows.order_by().count())

    # -- one task

    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        return self.show_task(pk)

    def show_task(self, pk: int, status: int = 200, *, everything: bool = False) -> HttpResponse:
        """A task with what belongs to it. ``everything``: after a write, even if it moved out of the caller's sight."""
        found = reading.read_one(pk, self.actor, everything=everything)
        if found is None:
            raise NotFound(_("There is nothing here."))
        headers = {"ETag": f'"v{found["version"]}"'}
        if status == 201:
            headers["Location"] = f"/api/client/tasks/{pk}"
        return self.answer(dumps(self._detail(found)), status, headers)

    def _detail(self, found: dict[str, Any]) -> dict[str, Any]:
        user, pk = self.actor, found["pk"]
        rate = found["hourly_rate"] if user.has_perm("clients.view_rates") else None
        currency = found["project__currency"] or found["client__currency"]
        files: list[Any] = []
        if user.is_staff and found["file_count"]:
            rows = Attachment.objects.filter(task_id=pk).select_related("file", "uploaded_by")
            files = self.represent_all(rows, serializers.AttachmentSerializer)
        return {
            **reading.render(found["row"]),
            # Working notes are for who works here.
            "progress_description": found["progress_description"] if user.is_staff else "",
            "drive_link": found["drive_link"] if user.is_staff else "",
            "billable": bool(found["billable"]),
            "hourly_rate": money.wire_price(rate, currency),
            "currency": currency,
            "comments_count": found["comment_count"] if user.is_staff else None,
            "attachments": files,
            "insights": figures.of("tasks.task", "insights", user, [pk], default=[])[pk],
            "time_entries_total": round(found["time_seconds"] / 3600, 2) if user.is_staff else None,
        }


class EmployeeTaskViewSet(TaskViewSet):
    """`/api/employee/tasks`: the caller's own, and their work on those they see."""

    filterset_class = OwnTaskFilter
    needs: ClassVar = {
        "list": "tasks.work_on_task",
        "retrieve": "tasks.work_on_task",
        "set_status": "tasks.work_on_task",
        "set_progress": "tasks.work_on_task",
    }
    inputs: ClassVar = {"set_status": serializers.StatusInput, "set_progress": serializers.ProgressInput}
    outputs: ClassVar = {
        "retrieve": serializers.TaskDetailSerializer,
        "set_status": serializers.TaskDetailSerializer,
        "set_progress": serializers.TaskDetailSerializer,
    }
    whole: ClassVar = ("set_status", "set_progress")

    def list(self, request: Request) -> HttpResponse:
        return self.page_of([{"assigned_to_id": self.actor.pk}])

    def _count_rows(self, narrow: dict[str, Any]) -> int:
        return super()._count_rows({**narrow, "assigned_to_id": self.actor.pk})

    def set_status(self, request: Request, pk: int) -> HttpResponse:
        task = self.get_object()
        change = self.parse()
        moves.set_status(task=task, actor=self.actor, expected_version=self.expected_version, **change)
        return self.show_task(pk, everything=True)

    def set_progress(self, request: Request, pk: int) -> HttpResponse:
        task = self.get_object()
        change = self.parse()
        moves.set_progress(task=task, actor=self.actor, expected_version=self.expected_version, **change)
        return self.show_task(pk, everything=True)


class ClientTaskViewSet(TaskViewSet):
    """`/api/client/tasks`: every task in the caller's scope, and the making and editing of them."""

    needs: ClassVar = {
        "list": "tasks.view_task",
        "of_client": "tasks.view_task",
        "retrieve": "tasks.view_task",
        "create": ("tasks.add_task", "tasks.add_own_client_task"),
        "update": ("tasks.change_task", "tasks.change_any_task"),
        "move": ("tasks.change_task", "tasks.change_any_task"),
    }
    inputs: ClassVar = {
        "create": serializers.TaskInput,
        "update": serializers.TaskInput,
        "move": serializers.PositionInput,
    }
    outputs: ClassVar = dict.fromkeys(("retrieve", "create", "update", "move"), serializers.TaskDetailSerializer)
    lists: ClassVar = ("list", "of_client")

    def list(self, request: Request) -> HttpResponse:
        return self.page_of(reading.branches_for(self.actor))

    def of_client(self, request: Request, client_pk: int) -> HttpResponse:
        if not Client.objects.visible_to(self.actor).filter(pk=client_pk).exists():
            raise NotFound(_("There is nothing here."))
        return self.page_of(reading.branches_for(self.actor), {"client_id": client_pk})

    def create(self, request: Request) -> HttpResponse:
        task = services.create_task(actor=self.actor, **self.parse())
        return self.show_task(task.pk, 201, everything=True)

    def update(self, request: Request, pk: int) -> HttpResponse:
        task = self.get_object()
        changes = self.parse()
        services.update_task(task=task, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.show_task(pk, everything=True)

    def move(self, request: Request, pk: int) -> HttpResponse:
        task = self.get_object()
        place = self.parse()
        moves.move_task(task=task, actor=self.actor, expected_version=self.expected_version, **place)
        return self.show_task(pk, everything=True)


class PartOfTaskViewSet(ScopedViewSet):
    """Rows of one task, which the caller must see."""

    def task(self) -> Task:
        found = (
            Task.objects.visible_to(self.actor).filter(pk=self.kwargs["pk"]).select_related("client", "project").first()
        )
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def part(self, pk: int) -> Any:
        """The one of the task's rows with this id."""
        found = self.get_queryset().filter(task=self.task(), pk=pk).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found


class CommentViewSet(PartOfTaskViewSet):
    queryset = Comment.objects.select_related("author").prefetch_related("mentions")
    serializer_class = serializers.CommentSerializer
    needs: ClassVar = {"list": "tasks.view_comment", "retrieve": "tasks.view_comment", "create": "tasks.add_comment"}
    inputs: ClassVar = {"create": serializers.CommentInput}
    filterset_class = CommentFilter
    default_ordering = "created_at"
    search = ("content",)

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(task=self.task()))

    def retrieve(self, request: Request, pk: int, comment_pk: int) -> HttpResponse:
        return self.show(self.part(comment_pk))

    def create(self, request: Request, pk: int) -> HttpResponse:
        comment = comments.add_comment(task=self.task(), actor=self.actor, **self.parse())
        return self.render(comment, 201)


class AttachmentViewSet(PartOfTaskViewSet):
    queryset = Attachment.objects.select_related("file", "uploaded_by")
    serializer_class = serializers.AttachmentSerializer
    needs: ClassVar = {
        "list": "tasks.view_attachment",
        "retrieve": "tasks.view_attachment",
        "create": "tasks.add_attachment",
        "destroy": "tasks.add_attachment",
    }
    inputs: ClassVar = {"create": serializers.AttachmentInput}
    parsers: ClassVar = {"create": Upload}
    filterset_class = AttachmentFilter
    orderings: ClassVar = {"uploaded_at": "uploaded_at"}
    default_ordering = "uploaded_at"
    search = ("name", "description")

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.get_queryset().filter(task=self.task()))

    def retrieve(self, request: Request, pk: int, attachment_pk: int) -> HttpResponse:
        return self.show(self.part(attachment_pk))

    def create(self, request: Request, pk: int) -> HttpResponse:
        task = self.task()
        given = self.parse()
        upload = given.pop("file")
        attachment = attachments.attach_file(task=task, actor=self.actor, upload=upload, **given)
        return self.render(attachment, 201)

    def destroy(self, request: Request, pk: int, attachment_pk: int) -> HttpResponse:
        attachments.remove_attachment(attachment=self.part(attachment_pk), actor=self.actor)
        return self.nothing()


#: What an entry of the history may hold beside what is hidden, by both names that a column has.
_SHOWN_CHANGES = sorted(
    {name for field in Task._meta.concrete_fields for name in (field.name, field.attname)} - {"hourly_rate"}
)


class HistoryViewSet(PartOfTaskViewSet):
    """Everything that was done to a task, newest first."""

    queryset = AuditEntry.objects.all()
    serializer_class = serializers.ChangeSerializer
    needs: ClassVar = {"list": "tasks.work_on_task"}
    filterset_class = HistoryFilter
    orderings: ClassVar = {"at": "at"}
    default_ordering = "-id"

    def list(self, request: Request, pk: int) -> HttpResponse:
        rows = audit.history(self.task())
        if not self.actor.has_perm("clients.view_rates"):
            rows = rows.exclude(Q(changes__has_key="hourly_rate") & ~Q(changes__has_any_keys=_SHOWN_CHANGES))
        return self.page(rows)
