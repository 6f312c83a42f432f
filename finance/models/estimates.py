"""What work would cost, for a client to agree to."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance.models.base import (
    Document,
    DocumentLine,
    DocumentQuerySet,
    document_constraints,
    line_constraints,
    list_indexes,
    order_of,
    person_field,
)
from finance.models.invoices import Invoice
from hyperflow.core.models import ScopedQuerySet


class Estimate(Document):
    """What work would cost, sent to a client to agree to. An accepted one becomes one invoice.

    Sending numbers and freezes it. That it has run out is never stored: it is what was sent and is past
    ``valid_until``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    #: What is sent and past its date.
    EXPIRED = "expired"
    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        Status.DRAFT: frozenset({Status.SENT, Status.DECLINED}),
        Status.SENT: frozenset({Status.ACCEPTED, Status.DECLINED}),
        Status.ACCEPTED: frozenset(),
        Status.DECLINED: frozenset(),
    }

    title = models.CharField(_("title"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT, editable=False)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decided_by = person_field(_("decided by"), editable=False)
    decision_note = models.CharField(_("note on the decision"), max_length=300, blank=True, editable=False)
    invoice = models.OneToOneField(
        Invoice, on_delete=models.SET_NULL, null=True, blank=True, related_name="estimate", editable=False
    )
    issue_order = order_of("issue_date")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("estimate")
        verbose_name_plural = _("estimates")
        indexes = list_indexes(
            "finance_estimate",
            {"created_at": "made", "issue_order": "sent", "total": "sum"},
            {"status": "status", "client": "client", "project": "project"},
        )
        constraints = [
            *document_constraints("finance_estimate"),
            models.CheckConstraint(
                name="finance_estimate_invoiced_once_accepted", condition=Q(invoice__isnull=True) | Q(status="accepted")
            ),
        ]


class EstimateLineQuerySet(ScopedQuerySet["EstimateLine"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(estimate__in=Estimate.objects.visible_to(user))


class EstimateLine(DocumentLine):
    """A line of an estimate."""

    estimate = models.ForeignKey(Estimate, on_delete=models.CASCADE, related_name="lines")

    objects = EstimateLineQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("line of an estimate")
        verbose_name_plural = _("lines of estimates")
        constraints = line_constraints("finance_estimate_line")
