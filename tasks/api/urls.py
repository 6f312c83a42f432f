"""Paths of tasks and time: part of `/api/employee/` and of `/api/client/`."""

from hyperflow.core.api.routes import route
from tasks.api.time_views import TimeEntryViewSet, TimerViewSet
from tasks.api.views import (
    AttachmentViewSet,
    ClientTaskViewSet,
    CommentViewSet,
    EmployeeTaskViewSet,
    HistoryViewSet,
)

employee_urlpatterns = [
    route("tasks", EmployeeTaskViewSet, get="list"),
    route("tasks/<id:pk>", EmployeeTaskViewSet, get="retrieve"),
    route("tasks/<id:pk>/status", EmployeeTaskViewSet, put="set_status"),
    route("tasks/<id:pk>/progress", EmployeeTaskViewSet, put="set_progress"),
    route("tasks/<id:pk>/comments", CommentViewSet, get="list", post="create"),
    route("tasks/<id:pk>/comments/<id:comment_pk>", CommentViewSet, get="retrieve"),
    route("tasks/<id:pk>/attachments", AttachmentViewSet, get="list", post="create"),
    route("tasks/<id:pk>/attachments/<id:attachment_pk>", AttachmentViewSet, get="retrieve", delete="destroy"),
    route("tasks/<id:pk>/history", HistoryViewSet, get="list"),
    route("tasks/<id:pk>/timer/start", TimerViewSet, post="start"),
    route("tasks/<id:pk>/timer/stop", TimerViewSet, post="stop"),
    route("time-entries", TimeEntryViewSet, get="list", post="create"),
    route("time-entries/<id:pk>", TimeEntryViewSet, get="retrieve", put="update", delete="destroy"),
    route("time-entries/submit", TimeEntryViewSet, post="submit"),
    route("time-entries/approve", TimeEntryViewSet, post="approve"),
    route("time-entries/unapprove", TimeEntryViewSet, post="unapprove"),
]

client_urlpatterns = [
    route("tasks", ClientTaskViewSet, get="list", post="create"),
    route("tasks/<id:pk>", ClientTaskViewSet, get="retrieve", put="update"),
    route("tasks/<id:pk>/position", ClientTaskViewSet, put="move"),
    route("clients/<id:client_pk>/tasks", ClientTaskViewSet, get="of_client"),
]
