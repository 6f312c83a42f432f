"""Sums of each day and month: a report reads as many rows as it shows groups, however many documents there are."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.base import currency_field
from hyperflow.core.fields import IdentifierField

#: Amounts are kept as whole thousandths: SQLite would sum decimals as floats.
THOUSANDTHS = 1_000


class Measure(models.TextChoices):
    """What is summed. Corrections (a void, a refund) are facts below zero on the day they happen."""

    INVOICED = "invoiced", _("Invoiced")  # issued documents without tax, less credit notes, on their dates
    INVOICED_GROSS = "invoiced_gross", _("Invoiced with tax")
    COLLECTED = "collected", _("Collected")  # payments less refunds, on the days they came
    OWED = "owed", _("Owed")  # balances of invoices, on the dates of the invoices; its category is the due date
    INCOME = "income", _("Income")  # records that count
    OTHER_INCOME = "other_income", _("Other income")  # of them, those that no payment booked, without their tax
    EXPENSE = "expense", _("Expenses")
    NET_EXPENSE = "net_expense", _("Expenses without tax")  # the same, without the tax in them
    PAYROLL = "payroll", _("Payroll")  # expenses that payslips booked, which not everybody may see


class _Sums(models.Model):
    """How much, of how many facts; ``company`` at the rates kept on them, without the ``unconverted`` ones, whose
    amount is ``excluded``."""

    amount = models.BigIntegerField(_("thousandths"), default=0)
    company = models.BigIntegerField(_("thousandths in the company's currency"), default=0)
    excluded = models.BigIntegerField(_("thousandths without a rate"), default=0)
    count = models.IntegerField(_("how many"), default=0)
    unconverted = models.IntegerField(_("without a rate"), default=0)

    class Meta:
        abstract = True


class RollupChange(_Sums):
    """A fact that the sums do not have yet: written with it in one transaction, by which no two writers wait for
    each other, and folded into `Rollup` by a job. A report reads both."""

    measure = models.CharField(max_length=14, choices=Measure.choices)
    day = models.DateField()
    currency = currency_field()
    client_key = models.BigIntegerField(default=0)
    project_key = models.BigIntegerField(default=0)
    category = IdentifierField(max_length=80, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("change of the sums")
        verbose_name_plural = _("changes of the sums")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.measure} {self.day}"


class Rollup(_Sums):
    """The sum of a measure over a day or a month: of everything, or of one client, project or category.

    ``key`` is the client's or project's id (``0``: none) or the category.
    """

    class Grain(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")

    class Dimension(models.TextChoices):
        ALL = "all", _("Everything")
        CLIENT = "client", _("Client")
        PROJECT = "project", _("Project")
        CATEGORY = "category", _("Category")

    grain = models.CharField(max_length=5, choices=Grain.choices)
    dimension = models.CharField(max_length=8, choices=Dimension.choices)
    measure = models.CharField(max_length=14, choices=Measure.choices)
    starts_on = models.DateField()
    key = IdentifierField(max_length=80, blank=True)
    currency = currency_field()

    class Meta:
        ordering = ["id"]
        verbose_name = _("sum")
        verbose_name_plural = _("sums")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["dimension", "grain", "measure", "starts_on", "key", "currency"], name="finance_rollup_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.starts_on}"
