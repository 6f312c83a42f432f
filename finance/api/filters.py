"""What lists of money can be narrowed by."""

import re
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import identity
from clients.models import Client
from finance.models import CreditNote, FinancialRecord, Invoice, Payment
from finance.services import books
from hyperflow.core import money
from hyperflow.core.api.filters import LONGEST_SEARCH, ChoiceFilter, IdFilter, StrictFilterSet, date_range
from hyperflow.core.errors import Invalid

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,3})?")


class AmountFormField(forms.CharField):
    """An amount as the wire has it: digits, not words or powers of ten."""

    def clean(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        if not _AMOUNT.fullmatch(str(value)):
            raise ValidationError(gettext_lazy("Write an amount, like 12.50."), code="invalid")
        return Decimal(str(value))


class AmountFilter(django_filters.Filter):
    """One end of a range of amounts, in whichever currency each row has."""

    field_class = AmountFormField


def _currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in sorted(money.CURRENCIES)]


class InvoiceFilter(StrictFilterSet):
    """``status`` is what rows print: what is overdue is not pending."""

    status = ChoiceFilter(choices=[*Invoice.Status.choices, (Invoice.OVERDUE, Invoice.OVERDUE)], method="standing")
    client_id = IdFilter()
    project_id = IdFilter()
    currency = ChoiceFilter(choices=_currencies())
    issued_after, issued_before = date_range("issue_date")
    due_after, due_before = date_range("due_date")
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")
    min_amount = AmountFilter("total", "gte")
    max_amount = AmountFilter("total", "lte")
    search = django_filters.CharFilter(method="find")

    class Meta:
        model = Invoice
        fields: ClassVar[list[str]] = []

    def standing(self, rows: Any, name: str, value: str) -> Any:
        if value == Invoice.OVERDUE:
            return rows.overdue(books.today())
        if value == Invoice.Status.PENDING:
            return rows.unpaid().filter(due_date__gte=books.today())
        return rows.filter(status=value)

    def find(self, rows: QuerySet[Invoice], name: str, text: str) -> QuerySet[Invoice]:
        """Every word stands in the number, the text, or the name of the client."""
        if len(text) > LONGEST_SEARCH:
            raise Invalid(_("Search for at most 200 characters."), field="search")
        for word in text.split()[:10]:
            condition = Q(number__contains=word) | Q(number__contains=word.upper()) | Q(notes__icontains=word)
            theirs = Q(name__icontains=word)
            if key := identity.search_key(word):
                theirs |= Q(name_key__contains=key)
            condition |= Q(client__in=Client._base_manager.filter(theirs).order_by().values("pk"))
            rows = rows.filter(condition)
        return rows


class PaymentFilter(StrictFilterSet):
    kind = ChoiceFilter(choices=Payment.Kind.choices)
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = []


class CreditNoteFilter(StrictFilterSet):
    issued_after, issued_before = date_range("issue_date")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = CreditNote
        fields: ClassVar[list[str]] = []


class RecordFilter(StrictFilterSet):
    record_type = ChoiceFilter(choices=FinancialRecord.Type.choices)
    category = django_filters.CharFilter(max_length=80)
    status = ChoiceFilter(choices=FinancialRecord.Status.choices)
    source = ChoiceFilter(choices=FinancialRecord.Source.choices)
    currency = ChoiceFilter(choices=_currencies())
    client_id = IdFilter()
    project_id = IdFilter()
    user_id = IdFilter()
    invoice_id = IdFilter()
    record_after, record_before = date_range("record_date")
    start_date, end_date = date_range("record_date")
    created_after, created_before = date_range("created_at")
    min_amount = AmountFilter("amount", "gte")
    max_amount = AmountFilter("amount", "lte")

    class Meta:
        model = FinancialRecord
        fields: ClassVar[list[str]] = []


class OwnExpenseFilter(StrictFilterSet):
    status = ChoiceFilter(choices=FinancialRecord.Status.choices)
    start_date, end_date = date_range("record_date")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = FinancialRecord
        fields: ClassVar[list[str]] = []
