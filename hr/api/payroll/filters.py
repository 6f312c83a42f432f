"""What lists of runs and payslips can be narrowed by."""

from typing import Any, ClassVar

import django_filters
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from hr.models import PayrollRun, Payslip
from hr.models.payroll import PERIOD
from hyperflow.core.api.filters import ChoiceFilter, IdFilter, StrictFilterSet, date_range


class PeriodFilter(django_filters.CharFilter):
    """A month, as ``2026-05``."""

    def __init__(self, **kwargs: Any) -> None:
        month = RegexValidator(rf"\A{PERIOD}\Z", _("Write the month as YYYY-MM."))
        super().__init__(max_length=7, validators=[month], **kwargs)


class RunFilter(StrictFilterSet):
    period = PeriodFilter()
    status = ChoiceFilter(choices=PayrollRun.Status.choices)
    created_after, created_before = date_range("created_at")

    class Meta:
        model = PayrollRun
        fields: ClassVar[list[str]] = []


class OwnPayslipFilter(StrictFilterSet):
    period = PeriodFilter()
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
