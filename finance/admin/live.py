"""The sums of a draft while somebody types: worked out by the server, as saving would, and nothing is written."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from finance.models import Invoice, TaxCategory
from finance.services.lines import MOST_LINES
from finance.totals import Line, work_out
from hyperflow.core import money

_PREFIX = "lines"
#: What a column takes; beyond it saving would refuse.
_LARGEST = Decimal(10) ** 12


class LiveTotals:
    """For the admin of invoices."""

    admin_site: Any
    get_queryset: Any
    has_view_permission: Any
    has_add_permission: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.totals_view))
        own = [
            path("<int:pk>/totals/", view, name="finance_invoice_totals"),
            path("add/totals/", view, name="finance_invoice_add_totals"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def totals_view(self, request: HttpRequest, pk: int | None = None) -> JsonResponse:
        """What the form comes to as it stands, and each of its lines. Lines that are not finished yet are left out and
        counted. Without a draft it is the form of a new one."""
        invoice = self._draft(request, pk)
        given = request.POST
        usual = invoice.currency if invoice is not None else settings.COMPANY_CURRENCY
        currency = given.get("currency", "").strip().upper() or usual
        if currency not in money.CURRENCIES:
            currency = usual
        kept = {str(line.pk): line for line in invoice.lines.all()} if invoice is not None else {}
        lines, numbers, unfinished = [], [], 0
        for number, values in _rows(given):
            line = _line(values, kept.get(values.get("id", "")))
            if line is None:
                unfinished += 1
            else:
                lines.append(line)
                numbers.append(number)
        sums = work_out(
            lines,
            currency,
            discount_percent=_number(given.get("discount_percent")) or Decimal(0),
            discount_amount=_number(given.get("discount_amount")) or Decimal(0),
        )
        shown = {
            str(_("Subtotal")): sums.subtotal,
            str(_("Tax")): sums.tax,
            str(_("Total")): sums.total,
        }
        return JsonResponse(
            {
                "sums": [{"label": label, "value": _shown(amount, currency)} for label, amount in shown.items()],
                "lines": {
                    number: {"net": _shown(one.taxable, currency), "tax": _shown(one.tax, currency)}
                    for number, one in zip(numbers, sums.lines, strict=True)
                },
                "note": _("%(count)d lines are not finished.") % {"count": unfinished} if unfinished else "",
            }
        )

    def _draft(self, request: HttpRequest, pk: int | None) -> Invoice | None:
        if pk is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return None
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice: Invoice | None = self.get_queryset(request).filter(pk=pk, status=Invoice.Status.DRAFT).first()
        if invoice is None:
            raise Http404
        return invoice


def _shown(amount: Decimal, currency: str) -> str:
    return f"{currency} {money.quantize(amount, currency):,f}"


def _rows(given: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of the form that are filled in and stay, with their numbers on it."""
    try:
        count = min(int(given.get(f"{_PREFIX}-TOTAL_FORMS", "0")), MOST_LINES)
    except ValueError:
        return
    names = ("id", "description", "quantity", "unit_price", "discount_percent", "tax_rate", "DELETE")
    for number in range(count):
        row = {name: str(given.get(f"{_PREFIX}-{number}-{name}", "")).strip() for name in names}
        if not row["DELETE"] and (row["description"] or row["unit_price"]):
            yield number, row


def _line(row: dict[str, str], kept: Any) -> Line | None:
    quantity, price = _number(row["quantity"]), _number(row["unit_price"])
    if not quantity or price is None or price < 0:
        return None
    rate = _number(row["tax_rate"]) or Decimal(0)
    category = TaxCategory.STANDARD if rate else TaxCategory.ZERO
    if kept is not None and not rate:
        category = TaxCategory(kept.tax_category)
    return Line(
        quantity,
        price,
        min(_number(row["discount_percent"]) or Decimal(0), Decimal(100)),
        kept.discount_amount if kept is not None and not _number(row["discount_percent"]) else Decimal(0),
        str(category),
        rate,
    )


def _number(text: str | None) -> Decimal | None:
    try:
        found = Decimal(str(text or "").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None
