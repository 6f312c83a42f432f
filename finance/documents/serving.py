"""Handing a document out."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from finance.documents import content
from finance.documents.words import Words
from finance.models import Invoice
from finance.models.base import Document
from finance.services import documents
from hyperflow.core import clock, storage, typesetting


def download(document: Document) -> HttpResponseBase:
    """The stored document of what is issued; of an invoice that was voided since, a copy that says so.

    What is stored is what the client got, and stays. The copy asks for no money and is no electronic invoice, so that
    nobody pays or books it again.
    """
    if not (isinstance(document, Invoice) and document.status == Invoice.Status.VOID):
        return storage.download(documents.pdf_of(document=document))
    shown = {**content.of(document), "draft": Words(document.language)["is_void"], "payment": {}}
    made = typesetting.pdf(documents.TEMPLATE, shown, made_at=document.voided_at or clock.now())
    name = f"{documents.file_name(document).removesuffix('.pdf')}-void.pdf"
    headers = {"Content-Disposition": storage.disposition(name), "Cache-Control": "private, no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)
