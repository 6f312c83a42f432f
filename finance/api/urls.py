"""Paths of finance: all of `/api/finance/`."""

from finance.api.invoices import urls as invoices
from finance.api.records import urls as records

_PARTS = (invoices, records)

finance_urlpatterns = [path for part in _PARTS for path in part.urlpatterns]
