"""Time entries and the timer."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from tasks.api import time_serializers as serializers
from tasks.api.filters import TimeEntryFilter
from tasks.api.views import PartOfTaskViewSet
from tasks.models import TimeEntry
from tasks.services import time as services

_ROWS = TimeEntry.objects.select_related("task", "user")


class TimeEntryViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """One's own time; everybody's for who looks after it."""

    queryset = _ROWS
    serializer_class = serializers.TimeEntrySerializer
    filterset_class = TimeEntryFilter
    search: ClassVar = ("note",)
    needs: ClassVar = {
        "list": "tasks.view_timeentry",
        "retrieve": "tasks.view_timeentry",
        "create": "tasks.add_timeentry",
        "update": "tasks.change_timeentry",
        "destroy": "tasks.delete_timeentry",
        "submit": "tasks.change_timeentry",
        "approve": "tasks.approve_time",
        "unapprove": "tasks.approve_time",
    }
    inputs: ClassVar = {
        "create": serializers.TimeEntryInput,
        "update": serializers.TimeEntryInput,
        "submit": serializers.IdsInput,
        "approve": serializers.IdsInput,
        "unapprove": serializers.IdsInput,
    }
    outputs: ClassVar = {
        name: serializers.TimeEntrySerializer(many=True) for name in ("submit", "approve", "unapprove")
    }
    orderings: ClassVar = {"started_at": "started_at"}
    default_ordering = "-started_at"

    def create(self, request: Request) -> HttpResponse:
        return self.render(services.add_entry(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        entry = self.get_object()
        changes = self.parse()
        services.change_entry(entry=entry, actor=self.actor, expected_version=self.expected_version, **changes)
        return self.render(entry)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        services.delete_entry(entry=self.get_object(), actor=self.actor, expected_version=self.expected_version)
        return self.nothing()

    def submit(self, request: Request) -> HttpResponse:
        return self._all(services.submit(actor=self.actor, **self.parse()))

    def approve(self, request: Request) -> HttpResponse:
        return self._all(services.approve(actor=self.actor, **self.parse()))

    def unapprove(self, request: Request) -> HttpResponse:
        return self._all(services.unapprove(actor=self.actor, **self.parse()))

    def _all(self, entries: list[TimeEntry]) -> HttpResponse:
        rows = _ROWS.filter(pk__in=[entry.pk for entry in entries]).order_by("pk")
        return self.answer(self.represent_all(rows, serializers.TimeEntrySerializer))


class TimerViewSet(PartOfTaskViewSet):
    """The caller's clock on a task."""

    queryset = _ROWS
    serializer_class = serializers.TimeEntrySerializer
    needs: ClassVar = {"start": "tasks.add_timeentry", "stop": "tasks.add_timeentry"}
    inputs: ClassVar = {"start": serializers.TimerInput, "stop": serializers.NothingInput}
    outputs: ClassVar = {"start": serializers.TimerSerializer}

    def start(self, request: Request, pk: int) -> HttpResponse:
        task = self.task()
        started, stopped = services.start_timer(task=task, actor=self.actor, **self._given())
        rows = {row.pk: row for row in _ROWS.filter(pk__in=[started.pk, stopped.pk if stopped else started.pk])}
        shown = {"started": started, "stopped": stopped}
        return self.answer(
            {
                name: self.represent(rows[entry.pk], serializers.TimeEntrySerializer) if entry else None
                for name, entry in shown.items()
            }
        )

    def stop(self, request: Request, pk: int) -> HttpResponse:
        task = self.task()
        self._given()
        return self.render(services.stop_timer(task=task, actor=self.actor))

    def _given(self) -> dict[str, Any]:
        """The body, which may be missing: there is nothing that must be said."""
        return self.parse() if self.request.META.get("CONTENT_LENGTH", "").strip("0") else {}
