"""Paths of finance: all of `/api/finance/`, and what people hand in under `/api/employee/`."""

from finance.api.invoices import urls as invoices
from finance.api.records import urls as records

_PARTS = (invoices, records)

finance_urlpatterns = [path for part in _PARTS for path in part.urlpatterns]
employee_urlpatterns = records.employee_urlpatterns
