"""Filters of HR's reports: the people and departments that the reader may see, and a period that stays readable."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from hr import scope
from hyperflow.core.reports import FilterForm, PeriodForm
from hyperflow.core.selects import LongSelect

#: Everybody's days of a longer period are no longer read by anyone.
MOST_DAYS = 366


class PeopleForm(FilterForm):
    """A department, a person: of the people whose rows the reader may see."""

    everybody, own = "hr.view_all_attendance", "hr.view_attendance"

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, user=user)
        employees = User.objects.filter(employment__isnull=False)
        people = scope.people_in_scope(employees, user, everybody=self.everybody, own=self.own, path="pk")
        self.fields["department"] = forms.ModelChoiceField(
            label=_("Department"),
            queryset=Department.objects.visible_to(user).order_by("name", "id"),
            required=False,
            empty_label=_("All"),
        )
        self.fields["person"] = forms.ModelChoiceField(
            label=_("Person"),
            queryset=people.order_by("name", "id").only("name"),
            required=False,
            empty_label=_("All"),
            widget=LongSelect(),
        )


class DaysForm(PeriodForm, PeopleForm):
    """A period of at most a year, and whose days."""

    days = 30

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end - start >= dt.timedelta(days=MOST_DAYS):
            self.add_error("end", _("Choose at most %(most)s days.") % {"most": MOST_DAYS})
        return cleaned
