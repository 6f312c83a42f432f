"""What lists of runs and payslips can be narrowed by."""

from typing import Any, ClassVar

import django_filters

from hr.models import PayrollRun, Payslip
from hyperflow.core.api.filters import ChoiceFilter, IdFilter, StrictFilterSet, date_range


class RunFilter(StrictFilterSet):
    period = django_filters.CharFilter(max_length=7)
    status = ChoiceFilter(choices=PayrollRun.Status.choices)
    created_after, created_before = date_range("created_at")

    class Meta:
        model = PayrollRun
        fields: ClassVar[list[str]] = []


class OwnPayslipFilter(StrictFilterSet):
    period = django_filters.CharFilter(max_length=7)
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Payslip
        fields: ClassVar[list[str]] = []


class PayslipFilter(OwnPayslipFilter):
    user_id = IdFilter(field_name="user_id")
    run_id = IdFilter(field_name="run_id")
    status = ChoiceFilter(choices=[(name, name) for name in ("draft", "approved", "paid")], method="standing")

    def standing(self, rows: Any, name: str, value: str) -> Any:
        """By where the run stands: to its people one in review is still a draft."""
        wanted = sorted(PayrollRun.OPEN) if value == "draft" else [value]
        runs = PayrollRun.objects.filter(status__in=wanted).values("pk")
        return rows.filter(run_id__in=runs)
