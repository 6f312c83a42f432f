"""What the list of employees can be narrowed by."""

from typing import Any, ClassVar

import django_filters
from django.db.models import Q

from hr.models import Employment
from hyperflow.core import clock
from hyperflow.core.api.filters import ChoiceFilter, IdFilter, StrictFilterSet, date_range


class EmployeeFilter(StrictFilterSet):
    status = ChoiceFilter(choices=Employment.Status.choices, method="standing")
    department = django_filters.CharFilter(field_name="user__department__name", max_length=80)
    manager_id = IdFilter(field_name="manager_id")
    employment_type = ChoiceFilter(choices=Employment.Type.choices)
    hired_after, hired_before = date_range("hire_date")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Employment
        fields: ClassVar[list[str]] = []

    def standing(self, rows: Any, name: str, value: str) -> Any:
        """By the caller's own day."""
        today = clock.business_date(getattr(self.request, "user", None))
        if value == Employment.Status.PLANNED:
            return rows.filter(hire_date__gt=today)
        if value == Employment.Status.ENDED:
            return rows.filter(end_date__lt=today)
        return rows.filter(Q(hire_date__lte=today) & (Q(end_date__isnull=True) | Q(end_date__gte=today)))
