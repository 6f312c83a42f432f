"""Paths of attendance."""

from typing import Any

from hr.api.attendance.views import OwnAttendanceViewSet
from hyperflow.core.api.routes import route

employee_urlpatterns: list[Any] = [
    route("attendance/login", OwnAttendanceViewSet, post="login"),
    route("attendance/logout", OwnAttendanceViewSet, post="logout"),
    route("attendance/today", OwnAttendanceViewSet, get="today"),
    route("attendance/history", OwnAttendanceViewSet, get="history"),
    route("attendance/<id:pk>", OwnAttendanceViewSet, get="retrieve"),
]
hr_urlpatterns: list[Any] = []
