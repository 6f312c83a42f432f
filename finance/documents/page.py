"""An invoice as its client sees it in the browser: what the document prints, and how it stands today."""

import base64
import datetime as dt
from typing import Any

from finance.documents import content
from finance.documents.words import Words
from finance.models import Invoice

Status = Invoice.Status


def of(invoice: Invoice, today: dt.date) -> dict[str, Any]:
    """What the page shows, in the client's language. What is to be paid is what is still owed, not the total."""
    words = Words(invoice.language)
    owed = invoice.balance if invoice.status == Status.PENDING else None
    payment = content.payment(invoice, words, owed) if owed else {}
    printed = content.of(invoice)
    return {
        **printed,
        "logo": _picture(printed["logo"]),
        "payment": {**payment, "code": _picture(payment.get("code", ""))} if payment else {},
        "state": _state(invoice, today, words),
        "standing": _standing(invoice, words),
        "download": words["download"],
        "how_to_pay": words["how_to_pay"],
    }


def _state(invoice: Invoice, today: dt.date, words: Words) -> dict[str, str]:
    name = {Status.PAID: "paid", Status.VOID: "void"}.get(Status(invoice.status), "open")
    if invoice.status_on(today) == Invoice.OVERDUE:
        name = "overdue"
    return {"name": name, "label": words[f"is_{name}"]}


def _standing(invoice: Invoice, words: Words) -> list[dict[str, str]]:
    """What came in so far and what is left, once something did."""
    if not (invoice.paid or invoice.credited) or invoice.balance < 0:
        return []
    rows = [("paid", -invoice.paid), ("credited_before", -invoice.credited), ("left", invoice.balance)]
    return [
        {"label": words[name], "value": f"{invoice.currency} {words.amount(amount, invoice.currency)}"}
        for name, amount in rows
        if amount or name == "left"
    ]


def _picture(svg: str) -> str:
    """As an address that an ``<img>`` takes: nothing in it runs there."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""
