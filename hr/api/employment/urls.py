"""Paths of employment."""

from typing import Any

from hr.api.employment.views import CompensationViewSet, EmployeeViewSet
from hyperflow.core.api.routes import route

employee_urlpatterns: list[Any] = []
hr_urlpatterns: list[Any] = [
    route("employees", EmployeeViewSet, get="list", post="create"),
    route("employees/<id:user_id>", EmployeeViewSet, get="retrieve", put="update"),
    route("employees/<id:user_id>/compensation", CompensationViewSet, get="history", post="create"),
]
