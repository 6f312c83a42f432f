"""The lines of a draft: what is given for them, what they come to, and writing them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from clients.models import Client, Project
from finance.models import InvoiceLine, TaxCategory, TaxRate
from finance.models.base import Document, DocumentLine
from finance.services import issuing
from finance.totals import Line, work_out
from hyperflow.core import money
from hyperflow.core.errors import Invalid
from tasks.models import Task

MOST_LINES = 500
#: What a column holds, with room for its sums.
_LARGEST = Decimal(10) ** 14


class LineInput(TypedDict, total=False):
    """A line as it is given. ``line_id`` keeps a line that is there; ``tax_code`` names a `TaxRate`, else
    ``tax_rate`` is a percentage; without both it is the client's usual one, else the company's."""

    line_id: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    discount_amount: Decimal
    tax_rate: Decimal
    tax_code: str
    task: Task | None


def check(lines: Sequence[LineInput], client: Client, currency: str) -> None:
    """Refuses lines that could not stand on a document of this client, by the place of the first such line."""
    if len(lines) > MOST_LINES:
        raise Invalid(_("At most %(most)d lines.") % {"most": MOST_LINES}, field="lines")
    for number, line in enumerate(lines):
        task = line.get("task")
        if task is not None and task.client_id != client.pk:
            raise _wrong(number, "task_id", _("The task is another client's."), "task_of_another_client")
        if line.get("discount_percent") and line.get("discount_amount"):
            raise _wrong(number, "discount_amount", _("Give the discount as a percentage or as an amount."))
        if not money.fits(line.get("discount_amount") or Decimal(0), currency):
            raise _wrong(number, "discount_amount", _("It has more digits than its currency."), "too_many_digits")
        if line["quantity"] == 0:
            raise _wrong(number, "quantity", _("A quantity of nothing is no line."), "min_value")
        check_size(line["quantity"], line["unit_price"], field=f"lines.{number}.unit_price")


def check_size(quantity: Decimal, price: Decimal, *, field: str) -> None:
    """Refuses (`Invalid` ``amount_too_large``) what no document has room for."""
    if abs(quantity * price) >= _LARGEST:
        raise Invalid(_("The line comes to more than can be billed."), code="amount_too_large", field=field)


def check_project(project: Project | None, client_id: int | None) -> None:
    """Refuses the project of another client."""
    if project is not None and client_id is not None and project.client_id != client_id:
        raise Invalid(_("The project is another client's."), code="project_of_another_client", field="project_id")


def build(kind: type[Any], document: Document, lines: Sequence[LineInput]) -> list[Any]:
    """Lines of a document as they are given, with their kinds of tax; not summed up or written yet."""
    rates = {rate.code: rate for rate in TaxRate._base_manager.filter(is_active=True)}
    usual = _usual_rate(document.client)
    return [_build(kind, number, line, rates, usual) for number, line in enumerate(lines)]


def _build(
    kind: type[Any], number: int, line: LineInput, rates: dict[str, TaxRate], usual: TaxRate | None
) -> DocumentLine:
    values: Any = {name: value for name, value in line.items() if name not in {"line_id", "tax_code", "tax_rate"}}
    return kind(position=number, **values, **_tax_of(number, line, rates, usual))


def _tax_of(number: int, line: LineInput, rates: dict[str, TaxRate], usual: TaxRate | None) -> dict[str, Any]:
    code, percent = line.get("tax_code"), line.get("tax_rate")
    if code is not None and code not in rates:
        raise _wrong(number, "tax_code", _("There is no such rate of tax."), "does_not_exist")
    named = rates[code] if code is not None else (usual if percent is None else None)
    if named is not None:
        if percent is not None and percent != named.rate:
            raise _wrong(number, "tax_rate", _("%(name)s has another rate.") % {"name": named.name})
        return {"tax_rate": named.rate, "tax_category": named.category, "tax_note": named.note}
    percent = percent or Decimal(0)
    return {"tax_rate": percent, "tax_category": TaxCategory.STANDARD if percent else TaxCategory.ZERO}


def _usual_rate(client: Client) -> TaxRate | None:
    details = issuing.details_of(client)
    found: TaxRate | None = details.tax_rate if details is not None else None
    return found or issuing.issuer().tax_rate


def sum_up(document: Document, lines: Sequence[Any]) -> dict[str, Decimal]:
    """Put the sums on the lines; gives the document's, as values for it.

    A discount has the digits of the document's currency, also after that has changed (`Invalid` ``too_many_digits``).
    """
    text = _("It has more digits than its currency.")
    if not money.fits(Decimal(document.discount_amount), document.currency):
        raise Invalid(text, code="too_many_digits", field="discount_amount")
    for number, one in enumerate(lines):
        if not money.fits(Decimal(one.discount_amount), document.currency):
            raise _wrong(number, "discount_amount", text, "too_many_digits")
    sums = work_out(
        [
            Line(
                one.quantity,
                one.unit_price,
                one.discount_percent,
                one.discount_amount,
                str(one.tax_category),
                one.tax_rate,
            )
            for one in lines
        ],
        document.currency,
        discount_percent=document.discount_percent,
        discount_amount=document.discount_amount,
    )
    for line, found in zip(lines, sums.lines, strict=True):
        line.gross, line.net, line.taxable, line.tax = found.gross, found.net, found.taxable, found.tax
    _check_sums(sums.total, sums.subtotal)
    return {"subtotal": sums.subtotal, "tax": sums.tax, "total": sums.total}


def _check_sums(total: Decimal, subtotal: Decimal) -> None:
    if total < 0 or subtotal < 0:
        raise Invalid(_("The lines come to less than nothing."), code="negative_total", field="lines")
    if total >= _LARGEST:
        raise Invalid(_("The lines come to more than can be billed."), code="amount_too_large", field="lines")


def insert(lines: Sequence[InvoiceLine]) -> None:
    """Write new lines of an invoice, whose row is there."""
    InvoiceLine._base_manager.bulk_create(lines)


def replace(document: Any, lines: Sequence[LineInput]) -> tuple[list[InvoiceLine], list[InvoiceLine]]:
    """The lines that an invoice is to have, and those that it is to lose. A line whose id is given stays itself, with
    the hours and expenses behind it."""
    there = {line.pk: line for line in document.lines.all()}
    built = build(InvoiceLine, document, lines)
    for number, (given, line) in enumerate(zip(lines, built, strict=True)):
        line.invoice = document
        if (pk := given.get("line_id")) is not None:
            old = there.pop(pk, None)
            if old is None:
                raise _wrong(number, "line_id", _("The invoice has no such line."), "does_not_exist")
            line.pk, line._state.adding = pk, False
            line.project_id = old.project_id
            line.task_id = line.task_id if "task" in given else old.task_id
    return built, list(there.values())


def _wrong(number: int, field: str, message: str, code: str = "invalid") -> Invalid:
    return Invalid(message, code=code, field=f"lines.{number}.{field}")
