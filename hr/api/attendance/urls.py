"""Paths of attendance."""

from typing import Any

from hr.api.attendance.hr_views import (
    AttendanceViewSet,
    CorrectionViewSet,
    LockViewSet,
    PersonAttendanceViewSet,
    TimeViewSet,
)
from hr.api.attendance.views import OwnAttendanceViewSet, OwnCorrectionViewSet
from hyperflow.core.api.routes import route

employee_urlpatterns: list[Any] = [
    route("attendance/login", OwnAttendanceViewSet, post="login"),
    route("attendance/logout", OwnAttendanceViewSet, post="logout"),
    route("attendance/today", OwnAttendanceViewSet, get="today"),
    route("attendance/history", OwnAttendanceViewSet, get="history"),
    route("attendance/unexplained", OwnAttendanceViewSet, get="unexplained"),
    route("attendance/<id:pk>", OwnAttendanceViewSet, get="retrieve"),
    route("attendance/<id:pk>/confirm", OwnAttendanceViewSet, post="confirm"),
    route("attendance/corrections", OwnCorrectionViewSet, get="list", post="create"),
    route("attendance/corrections/<id:pk>", OwnCorrectionViewSet, get="retrieve"),
]
hr_urlpatterns: list[Any] = [
    route("attendance", AttendanceViewSet, get="list"),
    route("attendance/unexplained", TimeViewSet, get="list"),
    route("attendance/<id:user_id>", PersonAttendanceViewSet, get="list", post="create"),
    route("attendance/<id:user_id>/<id:attendance_id>", PersonAttendanceViewSet, get="show_one", put="update"),
    route("attendance/<id:user_id>/<id:attendance_id>/remove", PersonAttendanceViewSet, post="remove"),
    route("attendance-corrections", CorrectionViewSet, get="list"),
    route("attendance-corrections/<id:pk>", CorrectionViewSet, get="retrieve", put="decide"),
    route("attendance-locks", LockViewSet, get="list", post="create"),
    route("attendance-locks/<id:pk>", LockViewSet, get="retrieve", delete="destroy"),
]
