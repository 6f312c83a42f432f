"""/reports/: every report of every app."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from clients.reports import PerformanceReport
from hr.reports import REPORTS as HR_REPORTS
from hyperflow.core.reports import ReportView, index_of
from tasks.reports import HoursReport, LateReport

app_name = "reports"

REPORTS: list[type[ReportView]] = [PerformanceReport, LateReport, HoursReport, *HR_REPORTS]


def index(request: HttpRequest) -> HttpResponse:
    return index_of(request, REPORTS)


urlpatterns = [
    path("", index, name="index"),
    *(path(report.slug, report.as_view(), name=report.slug.replace("/", "-")) for report in REPORTS),
]
