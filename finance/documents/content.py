"""Everything that a document prints, in the words and figures of its language, for the template to lay out."""

import base64
from decimal import Decimal
from typing import Any

from finance.documents import paycode
from finance.documents.countries import name_of
from finance.documents.words import Words
from finance.models import CreditNote, Estimate, Invoice, TaxCategory, Unit
from finance.models.base import Document
from hyperflow.core import storage
from hyperflow.core.models import StoredFile

#: A logo larger than this is left out: it would make every document heavy.
MOST_LOGO = 2 * 1024 * 1024
_ZERO = Decimal(0)
#: A sixth of a minute in the last digit that quantities keep.
_NEARLY = Decimal("0.001")


def of(document: Document) -> dict[str, Any]:
    """What the page shows. Needs ``lines`` (and a credit note its ``invoice``) at hand; draws on the copies that an
    issued document keeps."""
    words = Words(document.language)
    seller, buyer, currency = document.seller, document.buyer, document.currency
    lines = list(document.lines.all())  # type: ignore[attr-defined]
    is_credit = isinstance(document, CreditNote)
    kind = words["credit_note" if is_credit else "estimate" if isinstance(document, Estimate) else "invoice"]
    number = document.number or words["draft"]
    return {
        **paper(seller, buyer, words),
        "title": f"{kind} {number}",
        "kind": kind,
        "number": number,
        "draft": "" if document.is_issued else words["draft"],
        "facts": _facts(document, words),
        "columns": [words[name] for name in ("description", "quantity", "price", "tax_rate", "amount")],
        "lines": [_line(line, words, currency) for line in lines],
        "sums": _sums(document, lines, words),
        "total": {
            "label": words["credited" if is_credit else "total"],
            "value": f"{currency} {words.amount(document.total, currency)}",
        },
        "notes": [text for text in (document.notes, *_tax_notes(lines)) if text],
        "reason": _opening(document, words),
        "payment": payment(document, words, document.total),
    }


def paper(seller: dict[str, Any], buyer: dict[str, Any], words: Words) -> dict[str, Any]:
    """The letter paper of every document: who sends it, to whom, and what stands at the foot of each page."""
    return {
        "language": words.code,
        "color": seller.get("color") or "#1f4e79",
        "logo": logo(seller.get("logo_id")),
        "seller": seller.get("name", ""),
        "sender": " · ".join(_place(seller, words)),
        "buyer": [buyer.get("name", ""), *_address(buyer, words, home=seller.get("country"))],
        "footer": _footer(seller, words),
        "page": words["page"],
    }


def reference_of(document: Invoice) -> str:
    """What the client wants to see on its invoices: this one's own, else its usual one."""
    return document.buyer_reference or str(document.buyer.get("reference") or "")


# -- parts


def _opening(document: Document, words: Words) -> str:
    """What stands above the lines: why something is credited, or what an estimate is for."""
    if isinstance(document, CreditNote) and document.reason:
        return f"{words['reason']}: {document.reason}"
    return document.title if isinstance(document, Estimate) else ""


def _facts(document: Document, words: Words) -> list[dict[str, str]]:
    rows = [(words["number"], document.number or "–"), (words["date"], words.day(document.issue_date) or "–")]
    if isinstance(document, Invoice):
        rows.append((words["due"], words.day(document.due_date)))
        if document.service_from or document.service_until:
            ends = (words.day(document.service_from), words.day(document.service_until))
            rows.append((words["period"], " – ".join(filter(None, ends))))
        rows.append((words["reference"], reference_of(document)))
    elif isinstance(document, CreditNote):
        rows.append((words["corrects"], str(document.invoice)))
    elif isinstance(document, Estimate):
        rows.append((words["valid_until"], words.day(document.valid_until) if document.valid_until else ""))
    rows.append((words["your_vat_id"], str(document.buyer.get("vat_id") or "")))
    return [{"label": label, "value": value} for label, value in rows if value]


def _line(line: Any, words: Words, currency: str) -> dict[str, str]:
    unit = words.unit(line.unit, line.quantity)
    discount = ""
    if line.discount_percent:
        discount = f"{words['discount']} {words.number(line.discount_percent)} %"
    elif line.discount_amount:
        discount = f"{words['discount']} {words.amount(line.discount_amount, currency)}"
    return {
        "description": line.description,
        "discount": discount,
        "quantity": f"{_quantity(line, words)} {unit}".strip(),
        "price": words.price(line.unit_price, currency),
        "tax": f"{words.number(line.tax_rate)} %" if line.tax_category != TaxCategory.OUTSIDE else "–",
        "amount": words.amount(line.net, currency),
    }


def _quantity(line: Any, words: Words) -> str:
    """Hours that are no round number read best as hours and minutes: ``36:23``."""
    minutes = line.quantity * 60
    whole = round(minutes)
    if line.unit == Unit.HOUR and line.quantity * 100 % 1 and abs(minutes - whole) < _NEARLY:
        return f"{whole // 60}:{whole % 60:02}"
    return words.number(line.quantity)


def _sums(document: Document, lines: list[Any], words: Words) -> list[dict[str, str]]:
    currency = document.currency
    net = sum((line.net for line in lines), _ZERO)
    rows = [(words["subtotal"], net)]
    if net != document.subtotal:
        percent = f" {words.number(document.discount_percent)} %" if document.discount_percent else ""
        rows += [(f"{words['discount']}{percent}", document.subtotal - net)]
    rates: dict[Decimal, list[Decimal]] = {}
    for line in lines:
        sums = rates.setdefault(line.tax_rate, [_ZERO, _ZERO])
        sums[0] += line.taxable
        sums[1] += line.tax
    for rate, (taxable, tax) in sorted(rates.items(), reverse=True):
        if rate or len(rates) > 1:
            label = f"{words['tax']} {words.number(rate)} % {words['on']} {words.amount(taxable, currency)}"
            rows.append((label, tax))
    return [{"label": label, "value": words.amount(amount, currency)} for label, amount in rows]


def _tax_notes(lines: list[Any]) -> list[str]:
    return list(dict.fromkeys(line.tax_note for line in lines if line.tax_note))


def payment(document: Document, words: Words, amount: Decimal) -> dict[str, Any]:
    """How to pay so much of an invoice; nothing for a credit note, or without an account."""
    seller = document.seller
    if not isinstance(document, Invoice) or not seller.get("iban"):
        return {}
    holder = seller.get("account_holder") or seller.get("name", "")
    rows = [
        (words["account_holder"], holder),
        ("IBAN", _grouped(seller["iban"])),
        ("BIC", seller.get("bic", "")),
        (words["bank"], seller.get("bank_name", "")),
        (words["payment_for"], document.number or ""),
    ]
    code = paycode.payload(
        name=holder,
        iban=seller["iban"],
        bic=seller.get("bic", ""),
        amount=amount,
        currency=document.currency,
        text=document.number or "",
    )
    return {
        "heading": f"{words['pay_until']} {words.day(document.due_date)}" if document.due_date else words["to_pay"],
        "text": seller.get("payment_text", ""),
        "rows": [{"label": label, "value": value} for label, value in rows if value],
        "code": paycode.svg(code) if code and document.is_issued else "",
        "scan": words["scan"],
    }


def _footer(seller: dict[str, Any], words: Words) -> list[list[str]]:
    """Three columns: who we are, how to reach us, our numbers."""
    numbers = [(words["vat_id"], seller.get("vat_id")), (words["tax_number"], seller.get("tax_number"))]
    columns = [
        [seller.get("name", ""), *_address(seller, words, home=seller.get("country"))],
        [seller.get("phone", ""), seller.get("email", ""), seller.get("website", "")],
        [*(f"{label} {value}" for label, value in numbers if value), seller.get("registration", "")],
    ]
    text = seller.get("footer", "")
    return [*([part for part in column if part] for column in columns), [text] if text else []]


def _address(copy: dict[str, Any], words: Words, *, home: str | None) -> list[str]:
    """The country is named, in the document's language, where it is not that of the issuer."""
    city = " ".join(filter(None, (copy.get("postal_code"), copy.get("city"))))
    parts = [copy.get("street"), city]
    if not any(parts):
        return [line for line in str(copy.get("address") or "").splitlines() if line.strip()]
    country = str(copy.get("country") or "")
    abroad = name_of(country, words.code) if country != home else ""
    return [str(part) for part in (*parts, abroad) if part]


def _place(copy: dict[str, Any], words: Words) -> list[str]:
    return [copy.get("name", ""), *_address(copy, words, home=copy.get("country"))]


def _grouped(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def logo(pk: Any) -> str:
    """The issuer's logo as a picture that the template can take as text; empty without one."""
    file = StoredFile._base_manager.filter(pk=pk).first() if pk else None
    if file is None or file.size > MOST_LOGO or not file.content_type.startswith("image/"):
        return ""
    from PIL import Image

    with storage.with_bytes(file) as stream:
        content = stream.read()
        stream.seek(0)
        with Image.open(stream) as picture:
            width, height = picture.size
    data = base64.b64encode(content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:{file.content_type};base64,{data}"/></svg>'
    )
