"""The map of the whole site. `api_urls` is the map of /api/."""

from django.contrib import admin
from django.urls import include, path
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
    path("reports/", include("hyperflow.dashboard.urls")),
]

handler400 = "hyperflow.core.api.problems.bad_request"
handler403 = "hyperflow.core.api.problems.permission_denied"
handler404 = "hyperflow.core.api.problems.not_found"
handler500 = "hyperflow.core.api.problems.server_error"
