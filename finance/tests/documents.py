"""Invoices for tests, made by the services as people make them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from clients.tests.factories import ClientFactory
from finance.models import Invoice
from finance.services import invoices


def line(price: Any = 100, quantity: Any = 1, tax: Any = 0, **more: Any) -> dict[str, Any]:
    values = {"description": "Work", "quantity": Decimal(str(quantity)), "unit_price": Decimal(str(price))}
    return {**values, "tax_rate": Decimal(str(tax)), **more}


def draft(actor: Any, *lines: dict[str, Any], **more: Any) -> Invoice:
    client = more.pop("client", None) or ClientFactory(currency=more.get("currency", "EUR"))
    return invoices.create_invoice(actor=actor, client=client, lines=list(lines) or [line()], **more)


def issued(actor: Any, *lines: dict[str, Any], **more: Any) -> Invoice:
    more.setdefault("issue_date", dt.date(2026, 3, 2))
    return invoices.set_status(invoice=draft(actor, *lines, **more), status="pending", actor=actor)
