"""Checklists for new colleagues."""

import datetime as dt
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.models import User
from hr.models import OnboardingStep, OnboardingTask, OnboardingTemplate
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command


@command
def begin_onboarding(*, user: User, actor: Any, first_day: dt.date) -> list[OnboardingTask]:
    """The checklist for somebody who begins on that day: their department's, else the one for everybody else.

    Once: whoever has tasks already gets no others.
    """
    changes.lock(User(pk=user.pk))
    if OnboardingTask._base_manager.filter(user=user).exists():
        return []
    template = _template_for(user)
    if template is None:
        return []
    return [
        changes.create(
            OnboardingTask(user=user, number=number, title=step.title, due_on=first_day + dt.timedelta(days=step.days)),
            actor=actor,
            action="onboarding.create",
        )
        for number, step in enumerate(template.steps.order_by("position"), 1)
    ]


def _template_for(user: User) -> OnboardingTemplate | None:
    """One of the department comes before one for all; of several the oldest."""
    active = OnboardingTemplate.objects.filter(is_active=True)
    rows = active.filter(department=None) | active.filter(department=user.department_id)
    return rows.order_by(F("department").desc(nulls_last=True), "pk").first()


@command
def add_task(*, user: User, actor: Any, title: str, due_on: dt.date) -> OnboardingTask:
    """One more thing to do for somebody."""
    changes.lock(User(pk=user.pk))
    last = OnboardingTask._base_manager.filter(user=user).aggregate(last=Max("number"))["last"] or 0
    task = OnboardingTask(user=user, number=last + 1, title=title, due_on=due_on)
    return changes.create(task, actor=actor, action="onboarding.create")


@command
def update_task(
    *, task: OnboardingTask, actor: Any, expected_version: int | None = None, done: bool | None = None, **values: Any
) -> OnboardingTask:
    """Tick a task off or take the tick back (``done``), put off its date or word it anew. Twice is once."""
    task = changes.lock(task, expected_version=expected_version)
    if done is True and task.done_at is None:
        values |= {"done_at": clock.now(), "done_by": actor}
    elif done is False:
        values |= {"done_at": None, "done_by": None}
    changes.update(task, actor=actor, action="onboarding.update", event="onboarding.updated", **values)
    return task


# -- templates


@command
def create_template(*, actor: Any, name: str, **values: Any) -> OnboardingTemplate:
    return changes.create(OnboardingTemplate(name=name, **values), actor=actor, action="checklist.create")


@command
def update_template(
    *, template: OnboardingTemplate, actor: Any, expected_version: int | None = None, **values: Any
) -> OnboardingTemplate:
    template = changes.lock(template, expected_version=expected_version)
    changes.update(template, actor=actor, action="checklist.update", **values)
    return template


@command
def set_step(
    *, template: OnboardingTemplate, actor: Any, step: OnboardingStep | None = None, **values: Any
) -> OnboardingStep:
    """Add a line to a template or change one. Checklists there are stay as they were made."""
    template = changes.lock(template)
    row = step or OnboardingStep(template=template)
    for name, value in values.items():
        setattr(row, name, value)
    if template.steps.filter(position=row.position).exclude(pk=row.pk).exists():
        raise Invalid(_("Another line has this position."), code="position_taken", field="position")
    row.full_clean(exclude=["template"], validate_unique=False, validate_constraints=False)
    row.save()
    changes.touch(template)
    audit.record("checklist.line", template, actor=actor, changes={"line": (None, row.title)})
    return row


@command
def remove_step(*, step: OnboardingStep, actor: Any) -> None:
    template = changes.lock(step.template)
    audit.record("checklist.line", template, actor=actor, changes={"line": (step.title, None)})
    step.delete()
    changes.touch(template)
