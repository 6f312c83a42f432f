"""Invoices and credit notes as electronic invoices of EN 16931: in CII (Factur-X, ZUGFeRD) and in UBL 2.1.

The business terms (BT) and groups (BG) of the standard are filled in here, from the copies that the document keeps;
writing them as XML is the library's business.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from finance.documents.content import reference_of
from finance.models import CreditNote, Estimate, Invoice, TaxCategory, Unit
from finance.models.base import Document
from hyperflow.core import money

LEVEL = "en16931"
_INVOICE, _CREDIT_NOTE = "380", "381"
_SEPA, _TRANSFER = "58", "30"
_UNITS = {Unit.PIECE: "C62", Unit.HOUR: "HUR", Unit.DAY: "DAY", Unit.MONTH: "MON"}
#: UNTDID 5305.
_CATEGORIES = {
    TaxCategory.STANDARD: "S",
    TaxCategory.ZERO: "Z",
    TaxCategory.EXEMPT: "E",
    TaxCategory.REVERSE_CHARGE: "AE",
    TaxCategory.INTRA_COMMUNITY: "K",
    TaxCategory.EXPORT: "G",
    TaxCategory.OUTSIDE: "O",
}
#: The standard wants a reason for each kind of tax that is none, by code or by words (VATEX list).
_REASONS = {
    TaxCategory.REVERSE_CHARGE: ("VATEX-EU-AE", "Reverse charge"),
    TaxCategory.INTRA_COMMUNITY: ("VATEX-EU-IC", "Intra-community supply"),
    TaxCategory.EXPORT: ("VATEX-EU-G", "Export outside the EU"),
    TaxCategory.OUTSIDE: ("VATEX-EU-O", "Not subject to VAT"),
    TaxCategory.EXEMPT: (None, "Exempt from tax"),
}
_OWED_BY_BUYER = {TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY}
_ZERO = Decimal(0)
#: The standard knows amounts of two digits after the point, whatever the currency.
_MOST_DIGITS = 2
#: Behind the letters of its country, as the standard wants it.
_VAT_ID = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,}")


def missing(document: Document) -> list[str]:
    """What the standard asks for and the document does not have, in words; empty: it can be an electronic invoice."""
    if isinstance(document, Estimate):
        return [_("an invoice, which an estimate is not yet")]
    seller, buyer = document.seller, document.buyer
    kinds = {line.tax_category for line in document.lines.all()}  # type: ignore[attr-defined]
    has_id, needs_id = _vat_id(seller), kinds & {TaxCategory.INTRA_COMMUNITY, TaxCategory.EXPORT}
    names_none = TaxCategory.OUTSIDE in kinds
    known = seller.get("tax_number") or (seller.get("registration") if names_none else "")
    wanted = [
        (seller.get("country"), _("the country of the issuer")),
        (seller.get("city"), _("the city of the issuer")),
        ((has_id and not names_none) or (known and not needs_id), _("the VAT id or the tax number of the issuer")),
        (buyer.get("country"), _("the country of the client (its billing details)")),
        (_vat_id(buyer) or not kinds & _OWED_BY_BUYER, _("the VAT id of the client, with its country")),
        (not names_none or len(kinds) == 1, _("lines that are all, or none of them, subject to tax")),
        (money.digits(document.currency) <= _MOST_DIGITS, _("a currency of at most two digits after the point")),
    ]
    return [str(what) for value, what in wanted if not value]


def cii(document: Document) -> bytes:
    """The XML that Factur-X embeds (`factur-x.xml`)."""
    import facturx

    made: Any = facturx.generate_cii_xml(terms(document), level=LEVEL, check_schematron=None)
    return _bytes(made)


def ubl(document: Document) -> bytes:
    """The document as UBL 2.1: an Invoice or a CreditNote."""
    import facturx

    made: Any = facturx.generate_ubl_xml(terms(document), level=LEVEL, check_schematron=None)
    return _bytes(made)


def _bytes(made: Any) -> bytes:
    xml = made[0] if isinstance(made, tuple) else made
    return xml if isinstance(xml, bytes) else str(xml).encode()


# -- the business terms


def terms(document: Document) -> dict[str, Any]:
    """The document by the terms of the standard. Needs ``lines`` at hand."""
    lines = list(document.lines.all())  # type: ignore[attr-defined]
    currency = document.currency
    groups = _groups(lines)
    kinds = {group.category for group in groups}
    names_vat = TaxCategory.OUTSIDE not in kinds  # what is not subject to tax names nobody's VAT id
    discount = sum((group.discount for group in groups), _ZERO)
    found: dict[str, Any] = {
        "BT-1": document.number,
        "BT-2": document.issue_date,
        "BT-3": _CREDIT_NOTE if isinstance(document, CreditNote) else _INVOICE,
        "BT-5": document.currency,
        "BT-106": money.wire(sum((line.net for line in lines), _ZERO), currency),
        "BT-109": money.wire(document.subtotal, currency),
        "BT-110": money.wire(document.tax, currency),
        "BT-112": money.wire(document.total, currency),
        "BT-115": money.wire(document.total, currency),
        "BG-1": [{"BT-22": document.notes}] if document.notes else [],
        "BG-4": _party(document.seller, is_seller=True, names_vat=names_vat),
        "BG-7": _party(document.buyer, is_seller=False, names_vat=names_vat),
        "BG-13": _place_of(document.buyer) if TaxCategory.INTRA_COMMUNITY in kinds else {},
        "BG-20": [group.allowance(currency) for group in groups if group.discount],
        "BG-23": [group.breakdown(currency) for group in groups],
        "BG-25": [_line(number, line, currency) for number, line in enumerate(lines, 1)],
    }
    if discount:
        found["BT-107"] = money.wire(discount, currency)
    found |= _of_kind(document)
    found |= _payment(document)
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _of_kind(document: Document) -> dict[str, Any]:
    if isinstance(document, Invoice):
        return {
            "BT-9": document.due_date,
            "BT-10": reference_of(document),
            "BT-20": document.seller.get("payment_text"),
            "BT-72": document.service_until or document.issue_date,
            "BT-73": document.service_from,
            "BT-74": document.service_until,
        }
    note: Any = document
    return {
        "BT-10": document.buyer.get("reference"),
        "BT-72": document.issue_date,
        "BG-3": [{"BT-25": note.invoice.number, "BT-26": note.invoice.issue_date}],
    }


def _payment(document: Document) -> dict[str, Any]:
    iban = document.seller.get("iban")
    if not iban:
        return {}
    return {
        "BT-81": _SEPA if document.currency == "EUR" else _TRANSFER,
        "BT-83": document.number,
        "BT-84": iban,
        "BT-85": document.seller.get("account_holder") or document.seller.get("name"),
        "BT-86": document.seller.get("bic"),
    }


def _party(copy: dict[str, Any], *, is_seller: bool, names_vat: bool) -> dict[str, Any]:
    contact = {"name": copy.get("name"), "phone": copy.get("phone"), "email": copy.get("email")}
    vat_id = _vat_id(copy) if names_vat else ""
    found: dict[str, Any] = {
        **_place_of(copy),
        "vat_identifier": vat_id,
        "einvoicing_addr": copy.get("email"),
        "einvoicing_addr_schemeid": "EM" if copy.get("email") else None,
    }
    if is_seller:
        found["tax_identifier"] = copy.get("tax_number")
        found["legal_info"] = copy.get("registration")
        found["contacts"] = [{name: value for name, value in contact.items() if value}]
        # Without a VAT id the seller is told by something else.
        known = copy.get("tax_number") or copy.get("registration")
        found["identifiers"] = {"": known} if known and not vat_id else {}
    return {name: value for name, value in found.items() if value}


def _place_of(copy: dict[str, Any]) -> dict[str, Any]:
    address = [line for line in str(copy.get("address") or "").splitlines() if line.strip()]
    found = {
        "name": copy.get("name"),
        "country_code": copy.get("country"),
        "city": copy.get("city") or (address[-1] if len(address) > 1 else ""),
        "postcode": copy.get("postal_code"),
        "addr_l1": copy.get("street") or (address[0] if address else ""),
    }
    return {name: value for name, value in found.items() if value}


def _vat_id(copy: dict[str, Any]) -> str:
    """The VAT id as the standard has it; nothing where what is written there is none."""
    written = re.sub(r"[\s.-]", "", str(copy.get("vat_id") or "")).upper()
    return written if _VAT_ID.fullmatch(written) else ""


def _line(number: int, line: Any, currency: str) -> dict[str, Any]:
    head, _rest, more = str(line.description).partition("\n")
    category = _CATEGORIES[TaxCategory(line.tax_category)]
    found = {
        "BT-126": str(number),
        "BT-129": _plain(line.quantity),
        "BT-130": _UNITS[Unit(line.unit)],
        "BT-131": money.wire(line.net, currency),
        "BT-146": money.wire_price(line.unit_price, currency),
        "BT-151": category,
        "BT-152": None if category == "O" else _plain(line.tax_rate),
        "BT-153": head,
        "BT-154": more,
        "BG-27": [{"amount": money.wire(line.gross - line.net, currency), "reason": "Discount"}]
        if line.gross != line.net
        else [],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


@dataclass
class _Group:
    """The lines of one kind and rate of tax."""

    category: TaxCategory
    rate: Decimal
    taxable: Decimal = _ZERO
    tax: Decimal = _ZERO
    discount: Decimal = _ZERO
    notes: list[str] = field(default_factory=list)

    def breakdown(self, currency: str) -> dict[str, Any]:
        code, words = _REASONS.get(self.category, (None, ""))
        found = {
            "BT-116": money.wire(self.taxable, currency),
            "BT-117": money.wire(self.tax, currency),
            "BT-118": _CATEGORIES[self.category],
            "BT-119": None if self.category == TaxCategory.OUTSIDE else _plain(self.rate),
            "BT-120": (self.notes[0] if self.notes else words) if self.category in _REASONS else None,
            "BT-121": code,
        }
        return {name: value for name, value in found.items() if value not in (None, "")}

    def allowance(self, currency: str) -> dict[str, Any]:
        found = {
            "amount": money.wire(self.discount, currency),
            "reason": "Discount",
            "vat_category_code": _CATEGORIES[self.category],
            "vat_rate": None if self.category == TaxCategory.OUTSIDE else _plain(self.rate),
        }
        return {name: value for name, value in found.items() if value is not None}


def _plain(number: Decimal) -> str:
    """Without zeros that say nothing, and never as a power of ten."""
    return format(number.normalize(), "f")


def _groups(lines: Iterable[Any]) -> list[_Group]:
    found: dict[tuple[str, Decimal], _Group] = {}
    for line in lines:
        key = (line.tax_category, line.tax_rate)
        group = found.setdefault(key, _Group(TaxCategory(line.tax_category), line.tax_rate))
        group.taxable += line.taxable
        group.tax += line.tax
        group.discount += line.net - line.taxable
        if line.tax_note and line.tax_note not in group.notes:
            group.notes.append(line.tax_note)
    return list(found.values())
