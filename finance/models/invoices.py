"""Invoices and credit notes."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models import Project
from finance.models.base import (
    Document,
    DocumentLine,
    DocumentQuerySet,
    PartOfInvoiceQuerySet,
    amount_field,
    document_constraints,
    line_constraints,
    list_indexes,
    order_of,
    person_field,
)
from hyperflow.core.models import ScopedQuerySet
from tasks.models import Task

_LISTED = {"status": "status", "client": "client", "project": "project"}


class InvoiceQuerySet(DocumentQuerySet):
    def unpaid(self) -> Self:
        """Issued and owed, wholly or in part."""
        return self.filter(status=Invoice.Status.PENDING)

    def overdue(self, today: dt.date) -> Self:
        """Overdue is never stored: it is what is unpaid the day after it was due."""
        return self.unpaid().filter(due_date__lt=today)


class Invoice(Document):
    """A bill to a client.

    A draft has no number and changes freely. Issuing gives it the next number of its year and freezes it; a mistake in
    an issued one is corrected by voiding it, while nothing was paid or credited, or by a credit note. ``paid`` is what
    payments less refunds brought and is not kept as the client's credit, ``credited`` what credit notes took;
    ``balance`` = ``total`` − ``paid`` − ``credited`` is what the client owes. Balance 0 makes it paid.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Pending")
        PAID = "paid", _("Paid")
        VOID = "void", _("Void")

    #: The contract's word for what is pending past its due date.
    OVERDUE = "overdue"
    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        Status.DRAFT: frozenset({Status.PENDING, Status.VOID}),
        Status.PENDING: frozenset({Status.PAID, Status.VOID}),
        Status.PAID: frozenset(),
        Status.VOID: frozenset(),
    }

    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT, editable=False)
    due_date = models.DateField(_("due"), null=True, blank=True)
    paid = amount_field(_("paid"), default=0, editable=False)
    credited = amount_field(_("credited"), default=0, editable=False)
    balance = amount_field(_("balance"), default=0, editable=False)
    paid_on = models.DateField(_("paid on"), null=True, blank=True, editable=False)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True, editable=False)
    voided_by = person_field(_("voided by"), editable=False)
    void_reason = models.CharField(_("reason for voiding"), max_length=300, blank=True, editable=False)
    buyer_reference = models.CharField(_("reference of the client"), max_length=100, blank=True)
    service_from = models.DateField(_("work from"), null=True, blank=True)
    service_until = models.DateField(_("work until"), null=True, blank=True)
    is_imported = models.BooleanField(_("imported"), default=False, editable=False)
    overdue_announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminders_held = models.BooleanField(_("reminders are held"), default=False, editable=False)
    reminders_held_reason = models.CharField(_("why"), max_length=300, blank=True, editable=False)
    #: Counted up to end the signed links to the client's page that are out.
    link_version = models.PositiveSmallIntegerField(default=1, editable=False)
    viewed_at = models.DateTimeField(_("first seen by the client"), null=True, blank=True, editable=False)
    issue_order = order_of("issue_date")
    due_order = order_of("due_date")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        db_table = "invoices"
        ordering = ["-created_at", "-id"]
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        permissions = [
            ("view_all_invoices", "Can see every invoice, drafts included"),
            ("issue_invoice", "Can issue invoices"),
            ("void_invoice", "Can void invoices"),
            ("import_invoice", "Can bring in old invoices with their numbers"),
            ("send_invoice", "Can send invoices, links and statements to clients"),
            ("hold_reminders", "Can hold the reminders of an invoice"),
            ("bill_time", "Can bill hours and write them off"),
            ("view_reports", "Can see the reports of finance"),
            ("view_margin", "Can see what clients and projects earn and cost"),
        ]
        indexes = [
            *list_indexes(
                "invoices",
                {"created_at": "created", "issue_order": "issued", "due_order": "due", "total": "amount"},
                _LISTED,
            ),
            models.Index(fields=["created_by", "id"], name="invoices_maker"),
        ]
        constraints = [
            *document_constraints("finance_invoice"),
            models.CheckConstraint(
                name="finance_invoice_numbered_once_issued",
                condition=Q(status__in=["draft", "void"])
                | Q(number__isnull=False, issue_date__isnull=False, due_date__isnull=False, issued_at__isnull=False),
            ),
            models.CheckConstraint(
                name="finance_invoice_due_after_issue",
                condition=Q(due_date__isnull=True) | Q(issue_date__isnull=True) | Q(due_date__gte=F("issue_date")),
            ),
            models.CheckConstraint(
                name="finance_invoice_work_until_after_from",
                condition=Q(service_from__isnull=True)
                | Q(service_until__isnull=True)
                | Q(service_until__gte=F("service_from")),
            ),
            models.CheckConstraint(
                name="finance_invoice_paid_owes_nothing", condition=~Q(status="paid") | Q(balance__lte=0)
            ),
            models.CheckConstraint(
                name="finance_invoice_void_has_no_money",
                condition=~Q(status__in=["draft", "void"]) | Q(paid=0, credited=0),
            ),
            models.CheckConstraint(name="finance_invoice_paid_not_negative", condition=Q(paid__gte=0)),
            models.CheckConstraint(
                name="finance_invoice_credited_up_to_total", condition=Q(credited__gte=0, credited__lte=F("total"))
            ),
        ]

    def status_on(self, today: dt.date) -> str:
        """The status as people read it: what is pending after its due date is overdue."""
        if self.status == self.Status.PENDING and self.due_date is not None and self.due_date < today:
            return self.OVERDUE
        return str(self.status)


class InvoiceLine(DocumentLine):
    """A line of an invoice. ``task`` and ``project`` say what it is for; the hours behind it are `SettledTime`."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    task = models.ForeignKey(
        Task, verbose_name=_("task"), on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    project = models.ForeignKey(
        Project,
        verbose_name=_("project"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invoice_lines",
    )

    objects = PartOfInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        constraints = line_constraints("finance_invoice_line")


class CreditNote(Document):
    """Takes an issued invoice back, in whole or in part. It is issued when it is made and never changes."""

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="credit_notes"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        indexes = [
            *list_indexes(
                "finance_credit",
                {"created_at": "created", "issue_date": "issued", "total": "amount"},
                {"client": "client", "project": "project"},
            ),
            models.Index(fields=["invoice", "created_at", "id"], name="finance_credit_invoice"),
        ]
        constraints = [
            *document_constraints("finance_credit"),
            models.CheckConstraint(
                name="finance_credit_is_issued", condition=Q(issued_at__isnull=False, number__isnull=False)
            ),
            models.CheckConstraint(name="finance_credit_above_nothing", condition=Q(total__gt=0)),
        ]


class CreditNoteLineQuerySet(ScopedQuerySet["CreditNoteLine"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(credit_note__in=CreditNote.objects.visible_to(user))


class CreditNoteLine(DocumentLine):
    """What a credit note takes back, of which line of the invoice."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, null=True, blank=True, related_name="credits")

    objects = CreditNoteLineQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("line of a credit note")
        verbose_name_plural = _("lines of credit notes")
        constraints = line_constraints("finance_credit_line")


class Reminder(models.Model):
    """A reminder that was sent about an invoice: each stage once."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    stage = models.ForeignKey("finance.ReminderStage", on_delete=models.PROTECT, related_name="reminders")
    sent_to = models.EmailField(_("sent to"), blank=True)
    created_at = models.DateTimeField(_("sent at"))
    made_by = person_field(_("sent by"))

    objects = PartOfInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint(fields=["invoice", "stage"], name="finance_reminder_each_stage_once")]
        indexes = [models.Index(fields=["created_at", "id"], name="finance_reminder_created")]

    def __str__(self) -> str:
        return f"{self.invoice} · {self.stage}"
