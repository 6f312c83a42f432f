"""Paths of income and expenses."""

from finance.api.records.views import OwnExpenseViewSet, RecordViewSet
from hyperflow.core.api.routes import route

urlpatterns = [
    route("financial-records", RecordViewSet, get="list", post="create"),
    route("financial-records/<id:pk>", RecordViewSet, get="retrieve", put="update", delete="destroy"),
    route("financial-records/<id:pk>/receipt", RecordViewSet, get="receipt", post="attach"),
    route("financial-records/<id:pk>/decision", RecordViewSet, put="decide"),
    route("financial-records/<id:pk>/reimbursement", RecordViewSet, put="reimburse"),
]

employee_urlpatterns = [
    route("expenses", OwnExpenseViewSet, get="list", post="create"),
    route("expenses/<id:pk>", OwnExpenseViewSet, get="retrieve", put="update"),
]
