"""What is personal of candidates goes: on its date, or when HR says so. The row stays, to be counted."""

from typing import Any

from django.utils.translation import gettext as _

from hr.models import Candidate, CandidateNote, Interview, JobPosting, Scorecard
from hr.services import recruitment_mails as mails
from hyperflow.core import audit, changes, clock, outbox, storage
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.models import IdempotencyRecord
from hyperflow.core.transactions import command

BATCH = 500


@command
def erase_candidate(*, candidate: Candidate, actor: Any | None, reason: str) -> Candidate:
    """Erase name, address, phone, skills, résumé, notes and what interviewers wrote; stages, dates and scores stay.

    Somebody who was hired and has an account is a colleague, whose data are kept for as long as the employment asks
    (``hired``). Twice is once.
    """
    if not reason.strip():
        raise Invalid(_("Say why it is erased."), code="required", field="reason")
    changes.lock(JobPosting(pk=candidate.posting_id))
    candidate = changes.lock(candidate)
    if candidate.is_erased:
        return candidate
    if candidate.employee_id is not None:
        raise Conflict(_("Who was hired is a colleague: nothing is erased here."), code="hired")
    file = candidate.resume
    _forget_what_was_written(candidate)
    for name, value in _nobody(candidate).items():
        setattr(candidate, name, value)
    candidate.save(update_fields=[*_nobody(candidate)])
    changes.touch(candidate)
    if file is not None:
        storage.remove(file)
    mails.forget(candidate)
    _forget_answers(candidate)
    audit.record("candidate.erase", candidate, actor=actor, changes={"reason": (None, reason)})
    outbox.emit("candidate.erased", candidate, posting_id=candidate.posting_id)
    return candidate


def _nobody(candidate: Candidate) -> dict[str, Any]:
    """What stands in place of a person. The address stays unique, and free for whoever had it."""
    return {
        "name": str(_("Erased")),
        "email": f"erased-{candidate.pk}@erased.invalid",
        "phone": "",
        "skills": [],
        "experience_years": None,
        "resume": None,
        "notes": "",
        "rejection_reason": "",
        "erased_at": candidate.erased_at or clock.now(),
    }


def _forget_what_was_written(candidate: Candidate) -> None:
    CandidateNote._base_manager.filter(candidate=candidate).delete()
    Interview._base_manager.filter(candidate=candidate).update(title="", notes="", location="")
    Scorecard._base_manager.filter(interview__candidate=candidate).update(notes="")


def _forget_answers(candidate: Candidate) -> None:
    """What the API answered about them is kept for a day, for requests that come again: those for this candidate, and
    the applications to the posting (one that comes again is refused as made already)."""
    interviews = Interview._base_manager.filter(candidate=candidate).values_list("pk", flat=True)
    IdempotencyRecord.objects.forget(
        f"/api/hr/candidates/{candidate.pk}",
        f"/api/hr/recruitment/{candidate.posting_id}/candidates",
        *(f"/api/hr/interviews/{pk}" for pk in interviews),
    )


def due() -> list[Candidate]:
    """Those whose date has come, a bounded number: no colleagues, not erased yet."""
    today = clock.business_date()
    rows = Candidate._base_manager.filter(erased_at__isnull=True, erase_on__lte=today)
    return list(rows.filter(employee__isnull=True).order_by("erase_on", "pk")[:BATCH])


def erase_due() -> dict[str, int]:
    """Erase everybody whose date has come, each in a transaction of their own."""
    erased = 0
    while batch := due():
        for candidate in batch:
            erase_candidate(candidate=candidate, actor=None, reason=str(_("The retention date has come.")))
            erased += 1
    return {"erased": erased}
