"""Reports for people who decide: a permission, a filter whose state is in the address, a table, CSV, XLSX, PDF, print.

The figures come from selectors, within the reader's scope; a report adds headings and links to the rows behind them.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views import View

from hyperflow.core import clock, exports, typesetting

#: What a page shows; the downloads hold every row.
MOST_ROWS = 500
#: Cells of a PDF: a hundred pages or so. Beyond that nobody reads on, and CSV and XLSX hold the rest.
MOST_PRINTED = 40_000
EMPTY = "–"
FORMATS = (*exports.KINDS, "pdf")
#: A chart on a phone: its width and the height of a bar with its label, in the drawing's own units.
NARROW, NARROW_ROW = 330, 44
EARLIEST, LATEST = 1970, 9000


@dataclass(frozen=True)
class Column:
    """One column. ``value`` is a key of the row or a function of it, ``link`` where its cell leads."""

    heading: Any
    value: str | Callable[[Any], Any]
    kind: str = "text"
    link: Callable[[Any], str | None] | None = None
    total: bool = False

    def of(self, row: Any) -> Any:
        return self.value(row) if callable(self.value) else row[self.value]

    @property
    def is_number(self) -> bool:
        return self.kind in {"number", "hours", "minutes", "percent", "money"}

    @property
    def name(self) -> str:
        """What its total is called by; nothing where its value is worked out."""
        return self.value if isinstance(self.value, str) else ""


@dataclass(frozen=True)
class Cell:
    text: str
    link: str | None
    is_number: bool
    heading: Any
    is_date: bool = False


@dataclass(frozen=True)
class Note:
    """Something to know about the whole page: a sentence, what belongs to it as a short list, and where it leads."""

    text: Any
    points: Sequence[Any] = ()
    link: str | None = None

    def __str__(self) -> str:
        """On paper: the list in one go."""
        return f"{self.text} {'; '.join(str(point) for point in self.points)}".rstrip()


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    text: str
    link: str | None = None
    part: float | None = None

    @property
    def reach(self) -> float:
        """To where something is drawn: the part can be more than the whole (more collected than was invoiced)."""
        return max(self.value, self.part or 0.0)


@dataclass(frozen=True)
class Chart:
    """Horizontal bars, drawn on the server. ``part`` of a bar is drawn darker (the billable hours of all)."""

    title: Any
    bars: Sequence[Bar]
    legend: Sequence[Any] = ()
    height: int = 28
    label_width: int = 190
    width: int = 760

    @property
    def total_height(self) -> int:
        return len(self.bars) * self.height + 4

    @property
    def narrow_height(self) -> int:
        return len(self.bars) * NARROW_ROW + 4

    def drawn_narrow(self) -> list[dict[str, Any]]:
        """For a phone: each label above its bar, the whole no wider than the screen."""
        most, room = self._most, NARROW - 90
        return [
            {
                "bar": bar,
                "label_y": number * NARROW_ROW + 13,
                "y": number * NARROW_ROW + 19,
                "text_y": number * NARROW_ROW + 31,
                "width": round(bar.value / most * room, 1),
                "part": None if bar.part is None else round(bar.part / most * room, 1),
                "part_y": number * NARROW_ROW + 19 + (5 if bar.reach > bar.value else 0),
                "part_height": 7 if bar.reach > bar.value else 17,
                "value_x": round(bar.reach / most * room + 6, 1),
            }
            for number, bar in enumerate(self.bars)
        ]

    def shares(self) -> list[dict[str, Any]]:
        """Each bar as a share of the longest, in percent."""
        most = self._most
        return [
            {
                "label": str(bar.label),
                "text": str(bar.text),
                "share": round(max(0.0, bar.value) / most * 100, 2),
                "part": None if bar.part is None else round(max(0.0, bar.part) / most * 100, 2),
            }
            for bar in self.bars
        ]

    @property
    def _most(self) -> float:
        return max((bar.reach for bar in self.bars), default=0) or 1

    def drawn(self) -> list[dict[str, Any]]:
        most, room = self._most, self.width - self.label_width - 90
        return [
            {
                "bar": bar,
                "y": number * self.height + 4,
                "text_y": number * self.height + 18,
                "x": self.label_width,
                "width": round(bar.value / most * room, 1),
                "part": None if bar.part is None else round(bar.part / most * room, 1),
                # A part that is longer than the whole is drawn slim, so that both are seen.
                "part_y": number * self.height + (9 if bar.reach > bar.value else 4),
                "part_height": 9 if bar.reach > bar.value else 19,
                "value_x": round(self.label_width + bar.reach / most * room + 8, 1),
                "label_x": self.label_width - 10,
            }
            for number, bar in enumerate(self.bars)
        ]


@dataclass(frozen=True)
class Table:
    """Everything that one request shows."""

    rows: Sequence[Any]
    chart: Chart | None = None
    notes: Sequence[Any] = field(default_factory=tuple)
    #: Where one drawing cannot show it: amounts of several currencies, say.
    more_charts: Sequence[Chart] = field(default_factory=tuple)
    #: Where the totals lead, by the names of their columns.
    total_links: Mapping[str, str | None] = field(default_factory=dict)
    #: Totals that are not the sum of what the rows show.
    totals: Mapping[str, Any] | None = None

    @property
    def charts(self) -> list[Chart]:
        return [chart for chart in (self.chart, *self.more_charts) if chart is not None and chart.bars]


#: What an address may say beside the filter of a report.
HOUSE_KEYS = frozenset({"format", "page"})


class FilterForm(forms.Form):
    """The filter of a report. Choices are the rows that the reader may see."""

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__({**self.defaults(user), **data.dict()}, label_suffix="")
        self.user = user

    def defaults(self, user: Any) -> dict[str, Any]:
        """What is filtered by where the address says nothing."""
        return {}

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """A filter that does not exist filters nothing: numbers of everything would look like those asked for."""
        for name in sorted(set(names) - set(self.fields) - HOUSE_KEYS):
            self.add_error(None, _("This report has no filter “%(name)s”.") % {"name": name[:80]})


class PeriodForm(FilterForm):
    """A period; without one it is the last ``days`` days."""

    days: ClassVar[int] = 90
    start = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def defaults(self, user: Any) -> dict[str, Any]:
        # Some rows have the company's day, which may be a day further than the reader's.
        today = max(clock.business_date(user), clock.business_date())
        return {"start": (today - dt.timedelta(days=self.days - 1)).isoformat(), "end": today.isoformat()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and start > end:
            self.add_error("start", _("The period ends before it begins."))
        elif start and end and (start.year < EARLIEST or end.year > LATEST):
            self.add_error("start", _("Choose a period of this time."))
        return cleaned


class ReportView(View):
    """Base of every report; a subclass names who may read it, its filter, its columns, and gives its rows."""

    slug: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    description: ClassVar[Any] = ""
    #: Permissions of which one is enough.
    needs: ClassVar[tuple[str, ...]] = ()
    form_class: ClassVar[type[FilterForm]] = FilterForm
    columns: ClassVar[Sequence[Column]] = ()

    @classmethod
    def permitted(cls, user: Any) -> bool:
        return any(user.has_perm(name) for name in cls.needs)

    def table(self, user: Any, **filters: Any) -> Table:
        raise NotImplementedError(f"{type(self).__name__} gives no rows")

    def shown_columns(self, user: Any) -> Sequence[Column]:
        return self.columns

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_or_none = entrance(request)
        if refuse_or_none is not None:
            return refuse_or_none
        if not self.permitted(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = self.asked(request)
        columns = self.shown_columns(request.user)
        if form.errors:
            return self._page(request, form, columns, Table([]), status=400)
        table = self.table(request.user, **form.cleaned_data)
        kind = request.GET.get("format", "")
        if kind in exports.KINDS:
            lines = ([raw_of(column, row) for column in columns] for row in table.rows)
            return exports.answer(kind, self.slug.replace("/", "-"), [column.heading for column in columns], lines)
        if kind == "pdf":
            return self.document(request, form, columns, table)
        return self._page(request, form, columns, table)

    def asked(self, request: HttpRequest) -> Any:
        """The filter as the address says it, with what is wrong about it."""
        form = self.form_class(request.GET, user=request.user)
        form.full_clean()
        form.refuse_unknown(request.GET)
        if request.GET.get("format", "") not in ("", *FORMATS):
            form.add_error(None, _("There is no download of this kind."))
        return form

    def _page(self, request: HttpRequest, form: Any, columns: Sequence[Column], table: Table, status: int = 200) -> Any:
        kept = {name: value for name, value in request.GET.items() if name != "format" and value}
        context = {
            "report": self,
            "form": form,
            "columns": columns,
            "rows": [[cell_of(column, row) for column in columns] for row in table.rows[:MOST_ROWS]],
            "totals": totals_of(columns, table),
            "charts": table.charts,
            "notes": table.notes,
            "count": len(table.rows),
            "most": MOST_ROWS,
            "downloads": [(kind.upper(), f"?{urlencode({**kept, 'format': kind})}") for kind in FORMATS],
            "made_at": clock.now(),
        }
        return render(request, "reports/report.html", context, status=status)

    def in_words(self, form: Any) -> list[str]:
        return _in_words(form)

    def document(self, request: HttpRequest, form: Any, columns: Sequence[Column], table: Table) -> HttpResponse:
        """What the page shows, on paper: its filter in words, charts, table and totals."""
        most = MOST_PRINTED // max(1, len(columns))
        left_out = len(table.rows) - most
        notes = [str(note) for note in table.notes]
        if left_out > 0:
            notes.append(_("The first %(most)d rows of %(all)d. CSV and XLSX hold all.") % {
                "most": most, "all": len(table.rows)
            })  # fmt: skip
        content = {
            "language": (get_language() or "en")[:2],
            "title": str(self.title),
            "description": str(self.description),
            "filter": self.in_words(form),
            "notes": [str(note) for note in notes],
            "charts": [
                {"title": str(chart.title), "legend": [str(name) for name in chart.legend], "bars": chart.shares()}
                for chart in table.charts
            ],
            "columns": [{"heading": str(one.heading), "is_number": one.is_number} for one in columns],
            "rows": [[cell_of(column, row).text for column in columns] for row in table.rows[:most]],
            "totals": [cell.text for cell in totals_of(columns, table) or ()],
            "made_at": date_format(timezone.localtime(clock.now()), "DATETIME_FORMAT"),
            "nothing": str(_("Nothing matches this filter.")),
        }
        made = typesetting.pdf("reports/report.typ", content, made_at=clock.now())
        response = HttpResponse(made, content_type="application/pdf")
        name = f"{self.slug.replace('/', '-')}-{clock.business_date().isoformat()}.pdf"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response


def _in_words(form: Any) -> list[str]:
    """What is filtered by, as a reader of the paper has to know it."""
    words = []
    for bound in form:
        value = form.cleaned_data.get(bound.name)
        if value in (None, ""):
            continue
        choices = dict(getattr(bound.field, "choices", ())) if not hasattr(bound.field, "queryset") else {}
        text = date_format(value, "DATE_FORMAT") if isinstance(value, dt.date) else choices.get(value, value)
        words.append(f"{bound.label}: {text}")
    return words


def entrance(request: HttpRequest) -> HttpResponse | None:
    """Reports are for staff with an admin session: others are sent to sign in, or refused."""
    user: Any = request.user
    if not user.is_authenticated or not user.is_active:
        return redirect_to_login(request.get_full_path())
    if not user.is_staff:
        raise PermissionDenied
    return None


def index_of(request: HttpRequest, groups: Mapping[str, tuple[Any, Sequence[type[ReportView]]]]) -> HttpResponse:
    """The page that lists the reports this person may read; ``groups`` gives each a heading and its reports."""
    refuse_or_none = entrance(request)
    if refuse_or_none is not None:
        return refuse_or_none
    readable = [
        {
            "name": name,
            "heading": heading,
            "reports": [
                {
                    "title": report.title,
                    "description": report.description,
                    "address": reverse("reports:index") + report.slug,
                }
                for report in reports
                if report.permitted(request.user)
            ],
        }
        for name, (heading, reports) in groups.items()
    ]
    return render(request, "reports/index.html", {"groups": [group for group in readable if group["reports"]]})


def raw_of(column: Column, row: Any) -> Any:
    """A cell as a download has it."""
    value = column.of(row)
    if column.kind == "hours" and value is not None:
        return round(float(value), 2)
    if column.kind == "minutes" and value is not None:
        return round(value / 60, 4)  # so many digits that a sheet adds them up to the minute
    return value


def cell_of(column: Column, row: Any) -> Cell:
    """A cell as the page shows it."""
    link = column.link(row) if column.link is not None else None
    return Cell(shown(column.of(row), column.kind), link, column.is_number, column.heading, column.kind == "date")


def shown(value: Any, kind: str) -> str:
    """A value as the page prints it."""
    if value is None or value == "":
        return EMPTY
    match kind:
        case "hours":
            return f"{float(value):,.2f}"
        case "minutes":
            return duration(value)
        case "percent":
            return f"{Decimal(value).normalize():f} %"
        case "number" | "money":
            return f"{value:,}" if isinstance(value, int | float | Decimal) else str(value)
        case "date":
            return f"{value:%d %b %Y}"
        case "month":
            return month_name(value)
    return str(value)


def duration(minutes: int) -> str:
    """``1:05`` hours, to the minute: parts that are shown add up, which hundredths of hours do not.

    >>> duration(65), duration(-65), duration(60_000)
    ('1:05', '-1:05', '1,000:00')
    """
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours:,}:{rest:02d}"


def month_name(value: Any) -> str:
    """``2026-03`` as people write it, "Mar 2026"; anything else as it is."""
    try:
        return f"{dt.date.fromisoformat(f'{value}-01'):%b %Y}"
    except ValueError:
        return str(value)


def totals_of(columns: Sequence[Column], table: Table) -> list[Cell] | None:
    """The last line, where there is something to add up."""
    told = table.totals
    if (len(table.rows) < 2 and told is None) or not any(column.total for column in columns):
        return None
    cells = []
    for number, column in enumerate(columns):
        if column.total:
            total = told.get(column.name) if told is not None else _total(column, table.rows)
            text = shown(total, column.kind)
        else:
            text = str(_("Together")) if number == 0 else ""
        link = table.total_links.get(column.name) if column.total else None
        cells.append(Cell(text, link, column.is_number, column.heading))
    return cells


def _total(column: Column, rows: Sequence[Any]) -> Any:
    """Of figures that the reader may not see there is no total, and not one of zero."""
    known = [value for value in (column.of(row) for row in rows) if value not in (None, "")]
    return sum(known, start=0) if known else None
