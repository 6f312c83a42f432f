"""What the approval of a run asks for: who works here without any pay is ticked by name, or nothing is approved."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from hr.models import PayrollRun
from hr.services import payroll
from hyperflow.core.admin import MoveForm


class ApproveForm(MoveForm):
    """Shows the people without pay of the runs, none ticked: each is a payslip that somebody may be waiting for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [
            (f"{run.pk}-{user_id}", f"{name} ({run.period})")
            for run in self.rows
            for user_id, name in run.without_pay.items()
        ]
        if people:
            self.fields["leave_out"] = forms.MultipleChoiceField(
                label=_("No pay is set for them: tick who is left out"),
                choices=people,
                required=False,
                help_text=_("They get no payslip. Whoever should, needs pay set first, and the run worked out anew."),
                widget=UnfoldAdminCheckboxSelectMultipleWidget(),
            )


def approve(run: PayrollRun, actor: Any, leave_out: Sequence[str] = ()) -> None:
    """Approve a run without those who are ticked for it."""
    ticked = [one.partition("-") for one in leave_out]
    people = [int(user_id) for run_id, _dash, user_id in ticked if int(run_id) == run.pk]
    payroll.approve(run=run, actor=actor, leave_out=people)
