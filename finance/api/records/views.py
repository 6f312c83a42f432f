"""`/api/finance/financial-records`."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request

from finance.api.filters import OwnExpenseFilter, RecordFilter
from finance.api.records import serializers
from finance.models import FinancialRecord
from finance.services import claims, records
from hyperflow.core import storage
from hyperflow.core.api.parsers import SafeJSONParser, Upload, UploadParser
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound


class RecordViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Income and expenses. What payslips booked is there for who may see payslips."""

    queryset = FinancialRecord.objects.all()
    serializer_class = serializers.RecordSerializer
    filterset_class = RecordFilter
    needs: ClassVar = {
        "list": "finance.view_financialrecord",
        "retrieve": "finance.view_financialrecord",
        "create": "finance.add_financialrecord",
        "update": "finance.change_financialrecord",
        "destroy": "finance.delete_financialrecord",
        "receipt": "finance.view_financialrecord",
        "attach": "finance.change_financialrecord",
        "decide": "finance.approve_expense",
        "reimburse": "finance.reimburse_expense",
    }
    inputs: ClassVar = {
        "create": serializers.RecordInput,
        "update": serializers.RecordUpdate,
        "attach": serializers.ReceiptInput,
        "decide": serializers.ExpenseDecisionInput,
        "reimburse": serializers.ReimbursementInput,
    }
    outputs: ClassVar = {
        "receipt": bytes,
        **dict.fromkeys(("decide", "reimburse"), serializers.ExpenseSerializer),
    }
    whole: ClassVar = ("decide",)
    parsers: ClassVar = {"create": (SafeJSONParser, UploadParser), "attach": Upload}
    orderings: ClassVar = {"record_date": "record_date", "created_at": "created_at"}
    default_ordering = "-record_date"
    search: ClassVar = ("description", "supplier", "category")

    def create(self, request: Request) -> HttpResponse:
        return self.render(records.create_record(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        record = self.get_object()
        records.update_record(record=record, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(record)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        records.delete_record(record=self.get_object(), actor=self.actor, expected_version=self.expected_version)
        return self.nothing()

    def receipt(self, request: Request, pk: int) -> HttpResponseBase:
        """The receipt itself."""
        file = self.get_object().receipt
        if file is None:
            raise NotFound(_("There is no receipt with it."))
        return storage.download(file)

    def attach(self, request: Request, pk: int) -> HttpResponse:
        """Keep a receipt with it, in place of the one before."""
        record = records.attach_receipt(record=self.get_object(), actor=self.actor, upload=self.parse()["file"])
        return self.render(record)

    def decide(self, request: Request, pk: int) -> HttpResponse:
        """Approve an expense that somebody handed in, or refuse it."""
        record, given = self.get_object(), self.parse()
        claims.decide(
            record=record,
            actor=self.actor,
            approve=given["status"] == FinancialRecord.Status.APPROVED,
            note=given.get("note", ""),
            expected_version=self.expected_version,
        )
        return self.render(record)

    def reimburse(self, request: Request, pk: int) -> HttpResponse:
        """Say that it was paid back."""
        record = self.get_object()
        claims.reimburse(record=record, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(record)


class OwnExpenseViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """The expenses that the caller handed in."""

    queryset = FinancialRecord.objects.all()
    serializer_class = serializers.ExpenseSerializer
    filterset_class = OwnExpenseFilter
    needs: ClassVar = dict.fromkeys(("list", "retrieve", "create", "update"), "finance.claim_expense")
    inputs: ClassVar = {"create": serializers.ExpenseInput, "update": serializers.ExpenseAgainInput}
    parsers: ClassVar = {"create": (SafeJSONParser, UploadParser)}
    orderings: ClassVar = {"record_date": "record_date", "created_at": "created_at"}
    default_ordering = "-record_date"

    def get_queryset(self) -> Any:
        return super().get_queryset().claimed_by(self.actor)

    def create(self, request: Request) -> HttpResponse:
        return self.render(claims.claim(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        """Hand a refused one in again."""
        record = self.get_object()
        claims.hand_in_again(record=record, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(record)
