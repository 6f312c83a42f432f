"""/reports/: every report of every app."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import cache_control

from finance.reports import BEHIND as BEHIND_NUMBERS
from hyperflow.core.reports import index_of
from hyperflow.dashboard.catalogue import GROUPS, REPORTS

app_name = "reports"


#: What somebody may read is kept by no cache on the way, nor by the browser of the next person.
unkept = cache_control(private=True, no_store=True)


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
