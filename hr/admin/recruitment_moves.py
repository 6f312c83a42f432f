"""The buttons of postings, candidates, interviews and onboarding: each calls the service that the API calls."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from accounts.models import Role, User
from hr.models import Candidate, Interview, JobPosting, RecruitmentStage
from hr.services import recruitment as postings
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_erasing, recruitment_hiring
from hr.services import recruitment_interviews as interviews
from hr.services import recruitment_onboarding as onboarding
from hyperflow.core import clock
from hyperflow.core.admin import Move, MoveForm, widgets

Stage = Candidate.Stage
Status = JobPosting.Status


def _switch(label: Any, *, initial: bool = True) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, initial=initial, widget=UnfoldBooleanSwitchWidget())


class StageForm(MoveForm):
    """Where to; the board hands over the stage that was chosen there."""

    step = forms.ModelChoiceField(
        label=_("Move to"),
        queryset=RecruitmentStage.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Moving somebody to hired makes no account; “Hire” on their page does."),
    )
    reason = widgets.text(
        _("Reason"), required=False, help_text=_("For a rejection. The candidate is not told."), most=500
    )
    notify = _switch(_("Tell a rejected candidate by mail"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step"].queryset = self.rows[0].posting.template.stages.all()  # type: ignore[attr-defined]


class RejectForm(MoveForm):
    reason = widgets.text(_("Reason"), help_text=_("For colleagues. The candidate is not told."), most=500)
    notify = _switch(_("Tell them by mail"))


class EraseForm(MoveForm):
    reason = widgets.text(_("Reason"), most=500)


class HireForm(MoveForm):
    hire_date = widgets.date(_("First day"))
    employee_code = widgets.text(_("Employee code"), required=False, most=32, help_text=_("Empty: the next free one."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hire_date"].initial = clock.business_date(self.actor)
        roles = Role.objects.filter(is_staff=True)
        self.fields["role"] = widgets.one_of(_("Role"), roles, required=False, empty_label=_("Employee"))
        people = _staff(self.actor)
        self.fields["manager"] = widgets.one_of(
            _("Manager"), people, required=False, empty_label=_("The hiring manager")
        )


class NoteForm(MoveForm):
    text = widgets.long_text(_("Note"), most=10_000)


class ResumeForm(MoveForm):
    upload = widgets.file(_("Résumé"))


class InterviewForm(MoveForm):
    title = widgets.text(_("What it is about"), required=False, most=120)
    starts_at = widgets.moment(_("At"))
    minutes = widgets.whole_number(_("Minutes"), least=5, most=600)
    location = widgets.text(_("Place or link"), required=False, most=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["minutes"].initial = 60
        self.fields["starts_at"].initial = clock.now().replace(minute=0, second=0, microsecond=0)
        for number in (1, 2, 3):
            self.fields[f"interviewer_{number}"] = widgets.one_of(
                _("Interviewer"), _staff(self.actor), required=False, empty_label="–"
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [cleaned.pop(f"interviewer_{number}", None) for number in (1, 2, 3)]
        cleaned["interviewers"] = list(dict.fromkeys(person for person in chosen if person is not None))
        return cleaned


class ScoreForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scores = [("coding", _("Coding")), ("english", _("English")), ("aptitude", _("Aptitude"))]
        choices = [(number, str(number)) for number in range(1, 6)]
        for name, label in [*scores, ("overall", _("Overall"))]:
            self.fields[name] = forms.TypedChoiceField(
                label=label,
                choices=choices if name == "overall" else [("", "–"), *choices],
                coerce=int,
                empty_value=None,
                required=name == "overall",
                initial=3 if name == "overall" else "",
                widget=UnfoldAdminSelectWidget(),
            )
        self.fields["notes"] = widgets.long_text(_("Notes"), required=False, most=10_000)


def _staff(user: Any) -> Any:
    return User.objects.visible_to(user).filter(is_active=True, role__is_staff=True)


def _to(status: str) -> Callable[..., Any]:
    return lambda posting, actor: postings.update_posting(posting=posting, actor=actor, status=status)


def _may_become(status: str) -> Callable[[Any, Any], bool]:
    return lambda posting, user: status in JobPosting.NEXT[Status(posting.status)]


def _active(candidate: Candidate, user: Any) -> bool:
    return candidate.stage in Candidate.ACTIVE and not candidate.is_erased


def _known(candidate: Candidate, user: Any) -> bool:
    return not candidate.is_erased


POSTING_MOVES = [
    Move(
        "open", _("Open"), _to(Status.OPEN), needs="hr.change_jobposting", done=_("open"), icon="campaign",
        question=_("It is on the careers page at once, and takes applications."), available=_may_become(Status.OPEN),
    ),
    Move(
        "close", _("Close"), _to(Status.CLOSED), needs="hr.change_jobposting", done=_("closed"), icon="block",
        question=_("It leaves the careers page. Candidates stay where they are."),
        available=_may_become(Status.CLOSED),
    ),
    Move(
        "fill", _("Mark as filled"), _to(Status.FILLED), needs="hr.change_jobposting", done=_("filled"),
        icon="task_alt", available=_may_become(Status.FILLED),
    ),
]  # fmt: skip

CANDIDATE_MOVES = [
    Move(
        "move", _("Move"), lambda candidate, actor, **to: candidates.move(candidate=candidate, actor=actor, **to),
        needs="hr.change_candidate", done=_("moved"), icon="swap_horiz", form=StageForm, in_list=False,
        available=lambda candidate, user: candidate.stage != Stage.HIRED and not candidate.is_erased,
    ),
    Move(
        "hire", _("Hire"),
        lambda candidate, actor, **how: recruitment_hiring.hire(candidate=candidate, actor=actor, **how),
        needs="hr.hire_candidate", done=_("hired"), icon="how_to_reg", form=HireForm, in_list=False,
        question=_("It makes an inactive account, the employment and the onboarding checklist, once."),
        available=lambda candidate, user: candidate.employee_id is None and not candidate.is_erased
        and candidate.stage != Stage.REJECTED,
    ),
    Move(
        "interview", _("Plan interview"),
        lambda candidate, actor, **values: interviews.plan_interview(candidate=candidate, actor=actor, **values),
        needs="hr.add_interview", done=_("interview planned"), icon="event", form=InterviewForm, in_list=False,
        available=_active,
    ),
    Move(
        "note", _("Add note"), lambda candidate, actor, text: candidates.add_note(
            candidate=candidate, actor=actor, text=text
        ),
        needs="hr.add_candidatenote", done=_("note added"), icon="chat", form=NoteForm, in_list=False,
        available=_known,
    ),
    Move(
        "resume", _("Attach résumé"), lambda candidate, actor, upload: candidates.attach_resume(
            candidate=candidate, actor=actor, upload=upload
        ),
        needs="hr.change_candidate", done=_("résumé attached"), icon="attach_file", form=ResumeForm, in_list=False,
        question=_("It takes the place of the one before."), available=_known,
    ),
    Move(
        "reject", _("Reject"),
        lambda candidate, actor, reason, notify: candidates.move(
            candidate=candidate, actor=actor, stage=Stage.REJECTED, reason=reason, notify=notify
        ),
        needs="hr.change_candidate", done=_("rejected"), icon="person_off", danger=True, form=RejectForm,
        available=_active,
    ),
    Move(
        "erase", _("Erase"),
        lambda candidate, actor, reason: recruitment_erasing.erase_candidate(
            candidate=candidate, actor=actor, reason=reason
        ),
        needs="hr.erase_candidate", done=_("erased"), icon="delete_forever", danger=True, form=EraseForm,
        question=_("Everything personal goes now and for good: name, address, résumé, notes."),
        available=lambda candidate, user: candidate.stage != Stage.HIRED and not candidate.is_erased,
    ),
]  # fmt: skip

INTERVIEW_MOVES = [
    Move(
        "score", _("Fill in scorecard"),
        lambda interview, actor, **scores: interviews.add_scorecard(interview=interview, actor=actor, **scores),
        needs="hr.add_scorecard", done=_("scorecard filled in"), icon="grading", form=ScoreForm, in_list=False,
        available=lambda interview, user: interview.interviewers.filter(pk=user.pk).exists(),
    ),
    Move(
        "cancel", _("Cancel interview"),
        lambda interview, actor: interviews.update_interview(
            interview=interview, actor=actor, status=Interview.Status.CANCELLED
        ),
        needs="hr.change_interview", done=_("cancelled"), icon="block", danger=True,
        available=lambda interview, user: interview.status == Interview.Status.PLANNED,
    ),
]  # fmt: skip

ONBOARDING_MOVES = [
    Move(
        "done", _("Done"), lambda task, actor: onboarding.update_task(task=task, actor=actor, done=True),
        needs="hr.change_onboardingtask", done=_("done"), icon="check",
        available=lambda task, user: task.done_at is None,
    ),
    Move(
        "undone", _("Not done"), lambda task, actor: onboarding.update_task(task=task, actor=actor, done=False),
        needs="hr.change_onboardingtask", done=_("to be done again"), icon="undo",
        available=lambda task, user: task.done_at is not None,
    ),
]  # fmt: skip
