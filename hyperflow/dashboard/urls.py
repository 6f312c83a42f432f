"""/reports/: every report of every app."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import cache_control

from clients.reports import PerformanceReport
from finance.reports import REPORTS as FINANCE_REPORTS
from hr.reports import REPORTS as HR_REPORTS
from hyperflow.core.reports import ReportView, index_of
from tasks.reports import HoursReport, LateReport

app_name = "reports"

REPORTS: list[type[ReportView]] = [PerformanceReport, LateReport, HoursReport, *HR_REPORTS, *FINANCE_REPORTS]


#: What somebody may read is kept by no cache on the way, nor by the browser of the next person.
unkept = cache_control(private=True, no_store=True)


@unkept
def index(request: HttpRequest) -> HttpResponse:
    return index_of(request, REPORTS)


urlpatterns = [
    path("", index, name="index"),
    *(path(report.slug, unkept(report.as_view()), name=report.slug.replace("/", "-")) for report in REPORTS),
]
