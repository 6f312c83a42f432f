"""Paths of leave: part of `/api/employee/` and of `/api/hr/`."""

from hr.api.leave.views import (
    BalanceViewSet,
    HolidayViewSet,
    LeaveCalendarViewSet,
    LeaveFeedViewSet,
    LeaveLedgerViewSet,
    LeaveRequestViewSet,
    LeaveTypeViewSet,
    OwnBalanceViewSet,
)
from hyperflow.core.api.routes import route

employee_urlpatterns = [route("leave-balances", OwnBalanceViewSet, get="own")]
hr_urlpatterns = [
    route("leave-requests", LeaveRequestViewSet, get="list", post="create"),
    route("leave-requests/<id:pk>", LeaveRequestViewSet, get="retrieve", put="update"),
    route("leave-requests/<id:pk>/impact", LeaveRequestViewSet, get="impact"),
    route("leave-types", LeaveTypeViewSet, get="all"),
    route("leave-balances", BalanceViewSet, get="list"),
    route("leave-balances/adjust", BalanceViewSet, post="adjust"),
    route("leave-ledger", LeaveLedgerViewSet, get="list"),
    route("leave-ledger/<id:pk>", LeaveLedgerViewSet, get="retrieve"),
    route("holidays", HolidayViewSet, get="list", post="create"),
    route("holidays/<id:pk>", HolidayViewSet, get="retrieve", put="update", delete="destroy"),
    route("leave-calendar", LeaveCalendarViewSet, get="away"),
    route("leave.ics", LeaveFeedViewSet, get="feed", post="renew", delete="close"),
]
