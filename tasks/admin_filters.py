"""What the task list can be filtered by, beside its columns."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from hyperflow.core import clock
from hyperflow.core.admin.filters import DropdownFilter
from tasks.models import Task, TaskTag


class DueFilter(DropdownFilter):
    title = _("when due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("late", _("Late")),
            ("today", _("Today")),
            ("week", _("By the end of the week")),
            ("none", _("No date")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        today = clock.business_date(request.user)
        open_tasks = queryset.filter(status__in=sorted(Task.OPEN))
        match self.value():
            case "late":
                return open_tasks.filter(due_date__lt=today)
            case "today":
                return open_tasks.filter(due_date=today)
            case "week":
                return open_tasks.filter(
                    due_date__gte=today, due_date__lte=today + dt.timedelta(days=6 - today.weekday())
                )
            case "none":
                return queryset.filter(due_date__isnull=True)
        return queryset


class StandingFilter(DropdownFilter):
    title = _("open or over")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("over", _("Completed or cancelled"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        match self.value():
            case "open":
                return queryset.filter(status__in=sorted(Task.OPEN))
            case "over":
                return queryset.exclude(status__in=sorted(Task.OPEN))
        return queryset


class WhoseFilter(DropdownFilter):
    title = _("whose task")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine")), ("nobody", _("Not assigned")), ("watched", _("Watched by me"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        match self.value():
            case "mine":
                return queryset.filter(assigned_to_id=request.user.pk)
            case "nobody":
                return queryset.filter(assigned_to__isnull=True)
            case "watched":
                mine = Task.watchers.through.objects.filter(user_id=request.user.pk)
                return queryset.filter(pk__in=mine.values("task_id"))
        return queryset


class TagFilter(TextFilter):
    title = _("tag")
    parameter_name = "tag"

    def queryset(self, request: Any, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=TaskTag.objects.filter(name=self.value()).values("task_id"))
