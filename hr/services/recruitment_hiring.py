"""From candidate to colleague: an account, an employment and a checklist, once."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import people
from hr.models import Candidate, Employment, RecruitmentStage
from hr.services.employment import create_employment
from hr.services.recruitment_candidates import check_not_erased, lock, move_locked, update_candidate
from hr.services.recruitment_onboarding import begin_onboarding
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

Stage = Candidate.Stage


@command
def change_candidate(
    *,
    candidate: Candidate,
    actor: Any,
    expected_version: int | None = None,
    stage: str | None = None,
    stage_id: int | None = None,
    create_employee: bool = False,
    **values: Any,
) -> Candidate:
    """What one edit of a candidate says, together: what is known of them, where they stand, and whether they get an
    account (`hire`)."""
    if create_employee and stage != Stage.HIRED:
        message = _("An account is made for who is hired: send `stage` as “hired” with it.")
        raise Invalid(message, code="not_hired", field="create_employee")
    step = None if stage_id is None else _step(candidate, stage_id)
    if create_employee:
        values.pop("reason", None)
        candidate = update_candidate(candidate=candidate, actor=actor, expected_version=expected_version, **values)
        return hire(candidate=candidate, actor=actor)
    return update_candidate(
        candidate=candidate, actor=actor, expected_version=expected_version, stage=stage, step=step, **values
    )


def _step(candidate: Candidate, pk: int) -> RecruitmentStage:
    stage = candidate.posting.template.stages.filter(pk=pk).first()
    if stage is None:
        raise Invalid(_("This is no stage of the posting."), code="other_posting", field="stage_id")
    return stage


@command
def hire(
    *,
    candidate: Candidate,
    actor: Any,
    role: Role | None = None,
    hire_date: dt.date | None = None,
    employee_code: str = "",
    manager: User | None = None,
    expected_version: int | None = None,
) -> Candidate:
    """Hire a candidate: an inactive account, the employment, and the onboarding checklist.

    However often and however many do it at once, it is done once; whoever comes later gets what the first one made,
    unless they say another day, code, manager or role than what stands (`Conflict` ``already_hired``).
    The account can't be entered until somebody activates it and sends a link to choose a password. Raises `Conflict`
    (``email_taken``) where there is an account with the candidate's address, `NotAllowed` for who may not hire.
    """
    if not actor.has_perm("hr.hire_candidate"):
        raise NotAllowed(_("You may not hire: ask HR."))
    candidate = lock(candidate, expected_version=expected_version)
    check_not_erased(candidate)
    if candidate.employee_id is not None:
        _check_the_same(candidate, role=role, hire_date=hire_date, employee_code=employee_code, manager=manager)
        return candidate
    move_locked(candidate, actor=actor, stage=Stage.HIRED)
    first_day = hire_date or clock.business_date()
    user = _account(candidate, role or people.role_by_code(Role.Code.EMPLOYEE), actor)
    _employ(candidate, user, actor, first_day=first_day, code=employee_code, manager=manager)
    begin_onboarding(user=user, actor=actor, first_day=first_day)
    changes.update(
        candidate,
        actor=actor,
        action="candidate.hired",
        event="candidate.hired",
        payload={"user_id": user.pk, "posting_id": candidate.posting_id},
        employee=user,
    )
    return candidate


def _check_the_same(candidate: Candidate, **said: Any) -> None:
    """What a repeated call says about the employment is what stands; what it leaves open is not asked."""
    there = Employment._base_manager.select_related("user__role", "manager").get(user_id=candidate.employee_id or 0)
    stands = {
        "role": there.user.role,
        "hire_date": there.hire_date,
        "employee_code": there.code,
        "manager": there.manager,
    }
    if all(stands[name] == value for name, value in said.items() if value):
        return
    raise Conflict(
        _("This candidate is hired already, as %(code)s from %(day)s: change that on the record of the employee.")
        % {"code": there.code, "day": there.hire_date},
        code="already_hired",
        user_id=there.user_id,
        hire_date=there.hire_date.isoformat(),
        employee_code=there.code,
        manager_id=there.manager_id,
        role=there.user.role.code,
    )


def _account(candidate: Candidate, role: Role, actor: Any) -> User:
    posting = candidate.posting
    try:
        return people.create_user(
            actor=actor,
            name=candidate.name,
            email=candidate.email,
            role=role,
            verified=False,
            is_active=False,
            job_title=posting.title[:120],
            department=posting.department,
        )
    except Conflict as taken:
        if taken.code != "email_taken":
            raise
        raise Conflict(
            _(
                "There is an account with the candidate's address already. Move the candidate to hired without a new "
                "account, and edit or reactivate that one."
            ),
            code="email_taken",
        ) from taken


def _employ(
    candidate: Candidate, user: User, actor: Any, *, first_day: dt.date, code: str, manager: User | None
) -> None:
    posting = candidate.posting
    create_employment(
        actor=actor,
        user=user,
        hire_date=first_day,
        code=code,
        position=posting.title[:120],
        manager=manager or posting.hiring_manager,
        employment_type=posting.employment_type,
    )
