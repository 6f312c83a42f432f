"""The page of the rows behind a number: what was added up, one by one, and the number as their total."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from clients.models import Client, Project
from finance.models import Budget
from finance.models.rollup import THOUSANDTHS
from finance.reports.forms import MonthsForm, currency_filter
from finance.reports.money import NEEDS, said
from finance.selectors import behind, person_revenue
from finance.selectors.behind import Asked, Behind, Line
from finance.selectors.receivables import AGES, NOT_DUE
from finance.selectors.sums import Period
from hyperflow.core import exports, money
from hyperflow.core.reports import (
    FORMATS,
    MOST_PRINTED,
    Column,
    Note,
    ReportView,
    Table,
    cell_of,
    raw_of,
    shown,
    totals_of,
)

PER_PAGE = 200
TITLES: dict[str, Any] = {
    "invoiced": _("Invoiced without tax"),
    "invoiced_gross": _("Invoiced with tax"),
    "collected": _("Collected"),
    "expenses": _("Expenses"),
    "expenses_accrual": _("Expenses, without tax"),
    "expenses_cash": _("Expenses, as paid"),
    "purchases": _("Expenses without payroll and tax"),
    "income_accrual": _("Income, by invoices"),
    "income_cash": _("Income, by payments"),
    "profit_accrual": _("Profit, by invoices"),
    "profit_cash": _("Profit, by payments"),
    "outstanding": _("Unpaid of a period's invoices"),
    "overdue": _("Overdue of a period's invoices"),
    "receivables": _("Owed"),
    "due": _("Due"),
    "expected": _("Expected"),
    "spent": _("Spent of a budget"),
    "left": _("Left of a budget"),
    "billed": _("Billed of people's hours"),
    "worth": _("Worth of unbilled work"),
}
_AGES = {
    NOT_DUE: _("Not due"), "overdue": _("Overdue"), AGES[0]: _("1–30 days"), AGES[1]: _("31–60 days"),
    AGES[2]: _("61–90 days"), AGES[3]: _("Over 90 days"),
}  # fmt: skip
_IN_A_PERIOD = {*behind.SUMMED, "outstanding", "overdue", "due", "expected", behind.BILLED, behind.WORTH}
#: What each number can be narrowed by. Anything else would be said and not done.
_NARROWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(behind.SUMMED, frozenset({"client", "project", "category"})),
    **dict.fromkeys(behind.OWED, frozenset({"client", "project"})),
    "receivables": frozenset({"client", "project", "age"}),
    **dict.fromkeys(behind.OF_BUDGET, frozenset({"budget"})),
    behind.BILLED: frozenset({"person"}),
    behind.WORTH: frozenset({"client", "project"}),
}
#: Numbers that the page of margins has too, which takes a right of its own.
_OF_MARGINS = {"invoiced", "purchases"}
_KINDS: dict[str, Any] = {
    "invoice": _("Invoice"), "void": _("Voided invoice"), "credit_note": _("Credit note"), "payment": _("Payment"),
    "refund": _("Refund"), "paid_out": _("Credit paid out"), "record": _("Record"), "budget": _("Budget"),
    "line": _("Invoice"), "time": _("Time"), "hidden": _("Rows that you may not see"),
}  # fmt: skip
#: A way back leads to a report and nowhere else.
_BACK = re.compile(r"/reports/finance/[a-z-]+(\?[^\s\\]*)?")


class RowsForm(MonthsForm):
    measure = forms.ChoiceField(label=_("Number"), choices=list(TITLES.items()))
    client = forms.CharField(label=_("Client"), required=False, max_length=18)
    project = forms.CharField(label=_("Project"), required=False, max_length=18)
    category = forms.CharField(label=_("Category"), required=False, max_length=80)
    age = forms.ChoiceField(label=_("Due"), required=False, choices=[("", ""), *_AGES.items()])
    budget = forms.ModelChoiceField(label=_("Budget"), required=False, queryset=Budget.objects.none())
    person = forms.IntegerField(label=_("Person"), required=False, min_value=1, max_value=2**63 - 1)
    currency = currency_filter()
    back = forms.CharField(required=False, max_length=1000)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        self.fields["start"].required = self.fields["end"].required = False
        self.fields["budget"].queryset = Budget.objects.visible_to(user)  # type: ignore[attr-defined]

    def defaults(self, user: Any) -> dict[str, Any]:
        return {}

    def clean_client(self) -> int | str | None:
        return self._key("client")

    def clean_project(self) -> int | str | None:
        return self._key("project")

    def _key(self, name: str) -> int | str | None:
        """An id, 0 for rows that have none, or any."""
        said = str(self.cleaned_data[name])
        if said in ("", behind.ANY):
            return said or None
        if not (said.isascii() and said.isdecimal()):
            raise forms.ValidationError(_("Choose one by its id."))
        return int(said)

    def clean_back(self) -> str:
        said = str(self.cleaned_data["back"])
        return said if _BACK.fullmatch(said) else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        measure = cleaned.get("measure")
        if measure is None:
            return cleaned
        is_of_period = measure in _IN_A_PERIOD
        for name in ("start", "end"):
            if is_of_period and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("This number is of a period."))
        if measure in behind.OF_BUDGET and not cleaned.get("budget") and "budget" not in self.errors:
            self.add_error("budget", _("This number is of a budget."))
        whose = [cleaned.get(name) for name in ("client", "project") if cleaned.get(name) is not None]
        if measure == behind.WORTH and (len(whose) != 1 or behind.ANY in whose):
            self.add_error(None, _("This number is of one client or of one project."))
        possible = _NARROWED[measure] | ({"start", "end"} if is_of_period else set())
        for name in ("start", "end", "client", "project", "category", "age", "budget", "person"):
            if cleaned.get(name) not in (None, "") and name not in possible:
                self.add_error(name, _("This number has no such filter."))
        return cleaned

    @property
    def asked(self) -> Asked:
        told = dict(self.cleaned_data)
        start, end, _back = told.pop("start"), told.pop("end"), told.pop("back")
        return Asked(period=Period(start, end) if start and end else None, **told)


class RowsReport(ReportView):
    """What was added up. It stands in no list: numbers lead here."""

    slug = "finance/rows"
    title = _("Rows behind a number")
    description = _("Every row that was added up, with the sign it has; their total is the number.")
    needs = (*NEEDS, "finance.view_margin")
    form_class: ClassVar[Any] = RowsForm

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = self.asked(request)
        if form.errors:
            return render(request, "reports/rows.html", {"report": self, "form": form}, status=400)
        asked: Asked = form.asked
        if not may_ask(request.user, asked):
            raise PermissionDenied
        found = behind.of(request.user, asked)
        columns, kind = _columns(request.user, found), request.GET.get("format", "")
        if kind in exports.KINDS:
            lines = ([raw_of(column, row) for column in columns] for row in _rows(found.lines(), found))
            return exports.answer(kind, f"finance-{asked.measure}", [column.heading for column in columns], lines)
        totals = {"counted": _amount(found.total, found.till.currency)}
        if kind == "pdf":
            most = MOST_PRINTED // len(columns)
            notes = _notes(found)
            if found.count > most:
                notes.append(_now("The first %(most)d rows of %(all)d. CSV and XLSX hold all.") % {
                    "most": most, "all": found.count,
                })  # fmt: skip
            rows = list(islice(_rows(found.lines(0, most), found), most))
            return self.document(request, form, columns, Table(rows, notes=notes, totals=totals))
        return self._shown(request, form, found, columns, totals)

    def _shown(
        self, request: HttpRequest, form: RowsForm, found: Behind, columns: Sequence[Column], totals: dict[str, Any]
    ) -> HttpResponseBase:
        page: Page[int] = Paginator(range(found.count), PER_PAGE).get_page(request.GET.get("page"))
        rows = list(_rows(found.lines(page.start_index() - 1 if found.count else 0, PER_PAGE), found))
        asked = request.GET.copy()
        for name in ("format", "page"):
            asked.pop(name, None)
        address = asked.urlencode()
        content = {
            "report": self,
            "form": form,
            "heading": TITLES[form.cleaned_data["measure"]],
            "words": self.in_words(form),
            "back": form.cleaned_data["back"],
            "columns": columns,
            "rows": [[cell_of(column, row) for column in columns] for row in rows],
            "totals": totals_of(columns, Table(rows, totals=totals)),
            "notes": _notes(found),
            "page": page,
            "before": f"?{address}&page={page.number - 1}",
            "after": f"?{address}&page={page.number + 1}",
            "total": said(str(totals["counted"])),
            "currency": found.till.currency,
            "downloads": [(kind.upper(), f"?{address}&format={kind}") for kind in FORMATS],
        }
        return render(request, "reports/rows.html", content)

    def in_words(self, form: RowsForm) -> list[str]:
        """What narrows the number, as the page says it. Only names that the reader may see."""
        told, words = form.cleaned_data, []
        if told["start"] and told["end"]:
            words.append(f"{shown(told['start'], 'date')} – {shown(told['end'], 'date')}")
        for name, model in (("client", Client), ("project", Project)):
            if told[name] is not None:
                words.append(f"{form.fields[name].label}: {_name(model, told[name], form.user)}")
        if told["category"]:
            words.append(f"{form.fields['category'].label}: {told['category'].replace('_', ' ')}")
        if told["age"]:
            words.append(str(_AGES[told["age"]]))
        if told["budget"] is not None:
            words.append(f"{form.fields['budget'].label}: {told['budget'].name}")
        if told["person"]:
            name = User.objects.visible_to(form.user).filter(pk=told["person"]).values_list("name", flat=True).first()
            words.append(f"{form.fields['person'].label}: {name or told['person']}")
        return words


def may_ask(user: Any, asked: Asked) -> bool:
    """Who may read the report that has the number. What was billed of a person's hours stands beside their pay."""
    margin = bool(user.has_perm("finance.view_margin"))
    if asked.measure == behind.BILLED:
        seen = person_revenue.people_seen(user)
        known = asked.person is None or seen is None or asked.person in seen
        return margin and known and bool(user.has_perm("hr.view_pay"))
    if asked.measure in _OF_MARGINS and margin:
        return True
    return any(user.has_perm(name) for name in NEEDS)


def _name(model: Any, key: int | str, user: Any) -> str:
    if key == behind.ANY:
        return _now("any")
    if key == 0:
        return _now("none")
    row = model.objects.visible_to(user).filter(pk=key).first()
    return str(row.name) if row is not None else str(key)


def _notes(found: Behind) -> list[Any]:
    excluded = found.till.excluded()
    if not excluded:
        return []
    points = [
        ngettext("%(amount)s %(currency)s (%(rows)s row)", "%(amount)s %(currency)s (%(rows)s rows)", one["rows"])
        % {"amount": said(one["amount"]), "currency": one["currency"], "rows": one["rows"]}
        for one in excluded
    ]
    return [
        Note(_now("Without a rate to %(currency)s, and not in the total:") % {"currency": found.till.currency}, points)
    ]


# -- rows as the page has them


def _columns(user: Any, found: Behind) -> list[Column]:
    return [
        Column(_("Date"), "day", "date"),
        Column(_("What"), "what", link=lambda row: _page(row["line"], user)),
        Column(_("Client"), "client"),
        Column(_("Project"), "project"),
        Column(_("Category"), "category"),
        Column(_("Currency"), "currency"),
        Column(_("Amount"), "amount", "money"),
        Column(_now("In %(currency)s") % {"currency": found.till.currency}, "counted", "money", total=True),
    ]


def _rows(lines: Iterator[Line], found: Behind) -> Iterator[dict[str, Any]]:
    for one in lines:
        counted = None if one.counted is None else _amount(one.counted, found.till.currency)
        client, project = _whose(one)
        yield {
            "line": one,
            "day": one.day,
            "what": _what(one),
            "client": client.name if client is not None else "",
            "project": project.name if project is not None else "",
            "category": str(getattr(one.row, "category", "") or "").replace("_", " "),
            "currency": one.currency,
            "amount": _amount(one.amount, one.currency),
            "counted": _now("no rate") if counted is None else counted,
        }


def _amount(thousandths: int, currency: str) -> Decimal:
    return money.quantize(Decimal(thousandths) / THOUSANDTHS, currency)


def _whose(one: Line) -> tuple[Any, Any]:
    match one.kind:
        case "payment" | "refund":
            return one.row.client, one.row.invoice.project
        case "line":
            return one.row.invoice.client, one.row.invoice.project
        case "time":
            return one.row.task.client, one.row.task.project
    return getattr(one.row, "client", None), getattr(one.row, "project", None)


def _what(one: Line) -> str:
    """The document in a few words."""
    kind, row = str(_KINDS[one.kind]), one.row
    match one.kind:
        case "hidden":
            return kind
        case "payment" | "refund":
            return f"{kind} · {row.invoice}"
        case "paid_out":
            return " · ".join(filter(None, (kind, row.note)))
        case "record":
            return " · ".join(filter(None, (row.get_record_type_display(), row.description or row.supplier)))
        case "budget":
            return f"{kind} · {row.name}"
        case "line":
            return f"{row.invoice} · {row.description}"
        case "time":
            return f"{row.user.name} · {row.task.key} · {row.note or row.task.title}"
    return f"{kind} · {row}"


def _page(one: Line, user: Any) -> str | None:
    """The document's own page, for who may open it."""
    row = one.row.invoice if one.kind == "line" else one.row
    if row is None:
        return None
    label, name = row._meta.app_label, row._meta.model_name
    if not (user.has_perm(f"{label}.view_{name}") or user.has_perm(f"{label}.change_{name}")):
        return None
    return reverse(f"admin:{label}_{name}_change", args=[row.pk])
