"""What lists of attendance can be narrowed by."""

import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hr.models import Attendance
from hyperflow.core import clock
from hyperflow.core.api.filters import BooleanFilter, ChoiceFilter, DateFilter, IdFilter, StrictFilterSet
from hyperflow.core.errors import Invalid

#: A list that does not say from when on shows so many days back.
DEFAULT_DAYS = 30


class OwnAttendanceFilter(StrictFilterSet):
    """One's own sessions; without a start those of the last 30 days (up to the end, where one is given)."""

    start_date = DateFilter("work_date", end=False)
    end_date = DateFilter("work_date", end=True)
    status = ChoiceFilter(choices=Attendance.Status.choices)
    confirmed = BooleanFilter(field_name="confirmed")
    open = BooleanFilter(field_name="logout_time", lookup_expr="isnull")

    class Meta:
        model = Attendance
        fields: ClassVar[list[str]] = []

    @property
    def qs(self) -> Any:
        rows = super().qs
        start, end = self._day("start_date"), self._day("end_date")
        if start is not None and end is not None and end < start:
            raise Invalid(_("The period ends before it starts."), code="invalid_period", field="end_date")
        return rows if start is not None else rows.filter(work_date__gte=default_start(self.request, end))

    def _day(self, name: str) -> dt.date | None:
        value: Any = self.form.cleaned_data.get(name)
        if value is None:
            return None
        bound: Any = self.filters[name].bound(value, _DATE)[0]
        return bound


class AttendanceFilter(OwnAttendanceFilter):
    """… and of everybody in scope."""

    user_id = IdFilter(field_name="user_id")
    department = django_filters.CharFilter(field_name="user__department__name", max_length=80)


def default_start(request: Any, end: dt.date | None) -> dt.date:
    last = end or clock.business_date(getattr(request, "user", None))
    return last - dt.timedelta(days=min(DEFAULT_DAYS, last.toordinal() - 1))


def lately(rows: QuerySet[Attendance], request: Any) -> QuerySet[Attendance]:
    return rows.filter(work_date__gte=default_start(request, None))


_DATE: Any = type(Attendance._meta.get_field("work_date"))
