"""Money that came and went, what of it clients have in credit, and the bank's statements."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from finance.models.base import (
    PartOfInvoiceQuerySet,
    PermittedQuerySet,
    amount_field,
    currency_field,
    list_indexes,
    person_field,
    rate_field,
)
from finance.models.invoices import CreditNote, Invoice
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import TimestampedModel, VersionedModel


class Payment(TimestampedModel):
    """Money for an invoice, on the day it came; a refund is one below zero. Appended, never edited.

    ``amount`` = ``applied`` + ``kept``: what counts towards the invoice, and what was paid beyond its balance and is
    kept as the client's credit. A payment by credit (`Method.CREDIT`) moves no money: it uses what was kept before.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")

    class Method(models.TextChoices):
        BANK_TRANSFER = "bank_transfer", _("Bank transfer")
        CARD = "card", _("Card")
        DIRECT_DEBIT = "direct_debit", _("Direct debit")
        CASH = "cash", _("Cash")
        CHEQUE = "cheque", _("Cheque")
        ONLINE = "online", _("Online")
        CREDIT = "credit", _("The client's credit")
        OTHER = "other", _("Other")

    invoice = models.ForeignKey(Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="payments")
    client = models.ForeignKey(Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.PAYMENT)
    amount = amount_field(_("amount"))
    applied = amount_field(_("counted"))
    kept = amount_field(_("kept as credit"), default=0)
    currency = currency_field()
    exchange_rate = rate_field()
    company_amount = amount_field(_("in the company's currency"), null=True, blank=True)
    received_on = models.DateField(_("date"))
    method = models.CharField(_("by"), max_length=13, choices=Method.choices, default=Method.BANK_TRANSFER)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    recorded_by = person_field(_("recorded by"))

    objects = PartOfInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-id"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [
            *list_indexes(
                "finance_pay", {"created_at": "created", "received_on": "day"}, {"client": "client", "method": "by"}
            ),
            models.Index(fields=["invoice", "received_on", "id"], name="finance_pay_invoice"),
        ]
        constraints = [
            models.CheckConstraint(
                name="finance_payment_sign_by_kind",
                condition=Q(kind="payment", amount__gt=0, applied__gte=0, kept__gte=0)
                | Q(kind="refund", amount__lt=0, applied__lt=0, kept=0),
            ),
            models.CheckConstraint(
                name="finance_payment_credit_is_not_kept", condition=~Q(method="credit") | Q(kept=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.received_on}"


class CreditEntry(models.Model):
    """A line of a client's credit with the agency: kept from a payment, or by a credit note for what was paid; used for
    an invoice; or paid out.

    The sum of a client's lines in a currency is what it has in credit. What is paid out is money that went: it keeps
    the rate at which it counts, and books its record, once.
    """

    class Kind(models.TextChoices):
        KEPT = "kept", _("Kept")
        USED = "used", _("Used")
        PAID_OUT = "paid_out", _("Paid out")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="credit_entries")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    amount = amount_field(_("amount"))
    currency = currency_field()
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="credit_entry"
    )
    credit_note = models.OneToOneField(
        CreditNote,
        verbose_name=_("credit note"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_entry",
    )
    exchange_rate = rate_field()
    company_amount = amount_field(_("in the company's currency"), null=True, blank=True)
    day = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_by = person_field(_("by"))
    created_at = models.DateTimeField(_("made at"))

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("line of a client's credit")
        verbose_name_plural = _("lines of clients' credit")
        indexes = [models.Index(fields=["client", "currency", "id"], name="finance_credit_of_client")]
        constraints = [
            models.CheckConstraint(
                name="finance_credit_sign_by_kind",
                condition=Q(kind="kept", amount__gt=0) | Q(kind__in=["used", "paid_out"], amount__lt=0),
            ),
            models.CheckConstraint(
                name="finance_credit_entry_has_a_payment",
                condition=Q(kind="paid_out", credit_note__isnull=True)
                | Q(payment__isnull=False, credit_note__isnull=True)
                | Q(kind="kept", payment__isnull=True, credit_note__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.amount}"


class BankLine(VersionedModel):
    """A line of a bank statement. A match with an invoice is proposed; a person confirms it, which makes the payment.

    ``fingerprint`` is what tells the line from all others, so a statement that is read twice adds nothing.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        MATCHED = "matched", _("Matched")
        IGNORED = "ignored", _("Ignored")

    fingerprint = IdentifierField(max_length=64, unique=True, editable=False)
    booked_on = models.DateField(_("date"))
    amount = amount_field(_("amount"))
    currency = currency_field()
    payer = models.CharField(_("from"), max_length=200, blank=True)
    reference = models.CharField(_("reference"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.OPEN, editable=False)
    proposed = models.ForeignKey(
        Invoice, verbose_name=_("proposed"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    proposed_because = models.CharField(_("because"), max_length=200, blank=True)
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_line", editable=False
    )
    imported_by = person_field(_("imported by"))

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-booked_on", "-id"]
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        indexes = list_indexes("finance_bank", {"created_at": "created", "booked_on": "day"}, {"status": "status"})
        constraints = [
            models.CheckConstraint(
                name="finance_bank_matched_has_a_payment",
                condition=Q(status="matched", payment__isnull=False)
                | Q(status__in=["open", "ignored"], payment__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"
