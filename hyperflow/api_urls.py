"""The one map of /api/. A prefix is presentation: what lies under it may come from several apps."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.api.urls import auth_urlpatterns, notification_urlpatterns
from clients.api.urls import client_urlpatterns
from finance.api.reports.urls import report_urlpatterns
from finance.api.urls import employee_urlpatterns as employee_finance_urlpatterns
from finance.api.urls import finance_urlpatterns
from hr.api.urls import employee_urlpatterns as employee_hr_urlpatterns
from hr.api.urls import hr_urlpatterns
from tasks.api.urls import client_urlpatterns as client_task_urlpatterns
from tasks.api.urls import employee_urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("employee/", include([*employee_urlpatterns, *employee_hr_urlpatterns, *employee_finance_urlpatterns])),
    path("hr/", include(hr_urlpatterns)),
    path("finance/", include(finance_urlpatterns)),
    path("client/", include([*client_task_urlpatterns, *client_urlpatterns])),
    path("finance/", include(report_urlpatterns)),
    path("auth/", include(auth_urlpatterns)),
    path("", include(notification_urlpatterns)),
    path("", include("hyperflow.core.api.urls")),
]
