"""A project's hours and its logged time: billed, written off, and that taken back, on the pages of lower apps."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from clients.models import Project
from finance.admin.moves import day_field
from finance.billing.grouping import GroupBy
from finance.services import books, from_time, settling
from hyperflow.core.admin import Move, MoveForm
from tasks.models import TimeEntry


class HoursForm(MoveForm):
    """Which hours of a project are billed, and how."""

    until = day_field(_("Worked until"))
    group_by = forms.ChoiceField(
        label=_("A line for each"),
        choices=[(GroupBy.TASK, _("Task")), (GroupBy.PERSON, _("Person")), (GroupBy.DAY, _("Day"))],
        widget=UnfoldAdminSelectWidget,
    )
    with_expenses = forms.BooleanField(
        label=_("Billable expenses, too"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    leave_out_unexplained = forms.BooleanField(
        label=_("Leave out time that attendance does not explain"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = books.today().replace(day=1) - dt.timedelta(days=1)

    def clean_group_by(self) -> GroupBy:
        return GroupBy(self.cleaned_data["group_by"])


BILL_HOURS = Move(
    "bill_hours", _("Bill hours"),
    lambda row, actor, **answers: from_time.bill_time(project=row, actor=actor, **answers),
    needs="finance.bill_time", done=_("a draft of its hours is among the invoices"), icon="request_quote",
    form=HoursForm,
    question=_("Approved, billable hours that are not billed yet become the draft of an invoice."),
)  # fmt: skip

# The project's page belongs to clients, which know nothing of invoices.
_projects: Any = admin.site.get_model_admin(Project)
_projects.moves = [*_projects.moves, BILL_HOURS]


class WriteOffForm(MoveForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget)


WRITE_OFF = Move(
    "write_off", _("Write off"), lambda row, actor, reason: settling.write_off(entry=row, actor=actor, reason=reason),
    needs="finance.bill_time", done=_("written off"), icon="money_off", form=WriteOffForm, danger=True,
    question=_("It will not be billed."),
    available=lambda row, user: row.billable and row.status == TimeEntry.Status.APPROVED,
)  # fmt: skip
TAKE_BACK = Move(
    "take_back", _("Bill after all"), lambda row, actor: settling.take_back_write_off(entry=row, actor=actor),
    needs="finance.bill_time", done=_("unbilled again"), icon="undo",
    available=lambda row, user: row.status == TimeEntry.Status.APPROVED,
)  # fmt: skip

_entries: Any = admin.site.get_model_admin(TimeEntry)
_entries.moves = [*_entries.moves, WRITE_OFF, TAKE_BACK]
