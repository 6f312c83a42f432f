"""Pages for anybody: what the agency offers."""

from django.urls import path

from hr import pages
from hyperflow.core.api import routes as routes  # makes the converter of ids known

urlpatterns = [
    path("careers", pages.careers, name="careers"),
    path("careers/<id:pk>", pages.career, name="career"),
    path("careers/<id:pk>/thanks", pages.thanks, name="career-thanks"),
]
