"""Filters of HR's lists."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter


class EmployedAfterFilter(TextFilter):
    """Who was still employed once a day had passed; where the number of a headcount leads."""

    title = _("employed after (2026-12-31)")
    parameter_name = "employed_after"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if not value:
            return queryset
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            return queryset.none()
        return queryset.filter(hire_date__lte=day).exclude(end_date__lte=day)
