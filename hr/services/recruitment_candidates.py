"""Candidates: how they come in, what is known of them, and where they stand."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from hr.models import Candidate, CandidateNote, Interview, JobPosting, RecruitmentStage
from hr.services import recruitment_mails as mails
from hr.services.recruitment import fill_if_complete
from hyperflow.core import audit, changes, clock, outbox, storage
from hyperflow.core.errors import Conflict, Invalid, NotFound, TooLarge
from hyperflow.core.fields import fold_email
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command

Stage = Candidate.Stage
KIND = "hr.resume"

EDITABLE = frozenset({"name", "email", "phone", "skills", "experience_years", "rating", "notes", "source", "erase_on"})
#: Nobody's résumé is larger, and strangers send them.
LARGEST_RESUME = 10 * 1024 * 1024
RESUME_TYPES = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        "text/plain",
    }
)


# -- coming in


def apply(
    *, posting: JobPosting, actor: Any | None, name: str, email: str, upload: Any = None, **values: Any
) -> Candidate:
    """Somebody applies, or HR enters them (``actor``); strangers have none.

    Raises `Conflict`: ``posting_closed`` unless the posting takes applications today, ``already_applied`` for an
    address that has applied for it. The résumé is stored before the rows are written: of one that is not needed
    after all, nothing stays.
    """
    _check_open(posting)
    file = store_resume(upload, actor=actor) if upload is not None else None
    try:
        return _insert(posting=posting, actor=actor, file=file, name=name, email=email, **values)
    except Exception:
        if file is not None:
            _forget(file)
        raise


@command
def _insert(
    *, posting: JobPosting, actor: Any | None, file: StoredFile | None, notify: bool = True, **values: Any
) -> Candidate:
    posting = changes.lock(posting)  # so that none comes in while it is closed
    _check_open(posting)
    today = clock.business_date()
    first = posting.template.stages.order_by("position").first()
    if first is None:
        raise Invalid(_("The posting has no stages."), code="no_stages")
    candidate = Candidate(
        posting=posting,
        step=first,
        stage=first.word,
        resume=file,
        email=fold_email(values.pop("email")),
        applied_on=today,
        erase_on=values.pop("erase_on", None) or retention_date(today),
        **values,
    )
    with or_taken(_("Somebody with this address has applied for this job already."), "already_applied"):
        changes.create(
            candidate, actor=actor, action="candidate.create", event="candidate.created", posting_id=posting.pk
        )
    if notify:
        mails.received(candidate)
    return candidate


@command
def _forget(file: StoredFile) -> None:
    storage.remove(file)


def retention_date(applied_on: dt.date) -> dt.date:
    """Until when what is personal is kept of somebody who applies that day."""
    return applied_on + dt.timedelta(days=settings.CANDIDATE_RETENTION_DAYS)


def _check_open(posting: JobPosting) -> None:
    if not posting.takes_applications(clock.business_date()):
        raise Conflict(
            _("This job takes no applications: it is not open, or the last day to apply has passed."),
            code="posting_closed",
        )


# -- what is known


@command
def update_candidate(
    *,
    candidate: Candidate,
    actor: Any,
    expected_version: int | None = None,
    stage: str | None = None,
    step: RecruitmentStage | None = None,
    reason: str = "",
    notify: bool = True,
    **values: Any,
) -> Candidate:
    """Change what is known of somebody, and move them where a ``stage`` (or a ``step`` of the posting) is given."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"Not an editable field of a candidate: {', '.join(sorted(unknown))}")
    candidate = lock(candidate, expected_version=expected_version)
    if "email" in values:
        values["email"] = fold_email(values["email"])
    if values:
        with or_taken(_("Somebody with this address has applied for this job already."), "already_applied"):
            changes.update(candidate, actor=actor, action="candidate.update", event="candidate.updated", **values)
    if stage is not None or step is not None:
        move_locked(candidate, actor=actor, stage=stage, step=step, reason=reason, notify=notify)
    return candidate


@command
def move(
    *,
    candidate: Candidate,
    actor: Any,
    stage: str | None = None,
    step: RecruitmentStage | None = None,
    reason: str = "",
    notify: bool = True,
    expected_version: int | None = None,
) -> Candidate:
    """Move a candidate to another stage of the posting. Raises `Conflict` (``invalid_transition``, ``erased``)."""
    candidate = lock(candidate, expected_version=expected_version)
    move_locked(candidate, actor=actor, stage=stage, step=step, reason=reason, notify=notify)
    return candidate


def lock(candidate: Candidate, *, expected_version: int | None = None) -> Candidate:
    """The posting first, as whoever applies does; then the candidate, who must still be a person."""
    changes.lock(JobPosting(pk=candidate.posting_id))
    candidate = changes.lock(candidate, expected_version=expected_version)
    check_not_erased(candidate)
    return candidate


def check_not_erased(candidate: Candidate) -> None:
    if candidate.is_erased:
        raise Conflict(_("What was known of this candidate is erased; nothing can be added."), code="erased")


def move_locked(
    candidate: Candidate,
    *,
    actor: Any,
    stage: str | None = None,
    step: RecruitmentStage | None = None,
    reason: str = "",
    notify: bool = True,
) -> None:
    steps = list(candidate.posting.template.stages.order_by("position"))
    step = _step(candidate, steps, stage, step)
    before, after = Stage(candidate.stage), Stage(step.word)
    if step.pk == candidate.step_id:
        return
    if before != after and after not in Candidate.NEXT[before]:
        offered = {one.word for one in steps}
        raise Conflict(
            _("A candidate who is “%(before)s” cannot become “%(after)s”.")
            % {"before": before.label, "after": after.label},
            code="invalid_transition",
            allowed=sorted(Candidate.NEXT[before] & offered),
        )
    changes.update(
        candidate,
        actor=actor,
        action="candidate.stage",
        event="candidate.updated",
        payload={"stage": after.value, "stage_before": before.value, "posting_id": candidate.posting_id},
        step=step,
        stage=after,
        **_consequences(candidate, after, reason),
    )
    if before == after:
        return
    if after == Stage.REJECTED and notify:
        mails.rejected(candidate)
    if after == Stage.HIRED:
        fill_if_complete(changes.lock(candidate.posting), actor=actor)


def _step(
    candidate: Candidate, steps: Sequence[RecruitmentStage], stage: str | None, step: RecruitmentStage | None
) -> RecruitmentStage:
    """The stage meant: the one named, or for a word where they are, if it stands for that, else the first that does."""
    if step is not None:
        if step.pk not in {one.pk for one in steps}:
            raise Invalid(_("This is no stage of the posting."), code="other_posting", field="stage_id")
        if stage is not None and stage != step.word:
            raise Invalid(_("The stage and its id say different things."), code="other_stage", field="stage_id")
        return step
    meant = [one for one in steps if one.word == stage]
    if not meant:
        raise Invalid(_("The posting has no such stage."), code="other_posting", field="stage")
    return next((one for one in meant if one.pk == candidate.step_id), meant[0])


def _consequences(candidate: Candidate, after: str, reason: str) -> dict[str, Any]:
    values: dict[str, Any] = {"rejection_reason": reason if after == Stage.REJECTED else ""}
    if after in Candidate.FUNNEL:
        values["furthest"] = max(candidate.furthest, Candidate.FUNNEL.index(after))
    if after == Stage.HIRED:
        values["hired_at"] = clock.now()
        values["days_to_hire"] = max(0, (clock.business_date() - candidate.applied_on).days)
    return values


@command
def add_note(*, candidate: Candidate, actor: Any, text: str) -> CandidateNote:
    """Write something down about a candidate. The audit log says that somebody did, not what."""
    if not text.strip():
        raise Invalid(_("Say something."), code="required", field="text")
    candidate = changes.lock(candidate)
    check_not_erased(candidate)
    note = CandidateNote.objects.create(candidate=candidate, author=actor, text=text)
    audit.record("candidate.noted", candidate, actor=actor, changes={"note": (None, note.pk)})
    outbox.emit("candidate.updated", candidate, changed=["remarks"], note_id=note.pk)
    return note


# -- résumés


def store_resume(upload: Any, *, actor: Any | None) -> StoredFile:
    """Keep a file if it is a résumé by its content: PDF, a text document or plain text, of at most 10 MB."""
    if upload.size is not None and upload.size > LARGEST_RESUME:
        raise TooLarge(_("A résumé has at most %(megabytes)d MB.") % {"megabytes": LARGEST_RESUME // 1024 // 1024})
    if upload.size == 0:
        raise Invalid(_("The file is empty."), code="unsupported_file_type", field="file")
    wanted = _("Send the résumé as PDF, DOCX, ODT or plain text.")
    try:
        kind = storage.recognise(upload)
    except Invalid as refused:  # it names all the kinds that are kept anywhere
        raise Invalid(wanted, code=refused.code, field="file") from refused
    if kind.content_type not in RESUME_TYPES:
        raise Invalid(wanted, code="unsupported_file_type", field="file")
    return storage.store(upload, actor=actor)


def attach_resume(*, candidate: Candidate, actor: Any, upload: Any, expected_version: int | None = None) -> Candidate:
    """Keep a résumé with a candidate, in place of the one before."""
    check_not_erased(candidate)
    file = store_resume(upload, actor=actor)
    try:
        return _attach(candidate=candidate, actor=actor, file=file, expected_version=expected_version)
    except Exception:
        _forget(file)
        raise


@command
def _attach(*, candidate: Candidate, actor: Any, file: StoredFile, expected_version: int | None) -> Candidate:
    candidate = changes.lock(candidate, expected_version=expected_version)
    check_not_erased(candidate)
    old = candidate.resume
    changes.update(candidate, actor=actor, action="candidate.resume", event="candidate.updated", resume=file)
    if old is not None:
        storage.remove(old)
    return candidate


def resume_of(pk: int, user: Any) -> StoredFile | None:
    """The résumé of a candidate, for whoever may see them now. The store asks this for each download."""
    shown = Q(pk__in=Candidate.objects.visible_to(user).order_by().values("pk"))
    # Who interviews reads it beforehand, also without seeing candidates otherwise.
    shown |= Q(pk__in=Interview.objects.visible_to(user).order_by().values("candidate_id"))
    candidate = Candidate.objects.filter(shown, pk=pk).select_related("resume").first()
    return candidate.resume if candidate is not None else None


def resume_or_missing(candidate: Candidate) -> StoredFile:
    if candidate.resume is None:
        raise NotFound(_("There is no résumé."))
    return candidate.resume
