"""The map of the whole site. `api_urls` is the map of /api/."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from hyperflow.dashboard import views

urlpatterns = [
    path("api/", include("hyperflow.api_urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("hr.urls")),
    path("", include("finance.urls")),
    path("favicon.ico", views.favicon),
    path("robots.txt", views.robots),
    # What people type, and what is left of an address when they cut its end off.
    re_path(r"^(?P<kept>reports(?:/(?:work|hr|finance))?)$", RedirectView.as_view(url="/%(kept)s/")),
    path("careers/", RedirectView.as_view(pattern_name="careers")),
    path("reports/", include("hyperflow.dashboard.urls")),
]

handler400 = "hyperflow.core.api.problems.bad_request"
handler403 = "hyperflow.core.api.problems.permission_denied"
handler404 = "hyperflow.core.api.problems.not_found"
handler500 = "hyperflow.core.api.problems.server_error"
