"""Paths of recruitment."""

from typing import Any

from hr.api.recruitment import views
from hyperflow.core.api.routes import route

employee_urlpatterns: list[Any] = []
hr_urlpatterns: list[Any] = [
    route("recruitment", views.PostingViewSet, get="list", post="create"),
    route("recruitment/<id:pk>", views.PostingViewSet, get="retrieve", put="update"),
    route("recruitment/<id:pk>/candidates", views.PostingCandidateViewSet, get="list", post="create"),
    route("candidates/<id:pk>", views.CandidateViewSet, get="retrieve", put="update"),
    route("candidates/<id:pk>/hire", views.CandidateViewSet, post="hire"),
    route("candidates/<id:pk>/erase", views.CandidateViewSet, post="erase"),
    route("candidates/<id:pk>/resume", views.CandidateViewSet, get="resume", post="attach"),
    route("candidates/<id:pk>/notes", views.NoteViewSet, get="list", post="create"),
    route("candidates/<id:pk>/history", views.CandidateHistoryViewSet, get="list"),
    route("candidates/<id:pk>/interviews", views.CandidateInterviewViewSet, get="list", post="create"),
    route("interviews/<id:pk>", views.InterviewViewSet, get="retrieve", put="update"),
    route("interviews/<id:pk>/scorecards", views.InterviewScorecardViewSet, get="list", post="create"),
    route("scorecards/<id:pk>", views.ScorecardViewSet, get="retrieve", put="update"),
    route("stage-templates", views.StageTemplateViewSet, get="list", post="create"),
    route("stage-templates/<id:pk>", views.StageTemplateViewSet, get="retrieve", put="update"),
    route("onboarding", views.OnboardingViewSet, get="list", post="create"),
    route("onboarding/<id:pk>", views.OnboardingViewSet, get="retrieve", put="update"),
]
