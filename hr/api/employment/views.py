"""`/api/hr/employees`."""

from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from hr.api.employment import serializers
from hr.api.employment.filters import EmployeeFilter
from hr.models import Compensation, Employment
from hr.services import employment as services
from hyperflow.core.api.viewsets import ListMixin, ScopedViewSet
from hyperflow.core.errors import NotFound


class EmployeeViewSet(ListMixin, ScopedViewSet):
    """Employees, named by the id of their account."""

    queryset = Employment.objects.select_related("user", "user__department", "manager")
    serializer_class = serializers.EmployeeSerializer
    filterset_class = EmployeeFilter
    needs: ClassVar = {
        "list": "hr.view_employment",
        "retrieve": "hr.view_employment",
        "create": "hr.add_employment",
        "update": "hr.change_employment",
    }
    inputs: ClassVar = {"create": serializers.EmployeeCreate, "update": serializers.EmployeeChange}
    orderings: ClassVar = {"employee_code": "code", "hire_date": "hire_date", "created_at": "created_at"}
    default_ordering = "employee_code"
    search = ("code", "position", "user__name", "user__email")

    def get_object(self) -> Any:
        try:
            return self.get_queryset().get(user_id=self.kwargs["user_id"])
        except ObjectDoesNotExist as error:
            raise NotFound(_("There is nothing here.")) from error

    def location(self, row: Employment) -> str:
        return f"{self.request.path}/{row.user_id}"

    def retrieve(self, request: Request, user_id: int) -> HttpResponse:
        return self.show(self.get_object())

    def create(self, request: Request) -> HttpResponse:
        return self.render(services.employ(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, user_id: int) -> HttpResponse:
        employee = self.get_object()
        changes = self.parse()
        changed = services.update_employment(
            employment=employee, actor=self.actor, expected_version=self.expected_version, **changes
        )
        return self.render(changed)


class CompensationViewSet(ScopedViewSet):
    """What an employee was, is and will be paid. Rows are added, never edited."""

    queryset = Compensation.objects.select_related("employment")
    serializer_class = serializers.CompensationSerializer
    lists: ClassVar = ()
    needs: ClassVar = {"history": "hr.view_pay", "create": "hr.set_pay"}
    inputs: ClassVar = {"create": serializers.CompensationCreate}
    outputs: ClassVar = {"history": serializers.CompensationSerializer(many=True)}

    def employee(self) -> Employment:
        found = Employment.objects.visible_to(self.actor).filter(user_id=self.kwargs["user_id"]).first()
        if found is None:
            raise NotFound(_("There is nothing here."))
        return found

    def history(self, request: Request, user_id: int) -> HttpResponse:
        rows = self.get_queryset().filter(employment=self.employee()).order_by("-effective_from", "-pk")
        return self.answer(self.represent_all(rows, serializers.CompensationSerializer))

    def create(self, request: Request, user_id: int) -> HttpResponse:
        employee = self.employee()
        return self.render(services.set_compensation(employment=employee, actor=self.actor, **self.parse()), 201)

    def location(self, row: Compensation) -> str:
        return self.request.path  # read in its history: a row alone has no address
