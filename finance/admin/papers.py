"""The buttons that lead to an invoice, credit note or estimate as PDF, and to the first two as electronic invoices."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from finance.documents import einvoice, serving
from finance.models import Invoice
from finance.models.base import Document
from finance.reports.statement import StatementReport
from finance.services import documents
from hyperflow.core import storage
from hyperflow.core.admin import Link, register_links


class PapersMixin:
    """For an admin of documents. A draft has a preview, marked as such and stored nowhere."""

    model: Any
    admin_site: Any
    get_queryset: Any
    has_view_permission: Any

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/pdf/", wrap(self.pdf_view), name=f"{name}_pdf"),
            path("<int:pk>/ubl/", wrap(self.ubl_view), name=f"{name}_ubl"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        document = self._document(request, pk)
        if document.is_issued:
            return serving.download(document)
        headers = {
            "Content-Disposition": storage.disposition(documents.file_name(document)),
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(documents.render(document), content_type="application/pdf", headers=headers)

    def ubl_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = self._document(request, pk)
        if not document.is_issued or einvoice.missing(document):
            raise Http404
        name = documents.file_name(document).replace(".pdf", ".xml")
        headers = {"Content-Disposition": storage.disposition(name), "Cache-Control": "private, no-store"}
        return HttpResponse(documents.ubl_of(document), content_type="application/xml", headers=headers)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        label = _("PDF") if row.is_issued else _("Preview")
        found = [Link(label, reverse(f"{name}_pdf", args=[row.pk]), icon="picture_as_pdf")]
        if row.is_issued and not einvoice.missing(row):
            found.append(Link(_("UBL"), reverse(f"{name}_ubl", args=[row.pk]), icon="data_object"))
        if isinstance(row, Invoice) and request.user.has_perm("finance.view_settledtime"):
            found.append(Link(_("What is behind it"), f"/reports/finance/trace?invoice={row.pk}", icon="account_tree"))
        return [*found, *statement_link(request, row.client_id)]

    def _document(self, request: HttpRequest, pk: int) -> Document:
        if not self.has_view_permission(request):
            raise PermissionDenied
        document: Document | None = self.get_queryset(request).filter(pk=pk).first()
        if document is None:
            raise Http404
        return document


def statement_link(request: HttpRequest, client_id: int) -> list[Link]:
    """The button that leads to a client's statement of account, for who may read it."""
    if not StatementReport.permitted(request.user):
        return []
    address = f"{reverse('reports:finance-statement')}?{urlencode({'client': client_id})}"
    return [Link(_("Statement of account"), address, icon="receipt_long")]


register_links("clients.client", lambda request, row: statement_link(request, row.pk))
register_links("finance.billingdetails", lambda request, row: statement_link(request, row.client_id))
