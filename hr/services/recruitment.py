"""Postings and the stages that their candidates pass through."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from accounts.services.uniqueness import or_taken
from hr.models import Candidate, JobPosting, RecruitmentStage, StageTemplate
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.transactions import command

Status = JobPosting.Status
Word = RecruitmentStage.Word

#: What a posting is made of and may be changed; its status has rules of its own.
EDITABLE = frozenset(
    {
        "title", "department", "location", "employment_type", "description", "requirements", "salary_min",
        "salary_max", "currency", "shows_salary", "openings", "hiring_manager", "template", "closing_date",
    }
)  # fmt: skip
MOST_STAGES = 20


@command
def create_posting(
    *, actor: Any, title: str, status: str = Status.DRAFT, template: StageTemplate | None = None, **values: Any
) -> JobPosting:
    """A new posting, as a draft unless it is to be open at once. Without stages it gets the default ones."""
    _only_editable(values)
    if status not in {Status.DRAFT, Status.OPEN}:
        raise Invalid(_("A new posting is a draft, or open."), field="status", code="invalid_choice")
    values.setdefault("currency", settings.COMPANY_CURRENCY)
    posting = JobPosting(title=title, template=template or default_template(), status=status, **values)
    if status == Status.OPEN:
        _check_opening(posting)
        posting.posted_date = clock.business_date()
    return changes.create(posting, actor=actor, action="posting.create", event="posting.created")


@command
def update_posting(
    *, posting: JobPosting, actor: Any, expected_version: int | None = None, status: str | None = None, **values: Any
) -> JobPosting:
    """Change a posting, and move it along its life cycle where a ``status`` is given.

    Raises `Conflict`: ``invalid_transition`` with ``allowed``, or ``in_use`` for other stages while there are
    candidates. Opening one sets the day it was posted, the first time.
    """
    _only_editable(values)
    posting = changes.lock(posting, expected_version=expected_version)
    template = values.get("template", posting.template)
    if template.pk != posting.template_id and posting.candidates.exists():
        raise Conflict(_("There are candidates at these stages: they can't be exchanged."), code="in_use")
    if status is not None and status != posting.status:
        values |= _moved(posting, status, values)
    for name, value in values.items():
        setattr(posting, name, value)
    posting.clean()
    if values.get("status") == Status.OPEN:
        _check_opening(posting)
    posting.refresh_from_db()
    changes.update(posting, actor=actor, action="posting.update", event="posting.updated", **values)
    return posting


def _moved(posting: JobPosting, status: str, values: dict[str, Any]) -> dict[str, Any]:
    before, after = Status(posting.status), Status(status)
    if after not in JobPosting.NEXT[before]:
        raise Conflict(
            _("A posting that is “%(before)s” cannot become “%(after)s”.")
            % {"before": before.label, "after": after.label},
            code="invalid_transition",
            allowed=sorted(JobPosting.NEXT[before]),
        )
    moved: dict[str, Any] = {"status": after}
    if after == Status.OPEN and posting.posted_date is None:
        moved["posted_date"] = clock.business_date()
    return moved


def _check_opening(posting: JobPosting) -> None:
    if posting.closing_date is not None and posting.closing_date < clock.business_date():
        raise Invalid(
            _("The last day to apply has passed: choose a later one, or none, to open the posting."),
            code="closing_date_passed",
            field="closing_date",
        )


def fill_if_complete(posting: JobPosting, *, actor: Any) -> None:
    """A locked posting is filled once as many are hired as it has openings."""
    hired = posting.candidates.filter(stage=Candidate.Stage.HIRED).count()
    if hired >= posting.openings and Status.FILLED in JobPosting.NEXT[Status(posting.status)]:
        changes.update(posting, actor=actor, action="posting.filled", event="posting.updated", status=Status.FILLED)


def department_named(name: str, *, actor: Any) -> Department:
    """The department of that name. Raises `Invalid` (``does_not_exist``): naming one makes none."""
    found = Department.objects.visible_to(actor).filter(name__iexact=name).order_by("pk").first()
    if found is None:
        raise Invalid(_("There is no department of this name."), code="does_not_exist", field="department")
    return found


def _only_editable(values: dict[str, Any]) -> None:
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"Not an editable field of a posting: {', '.join(sorted(unknown))}")


# -- stages


def default_template() -> StageTemplate:
    found = StageTemplate.objects.filter(is_default=True).order_by("-pk").first()
    found = found or StageTemplate.objects.order_by("pk").first()
    if found is None:
        raise Invalid(_("There are no stages yet: make a stage template first."), code="no_stages", field="template_id")
    return found


@command
def create_template(
    *, actor: Any, name: str, is_default: bool = False, stages: Sequence[dict[str, Any]] | None = None
) -> StageTemplate:
    """A new list of stages. Without any it has those of the default template, to be changed from there."""
    if stages is None:
        stages = [{"name": stage.name, "stage": stage.word} for stage in default_template().stages.all()]
    _check_stages(stages)
    with or_taken(_("There is a stage template of this name already."), "name_taken"):
        template = changes.create(StageTemplate(name=name, is_default=is_default), actor=actor, action="stages.create")
    for position, stage in enumerate(stages, 1):
        _write_stage(RecruitmentStage(template=template), position, stage)
    return template


@command
def update_template(
    *,
    template: StageTemplate,
    actor: Any,
    expected_version: int | None = None,
    stages: Sequence[dict[str, Any]] | None = None,
    **values: Any,
) -> StageTemplate:
    """Rename a template or lay its stages anew: ``stages`` is the whole list in its order; one with an ``id`` is kept.

    A stage at which there are candidates can be renamed and moved, but neither left out nor given another meaning
    (``in_use``).
    """
    template = changes.lock(template, expected_version=expected_version)
    with or_taken(_("There is a stage template of this name already."), "name_taken"):
        changes.update(template, actor=actor, action="stages.update", **values)
    if stages is not None:
        _lay(template, stages, actor)
    return template


def _lay(template: StageTemplate, stages: Sequence[dict[str, Any]], actor: Any) -> None:
    _check_stages(stages)
    there = {stage.pk: stage for stage in template.stages.all()}
    before = [f"{stage.name} ({stage.word})" for stage in there.values()]
    named = [stage["id"] for stage in stages if stage.get("id")]
    if len(set(named)) != len(named) or set(named) - set(there):
        raise Invalid(_("A stage that is kept is one of this template, named once."), code="invalid", field="stages")
    in_use = set(Candidate._base_manager.filter(step__in=there).order_by().values_list("step_id", flat=True).distinct())
    gone = set(there) - set(named)
    renamed = {one["id"] for one in stages if one.get("id") and there[one["id"]].word != one["stage"]}
    if in_use & (gone | renamed):
        raise Conflict(_("There are candidates at this stage: move them to another one first."), code="in_use")
    RecruitmentStage.objects.filter(pk__in=gone).delete()
    # Out of each other's way first: places and names are unique.
    for number, pk in enumerate(named):
        RecruitmentStage.objects.filter(pk=pk).update(position=10_000 + number, name=f"#{pk}")
    for position, stage in enumerate(stages, 1):
        row = there[stage["id"]] if stage.get("id") else RecruitmentStage(template=template)
        _write_stage(row, position, stage)
    after = [f"{stage['name']} ({stage['stage']})" for stage in stages]
    if after != before:
        changes.touch(template)
        audit.record("stages.laid", template, actor=actor, changes={"stages": (before, after)})


def _write_stage(row: RecruitmentStage, position: int, stage: dict[str, Any]) -> None:
    row.position, row.name, row.word = position, stage["name"], stage["stage"]
    row.full_clean(exclude=["template"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as twice:
        raise Invalid(_("Two stages have the same name."), code="name_twice", field="stages") from twice


def _check_stages(stages: Sequence[dict[str, Any]]) -> None:
    if not 3 <= len(stages) <= MOST_STAGES:
        raise Invalid(_("A template has 3 to %(most)d stages.") % {"most": MOST_STAGES}, code="stages", field="stages")
    words = [stage["stage"] for stage in stages]
    names = [stage["name"].casefold() for stage in stages]
    if words[0] != Word.NEW or words.count(Word.HIRED) != 1 or words.count(Word.REJECTED) != 1:
        raise Invalid(
            _("The first stage is a new one, one stands for hired and one for rejected."), code="stages", field="stages"
        )
    if len(set(names)) != len(names):
        raise Invalid(_("Two stages have the same name."), code="name_twice", field="stages")
