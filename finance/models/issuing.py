"""Who issues documents, to whom they go, by which number, at which tax, and which days are closed."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.models.clients import one_line
from finance.models.base import PermittedQuerySet, TaxCategory, percent_field, person_field
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import TimestampedModel, VersionedModel

_COUNTRY = RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters (ISO 3166)."))
#: The row that holds for the whole company.
THE_ONE = 1


class NumberSeries(models.Model):
    """Hands out the numbers of a kind of document in a year: ``INV-2026-0001``, ``INV-2026-0002`` …

    The row is locked while a number is taken and is written in the transaction that issues the document, so what is
    rolled back leaves no hole.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoices")
        CREDIT_NOTE = "credit_note", _("Credit notes")
        ESTIMATE = "estimate", _("Estimates")

    PREFIXES = {Kind.INVOICE: "INV", Kind.CREDIT_NOTE: "CN", Kind.ESTIMATE: "EST"}

    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-year"]
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="finance_series_once_a_year")]

    def __str__(self) -> str:
        return f"{self.PREFIXES[self.Kind(self.kind)]}-{self.year}"

    def spell(self, number: int) -> str:
        return f"{self}-{number:04d}"


class TaxRate(VersionedModel):
    """A rate of tax that lines can have, with the note that the document prints. A line keeps its own copy."""

    code = IdentifierField(_("code"), max_length=20, unique=True, validators=[RegexValidator(r"\A[a-z0-9_-]+\Z")])
    name = models.CharField(_("name"), max_length=80)
    rate = percent_field(_("percent"))
    category = models.CharField(_("kind"), max_length=15, choices=TaxCategory.choices, default=TaxCategory.STANDARD)
    note = models.CharField(_("note on the document"), max_length=300, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=100)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.CheckConstraint(name="finance_tax_only_at_standard", condition=Q(category="standard") | Q(rate=0))
        ]

    def __str__(self) -> str:
        return self.name


class _Address(models.Model):
    """An address in the parts that electronic invoices ask for."""

    street = models.CharField(_("street"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = IdentifierField(_("country"), max_length=2, blank=True, validators=[_COUNTRY])

    class Meta:
        abstract = True


class Issuer(_Address, VersionedModel):
    """The company as its documents show it. There is one; each issued document keeps its own copy."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    vat_id = IdentifierField(_("VAT id"), max_length=40, blank=True)
    tax_number = IdentifierField(_("tax number"), max_length=40, blank=True)
    registration = models.CharField(_("registration"), max_length=120, blank=True)
    bank_name = models.CharField(_("bank"), max_length=120, blank=True)
    account_holder = models.CharField(_("account holder"), max_length=120, blank=True)
    iban = IdentifierField(_("IBAN"), max_length=34, blank=True, validators=[RegexValidator(r"\A[A-Z0-9]{5,34}\Z")])
    bic = IdentifierField(_("BIC"), max_length=11, blank=True, validators=[RegexValidator(r"\A[A-Z0-9]{8,11}\Z")])
    footer = models.TextField(_("footer"), blank=True, max_length=1_000)
    payment_text = models.TextField(_("text on payment"), blank=True, max_length=1_000)
    language = IdentifierField(_("language"), max_length=10, default="en")
    color = IdentifierField(
        _("color"), max_length=7, default="#1f4e79", validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z")]
    )
    logo = models.ForeignKey("core.StoredFile", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    tax_rate = models.ForeignKey(
        TaxRate, verbose_name=_("usual tax rate"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("issuer of documents")
        verbose_name_plural = _("issuer of documents")
        constraints = [models.CheckConstraint(name="finance_issuer_is_one", condition=Q(id=THE_ONE))]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name", "street", "city", "bank_name", "account_holder", "registration", "phone")


class BillingDetails(_Address, VersionedModel):
    """How a client is billed: what its documents say beyond what its record has, and where they go.

    What is empty here is taken from the client's record.
    """

    client = models.OneToOneField(Client, verbose_name=_("client"), on_delete=models.CASCADE, related_name="billing")
    legal_name = models.CharField(_("name on documents"), max_length=200, blank=True)
    email = models.EmailField(_("address for documents"), blank=True)
    buyer_reference = models.CharField(_("reference of the client"), max_length=100, blank=True)
    language = IdentifierField(_("language"), max_length=10, blank=True)
    tax_rate = models.ForeignKey(
        TaxRate, verbose_name=_("usual tax rate"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sends_reminders = models.BooleanField(_("reminders are sent"), default=True)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing details")
        verbose_name_plural = _("billing details")

    def __str__(self) -> str:
        return self.legal_name or str(self.client)

    def clean(self) -> None:
        one_line(self, "legal_name", "street", "city", "buyer_reference")


class Books(models.Model):
    """The books as a whole: one row, which whoever writes into a day holds shared and whoever closes days alone.

    So no document slips into days while they are being closed, and those who only write do not wait for each other.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)

    class Meta:
        verbose_name = _("books")
        verbose_name_plural = _("books")
        default_permissions = ()
        constraints = [models.CheckConstraint(name="finance_books_are_one", condition=Q(id=THE_ONE))]

    def __str__(self) -> str:
        return "Books"


class ClosedPeriod(TimestampedModel):
    """Days whose books are closed: no document, payment or record of them may be made, changed or undone."""

    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    closed_by = person_field(_("closed by"))

    objects = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")
        indexes = [
            models.Index(fields=["starts_on", "ends_on"], name="finance_closed_days"),
            models.Index(fields=["created_at", "id"], name="finance_closed_created"),
        ]
        constraints = [
            models.CheckConstraint(name="finance_closed_end_after_start", condition=Q(ends_on__gte=F("starts_on")))
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"


class ReminderStage(VersionedModel):
    """A step of reminding: so many days after the due date, this mail. Stages go by their days."""

    name = models.CharField(_("name"), max_length=80)
    days_after_due = models.PositiveSmallIntegerField(
        _("days after the due date"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), max_length=4_000)
    is_active = models.BooleanField(_("active"), default=True)

    objects: Any = PermittedQuerySet.as_manager()

    class Meta:
        ordering = ["days_after_due"]
        verbose_name = _("stage of reminding")
        verbose_name_plural = _("stages of reminding")

    def __str__(self) -> str:
        return self.name
