"""Paths of income and expenses."""

from finance.api.records.views import RecordViewSet
from hyperflow.core.api.routes import route

urlpatterns = [
    route("financial-records", RecordViewSet, get="list", post="create"),
    route("financial-records/<id:pk>", RecordViewSet, get="retrieve", put="update", delete="destroy"),
    route("financial-records/<id:pk>/receipt", RecordViewSet, get="receipt", post="attach"),
]
