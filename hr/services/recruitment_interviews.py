"""Interviews and what the interviewers think: the average stands on the candidate, kept in step with the cards."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Avg, Max
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from accounts.services.uniqueness import or_taken
from hr.models import Candidate, Interview, Scorecard
from hr.services.recruitment_candidates import check_not_erased
from hyperflow.core import audit, changes
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

CENT = Decimal("0.01")
MOST_INTERVIEWERS = 20
#: What an interviewer cannot do without: to see whom they meet and when, and to say what they think.
INTERVIEWING = ("hr.view_interview", "hr.view_scorecard", "hr.add_scorecard")


@command
def plan_interview(*, candidate: Candidate, actor: Any, interviewers: Iterable[User] = (), **values: Any) -> Interview:
    """The next round for a candidate. Its interviewers are told, and see it from now on.

    Raises `Invalid` ``cannot_interview`` for somebody whose role would not let them.
    """
    panel = _panel(interviewers)
    candidate = changes.lock(candidate)
    check_not_erased(candidate)
    if candidate.stage not in Candidate.ACTIVE:
        raise Conflict(_("Nothing is open with this candidate: take the decision back first."), code="decided")
    last = candidate.interviews.aggregate(last=Max("round"))["last"] or 0
    interview = changes.create(
        Interview(candidate=candidate, round=last + 1, **values),
        actor=actor,
        action="interview.create",
        event="interview.created",
        candidate_id=candidate.pk,
    )
    interview.interviewers.set(panel)
    _tell(interview, panel, actor)
    return interview


@command
def update_interview(
    *,
    interview: Interview,
    actor: Any,
    expected_version: int | None = None,
    interviewers: Iterable[User] | None = None,
    **values: Any,
) -> Interview:
    """Change a round. Who has filled in a scorecard stays on its panel (``in_use``)."""
    interview = changes.lock(interview, expected_version=expected_version)
    check_not_erased(interview.candidate)
    _check_status(interview, values.get("status", interview.status))
    changes.update(interview, actor=actor, action="interview.update", event="interview.updated", **values)
    if interviewers is not None:
        _set_panel(interview, _panel(interviewers), actor)
    return interview


def _check_status(interview: Interview, status: str) -> None:
    if status != interview.status and status not in Interview.NEXT[Interview.Status(interview.status)]:
        raise Conflict(
            _("This interview cannot become “%(after)s”.") % {"after": Interview.Status(status).label},
            code="invalid_transition",
            allowed=sorted(Interview.NEXT[Interview.Status(interview.status)]),
        )


def _set_panel(interview: Interview, panel: list[User], actor: Any) -> None:
    before = set(interview.interviewers.values_list("pk", flat=True))
    after = {person.pk for person in panel}
    if before == after:
        return
    if interview.scorecards.filter(interviewer__in=before - after).exists():
        raise Conflict(_("Who has filled in a scorecard stays on the panel."), code="in_use")
    interview.interviewers.set(panel)
    changes.touch(interview)
    audit.record("interview.panel", interview, actor=actor, changes={"interviewers": (sorted(before), sorted(after))})
    _tell(interview, [person for person in panel if person.pk not in before], actor)


def _panel(people: Iterable[User]) -> list[User]:
    found = list(people)
    if len(found) > MOST_INTERVIEWERS:
        raise Invalid(_("So many interviewers frighten anybody."), code="too_many", field="interviewers")
    if any(not (person.is_active and person.is_staff) for person in found):
        raise Invalid(_("Interviewers are active staff."), code="not_active_staff", field="interviewers")
    if without := sorted(person.name for person in found if not all(map(person.has_perm, INTERVIEWING))):
        raise Invalid(
            _(
                "%(names)s could not see the interview or fill in a scorecard: their role lacks the rights for that. "
                "Give it to the role, or name somebody else."
            )
            % {"names": ", ".join(without)},
            code="cannot_interview",
            field="interviewers",
        )
    return found


def _tell(interview: Interview, people: list[User], actor: Any) -> None:
    posting = interview.candidate.posting
    notify(
        users=[person for person in people if person.pk != getattr(actor, "pk", None)],
        kind="interview.planned",
        title=_("You are to interview a candidate for “%(title)s”") % {"title": posting.title},
        subject=interview,
        actor=actor,
    )


# -- scorecards


@command
def add_scorecard(*, interview: Interview, actor: Any, **values: Any) -> Scorecard:
    """What the caller thinks of the candidate after this round. Everybody on the panel has one card.

    Raises `NotAllowed` (``not_interviewer``) for others, `Conflict` (``already_scored``) for a second card.
    """
    candidate = changes.lock(Candidate(pk=interview.candidate_id))
    check_not_erased(candidate)
    interview = changes.lock(interview)
    if not interview.interviewers.filter(pk=actor.pk).exists():
        raise NotAllowed(_("Only who interviews fills in a scorecard: ask HR to name you."), code="not_interviewer")
    with or_taken(_("You have filled in a scorecard for this interview: change that one."), "already_scored"):
        card = changes.create(
            Scorecard(interview=interview, interviewer=actor, **values),
            actor=actor,
            action="scorecard.create",
            event="scorecard.created",
            candidate_id=candidate.pk,
        )
    if interview.status == Interview.Status.PLANNED:
        changes.update(interview, actor=actor, action="interview.done", status=Interview.Status.DONE)
    _average(candidate)
    return card


@command
def update_scorecard(
    *, scorecard: Scorecard, actor: Any, expected_version: int | None = None, **values: Any
) -> Scorecard:
    """Change one's own card; nobody changes what somebody else thinks."""
    candidate = changes.lock(Candidate(pk=scorecard.interview.candidate_id))
    check_not_erased(candidate)
    scorecard = changes.lock(scorecard, expected_version=expected_version)
    if scorecard.interviewer_id != actor.pk:
        raise NotAllowed(_("This is what somebody else thinks: only they change it."))
    changes.update(scorecard, actor=actor, action="scorecard.update", event="scorecard.updated", **values)
    _average(candidate)
    return scorecard


def _average(candidate: Candidate) -> None:
    """What follows from the cards is no change that somebody made: only the version counts on."""
    found = Scorecard._base_manager.filter(interview__candidate=candidate).aggregate(mean=Avg("overall"))["mean"]
    candidate.average = None if found is None else Decimal(str(found)).quantize(CENT, rounding=ROUND_HALF_UP)
    candidate.save(update_fields=["average"])
    changes.touch(candidate)
