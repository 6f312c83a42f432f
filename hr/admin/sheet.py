"""The month sheet in the admin: people down, days across, a letter and the hours in each cell.

A sheet has thousands of cells, so they are drawn as strings of fixed parts; whatever a person wrote is escaped.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from html import escape  # Django's gives safe strings, which are slow to add to
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from hr import judging
from hr.reports.forms import PeopleForm
from hr.schedules import days_between
from hr.selectors.days import Day, Summary, summed
from hr.selectors.sheet import SheetRow, people_of, rows_of, whole_month
from hyperflow.core import clock, exports
from hyperflow.core.selects import LongSelect

#: People on one page of the sheet.
MOST_PEOPLE = 200

#: The letter of each status, and what it means.
LETTERS: dict[str, tuple[str, Any]] = {
    judging.PRESENT: ("P", _("Present")),
    judging.LATE: ("L", _("Late")),
    judging.HALF_DAY: ("½", _("Half day")),
    judging.REMOTE: ("R", _("Remote")),
    judging.ABSENT: ("A", _("Absent")),
    judging.LEAVE: ("V", _("On leave")),
    judging.HOLIDAY: ("H", _("Holiday")),
    judging.OPEN: ("?", _("Not settled: at work, or to be confirmed")),
    judging.OFF: ("·", _("Day off")),
}
#: The sums at a line's end: what stands above them, and what they are.
SUMS = [
    ("P", _("Days present")),
    ("L", _("Days late")),
    ("A", _("Days absent")),
    ("V", _("Days of leave")),
    (_("Hours"), _("Hours worked")),
    (_("Plan"), _("Hours planned")),
    (_("Over"), _("Hours beyond the plan")),
]
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class _Select(LongSelect, UnfoldAdminSelectWidget):
    """The theme's list."""


class SheetForm(PeopleForm):
    """A month, a department, a person."""

    month = forms.CharField(label=_("Month"), max_length=7, widget=UnfoldAdminTextInputWidget(attrs={"type": "month"}))

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        for name in ("department", "person"):
            choices = self.fields[name].choices  # type: ignore[attr-defined]
            self.fields[name].widget = _Select()
            self.fields[name].widget.choices = choices

    def defaults(self, user: Any) -> dict[str, Any]:
        return {"month": f"{clock.business_date(user):%Y-%m}"}

    def clean_month(self) -> dt.date:
        found = _MONTH.fullmatch(self.cleaned_data["month"])
        year, month = (int(part) for part in found.groups()) if found else (0, 0)
        if not (1970 <= year <= 2999 and 1 <= month <= 12):
            raise forms.ValidationError(_("Write a month as in 2026-03."))
        return dt.date(year, month, 1)


def sheet_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """The page, or its rows as a file. ``context`` is what every page of the admin has."""
    form = SheetForm(request.GET, user=request.user)
    if not form.is_valid():
        return TemplateResponse(request, "admin/hr/sheet.html", {**context, "form": form}, status=400)
    start, end = whole_month(form.cleaned_data["month"])
    people = people_of(
        request.user, start, end, department=form.cleaned_data["department"], person=form.cleaned_data["person"]
    )
    kind = request.GET.get("format", "")
    if kind in exports.KINDS:
        return _file(kind, start, end, rows_of(people, start, end))
    count = people.count()
    page = _page(request.GET.get("page", ""), count)
    rows = rows_of(people[page * MOST_PEOPLE : (page + 1) * MOST_PEOPLE], start, end)
    return TemplateResponse(
        request,
        "admin/hr/sheet.html",
        {**context, "form": form, **_drawn(request, rows, start, end), **_pages(request, page, count)},
    )


def _page(given: str, count: int) -> int:
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    return min(number, max(0, (count - 1) // MOST_PEOPLE))


def _address(request: HttpRequest, **changed: Any) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in {"format", "page"} and value}
    return f"?{urlencode({**kept, **changed})}"


def _pages(request: HttpRequest, page: int, count: int) -> dict[str, Any]:
    first = page * MOST_PEOPLE
    last = min(first + MOST_PEOPLE, count)
    return {
        "count": count,
        "first": first + 1,
        "last": last,
        "more_before": _address(request, page=page - 1) if page else None,
        "more_after": _address(request, page=page + 1) if last < count else None,
    }


def _drawn(request: HttpRequest, rows: Sequence[SheetRow], start: dt.date, end: dt.date) -> dict[str, Any]:
    today = clock.business_date(request.user)
    before, after = start - dt.timedelta(days=1), end + dt.timedelta(days=1)
    return {
        "title": formats.date_format(start, "F Y"),
        "dates": [_heading(day, today) for day in days_between(start, end)],
        # Of fixed parts, numbers and escaped text.
        "body": mark_safe("".join(map(_Pen(start, end).row, rows))),  # noqa: S308
        "total": _sums(summed([day for row in rows for day in row.days])) if len(rows) > 1 else None,
        "sum_names": SUMS,
        "legend": [(status, letter, name) for status, (letter, name) in LETTERS.items()],
        "before": (formats.date_format(before, "F Y"), _address(request, month=f"{before:%Y-%m}")),
        "after": (formats.date_format(after, "F Y"), _address(request, month=f"{after:%Y-%m}")),
        "this_month": _address(request, month=f"{today:%Y-%m}") if not start <= today <= end else None,
        "downloads": [(kind.upper(), _address(request, format=kind)) for kind in exports.KINDS],
        "zone_note": _("Each day is a day of the person's own time zone."),
    }


def _heading(day: dt.date, today: dt.date) -> dict[str, Any]:
    return {
        "day": day.day,
        "weekday": formats.date_format(day, "D")[:2],
        "full": formats.date_format(day, "l j F Y"),
        "kind": "is-today" if day == today else "is-weekend" if day.weekday() >= 5 else "",
    }


class _Pen:
    """Draws the rows of one sheet. What all cells share is put into words once."""

    def __init__(self, start: dt.date, end: dt.date) -> None:
        self.names = {status: escape(str(name)) for status, (_letter, name) in LETTERS.items()}
        self.plain: dict[str, str] = {status: _cell(status, self.names[status]) for status in LETTERS}
        self.plain[judging.OPEN] = '<td class="is-open"></td>'  # to come
        self.unsure, self.late, self.over = (
            str(_("{} h to be confirmed")),
            str(_("{} min late")),
            str(_("{} h overtime")),
        )
        self.whole = f"work_date_from={start}&amp;work_date_to={end}"
        self.dates = [f"{day}" for day in days_between(start, end)]

    def row(self, row: SheetRow) -> str:
        base = f"../?user__id__exact={row.user_id}&amp;"
        where = f"{row.employment.code} · {row.department}" if row.department else row.employment.code
        return (
            f'<tr><th scope="row" class="who"><a href="{base}{self.whole}">{escape(row.name)}</a>'
            f"<small>{escape(where)}</small></th>{''.join(self.cells(row.days, base))}{_sums(row.total)}</tr>"
        )

    def cells(self, days: Sequence[Day], base: str) -> Iterator[str]:
        for day, date in zip(days, self.dates, strict=True):
            status = day.status
            if day.sessions:
                mark = " is-unsure" if day.unconfirmed_seconds else ""
                hours = hours_of(day.worked_seconds or day.unconfirmed_seconds)
                yield (
                    f'<td class="is-{status}{mark}"><a href="{base}work_date={date}" title="{self.told(day)}">'
                    f"{LETTERS[status][0]}<small>{hours}</small></a></td>"
                )
            elif not day.is_employed:
                yield '<td class="is-gone"></td>'
            elif day.leave_portion or day.holiday:
                yield _cell(status, self.told(day))
            else:
                yield self.plain[status]

    def told(self, day: Day) -> str:
        """The cell in words, escaped."""
        words = self.names[day.status]
        if day.sessions:
            words += f", {hours_of(day.worked_seconds)} h"
        if day.unconfirmed_seconds:
            words += f", {self.unsure.format(hours_of(day.unconfirmed_seconds))}"
        if day.late_seconds:
            words += f", {self.late.format(day.late_seconds // 60)}"
        if day.overtime_seconds:
            words += f", {self.over.format(hours_of(day.overtime_seconds))}"
        if day.leave_type:
            words += f", {escape(day.leave_type)} {day.leave_portion.normalize():f}"
        return f"{words}, {escape(day.holiday)}" if day.holiday else words


def _cell(status: str, words: str) -> str:
    """A day without sessions. ``words`` are escaped."""
    return f'<td class="is-{status}"><abbr title="{words}">{LETTERS[status][0]}</abbr></td>'


def hours_of(seconds: int) -> str:
    """``7:45``"""
    minutes = seconds // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _sums(total: Summary) -> SafeString:
    cells = [
        (f"{total.present}", ""),
        (f"{total.late}", "is-late" if total.late else ""),
        (f"{total.absent}", "is-absent" if total.absent else ""),
        (f"{total.leave.normalize():f}" if total.leave else "0", ""),
        (hours_of(total.worked_seconds), ""),
        (hours_of(total.planned_seconds), "is-quiet"),
        (hours_of(total.overtime_seconds), "is-over" if total.overtime_seconds else ""),
    ]
    return mark_safe("".join(f'<td class="sum {kind}">{value}</td>' for value, kind in cells))  # noqa: S308


def _file(kind: str, start: dt.date, end: dt.date, rows: Sequence[SheetRow]) -> HttpResponseBase:
    """One line a person: a letter and the hours of each day, then the sums in hours."""
    dates = [f"{day}" for day in days_between(start, end)]
    sums = [_("Present"), _("Late"), _("Absent"), _("Leave"), _("Hours"), _("Planned"), _("Overtime")]
    lines = (
        [row.employment.code, row.name, row.department, *map(_written, row.days), *_summed(row.total)] for row in rows
    )
    headings = [_("Code"), _("Person"), _("Department"), *dates, *sums]
    return exports.answer(kind, f"attendance-{start:%Y-%m}", headings, lines)


def _written(day: Day) -> str:
    if not day.is_employed:
        return ""
    return f"{LETTERS[day.status][0]} {hours_of(day.worked_seconds)}" if day.sessions else LETTERS[day.status][0]


def _summed(total: Summary) -> list[Any]:
    hours = (total.worked_seconds, total.planned_seconds, total.overtime_seconds)
    return [total.present, total.late, total.absent, total.leave, *(round(seconds / 3600, 2) for seconds in hours)]
