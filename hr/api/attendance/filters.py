"""What lists of attendance can be narrowed by."""

import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hr.models import Attendance, AttendanceCorrection, Employment
from hyperflow.core import clock
from hyperflow.core.api.filters import BooleanFilter, ChoiceFilter, DateFilter, IdFilter, StrictFilterSet, date_range
from hyperflow.core.errors import Invalid

#: A list that does not say from when on shows so many days back.
DEFAULT_DAYS = 30
LONGEST_SUMMARY = 366
LONGEST_COMPARISON = 92


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
        return day_of(self, name)


class AttendanceFilter(OwnAttendanceFilter):
    """… and of everybody in scope. With ``summary=true`` each employee's period in figures."""

    user_id = IdFilter(field_name="user_id")
    department = django_filters.CharFilter(field_name="user__department__name", max_length=80)
    summary = BooleanFilter(method="as_they_are")

    def as_they_are(self, rows: Any, name: str, value: bool | None) -> Any:
        return rows

    def wanted(self) -> dict[str, Any]:
        """What was asked for, checked, with the period that holds: for the summary, which is no list of sessions."""
        _rows = self.qs
        start, end = self._day("start_date"), self._day("end_date")
        last = end or max(start or dt.date.min, clock.business_date(getattr(self.request, "user", None)))
        first = start or default_start(self.request, last)
        for name in ("open", "confirmed"):
            if self.form.cleaned_data.get(name) is not None:
                raise Invalid(_("A summary is of whole days, so this narrows lists of sessions only."), field=name)
        if (last - first).days > LONGEST_SUMMARY:
            raise Invalid(_("A summary covers at most 366 days."), code="too_long", field="start_date")
        given = {name: self.form.cleaned_data.get(name) for name in ("user_id", "department", "status")}
        return {"start": first, "end": last, **given}


class PeriodEnd(DateFilter):
    """One end of a period that is no column of the rows: it narrows what is shown of each."""

    def __init__(self, *, end: bool) -> None:
        super().__init__("hire_date", end=end)

    def filter(self, rows: Any, value: Any) -> Any:
        return rows


class EmployeeTimeFilter(StrictFilterSet):
    """Whose attendance is compared with their time, over which period (default: the last 30 days)."""

    start_date = PeriodEnd(end=False)
    end_date = PeriodEnd(end=True)
    flagged = BooleanFilter(method="as_they_are")
    user_id = IdFilter(field_name="user_id")
    department = django_filters.CharFilter(field_name="user__department__name", max_length=80)

    class Meta:
        model = Employment
        fields: ClassVar[list[str]] = []

    def as_they_are(self, rows: Any, name: str, value: bool | None) -> Any:
        return rows

    def day(self, name: str) -> dt.date | None:
        return day_of(self, name)


def period_of(request: Any, start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    """The period that holds, where one end or both are not named."""
    last = end or max(start or dt.date.min, clock.business_date(getattr(request, "user", None)))
    first = start or default_start(request, last)
    if last < first:
        raise Invalid(_("The period ends before it starts."), code="invalid_period", field="end_date")
    if (last - first).days > LONGEST_COMPARISON:
        raise Invalid(_("Ask for at most 92 days at once."), code="too_long", field="start_date")
    return first, last


class CorrectionFilter(StrictFilterSet):
    """Corrections in scope."""

    status = ChoiceFilter(choices=AttendanceCorrection.Status.choices)
    user_id = IdFilter(field_name="user_id")
    attendance_id = IdFilter(field_name="attendance_id")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = AttendanceCorrection
        fields: ClassVar[list[str]] = []


class OwnCorrectionFilter(StrictFilterSet):
    status = ChoiceFilter(choices=AttendanceCorrection.Status.choices)

    class Meta:
        model = AttendanceCorrection
        fields: ClassVar[list[str]] = []


def day_of(filters: StrictFilterSet, name: str) -> dt.date | None:
    """The day that one end of a checked filter names."""
    value: Any = filters.form.cleaned_data.get(name)
    bound: Any = None if value is None else filters.filters[name].bound(value, _DATE)[0]
    return bound


def default_start(request: Any, end: dt.date | None) -> dt.date:
    last = end or clock.business_date(getattr(request, "user", None))
    return last - dt.timedelta(days=min(DEFAULT_DAYS, last.toordinal() - 1))


def lately(rows: QuerySet[Attendance], request: Any) -> QuerySet[Attendance]:
    return rows.filter(work_date__gte=default_start(request, None))


_DATE: Any = type(Attendance._meta.get_field("work_date"))
