"""/reports/: every report of every app."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control

from clients.reports import PerformanceReport
from finance.reports import BEHIND as BEHIND_NUMBERS
from finance.reports import REPORTS as FINANCE_REPORTS
from hr.reports import REPORTS as HR_REPORTS
from hyperflow.core.reports import ReportView, index_of
from tasks.reports import HoursReport, LateReport

app_name = "reports"


#: What somebody may read is kept by no cache on the way, nor by the browser of the next person.
unkept = cache_control(private=True, no_store=True)


GROUPS: dict[str, tuple[Any, list[type[ReportView]]]] = {
    "work": (_("Work and clients"), [PerformanceReport, LateReport, HoursReport]),
    "hr": (_("People"), HR_REPORTS),
    "finance": (_("Finance"), FINANCE_REPORTS),
}
REPORTS = [report for _heading, reports in GROUPS.values() for report in reports]


@unkept
def index(request: HttpRequest, group: str = "") -> HttpResponse:
    return index_of(request, {group: GROUPS[group]} if group else GROUPS)


urlpatterns = [
    path("", index, name="index"),
    *(path(f"{group}/", index, {"group": group}) for group in GROUPS),
    *(
        path(report.slug, unkept(report.as_view()), name=report.slug.replace("/", "-"))
        for report in (*REPORTS, *BEHIND_NUMBERS)
    ),
]
