"""The cards of a board as tasks: new ones in bulk, edited ones field by field."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from accounts.models import User
from accounts.selectors import working_hours_between
from hyperflow.core import audit, changes, clock
from hyperflow.core.models import AuditEntry
from integrations.importers.boards import Board, Card, Link, Problem, Remark
from integrations.importers.reading import text
from integrations.importers.statuses import status_of
from integrations.models import ExternalRef
from integrations.services import backfill
from integrations.services.people import People
from integrations.services.reports import MADE, SKIPPED, UNCHANGED, UPDATED, Report
from tasks.models import Attachment, Comment, Task
from tasks.services import moves
from tasks.services.family import MOST_LEVELS
from tasks.services.tasks import MOST_TAGS, MOST_WATCHERS, update_task

Known = dict[tuple[str, str], ExternalRef]


class Rows:
    """Writes what a board holds into its project, in the transaction of the import."""

    def __init__(
        self,
        board: Board,
        people: People,
        *,
        report: Report,
        actor: User,
        statuses: Mapping[str, str],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.board, self.people, self.report, self.actor = board, people, report, actor
        self.project, self.statuses = report.project, statuses
        self.scope = board.scope or f"project-{report.project.pk}"
        self.now = clock.now()
        self.total = sum(1 for _ in board.walk())
        self.done = 0
        self.progress = progress or (lambda done, total: None)
        refs = ExternalRef.objects.filter(source=board.source, scope=self.scope)
        self.known: Known = {(ref.kind, ref.external_id): ref for ref in refs}
        task_ids = [ref.object_id for ref in refs if ref.kind in {"card", "checkitem", "subtask", "row"}]
        self.tasks = {task.pk: task for task in _in_parts(Task, task_ids)}
        self.portal = set(report.project.client.portal_users.values_list("pk", flat=True))
        #: The task of each card that is here, new or not, by kind and id.
        self.here: dict[tuple[str, str], Task] = {}
        self.new_refs: list[ExternalRef] = []
        self.history: list[AuditEntry] = []

    def write(self) -> None:
        level: list[tuple[Card, Card | None]] = [(card, None) for card in self.board.cards]
        keys = self._keys()
        while level:
            self._level(level, keys)
            level = [(part, card) for card, _ in level for part in card.parts if (card.kind, card.id) in self.here]
        for card in self.board.walk():
            task = self.here.get((card.kind, card.id))
            if task is not None:
                self._comments(card, task)
                self._attachments(card, task)
        backfill.insert(self.new_refs)
        backfill.insert(self.history)
        self._tell_vanished()

    def _keys(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Keys in the board's own order, each card before its parts."""
        new = [(card.kind, card.id) for card in self.board.walk() if (card.kind, card.id) not in self.known]
        return dict(zip(new, backfill.take_keys(self.project.key_sequence_id, len(new)), strict=True))

    # -- tasks

    def _level(self, level: list[tuple[Card, Card | None]], keys: dict[tuple[str, str], tuple[str, int]]) -> None:
        made: list[tuple[Card, Card | None, Task]] = []
        for card, above in level:
            name = (card.kind, card.id)
            parent = self.here[above.kind, above.id] if above else None
            ref = self.known.get(name)
            if ref is None:
                task = self._new(card, parent, *keys[name])
                made.append((card, above, task))
                self.here[name] = task
            else:
                self._edit(card, above, parent, ref)
            self.done += 1
            self.progress(self.done, self.total)
        backfill.insert_tasks([task for _, _, task in made])
        for card, above, task in made:
            self._remember(card.kind, card.id, task.pk, self._prints(card, above))
            values = changes.filled(task)
            if card.list_name:
                values["list"] = (None, card.list_name)
            self.history.append(backfill.entry("task.imported", task, actor=self.actor, at=self.now, values=values))
            self.report.add(card.kind, card.title, MADE, task.key)

    def _new(self, card: Card, parent: Task | None, key: str, position: int) -> Task:
        status = status_of(card, self.statuses)
        created = min(card.created_at or (parent.created_at if parent else self.now), self.now)
        assignee = self._assignee(card)
        start, end = self._times(card, status, created)
        hours = working_hours_between(assignee, start, end) if start and end and status == "completed" else None
        return Task(
            key=key,
            position=position,
            title=card.title,
            description=card.description,
            client_id=self.project.client_id,
            project=self.project,
            parent=parent,
            assigned_to=assignee,
            created_by=self.people.user(card.created_by) if card.created_by else self.actor,
            status=status,
            priority=card.priority or Task.Priority.MEDIUM,
            progress=100 if status == Task.Status.COMPLETED else 0,
            estimated_time=card.estimate,
            actual_time=hours.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if hours is not None else None,
            due_date=card.due_date,
            start_time=start,
            end_time=end,
            tags=list(card.tags),
            watcher_ids=self._watchers(card),
            created_at=created,
            updated_at=self.now,
        )

    def _times(self, card: Card, status: str, created: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
        """When work began and ended, as far as the source knows; a completed task ended at some time in any case."""
        start = card.started_at if card.started_at and card.started_at <= self.now else None
        if status == Task.Status.PENDING:
            return None, None
        if status == Task.Status.IN_PROGRESS:
            return start or created, None
        if status == Task.Status.CANCELLED:
            return start, None
        end = min(card.ended_at or created, self.now)
        return start, max(end, start) if start else end

    def _assignee(self, card: Card) -> User | None:
        if card.assignee is None:
            return None
        user = self.people.user(card.assignee)
        if user.is_staff:
            return user
        self.report.remarks.append(f"{card.title}: {user} is no member of staff, so nobody is assigned")
        return None

    def _watchers(self, card: Card) -> list[int]:
        people = [self.people.user(person) for person in card.followers]
        ids = [one.pk for one in people if one.is_staff or one.pk in self.portal]
        return list(dict.fromkeys(ids))[:MOST_WATCHERS]

    def _edit(self, card: Card, above: Card | None, parent: Task | None, ref: ExternalRef) -> None:
        task = self.tasks.get(ref.object_id)
        if task is None:
            self.report.add(card.kind, card.title, SKIPPED, "was deleted here")
            return
        self.here[card.kind, card.id] = task
        prints = self._prints(card, above)
        prints.update({name: ref.values[name] for name in self.board.silent & ref.values.keys()})
        edited = {name for name in prints if prints[name] != ref.values.get(name)}
        if not edited:
            self.report.add(card.kind, card.title, UNCHANGED, task.key)
            return
        before = task.version
        task = self._apply(card, parent, task, edited)
        self.here[card.kind, card.id] = task
        self._renew(ref, prints)
        outcome = UPDATED if task.version != before else UNCHANGED
        self.report.add(card.kind, card.title, outcome, f"{task.key}: {', '.join(sorted(edited))}")

    def _apply(self, card: Card, parent: Task | None, task: Task, edited: set[str]) -> Task:
        simple: dict[str, Callable[[], Any]] = {
            "title": lambda: card.title,
            "description": lambda: card.description,
            "due_date": lambda: card.due_date,
            "priority": lambda: card.priority or Task.Priority.MEDIUM,
            "estimated_time": lambda: card.estimate,
            "tags": lambda: list(card.tags),
            "watchers": lambda: User.objects.filter(pk__in=self._watchers(card)).order_by("pk"),
            "parent": lambda: parent,
        }
        if parent is not None and parent.project_id != task.project_id:
            edited = edited - {"parent"}  # one of the two was put elsewhere here, which parted them
        values = {name: value() for name, value in simple.items() if name in edited}
        if values:
            task = update_task(task=task, actor=self.actor, quiet=True, **values)
        if "assigned_to" in edited:
            # Past `update_task`, which gives work to active people only: a placeholder may stand in here.
            task = changes.lock(task)
            changes.update(
                task, actor=self.actor, action="task.updated", event="task.updated", assigned_to=self._assignee(card)
            )
        if "status" in edited:
            for step in _way(task.status, status_of(card, self.statuses)):
                task = moves.set_status(task=task, status=step, actor=self.actor)
        return task

    # -- what belongs to a task

    def _comments(self, card: Card, task: Task) -> None:
        new: list[tuple[Remark, Comment]] = []
        for remark in card.remarks:
            prints = {"text": _print(remark.text)}
            ref = self.known.get(("comment", remark.id))
            if ref is None:
                author = self.people.user(remark.author)
                at = min(remark.at or task.created_at, self.now)
                new.append((remark, Comment(task=task, author=author, content=remark.text, created_at=at)))
            elif ref.values == prints:
                self.report.add("comment", _short(remark.text), UNCHANGED)
            else:
                comment = Comment.objects.filter(pk=ref.object_id).first()
                if comment is not None:
                    self._replace(comment, ref, prints, content=remark.text)
                self.report.add("comment", _short(remark.text), UPDATED if comment else SKIPPED)
        backfill.insert([comment for _, comment in new])
        for remark, comment in new:
            self._remember("comment", remark.id, comment.pk, {"text": _print(remark.text)})
            said = {"comment": (None, comment.pk)}
            self.history.append(
                backfill.entry("task.commented", task, actor=comment.author, at=comment.created_at, values=said)
            )
            self.report.add("comment", _short(remark.text), MADE)

    def _attachments(self, card: Card, task: Task) -> None:
        new: list[tuple[Link, Attachment]] = []
        for link in card.links:
            prints = {"name": _print(link.name), "url": _print(link.url)}
            ref = self.known.get(("attachment", link.id))
            if ref is None:
                by = self.people.user(link.added_by) if link.added_by else self.actor
                at = min(link.at or task.created_at, self.now)
                made = Attachment(task=task, external_url=link.url, name=link.name, uploaded_by=by, uploaded_at=at)
                new.append((link, made))
            elif ref.values == prints:
                self.report.add("attachment", link.name, UNCHANGED)
            else:
                attachment = Attachment.objects.filter(pk=ref.object_id).first()
                if attachment is not None:
                    self._replace(attachment, ref, prints, external_url=link.url, name=link.name)
                self.report.add("attachment", link.name, UPDATED if attachment else SKIPPED)
        backfill.insert([attachment for _, attachment in new])
        for link, attachment in new:
            prints = {"name": _print(link.name), "url": _print(link.url)}
            self._remember("attachment", link.id, attachment.pk, prints)
            self.report.add("attachment", link.name, MADE)

    def _replace(self, row: Comment | Attachment, ref: ExternalRef, prints: dict[str, str], **values: str) -> None:
        """A comment or a link was edited there. Neither has versions here, so its history alone tells."""
        differences = {name: (getattr(row, name), value) for name, value in values.items()}
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        audit.record(f"{row._meta.model_name}.imported", row, actor=self.actor, changes=differences)
        self._renew(ref, prints)

    # -- what was imported, to compare with next time

    def _prints(self, card: Card, above: Card | None) -> dict[str, str]:
        """A hash for each field as the source has it (the status as mapped, people as the source calls them)."""
        values: dict[str, Any] = {
            "title": card.title,
            "description": card.description,
            "status": status_of(card, self.statuses),
            "due_date": card.due_date,
            "priority": card.priority,
            "estimated_time": card.estimate and str(card.estimate),
            "assigned_to": card.assignee and card.assignee.id,
            "watchers": sorted(person.id for person in card.followers),
            "tags": card.tags,
            "parent": above and above.id,
        }
        return {name: _print(value) for name, value in values.items()}

    def _remember(self, kind: str, external_id: str, object_id: int, prints: dict[str, str]) -> None:
        self.new_refs.append(
            ExternalRef(
                source=self.board.source,
                scope=self.scope,
                kind=kind,
                external_id=external_id,
                object_id=object_id,
                values=prints,
                fingerprint=_print(prints),
                created_at=self.now,
                updated_at=self.now,
            )
        )

    def _renew(self, ref: ExternalRef, prints: dict[str, str]) -> None:
        ref.values, ref.fingerprint, ref.updated_at = prints, _print(prints), self.now
        ref.save(update_fields=["values", "fingerprint", "updated_at"])

    def _tell_vanished(self) -> None:
        present = {(card.kind, card.id) for card in self.board.walk()}
        gone = [ref for name, ref in self.known.items() if ref.object_id in self.tasks and name not in present]
        gone = [ref for ref in gone if ref.kind in {"card", "checkitem", "subtask", "row"}]
        if gone:
            keys = sorted(self.tasks[ref.object_id].key for ref in gone)
            self.report.remarks.append(f"no longer in the file, left as they are here: {', '.join(keys)}")


def fitted(board: Board) -> tuple[Board, list[Problem]]:
    """The board without what can't be held here, and all of its problems: tasks have so many tags and levels at most,
    and an id means one thing. What is too long
    is cut, and the board's remarks say so."""
    problems, remarks = list(board.problems), list(board.remarks)
    seen: set[tuple[str, str]] = set()

    def is_new(kind: str, found: str, where: str) -> bool:
        if (kind, found) in seen:
            problems.append(Problem(where, f"{kind} {found} is in the file twice"))
            return False
        seen.add((kind, found))
        return True

    def fit(card: Card, level: int) -> Card:
        if len(card.tags) > MOST_TAGS:
            problems.append(Problem(card.where, f"has more than {MOST_TAGS} labels"))
        if level == MOST_LEVELS:
            problems.extend(Problem(part.where, f"lies more than {MOST_LEVELS} levels deep") for part in card.parts)
            card = replace(card, parts=())
        title, description = _cut(card, remarks)
        return replace(
            card,
            title=title,
            description=description,
            tags=card.tags[:MOST_TAGS],
            remarks=tuple(
                _cut_comment(one, card, remarks) for one in card.remarks if is_new("comment", one.id, card.where)
            ),
            links=tuple(one for one in card.links if is_new("attachment", one.id, card.where)),
            parts=tuple(fit(one, level + 1) for one in card.parts if is_new(one.kind, one.id, one.where)),
        )

    cards = [fit(card, 1) for card in board.cards if is_new(card.kind, card.id, card.where)]
    return replace(board, cards=cards, remarks=remarks), problems


def _cut(card: Card, remarks: list[str]) -> tuple[str, str]:
    """A title that is too long stands whole at the head of the description, as far as that holds it."""
    title, description = card.title, card.description
    if len(title) > Task.MOST_TITLE:
        description = f"{title}\n\n{description}".strip()
        title = text(title, Task.MOST_TITLE)
        remarks.append(
            f"{card.where}: the title is cut at {Task.MOST_TITLE} characters; the description begins with all of it"
        )
    if len(description) > Task.MOST_DESCRIPTION:
        description = text(description, Task.MOST_DESCRIPTION)
        remarks.append(f"{card.where}: the description is cut at {Task.MOST_DESCRIPTION:,} characters")
    return title, description


def _cut_comment(said: Remark, card: Card, remarks: list[str]) -> Remark:
    if len(said.text) <= Comment.MOST_CONTENT:
        return said
    remarks.append(f"{card.where}: a comment ({said.id}) is cut at {Comment.MOST_CONTENT:,} characters")
    return replace(said, text=text(said.text, Comment.MOST_CONTENT))


def _way(before: str, after: str) -> list[str]:
    """The legal steps from one status to another."""
    ways: list[list[str]] = [[before]]
    for way in ways:
        if way[-1] == after:
            return way[1:]
        ways.extend([*way, step] for step in sorted(Task.NEXT[Task.Status(way[-1])]) if step not in way)
    return []


def _print(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, default=str)).hexdigest()[:16]


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59] + "…"


def _in_parts(model: type[Task], ids: list[int]) -> Iterable[Task]:
    for start in range(0, len(ids), 900):
        yield from model._base_manager.filter(pk__in=ids[start : start + 900])
