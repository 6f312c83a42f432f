"""Income and expenses as they are booked, and what may be spent."""

from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from clients.models import Client, Project
from clients.models.clients import one_line
from finance.models.base import (
    PermittedQuerySet,
    amount_field,
    currency_field,
    list_indexes,
    person_field,
    rate_field,
)
from finance.models.invoices import Invoice
from finance.models.payments import CreditEntry, Payment
from hr.models import Payslip
from hyperflow.core import money
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, VersionedModel

#: Categories that people are offered; any other can be written.
CATEGORIES = {
    "income": ["services", "licences", "interest", "other_income"],
    "expense": [
        "payroll", "subcontractors", "software", "hardware", "advertising", "travel", "office", "rent", "insurance",
        "taxes", "bank_fees", "training", "other_expense",
    ],
}  # fmt: skip


class FinancialRecordQuerySet(ScopedQuerySet["FinancialRecord"]):
    def visible_to(self, user: Any) -> Self:
        """All with the right to see all, but what somebody was paid, which takes the right to see payslips; else the
        expenses that somebody handed in."""
        if user.has_perm("finance.view_all_records"):
            return self if user.has_perm("hr.view_all_payslips") else self.filter(payslip__isnull=True)
        return self.claimed_by(user) if user.has_perm("finance.claim_expense") else self.none()

    def claimed_by(self, user: Any) -> Self:
        """The expenses that somebody handed in."""
        return self.filter(user_id=user.pk, source=FinancialRecord.Source.CLAIM)

    def counted(self) -> Self:
        """What the reports count: everything but expenses that wait for a decision or were refused."""
        return self.exclude(status__in=FinancialRecord.UNCOUNTED)


class FinancialRecord(VersionedModel):
    """Income or an expense of a day.

    What a payment or a payslip books is booked once and follows it; people write the rest. ``amount`` is below zero
    only where a refund, or credit that is paid out, takes income back. An expense that somebody claims is counted once
    it is approved.
    """

    class Type(models.TextChoices):
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expense")

    class Source(models.TextChoices):
        MANUAL = "manual", _("Written by hand")
        CLAIM = "claim", _("Handed in")
        PAYMENT = "payment", _("Payment")
        PAYROLL = "payroll", _("Payroll")
        IMPORT = "import", _("Import")

    class Status(models.TextChoices):
        BOOKED = "booked", _("Booked")
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        REIMBURSED = "reimbursed", _("Reimbursed")

    NEXT = {
        Status.BOOKED: frozenset(),
        Status.SUBMITTED: frozenset({Status.APPROVED, Status.REJECTED}),
        Status.APPROVED: frozenset({Status.REIMBURSED}),
        Status.REJECTED: frozenset({Status.SUBMITTED}),
        Status.REIMBURSED: frozenset(),
    }
    UNCOUNTED = (Status.SUBMITTED, Status.REJECTED)

    record_type = models.CharField(_("type"), max_length=7, choices=Type.choices)
    category = IdentifierField(_("category"), max_length=80)
    amount = amount_field(_("amount"))
    tax = amount_field(_("tax in it"), default=0, blank=True)
    currency = currency_field()
    exchange_rate = rate_field()
    company_amount = amount_field(_("in the company's currency"), null=True, blank=True, editable=False)
    company_tax = amount_field(_("tax in the company's currency"), null=True, blank=True, editable=False)
    description = models.CharField(_("description"), max_length=500, blank=True)
    supplier = models.CharField(_("from or to"), max_length=200, blank=True)
    record_date = models.DateField(_("date"))
    client = models.ForeignKey(
        Client, verbose_name=_("client"), on_delete=models.PROTECT, null=True, blank=True, related_name="records"
    )
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.PROTECT, null=True, blank=True, related_name="records"
    )
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="financial_records",
    )
    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, null=True, blank=True, related_name="records"
    )
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="record", editable=False
    )
    credit_entry = models.OneToOneField(
        CreditEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="record", editable=False
    )
    payslip = models.OneToOneField(
        Payslip, on_delete=models.PROTECT, null=True, blank=True, related_name="expense", editable=False
    )
    source = models.CharField(
        _("booked by"), max_length=8, choices=Source.choices, default=Source.MANUAL, editable=False
    )
    external_id = IdentifierField(_("id in the source"), max_length=120, null=True, blank=True, unique=True)
    receipt = models.ForeignKey(
        "core.StoredFile", verbose_name=_("receipt"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_billable = models.BooleanField(_("billed to the client"), default=False)
    is_paid_by_person = models.BooleanField(_("paid by the person"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.BOOKED, editable=False)
    decided_by = person_field(_("decided by"), editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decision_note = models.CharField(_("note on the decision"), max_length=300, blank=True, editable=False)
    reimbursed_on = models.DateField(_("reimbursed on"), null=True, blank=True, editable=False)
    created_by = person_field(_("made by"), editable=False)

    objects = FinancialRecordQuerySet.as_manager()

    class Meta:
        db_table = "financial_records"
        ordering = ["-record_date", "-id"]
        verbose_name = _("financial record")
        verbose_name_plural = _("financial records")
        permissions = [
            ("view_all_records", "Can see all income and expenses"),
            ("claim_expense", "Can hand in own expenses"),
            ("approve_expense", "Can approve and refuse expenses"),
            ("reimburse_expense", "Can mark expenses as reimbursed"),
        ]
        indexes = [
            *list_indexes(
                "records",
                {"created_at": "created", "record_date": "day"},
                {"status": "status", "client": "client", "project": "project", "user": "user"},
            ),
            models.Index(fields=["record_type", "record_date", "id"], name="records_type_day"),
            models.Index(fields=["category", "record_date", "id"], name="records_category_day"),
            models.Index(fields=["department", "record_date", "id"], name="records_department_day"),
        ]
        constraints = [
            models.CheckConstraint(
                name="finance_record_below_zero_only_by_refund",
                condition=Q(amount__gt=0)
                | (Q(amount__lt=0) & (Q(payment__isnull=False) | Q(credit_entry__isnull=False))),
            ),
            models.CheckConstraint(
                name="finance_record_made_by_its_source",
                condition=Q(source="payment", payment__isnull=False, payslip__isnull=True, credit_entry__isnull=True)
                | Q(source="payment", payment__isnull=True, payslip__isnull=True, credit_entry__isnull=False)
                | Q(source="payroll", payslip__isnull=False, payment__isnull=True, credit_entry__isnull=True)
                | Q(
                    source__in=["manual", "claim", "import"],
                    payment__isnull=True,
                    payslip__isnull=True,
                    credit_entry__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="finance_record_only_expenses_are_decided", condition=Q(status="booked") | Q(record_type="expense")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_record_type_display()} {self.record_date}"

    def clean(self) -> None:
        one_line(self, "category", "supplier")
        digits = ValidationError(_("It has more digits than its currency."), code="too_many_digits")
        if not money.fits(self.amount, self.currency):
            raise ValidationError({"amount": digits})
        if not money.fits(self.tax, self.currency):
            raise ValidationError({"tax": digits})
        if abs(self.tax) > abs(self.amount):
            raise ValidationError({"tax": _("The tax in it is at most the amount.")})
        if self.project is not None and self.client_id is not None and self.project.client_id != self.client_id:
            raise ValidationError({"project": _("The project belongs to another client.")})


class Budget(VersionedModel):
    """What may be spent in a period: by a department, for a client, on a project, or by the company.

    ``category`` narrows it to one. Whoever looks after budgets is told once when ``alert_percent`` of it is spent.
    """

    class Scope(models.TextChoices):
        COMPANY = "company", _("Company")
        DEPARTMENT = "department", _("Department")
        CLIENT = "client", _("Client")
        PROJECT = "project", _("Project")

    name = models.CharField(_("name"), max_length=120)
    scope = models.CharField(_("for"), max_length=10, choices=Scope.choices, default=Scope.COMPANY)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="budgets",
    )
    client = models.ForeignKey(
        Client, verbose_name=_("client"), on_delete=models.PROTECT, null=True, blank=True, related_name="budgets"
    )
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.PROTECT, null=True, blank=True, related_name="budgets"
    )
    category = IdentifierField(_("category"), max_length=80, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    amount = amount_field(_("amount"), validators=[MinValueValidator(0)])
    currency = currency_field()
    alert_percent = models.PositiveSmallIntegerField(
        _("alert at percent"), default=80, validators=[MinValueValidator(1), MaxValueValidator(1_000)]
    )
    alerted_at = models.DateTimeField(_("alerted at"), null=True, blank=True, editable=False)
    notes = models.TextField(_("notes"), blank=True, max_length=2_000)
    created_by = person_field(_("made by"), editable=False)

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        indexes = list_indexes(
            "finance_budget",
            {"created_at": "created", "starts_on": "start"},
            {"department": "dep", "client": "client", "project": "project"},
        )
        constraints = [
            models.CheckConstraint(name="finance_budget_end_after_start", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="finance_budget_above_nothing", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="finance_budget_is_for_its_scope",
                condition=Q(scope="company", department__isnull=True, client__isnull=True, project__isnull=True)
                | Q(scope="department", department__isnull=False, client__isnull=True, project__isnull=True)
                | Q(scope="client", department__isnull=True, client__isnull=False, project__isnull=True)
                | Q(scope="project", department__isnull=True, client__isnull=True, project__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name", "category")
        if self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It ends before it begins.")})
        if not money.fits(self.amount, self.currency):
            raise ValidationError(
                {"amount": ValidationError(_("It has more digits than its currency."), code="too_many_digits")}
            )
