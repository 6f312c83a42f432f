"""What is billed and when: hours and expenses once, milestones, retainers and schedules."""

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Project
from clients.models.clients import one_line
from finance.models.base import (
    PermittedQuerySet,
    amount_field,
    currency_field,
    exact_field,
    percent_field,
    person_field,
)
from finance.models.invoices import Invoice, InvoiceLine
from finance.models.issuing import TaxRate
from finance.models.records import FinancialRecord
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import TimestampedModel, VersionedModel
from tasks.models import TimeEntry


def _only_while_it_holds() -> models.GeneratedField:
    """1 until it is given back, then nothing, so that a unique constraint holds only so long."""
    return models.GeneratedField(
        expression=Case(
            When(released_at__isnull=True, then=Value(1)), default=None, output_field=models.SmallIntegerField()
        ),
        output_field=models.SmallIntegerField(null=True),
        db_persist=True,
    )


class SettledTimeQuerySet(PermittedQuerySet):
    def holding(self) -> Self:
        """What is billed or written off, and not given back since."""
        return self.filter(released_at__isnull=True)


class SettledTime(models.Model):
    """An entry of time is billed by this line of an invoice, or written off: once, until it is given back.

    Voiding an invoice gives its hours back; the row stays, for the trace from a line to its hours and forward again.
    """

    class Kind(models.TextChoices):
        BILLED = "billed", _("Billed")
        WRITTEN_OFF = "written_off", _("Written off")

    entry = models.ForeignKey(TimeEntry, on_delete=models.PROTECT, related_name="settlements")
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices, default=Kind.BILLED)
    line = models.ForeignKey(InvoiceLine, on_delete=models.CASCADE, null=True, blank=True, related_name="settled_time")
    seconds = models.PositiveIntegerField(_("seconds"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    settled_by = person_field(_("by"))
    settled_at = models.DateTimeField(_("at"))
    released_at = models.DateTimeField(_("given back at"), null=True, blank=True)
    holding = _only_while_it_holds()

    objects: Any = SettledTimeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("settled time")
        verbose_name_plural = _("settled time")
        indexes = [models.Index(fields=["kind", "settled_at", "id"], name="finance_settled_kind")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "holding"], name="finance_time_settled_once"),
            models.CheckConstraint(
                name="finance_time_billed_by_a_line",
                condition=Q(kind="billed", line__isnull=False) | Q(kind="written_off", line__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.kind}"


class BilledExpense(models.Model):
    """An expense is billed by this line of an invoice: once, until it is given back."""

    record = models.ForeignKey(FinancialRecord, on_delete=models.PROTECT, related_name="billings")
    line = models.ForeignKey(InvoiceLine, on_delete=models.CASCADE, related_name="billed_expenses")
    settled_by = person_field(_("by"))
    settled_at = models.DateTimeField(_("at"))
    released_at = models.DateTimeField(_("given back at"), null=True, blank=True)
    holding = _only_while_it_holds()

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("billed expense")
        verbose_name_plural = _("billed expenses")
        constraints = [models.UniqueConstraint(fields=["record", "holding"], name="finance_expense_billed_once")]

    def __str__(self) -> str:
        return f"{self.record_id}"


class Milestone(VersionedModel):
    """A part of a project's fixed price that is billed once it is reached. ``line`` bills it."""

    project = models.ForeignKey(Project, verbose_name=_("project"), on_delete=models.PROTECT, related_name="milestones")
    name = models.CharField(_("name"), max_length=200)
    amount = amount_field(_("amount"), validators=[MinValueValidator(0)])
    currency = currency_field()
    tax_rate = models.ForeignKey(
        TaxRate, verbose_name=_("tax rate"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    due_date = models.DateField(_("planned for"), null=True, blank=True)
    reached_on = models.DateField(_("reached on"), null=True, blank=True)
    reached_by = person_field(_("said by"), editable=False)
    line = models.OneToOneField(
        InvoiceLine, on_delete=models.SET_NULL, null=True, blank=True, related_name="milestone", editable=False
    )

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["project", "position", "id"]
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        indexes = [
            models.Index(fields=["project", "position", "id"], name="finance_milestone_project"),
            models.Index(fields=["created_at", "id"], name="finance_milestone_created"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="finance_milestone_name_once"),
            models.CheckConstraint(name="finance_milestone_above_nothing", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name")


class Retainer(VersionedModel):
    """Hours that a client has each month for a fee.

    What a month leaves can be used for ``rolls_over_months`` further months (0: not at all, empty: without end); what
    runs over is billed at ``overrun_rate``, if there is one. Hours are counted in seconds, so nothing is lost.
    """

    project = models.ForeignKey(Project, verbose_name=_("project"), on_delete=models.PROTECT, related_name="retainers")
    name = models.CharField(_("name"), max_length=200)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    fee = amount_field(_("fee a month"), validators=[MinValueValidator(0)])
    currency = currency_field()
    included_seconds = models.PositiveIntegerField(_("seconds a month"))
    rolls_over_months = models.PositiveSmallIntegerField(_("months that hours roll over"), null=True, blank=True)
    overrun_rate = exact_field(
        _("rate of hours that run over"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    tax_rate = models.ForeignKey(
        TaxRate, verbose_name=_("tax rate"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issues_by_itself = models.BooleanField(_("issued without a look"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("retainer")
        verbose_name_plural = _("retainers")
        indexes = [
            models.Index(fields=["project", "id"], name="finance_retainer_project"),
            models.Index(fields=["created_at", "id"], name="finance_retainer_created"),
        ]
        constraints = [
            models.CheckConstraint(
                name="finance_retainer_end_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name")


class RetainerMonth(TimestampedModel):
    """A month of a retainer once it is billed, in seconds: ``included + brought = covered + carried + lapsed`` and
    ``covered + overrun = used``. There is one a month, and so one invoice."""

    retainer = models.ForeignKey(Retainer, on_delete=models.PROTECT, related_name="months")
    month = models.DateField(_("month"))
    included = models.PositiveIntegerField(default=0)
    brought = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    covered = models.PositiveIntegerField(default=0)
    overrun = models.PositiveIntegerField(default=0)
    carried = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.SET_NULL, null=True, blank=True, related_name="retainer_months"
    )

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "-id"]
        verbose_name = _("month of a retainer")
        verbose_name_plural = _("months of retainers")
        constraints = [
            models.UniqueConstraint(fields=["retainer", "month"], name="finance_retainer_month_once"),
            models.CheckConstraint(
                name="finance_retainer_month_used_is_covered_or_over", condition=Q(used=F("covered") + F("overrun"))
            ),
            models.CheckConstraint(
                name="finance_retainer_month_hours_add_up",
                condition=Q(covered=F("included") + F("brought") - F("carried") - F("lapsed")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.retainer} {self.month:%Y-%m}"


class RecurringInvoice(VersionedModel):
    """A schedule by which a client is billed the same again and again: one invoice a period, never two."""

    class Every(models.TextChoices):
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")
        YEAR = "year", _("Year")

    client = models.ForeignKey(
        Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="recurring_invoices"
    )
    project = models.ForeignKey(
        Project,
        verbose_name=_("project"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recurring_invoices",
    )
    name = models.CharField(_("name"), max_length=200)
    every = models.CharField(_("every"), max_length=7, choices=Every.choices, default=Every.MONTH)
    starts_on = models.DateField(_("first on"))
    ends_on = models.DateField(_("last by"), null=True, blank=True)
    #: The first day of the next period, as the job looks for what is due.
    next_on = models.DateField(_("next on"), null=True, blank=True, editable=False)
    currency = currency_field()
    payment_terms_days = models.PositiveSmallIntegerField(
        _("payment terms in days"), null=True, blank=True, validators=[MaxValueValidator(365)]
    )
    notes = models.TextField(_("text"), blank=True, max_length=4_000)
    issues_by_itself = models.BooleanField(_("issued without a look"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = person_field(_("made by"), editable=False)

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("recurring invoice")
        verbose_name_plural = _("recurring invoices")
        indexes = [
            models.Index(fields=["is_active", "next_on", "id"], name="finance_recurring_due"),
            models.Index(fields=["client", "created_at", "id"], name="finance_recurring_client"),
            models.Index(fields=["created_at", "id"], name="finance_recurring_created"),
        ]
        constraints = [
            models.CheckConstraint(
                name="finance_recurring_end_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name")


class RecurringLine(models.Model):
    """A line that each invoice of a schedule gets."""

    schedule = models.ForeignKey(RecurringInvoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    description = models.CharField(_("description"), max_length=1_000)
    quantity = exact_field(_("quantity"), default=1)
    unit_price = exact_field(_("price"), validators=[MinValueValidator(0)])
    discount_percent = percent_field(_("discount in percent"), blank=True)
    tax_rate = models.ForeignKey(
        TaxRate, verbose_name=_("tax rate"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("line of a recurring invoice")
        verbose_name_plural = _("lines of recurring invoices")
        constraints = [models.CheckConstraint(name="finance_recurring_quantity", condition=~Q(quantity=0))]

    def __str__(self) -> str:
        return self.description[:80]


class RecurringPeriod(models.Model):
    """A period of a schedule has had its turn: the row that makes its invoice the only one."""

    schedule = models.ForeignKey(RecurringInvoice, on_delete=models.PROTECT, related_name="periods")
    period = IdentifierField(_("period"), max_length=10)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    invoice = models.OneToOneField(
        Invoice, on_delete=models.SET_NULL, null=True, blank=True, related_name="recurring_period"
    )
    created_at = models.DateTimeField(_("made at"))

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        verbose_name = _("period of a recurring invoice")
        verbose_name_plural = _("periods of recurring invoices")
        constraints = [models.UniqueConstraint(fields=["schedule", "period"], name="finance_recurring_once_a_period")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.period}"
