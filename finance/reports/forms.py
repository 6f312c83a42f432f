"""The filters of the reports of finance."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.selectors.reports import ACCRUAL, CASH, twelve_months
from finance.selectors.sums import Period
from hyperflow.core import clock, money
from hyperflow.core.reports import FilterForm, PeriodForm

MOST_YEARS = 10
_TIME = [("month", _("Month")), ("quarter", _("Quarter")), ("year", _("Year"))]
_FOR = [("client", _("Client")), ("project", _("Project"))]


def currency_filter() -> forms.ChoiceField:
    choices = [("", _("The company's")), *((code, code) for code in sorted(money.CURRENCIES))]
    return forms.ChoiceField(label=_("Currency"), required=False, choices=choices)


class MonthsForm(PeriodForm):
    """A period; without one it is this month and the eleven before it."""

    most_days: ClassVar[int] = 366 * MOST_YEARS

    def defaults(self, user: Any) -> dict[str, Any]:
        usual = twelve_months(clock.business_date())
        return {"start": usual.start.isoformat(), "end": usual.end.isoformat()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and not self.errors and (end - start).days >= self.most_days:
            self.add_error("start", _("Choose a period of at most %(days)s days.") % {"days": self.most_days})
        return cleaned


class RevenueForm(MonthsForm):
    group = forms.ChoiceField(label=_("By"), required=False, choices=[*_TIME, *_FOR])
    basis = forms.ChoiceField(
        label=_("Basis"), required=False, choices=[(ACCRUAL, _("Invoices (accrual)")), (CASH, _("Payments (cash)"))]
    )
    currency = currency_filter()


class ExpensesForm(MonthsForm):
    group = forms.ChoiceField(label=_("By"), required=False, choices=[*_TIME, ("category", _("Category")), *_FOR])
    currency = currency_filter()


class CurrencyForm(FilterForm):
    currency = currency_filter()


class TeamForm(MonthsForm):
    most_days = 366
    group = forms.ChoiceField(
        label=_("By"),
        required=False,
        choices=[
            ("person", _("Person")),
            ("role", _("Role")),
            ("department", _("Department")),
            ("client", _("Client")),
            ("project", _("Project")),
        ],
    )


class MarginForm(MonthsForm):
    most_days = 366
    group = forms.ChoiceField(label=_("By"), required=False, choices=[*_FOR, ("person", _("Person"))])


def period_of(filters: dict[str, Any]) -> Period:
    return Period(filters["start"], filters["end"])
