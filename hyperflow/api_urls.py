"""The one map of /api/."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path


def _of(app: str, name: str) -> list[URLPattern | URLResolver]:
    module = f"{app}.api.urls"
    return getattr(import_module(module), name, []) if find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/", include(_of("accounts", "auth_urlpatterns"))),
    path("", include(_of("accounts", "notification_urlpatterns"))),
    path("client/", include(_of("clients", "client_urlpatterns") + _of("tasks", "client_urlpatterns"))),
    path("employee/", include(_of("tasks", "employee_urlpatterns"))),
    path("", include("hyperflow.core.api.urls")),
]
