"""What the models of finance share: their kinds of columns, who sees what, and what a document is made of."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Project
from clients.models.clients import validate_currency
from hyperflow.core import money
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, VersionedModel

#: Stands for "no date yet" in the order by a date: after every real one.
NO_DATE = dt.date(9999, 12, 31)


# -- columns


def amount_field(label: Any, **options: Any) -> models.DecimalField:
    """An amount of money, rounded by its currency before it is stored."""
    return models.DecimalField(label, max_digits=18, decimal_places=3, **options)


def exact_field(label: Any, **options: Any) -> models.DecimalField:
    """A price per unit or a quantity."""
    return models.DecimalField(label, max_digits=18, decimal_places=6, **options)


def percent_field(label: Any, **options: Any) -> models.DecimalField:
    """A rate: 20 means 20 %."""
    bounds = [MinValueValidator(0), MaxValueValidator(100)]
    return models.DecimalField(label, max_digits=7, decimal_places=4, default=0, validators=bounds, **options)


def currency_field(label: Any = None, **options: Any) -> models.CharField:
    return models.CharField(label or _("currency"), max_length=3, validators=[validate_currency], **options)


def rate_field() -> models.DecimalField:
    """What one unit of the document's currency is worth in the company's."""
    return models.DecimalField(
        _("exchange rate"), max_digits=20, decimal_places=10, null=True, blank=True, validators=[MinValueValidator(0)]
    )


def person_field(label: Any, **options: Any) -> models.ForeignKey[Any, Any]:
    """Who did something to a row, once somebody has."""
    options = {"null": True, "blank": True, "related_name": "+", **options}
    return models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, **options)


def order_of(name: str) -> models.GeneratedField:
    """A date as a list is ordered by it: what has none comes after all that have."""
    return models.GeneratedField(
        expression=Coalesce(F(name), Value(NO_DATE, output_field=models.DateField())),
        output_field=models.DateField(),
        db_persist=True,
    )


def list_indexes(table: str, orders: dict[str, str], leads: dict[str, str]) -> list[models.Index]:
    """An index for each order that a list offers, alone and with each of these filters (column: short name)."""
    return [
        models.Index(fields=[*lead, order, "id"], name=f"{table}_{short}_{name}")
        for lead, short in [([], "all"), *(([column], short) for column, short in leads.items())]
        for order, name in orders.items()
    ]


# -- who sees what


class PermittedQuerySet(ScopedQuerySet[Any]):
    """All rows for who may see this kind of row at all, none for others."""

    def visible_to(self, user: Any) -> Self:
        options = self.model._meta
        return self if user.has_perm(f"{options.app_label}.view_{options.model_name}") else self.none()


class DocumentQuerySet(ScopedQuerySet[Any]):
    """Documents for clients: all for who looks after invoices, issued ones of their clients for others."""

    def visible_to(self, user: Any) -> Self:
        options = self.model._meta
        if not user.has_perm(f"{options.app_label}.view_{options.model_name}"):
            return self.none()
        if user.has_perm("finance.view_all_invoices"):
            return self
        return self.filter(issued_at__isnull=False, client__in=Client.objects.visible_to(user))


class PartOfInvoiceQuerySet(ScopedQuerySet[Any]):
    """Rows that belong to an invoice are seen by whoever sees the invoice."""

    def visible_to(self, user: Any) -> Self:
        from finance.models.invoices import Invoice

        if user.has_perm("finance.view_invoice") and user.has_perm("finance.view_all_invoices"):
            return self
        return self.filter(invoice__in=Invoice.objects.visible_to(user))


# -- documents


class TaxCategory(models.TextChoices):
    """Why a line is taxed as it is, in the categories of EN 16931."""

    STANDARD = "standard", _("Standard or reduced rate")
    ZERO = "zero", _("Zero rate")
    EXEMPT = "exempt", _("Exempt")
    REVERSE_CHARGE = "reverse_charge", _("Reverse charge")
    INTRA_COMMUNITY = "intra_community", _("Supply within the EU")
    EXPORT = "export", _("Export")
    OUTSIDE = "outside", _("Not subject to tax")


class Unit(models.TextChoices):
    """What a quantity counts."""

    PIECE = "piece", _("piece")
    HOUR = "hour", _("hour")
    DAY = "day", _("day")
    MONTH = "month", _("month")


class Document(VersionedModel):
    """What all documents for clients have: whom they are for, their number, and their sums.

    ``subtotal`` is the sum of the lines after all discounts, ``total`` = ``subtotal`` + ``tax``. Once issued, a
    document prints from ``seller`` and ``buyer`` (what the issuer's and the client's details were) and from its own
    lines and texts, and nothing of it changes. ``exchange_rate`` turns its currency into ``company_currency``;
    ``company_subtotal`` and ``company_total`` are its sums at that rate, empty where no rate is known.
    """

    client = models.ForeignKey(Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="%(class)ss")
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    number = IdentifierField(_("number"), max_length=40, null=True, blank=True, unique=True, editable=False)
    series = models.ForeignKey(
        "finance.NumberSeries", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    sequence = models.PositiveIntegerField(null=True, blank=True, editable=False)
    currency = currency_field()
    exchange_rate = rate_field()
    company_currency = currency_field(_("the company's currency"), blank=True, editable=False)
    company_subtotal = amount_field(_("subtotal in the company's currency"), null=True, blank=True, editable=False)
    company_total = amount_field(_("total in the company's currency"), null=True, blank=True, editable=False)
    discount_percent = percent_field(_("discount in percent"), blank=True)
    discount_amount = amount_field(_("discount"), default=0, blank=True, validators=[MinValueValidator(0)])
    subtotal = amount_field(_("subtotal"), default=0, editable=False)
    tax = amount_field(_("tax"), default=0, editable=False)
    total = amount_field(_("total"), default=0, editable=False)
    issue_date = models.DateField(_("date"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True, editable=False)
    issued_by = person_field(_("issued by"), editable=False)
    seller = models.JSONField(_("issuer, as printed"), default=dict, blank=True, editable=False)
    buyer = models.JSONField(_("recipient, as printed"), default=dict, blank=True, editable=False)
    language = IdentifierField(_("language"), max_length=10, blank=True)
    notes = models.TextField(_("text"), blank=True, max_length=4_000)
    pdf = models.ForeignKey(
        "core.StoredFile", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    created_by = person_field(_("made by"), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number or str(_("Draft %(pk)s") % {"pk": self.pk})

    @property
    def is_issued(self) -> bool:
        return self.issued_at is not None

    def clean(self) -> None:
        if self.discount_percent and self.discount_amount:
            raise ValidationError({"discount_amount": _("Give the discount as a percentage or as an amount.")})
        if not money.fits(self.discount_amount, self.currency):
            raise ValidationError(
                {"discount_amount": ValidationError(_("It has more digits than its currency."), code="too_many_digits")}
            )
        if self.project is not None and self.project.client_id != self.client_id:
            raise ValidationError({"project": _("The project belongs to another client.")})


class DocumentLine(models.Model):
    """A line of a document, with its own copy of all that it prints.

    ``gross`` is quantity × price, ``net`` that less the line's own discount, ``taxable`` that less its share of the
    document's discount; each is rounded once. ``tax`` is its share of the tax on all lines of its rate, so that the
    lines' taxes sum to the document's.
    """

    position = models.PositiveSmallIntegerField(_("order"), default=0)
    description = models.CharField(_("description"), max_length=1_000)
    quantity = exact_field(_("quantity"))
    unit = models.CharField(_("unit"), max_length=5, choices=Unit.choices, default=Unit.PIECE)
    unit_price = exact_field(_("price"), validators=[MinValueValidator(0)])
    discount_percent = percent_field(_("discount in percent"), blank=True)
    discount_amount = amount_field(_("discount"), default=0, blank=True, validators=[MinValueValidator(0)])
    tax_rate = percent_field(_("tax in percent"))
    tax_category = models.CharField(
        _("kind of tax"), max_length=15, choices=TaxCategory.choices, default=TaxCategory.STANDARD
    )
    tax_note = models.CharField(_("note on tax"), max_length=300, blank=True)
    gross = amount_field(_("before discount"), default=0, editable=False)
    net = amount_field(_("net"), default=0, editable=False)
    taxable = amount_field(_("after all discounts"), default=0, editable=False)
    tax = amount_field(_("tax"), default=0, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.description[:80]

    def clean(self) -> None:
        if self.discount_percent and self.discount_amount:
            raise ValidationError({"discount_amount": _("Give the discount as a percentage or as an amount.")})
        if self.tax_category != TaxCategory.STANDARD and self.tax_rate:
            raise ValidationError({"tax_rate": _("Lines of this kind of tax have a rate of 0.")})


def document_constraints(prefix: str) -> list[models.BaseConstraint]:
    """What holds for every kind of document."""
    return [
        models.UniqueConstraint(fields=["series", "sequence"], name=f"{prefix}_one_a_number"),
        models.CheckConstraint(
            name=f"{prefix}_issued_has_a_number",
            condition=Q(issued_at__isnull=True) | Q(number__isnull=False, issue_date__isnull=False),
        ),
        models.CheckConstraint(name=f"{prefix}_total_not_negative", condition=Q(total__gte=0)),
        models.CheckConstraint(
            name=f"{prefix}_one_kind_of_discount", condition=Q(discount_percent=0) | Q(discount_amount=0)
        ),
    ]


def line_constraints(prefix: str) -> list[models.BaseConstraint]:
    """What holds for the lines of every kind of document."""
    return [
        models.CheckConstraint(name=f"{prefix}_quantity_not_nothing", condition=~Q(quantity=0)),
        models.CheckConstraint(name=f"{prefix}_price_not_negative", condition=Q(unit_price__gte=0)),
        models.CheckConstraint(
            name=f"{prefix}_one_kind_of_discount", condition=Q(discount_percent=0) | Q(discount_amount=0)
        ),
        models.CheckConstraint(
            name=f"{prefix}_tax_only_at_standard", condition=Q(tax_category="standard") | Q(tax_rate=0)
        ),
    ]
