"""Paths of invoices and what belongs to them."""

from finance.api.invoices.views import CreditNoteViewSet, InvoiceViewSet, PaymentViewSet
from hyperflow.core.api.routes import route

urlpatterns = [
    route("invoices", InvoiceViewSet, get="list", post="create"),
    route("invoices/<id:pk>", InvoiceViewSet, get="retrieve", put="update"),
    route("invoices/<id:pk>/pdf", InvoiceViewSet, get="pdf"),
    route("invoices/<id:pk>/ubl", InvoiceViewSet, get="ubl"),
    route("invoices/<id:pk>/status", InvoiceViewSet, put="set_status"),
    route("invoices/<id:pk>/payments", PaymentViewSet, get="list", post="create"),
    route("invoices/<id:pk>/refunds", PaymentViewSet, post="refund"),
    route("invoices/<id:pk>/credit-notes", CreditNoteViewSet, get="list", post="create"),
    route("payments/<id:pk>", PaymentViewSet, get="retrieve"),
    route("credit-notes/<id:pk>", CreditNoteViewSet, get="retrieve"),
    route("credit-notes/<id:pk>/pdf", CreditNoteViewSet, get="pdf"),
    route("credit-notes/<id:pk>/ubl", CreditNoteViewSet, get="ubl"),
]
