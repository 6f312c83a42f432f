"""The documents of invoices and credit notes: rendered once from what the row keeps, stored, and never made anew."""

from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from finance.documents import content, einvoice
from finance.models import CreditNote, Invoice
from finance.models.base import Document
from finance.services import issuing
from hyperflow.core import changes, clock, storage, typesetting
from hyperflow.core.errors import Conflict
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command

TEMPLATE = "finance/document.typ"
#: What signed links name.
KINDS: dict[str, type[Document]] = {"finance.invoice": Invoice, "finance.creditnote": CreditNote}


def render(document: Document) -> bytes:
    """The PDF: of an issued document an archive (PDF/A-3b) with its electronic invoice inside, of a draft a preview.

    A document that lacks what EN 16931 asks for (`einvoice.missing`) is an archive without an electronic invoice.
    """
    if not document.is_issued:
        document = _previewed(document)
        return typesetting.pdf(TEMPLATE, content.of(document), made_at=document.updated_at or clock.now())
    assert document.issued_at is not None  # noqa: S101 (is_issued says so)
    page = typesetting.pdf(TEMPLATE, content.of(document), made_at=document.issued_at, standard="a-3b")
    if einvoice.missing(document):
        return page
    return _with_data(document, page)


def _with_data(document: Document, page: bytes) -> bytes:
    """The page with the electronic invoice attached, as Factur-X and ZUGFeRD have it."""
    import facturx

    made: Any = facturx.generate_from_binary(
        page,
        einvoice.cii(document),
        flavor="factur-x",
        level=einvoice.LEVEL,
        lang=document.language or "en",
        afrelationship="alternative",
        pdf_metadata={
            "author": document.seller.get("name", ""),
            "keywords": "Factur-X, ZUGFeRD, EN 16931",
            "title": file_name(document).removesuffix(".pdf"),
            "subject": str(document),
        },
    )
    return bytes(made)


@command
def pdf_of(*, document: Document) -> StoredFile:
    """The stored document of what is issued; rendered at once where the job has not done it yet. A draft has none."""
    document = changes.lock(document)
    if not document.is_issued:
        raise Conflict(_("A draft has no document yet: issue it first."), code="not_issued")
    if document.pdf is None:
        rendered = ContentFile(render(document), name=file_name(document))
        document.pdf = storage.store(rendered, actor=None)
        document.save(update_fields=["pdf"])
    return document.pdf


def ubl_of(document: Document) -> bytes:
    """The issued document as UBL 2.1. Raises `Conflict` ``einvoice_incomplete``, which names what is missing."""
    if not document.is_issued:
        raise Conflict(_("A draft has no document yet: issue it first."), code="not_issued")
    if lacks := einvoice.missing(document):
        raise Conflict(
            _("An electronic invoice also needs: %(what)s.") % {"what": ", ".join(lacks)}, code="einvoice_incomplete"
        )
    return einvoice.ubl(document)


def find_invoice(pk: int, user: Any) -> StoredFile | None:
    """The document of an issued invoice, for who may see it."""
    return _found(Invoice, pk, user)


def find_credit_note(pk: int, user: Any) -> StoredFile | None:
    return _found(CreditNote, pk, user)


def _found(model: type[Any], pk: int, user: Any) -> StoredFile | None:
    document = model.objects.visible_to(user).filter(pk=pk, issued_at__isnull=False).first()
    return pdf_of(document=document) if document is not None else None


def prepare(*, kind: str, pk: int) -> dict[str, int]:
    """Store the document of what was issued. Done again it does nothing more."""
    document = KINDS[kind]._base_manager.filter(pk=pk, issued_at__isnull=False, pdf__isnull=True).first()
    if document is not None:
        pdf_of(document=document)
    return {"rendered": int(document is not None)}


def file_name(document: Document) -> str:
    return f"{document.number or f'draft-{document.pk}'}.pdf"


def _previewed(draft: Document) -> Document:
    """A copy of a draft with what it would keep if it were issued now."""
    shown = draft.__class__(
        **{field.attname: getattr(draft, field.attname) for field in draft._meta.concrete_fields if not field.generated}
    )
    for name, value in issuing.copies(draft).items():
        setattr(shown, name, value)
    return shown
