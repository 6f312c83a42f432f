"""Reports of recruitment."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from hr.models import Candidate, JobPosting
from hr.selectors.recruitment import Funnel, funnels, sources
from hyperflow.core.reports import Bar, Chart, Column, PeriodForm, ReportView, Table

Stage = Candidate.Stage
TENTH = Decimal("0.1")
#: The filter of the candidate list that shows who is behind a row.
_DRILL = {
    "posting": "posting__id__exact",
    "department": "posting__department__id__exact",
    "source": "source",
}


class RecruitmentForm(PeriodForm):
    """Who applied in a period, for a posting or from a source."""

    days = 180

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        postings = JobPosting.objects.visible_to(user).order_by("title", "id")
        self.fields["posting"] = forms.ModelChoiceField(
            label=_("Posting"), queryset=postings, required=False, empty_label=_("All")
        )
        self.fields["source"] = forms.ChoiceField(
            label=_("Source"), required=False, choices=[("", _("All")), *((name, name) for name in sources(user))]
        )
        self.fields["group"] = forms.ChoiceField(
            label=_("By"),
            required=False,
            choices=[("posting", _("Posting")), ("source", _("Source")), ("department", _("Department"))],
        )

    def clean_group(self) -> str:
        return self.cleaned_data["group"] or "posting"


class RecruitmentReport(ReportView):
    """How far candidates come, by posting, source or department, and how long it takes to hire."""

    slug = "hr/recruitment"
    title = _("Recruitment")
    description = _("Of those who applied in the period, how many came how far, and how long hiring took.")
    needs = ("hr.view_candidate",)
    form_class = RecruitmentForm
    columns = [
        Column(_("Name"), "name", link=lambda row: row["link"]()),
        Column(_("Applied"), "applied", "number", total=True, link=lambda row: row["link"]()),
        Column(_("Screening"), "screening", "number", total=True, link=lambda row: row["link"]("screening")),
        Column(_("Interview"), "interview", "number", total=True, link=lambda row: row["link"]("interview")),
        Column(_("Offer"), "offer", "number", total=True, link=lambda row: row["link"]("offer")),
        Column(_("Hired"), "hired", "number", total=True, link=lambda row: row["link"]("hired")),
        Column(_("Rejected"), "rejected", "number", total=True, link=lambda row: row["link"](stage="rejected")),
        Column(_("Hired of applied"), "rate", "percent"),
        Column(_("Days to hire"), "days", "number"),
    ]

    def table(self, user: Any, **filters: Any) -> Table:
        group = filters["group"]
        found = funnels(
            user, start=filters["start"], end=filters["end"], group=group, posting=filters["posting"],
            source=filters["source"],
        )  # fmt: skip
        names = _names(group, found)
        rows = [_row(names.get(funnel.key) or str(_("Not said")), funnel, filters) for funnel in found]
        rows.sort(key=lambda row: (-row["applied"], row["name"]))
        return Table(rows, chart=_chart(found))


def _names(group: str, found: list[Funnel]) -> dict[Any, str]:
    keys = [funnel.key for funnel in found if funnel.key is not None]
    if group == "source":
        return {key: str(key) for key in keys}
    model: Any = JobPosting if group == "posting" else Department
    return {row.pk: str(row) for row in model._base_manager.filter(pk__in=keys)}


def _row(name: str, funnel: Funnel, filters: dict[str, Any]) -> dict[str, Any]:
    applied, screening, interview, offer, hired = funnel.reached
    return {
        "name": name,
        "applied": applied,
        "screening": screening,
        "interview": interview,
        "offer": offer,
        "hired": hired,
        "rejected": funnel.rejected,
        "rate": round(100 * hired / applied) if applied else None,
        "days": None if funnel.days_to_hire is None else funnel.days_to_hire.quantize(TENTH, ROUND_HALF_UP),
        "link": _Link(funnel.key, filters),
    }


class _Link:
    """Where the number of a stage leads: to the candidates who came as far, or stand there."""

    def __init__(self, key: Any, filters: dict[str, Any]) -> None:
        self.query = {"applied_on_from": filters["start"], "applied_on_to": filters["end"]}
        if filters["posting"] is not None:
            self.query[_DRILL["posting"]] = filters["posting"].pk
        if filters["source"]:
            self.query["source"] = filters["source"]
        group = filters["group"]
        if key not in (None, ""):
            self.query[_DRILL[group]] = key
        elif group == "department":
            self.query["posting__department__isnull"] = "True"
        elif group == "source":
            self.query["source"] = "-"

    def __call__(self, reached: str = "", *, stage: str = "") -> str:
        query = dict(self.query)
        if reached:
            query["reached"] = reached
        if stage:
            query["stage__exact"] = stage
        return f"{reverse('admin:hr_candidate_changelist')}?{urlencode(query)}"


def _chart(found: list[Funnel]) -> Chart:
    totals = [sum(funnel.reached[step] for funnel in found) for step in range(len(Candidate.FUNNEL))]
    names = [_("Applied"), *(Stage(word).label for word in Candidate.FUNNEL[1:])]
    bars = [Bar(str(name), float(total), str(total)) for name, total in zip(names, totals, strict=True)]
    return Chart(title=_("How far they came"), bars=bars if totals[0] else [])


REPORTS: list[type[ReportView]] = [RecruitmentReport]
