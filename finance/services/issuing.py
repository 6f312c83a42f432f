"""What issuing a document takes: its number, the copies it keeps, its worth in the company's currency."""

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients.models import Client
from finance.models import BillingDetails, Issuer, NumberSeries
from finance.models.base import Document
from finance.models.issuing import THE_ONE
from finance.services import books
from hyperflow.core import money
from hyperflow.core.errors import Invalid

#: How our own numbers look; none from elsewhere may.
OWN_PATTERN = re.compile(rf"({'|'.join(NumberSeries.PREFIXES.values())})-[0-9]{{4}}-[0-9]+", re.IGNORECASE)
_ADDRESS = ("street", "postal_code", "city", "country")


def take_number(kind: NumberSeries.Kind, year: int) -> dict[str, Any]:
    """The next number of the series of that year, as values for the document.

    The series' row stays locked until the transaction ends, so whoever issues next waits; if this is rolled back,
    so is the number. Call it before `books.check_open`: the books are held before the series, by everybody.
    """
    if _series(kind, year).exists():
        books.hold_shared()
    else:
        # The first of a year: were all who come at once to try, those whose tries fail would stand in each other's
        # way (a deadlock in InnoDB).
        books.hold_alone()
    series = _series(kind, year).select_for_update().first()
    if series is None:
        series = NumberSeries._base_manager.create(kind=kind, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return {"series": series, "sequence": series.last, "number": series.spell(series.last)}


def _series(kind: NumberSeries.Kind, year: int) -> QuerySet[NumberSeries]:
    return NumberSeries._base_manager.filter(kind=kind, year=year)


# -- copies


def issuer() -> Issuer:
    """The company as it issues documents; by its name alone until somebody has filled the rest in."""
    return Issuer._base_manager.select_related("tax_rate").filter(pk=THE_ONE).first() or Issuer(
        name=settings.COMPANY_NAME
    )


def seller_of(issuer: Issuer) -> dict[str, Any]:
    """What a document keeps of who issued it."""
    kept = (
        "name", *_ADDRESS, "email", "phone", "website", "vat_id", "tax_number", "registration", "bank_name",
        "account_holder", "iban", "bic", "footer", "payment_text", "color", "logo_id",
    )  # fmt: skip
    return {name: getattr(issuer, name) for name in kept}


def buyer_of(client: Client, details: BillingDetails | None) -> dict[str, Any]:
    """What a document keeps of whom it is for. ``address`` is the client's own where the parts are not filled in."""
    parts = {name: getattr(details, name, "") for name in _ADDRESS}
    return {
        "name": (details.legal_name if details else "") or client.name,
        **parts,
        "address": client.address,
        "email": (details.email if details else "") or client.email,
        "vat_id": client.tax_id,
        "reference": details.buyer_reference if details else "",
    }


def details_of(client: Client) -> BillingDetails | None:
    return BillingDetails._base_manager.select_related("tax_rate").filter(client_id=client.pk).first()


def copies(document: Document) -> dict[str, Any]:
    """The copies that a document keeps from the moment it is issued."""
    client, company = document.client, issuer()
    details = details_of(client)
    return {
        "seller": seller_of(company),
        "buyer": buyer_of(client, details),
        "language": document.language or (details.language if details else "") or company.language,
        **worth(document.currency, document.exchange_rate, document.subtotal, document.total),
    }


# -- currencies


def worth(currency: str, rate: Decimal | None, subtotal: Decimal, total: Decimal) -> dict[str, Any]:
    """A document's sums in the company's currency, where a rate is known."""
    company = settings.COMPANY_CURRENCY
    rate = Decimal(1) if currency == company else rate
    return {
        "company_currency": company,
        "exchange_rate": rate,
        "company_subtotal": convert(subtotal, rate),
        "company_total": convert(total, rate),
    }


def convert(amount: Decimal, rate: Decimal | None) -> Decimal | None:
    return None if rate is None else money.quantize(amount * rate, settings.COMPANY_CURRENCY)


def check_currency(currency: str, client: Client, rate: Decimal | None) -> None:
    """A document in neither the client's nor the company's currency states its rate, which it keeps."""
    if currency not in money.CURRENCIES:
        raise Invalid(_("%(code)s is not an ISO 4217 currency.") % {"code": currency}, field="currency")
    if rate is None and currency not in {client.currency, settings.COMPANY_CURRENCY}:
        raise Invalid(
            _("%(client)s is billed in %(currency)s: state the exchange rate of another currency.")
            % {"client": client.name, "currency": client.currency},
            code="exchange_rate_required",
            field="exchange_rate",
        )
    if rate is not None and rate <= 0:
        raise Invalid(_("A rate is above zero."), code="min_value", field="exchange_rate")
    if currency == settings.COMPANY_CURRENCY and rate not in {None, Decimal(1)}:
        raise Invalid(_("The company's own currency has the rate 1."), field="exchange_rate")
