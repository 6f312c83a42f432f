"""`/api/finance/invoices` and what belongs to them: parse, call a service, render."""

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request

from clients.models import Client
from finance.api.filters import CreditNoteFilter, InvoiceFilter, PaymentFilter
from finance.api.invoices import serializers
from finance.billing.grouping import GroupBy
from finance.documents import serving
from finance.models import CreditNote, Invoice, Payment
from finance.services import credit_notes, documents, invoices, payments
from finance.services.from_time import bill_time
from hyperflow.core import storage
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound

# Looked up beside the page, not joined: MariaDB would begin a sorted, limited join at the smaller table.
_CLIENT = Prefetch("client", Client.objects.only("name"))


def _hours(given: dict[str, Any]) -> dict[str, Any]:
    """What hours are billed by; the project is the one whose hours they are."""
    wanted = given.pop("from_time")
    skipped = {"invoice_number", "project"}
    by = {"group_by": GroupBy(wanted.pop("group_by"))} if "group_by" in wanted else {}
    return {**{name: value for name, value in given.items() if name not in skipped}, **wanted, **by}


class DocumentMixin:
    """What is issued, as the document that the client gets."""

    get_object: Any

    def pdf(self, request: Request, pk: int) -> HttpResponseBase:
        """The document, with its electronic invoice inside; rendered at once where the job has not done it yet."""
        document = self.get_object()
        if not document.is_issued:
            raise NotFound(_("A draft has no document yet."))
        return serving.download(document)

    def ubl(self, request: Request, pk: int) -> HttpResponse:
        """The document as UBL 2.1 (EN 16931)."""
        document = self.get_object()
        if not document.is_issued:
            raise NotFound(_("A draft has no document yet."))
        name = documents.file_name(document).replace(".pdf", ".xml")
        headers = {"Content-Disposition": storage.disposition(name)}
        return HttpResponse(documents.ubl_of(document), content_type="application/xml", headers=headers)


class InvoiceViewSet(DocumentMixin, ListMixin, RetrieveMixin, ScopedViewSet):
    """All for who looks after invoices; for a client the issued ones of its own."""

    queryset = Invoice.objects.defer("seller").prefetch_related(_CLIENT, "lines", "payments")
    serializer_class = serializers.InvoiceSerializer
    filterset_class = InvoiceFilter
    needs: ClassVar = {
        "list": "finance.view_invoice",
        "retrieve": "finance.view_invoice",
        "pdf": "finance.view_invoice",
        "ubl": "finance.view_invoice",
        "create": "finance.add_invoice",
        "update": "finance.change_invoice",
        "set_status": ("finance.issue_invoice", "finance.void_invoice", "finance.add_payment"),
    }
    inputs: ClassVar = {
        "create": serializers.InvoiceInput,
        "update": serializers.InvoiceUpdate,
        "set_status": serializers.InvoiceStatusInput,
    }
    outputs: ClassVar = {"pdf": bytes, "ubl": bytes}
    produces = ("application/pdf", "application/xml")
    whole: ClassVar = ("update", "set_status")  # a line is whole, also where the rest is a part
    orderings: ClassVar = {
        "created_at": "created_at",
        "issue_date": "issue_order",
        "due_date": "due_order",
        "amount": "total",
    }
    default_ordering = "-created_at"

    def create(self, request: Request) -> HttpResponse:
        """A draft of lines, or of the hours of a project (``from_time``)."""
        given = self.parse()
        if "from_time" in given:
            return self.render(bill_time(actor=self.actor, **_hours(given)), 201)
        return self.render(invoices.create_invoice(actor=self.actor, **given), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        """Change a draft. ``lines``, where given, are all that it is to have."""
        invoice = self.get_object()
        invoices.update_invoice(
            invoice=invoice, actor=self.actor, expected_version=self.expected_version, **self.parse()
        )
        return self.render(invoice)

    def set_status(self, request: Request, pk: int) -> HttpResponse:
        """Issue, settle or void it; ``overdue`` asks whether it is."""
        invoice = self.get_object()
        invoices.set_status(invoice=invoice, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(invoice)


class PartOfInvoiceViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Rows of one invoice, under its path, and each by its own."""

    home: ClassVar[str]

    def invoice(self) -> Invoice:
        """The invoice in the path, if it is there for the caller."""
        found: Invoice | None = Invoice.objects.visible_to(self.actor).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def list(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.page(self.get_queryset().filter(invoice=self.invoice()))

    def location(self, row: Any) -> str:
        return f"/api/finance/{self.home}/{row.pk}"


class PaymentViewSet(PartOfInvoiceViewSet):
    """Payments and refunds of an invoice."""

    queryset = Payment.objects.select_related("invoice")
    serializer_class = serializers.PaymentSerializer
    outputs: ClassVar = dict.fromkeys(("create", "refund"), serializers.RecordedPaymentSerializer)
    filterset_class = PaymentFilter
    needs: ClassVar = {
        "list": "finance.view_invoice",
        "retrieve": "finance.view_invoice",
        "create": "finance.add_payment",
        "refund": "finance.add_payment",
    }
    inputs: ClassVar = {"create": serializers.PaymentInput, "refund": serializers.RefundInput}
    statuses: ClassVar = {"refund": 201}
    orderings: ClassVar = {"date": "received_on", "created_at": "created_at"}
    default_ordering = "-date"
    home = "payments"

    def create(self, request: Request, pk: int) -> HttpResponse:
        return self._recorded(payments.record_payment)

    def refund(self, request: Request, pk: int) -> HttpResponse:
        return self._recorded(payments.record_refund)

    def _recorded(self, record: Any) -> HttpResponse:
        invoice, given = self.invoice(), self.parse()
        payment = record(invoice=invoice, actor=self.actor, expected_version=self.expected_version, **given)
        return self.render(payment, 201)


class CreditNoteViewSet(DocumentMixin, PartOfInvoiceViewSet):
    """Documents that take back what an invoice charged."""

    queryset = CreditNote.objects.defer("seller").prefetch_related(_CLIENT, "lines")
    serializer_class = serializers.CreditNoteSerializer
    filterset_class = CreditNoteFilter
    needs: ClassVar = {
        "list": "finance.view_creditnote",
        "retrieve": "finance.view_creditnote",
        "pdf": "finance.view_creditnote",
        "ubl": "finance.view_creditnote",
        "create": "finance.add_creditnote",
    }
    inputs: ClassVar = {"create": serializers.CreditNoteInput}
    outputs: ClassVar = {"pdf": bytes, "ubl": bytes}
    produces = ("application/pdf", "application/xml")
    home = "credit-notes"

    def create(self, request: Request, pk: int) -> HttpResponse:
        invoice, given = self.invoice(), self.parse()
        note = credit_notes.credit(invoice=invoice, actor=self.actor, expected_version=self.expected_version, **given)
        return self.render(note, 201)
