"""`/api/hr/payroll`, `/api/hr/payroll/runs` and a person's own payslips."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from hr.api.payroll import serializers
from hr.api.payroll.filters import OwnPayslipFilter, PayslipFilter, RunFilter
from hr.models import PayrollRun, Payslip
from hr.services import payroll as services
from hr.services import payroll_documents
from hyperflow.core import storage
from hyperflow.core.api.views import JobSerializer
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound


class PayrollRunViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """The pay of everybody, a month each."""

    queryset = PayrollRun.objects.all()
    serializer_class = serializers.PayrollRunSerializer
    filterset_class = RunFilter
    needs: ClassVar = {
        "list": "hr.view_payrollrun",
        "retrieve": "hr.view_payrollrun",
        "create": "hr.add_payrollrun",
        "recompute": "hr.add_payrollrun",
        "review": "hr.change_payrollrun",
        "approve": "hr.approve_payroll",
        "pay": "hr.pay_payroll",
    }
    inputs: ClassVar = {
        "create": serializers.RunInput,
        "approve": serializers.ApproveInput,
        **dict.fromkeys(("recompute", "review", "pay"), serializers.NothingInput),
    }
    outputs: ClassVar = {
        "create": {
            201: serializers.PayrollRunSerializer,
            200: serializers.PayrollRunSerializer,
            202: JobSerializer,
        },
        "recompute": {200: serializers.PayrollRunSerializer, 202: JobSerializer},
    }
    orderings: ClassVar = {"period": "period", "created_at": "created_at"}
    default_ordering = "-period"

    def create(self, request: Request) -> HttpResponse:
        """201 with the new run, 200 with the one there is, 202 with the job that works it out while one does."""
        started = services.start_run(actor=self.actor, **self.parse())
        if started.job is not None:
            return self.accepted(started.job)
        return self.render(started.run, 201 if started.is_new else 200)

    def recompute(self, request: Request, pk: int) -> HttpResponse:
        run: PayrollRun = self.get_object()
        self._said()
        started = services.recompute(run=run, actor=self.actor, expected_version=self.expected_version)
        return self.accepted(started.job) if started.job is not None else self.render(run)

    def review(self, request: Request, pk: int) -> HttpResponse:
        return self._moved(services.review)

    def approve(self, request: Request, pk: int) -> HttpResponse:
        return self._moved(services.approve)

    def pay(self, request: Request, pk: int) -> HttpResponse:
        return self._moved(services.pay)

    def _moved(self, move: Any) -> HttpResponse:
        run: PayrollRun = self.get_object()
        move(run=run, actor=self.actor, expected_version=self.expected_version, **self._said())
        return self.render(run)

    def _said(self) -> dict[str, Any]:
        """What the body says. A step needs nothing said beside its path, so there may be no body."""
        return self.parse() if self.request.META.get("CONTENT_LENGTH", "").strip("0") else {}


class PayslipViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Everybody's payslips, for who looks after pay. No manager sees those of their reports by being one."""

    queryset = Payslip.objects.select_related("run").prefetch_related("lines")
    serializer_class = serializers.PayslipSerializer
    filterset_class = PayslipFilter
    needs: ClassVar = {
        "list": "hr.view_all_payslips",
        "retrieve": "hr.view_all_payslips",
        "pdf": "hr.view_all_payslips",
    }
    outputs: ClassVar = {"pdf": bytes}
    orderings: ClassVar = {"period": "period", "created_at": "created_at"}
    default_ordering = "-period"
    search: ClassVar[tuple[str, ...]] = ("employee_name", "employee_code")
    produces = ("application/pdf",)

    def pdf(self, request: Request, pk: int) -> HttpResponseBase:
        """The document of an approved payslip; rendered at once where the job has not done it yet."""
        payslip = self.get_object()
        if payslip.run.status not in PayrollRun.FIXED:
            raise NotFound("A draft has no document.")
        return storage.download(payroll_documents.pdf_of(payslip=payslip))


class OwnPayslipViewSet(PayslipViewSet):
    """The caller's own payslips, once they are approved."""

    filterset_class = OwnPayslipFilter
    needs: ClassVar = {"list": "hr.view_payslip", "retrieve": "hr.view_payslip", "pdf": "hr.view_payslip"}
    search = ()

    def get_queryset(self) -> Any:
        return super().get_queryset().of(self.actor)
