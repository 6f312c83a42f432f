"""What every installation answers, whatever apps it has."""

from hyperflow.core.api.health import HealthViewSet
from hyperflow.core.api.routes import route
from hyperflow.core.api.views import DocsViewSet, FileViewSet, JobViewSet

urlpatterns = [
    route("health", HealthViewSet, get="ready"),
    route("health/live", HealthViewSet, get="live"),
    route("schema", DocsViewSet, get="document"),
    route("docs", DocsViewSet, get="reader"),
    route("jobs/<id:pk>", JobViewSet, get="retrieve"),
    route("files/<str:token>", FileViewSet, get="download"),
]
