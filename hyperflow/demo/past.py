"""A task with its history, played through before it is written."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from hyperflow.core import changes
from hyperflow.core.models import AuditEntry
from integrations.services import backfill
from tasks.models import Comment, Task, TimeEntry

Values = dict[str, tuple[Any, Any]]


@dataclass
class PastTask:
    """Steps are kept as the services would have written them: each counts the version and leaves an audit entry."""

    task: Task
    made_by: User
    craft: str
    birth: Values = field(default_factory=dict)
    steps: list[tuple[str, User, dt.datetime, Values]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    entries: list[TimeEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.birth = changes.filled(self.task)

    @property
    def last_at(self) -> dt.datetime:
        """When something was last done to it."""
        return self.steps[-1][2] if self.steps else self.task.created_at

    def change(self, action: str, *, actor: User, at: dt.datetime, **values: Any) -> None:
        """What a service would have done then."""
        at = max(at, self.last_at)
        written: Values = {}
        for name, value in values.items():
            attname = Task._meta.get_field(name).attname  # type: ignore[union-attr]
            before = getattr(self.task, attname)
            setattr(self.task, name, value)
            if getattr(self.task, attname) != before:
                written[name] = (before, getattr(self.task, attname))
        if written:
            self.task.version += 1
            self.task.updated_at = at
            self.steps.append((action, actor, at, written))

    def move(self, status: str, *, actor: User, at: dt.datetime, **consequences: Any) -> None:
        if status not in Task.NEXT[Task.Status(self.task.status)]:
            raise AssertionError(f"{self.task.status} does not lead to {status}")
        self.change("task.status", actor=actor, at=at, status=status, **consequences)

    def history(self) -> Iterator[AuditEntry]:
        """Its audit entries; the task has its id by now."""
        task = self.task
        yield backfill.entry("task.created", task, actor=self.made_by, at=task.created_at, values=self.birth)
        for action, actor, at, values in self.steps:
            yield backfill.entry(action, task, actor=actor, at=at, values=values)
        for comment in self.comments:
            said = {"comment": (None, comment.pk)}
            yield backfill.entry("task.commented", task, actor=comment.author, at=comment.created_at, values=said)
