"""What lists of leave can be narrowed by."""

from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf

from accounts.models import Holiday
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hr.services.leave_checks import HALF_DAY
from hyperflow.core.api.filters import ChoiceFilter, DateFilter, IdFilter, StrictFilterSet, date_range


class LeaveTypeFilter(django_filters.CharFilter):
    """A kind of leave that there is or was here; any other word is refused, as of other choices."""

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value:
            known = [*LeaveType.objects.order_by("pk").values_list("code", flat=True), HALF_DAY]
            if value not in known:
                message = _("There is no such leave here. Known are: %(types)s.") % {"types": ", ".join(known)}
                raise drf.ValidationError({"leave_type": [drf.ErrorDetail(message, "invalid_choice")]})
        found: QuerySet[Any] = super().filter(rows, value)
        return found


class LeaveRequestFilter(StrictFilterSet):
    """``start_date`` and ``end_date`` find the requests that touch the period."""

    status = ChoiceFilter(choices=LeaveRequest.Status.choices)
    user_id = IdFilter(field_name="user_id")
    leave_type = LeaveTypeFilter(field_name="asked_as", max_length=20)
    start_date = DateFilter("end_date", end=False)
    end_date = DateFilter("start_date", end=True)
    created_after, created_before = date_range("created_at")

    class Meta:
        model = LeaveRequest
        fields: ClassVar[list[str]] = []


class LeaveEntryFilter(StrictFilterSet):
    user_id = IdFilter(field_name="user_id")
    leave_type = LeaveTypeFilter(field_name="type__code", max_length=20)
    kind = ChoiceFilter(choices=LeaveEntry.Kind.choices)
    request_id = IdFilter(field_name="request_id")
    effective_after, effective_before = date_range("effective_on")

    class Meta:
        model = LeaveEntry
        fields: ClassVar[list[str]] = []


class BalanceFilter(StrictFilterSet):
    user_id = IdFilter(field_name="user_id")
    department = django_filters.CharFilter(field_name="user__department__name", max_length=80)
    department_id = IdFilter(field_name="user__department_id")

    class Meta:
        model = Employment
        fields: ClassVar[list[str]] = []


class YearFormField(forms.CharField):
    def clean(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text)):
            raise ValidationError(_("Write the year as YYYY."), code="invalid")
        return int(text)


class YearFilter(django_filters.Filter):
    field_class = YearFormField


class HolidayFilter(StrictFilterSet):
    calendar_id = IdFilter(field_name="calendar_id")
    start_date, end_date = date_range("date")
    year = YearFilter(field_name="date__year")

    class Meta:
        model = Holiday
        fields: ClassVar[list[str]] = []
