"""An Asana project: the JSON of "Export → JSON", or what the API answers to GET /tasks with its fields."""

import datetime as dt
from pathlib import Path
from typing import Any

from integrations.importers.boards import Board, Card, ImportRefused, Link, Person, Remark
from integrations.importers.reading import (
    LONGEST,
    day,
    identifier,
    instant,
    is_object,
    line,
    objects,
    part,
    read_json,
    text,
    web_address,
)

SOURCE = "asana"

#: Asana's own address of an asset, for those whose address the export leaves out.
ASSET = "https://app.asana.com/app/asana/-/get_asset?asset_id={}"
DEEPEST = 10


def read(path: Path, zone: dt.tzinfo = dt.UTC) -> Board:
    """The project in a file. Due times become days in *zone*."""
    return parse(read_json(path), zone)


def parse(document: Any, zone: dt.tzinfo = dt.UTC) -> Board:
    if is_object(document) and isinstance(document.get("cards"), list):
        raise ImportRefused("This looks like a Trello export: use `manage.py import trello`.")
    tasks = part(document, "data")
    if not isinstance(tasks, list):
        raise ImportRefused("This is not an Asana export: it has no `data` with a list of tasks.")
    if tasks and not any(identifier(part(task, "gid")) for task in tasks):
        raise ImportRefused("This is not an Asana export: no item in `data` has a gid.")
    project = next(filter(None, (part(one, "project") for task in objects(tasks) for one in _memberships(task))), None)
    project = project or next((one for task in objects(tasks) for one in objects(task.get("projects"))), {})
    scope = identifier(part(project, "gid"))
    if tasks and not scope:
        raise ImportRefused(
            "This Asana export names no project (`memberships` or `projects`): export it from a project."
        )
    board = Board(SOURCE, scope[:100], line(part(project, "name"), 200) or "Asana project")
    return _Reader(board, zone).fill(tasks)


class _Reader:
    def __init__(self, board: Board, zone: dt.tzinfo) -> None:
        self.result, self.zone = board, zone
        self.people: dict[str, Person] = {}
        self.seen: set[str] = set()

    def fill(self, tasks: list[Any]) -> Board:
        nested = {identifier(part(one, "gid")) for task in objects(tasks) for one in _subtasks(task)} - {""}
        for number, raw in enumerate(tasks, start=1):
            # A sub-task that is in the project too stands in the list as well as under its parent.
            if identifier(part(raw, "gid")) in nested:
                continue
            card = self._card(raw, f"task {number}", "card", 1)
            if card is not None:
                self.result.cards.append(card)
        self.result.people = list(self.people.values())
        return self.result

    def _card(self, raw: Any, where: str, kind: str, depth: int) -> Card | None:
        if not is_object(raw):
            self.result.refuse(where, "is not an object")
            return None
        gid = identifier(raw.get("gid"))
        title, description = line(raw.get("name"), LONGEST), text(raw.get("notes"))
        where = f"{where} ({gid})" if gid else where
        problem = (
            "has no gid"
            if not gid
            else "is in the file twice"
            if gid in self.seen
            else "has no name"
            if not title
            else f"lies more than {DEEPEST} levels deep"
            if depth > DEEPEST
            else ""
        )
        if problem:
            self.result.refuse(where, problem)
            return None
        self.seen.add(gid)
        completed = raw.get("completed") is True
        followers = [self._person(one) for one in objects(raw.get("followers"))]
        assignee = self._person(raw.get("assignee"))
        return Card(
            kind=kind,
            id=gid,
            title=title,
            where=where,
            description="\n\n".join(block for block in (description, "\n".join(_field_lines(raw))) if block),
            list_name=_section(raw),
            done=completed if isinstance(raw.get("completed"), bool) else None,
            due_date=self._due(raw, where),
            created_at=instant(raw.get("created_at")),
            started_at=self._start(raw),
            ended_at=instant(raw.get("completed_at")) or instant(raw.get("modified_at")),
            created_by=self._person(raw.get("created_by")),
            assignee=assignee,
            followers=_others(followers, assignee),
            tags=tuple(dict.fromkeys(name for one in objects(raw.get("tags")) if (name := line(one.get("name"), 60)))),
            remarks=self._remarks(raw),
            links=self._links(raw, where),
            parts=self._parts(raw, where, depth),
        )

    def _parts(self, raw: dict[str, Any], where: str, depth: int) -> tuple[Card, ...]:
        named = enumerate(_subtasks(raw), start=1)
        found = tuple(
            card
            for number, one in named
            if (card := self._card(one, f"{where}, sub-task {number}", "subtask", depth + 1))
        )
        count = raw.get("num_subtasks")
        if isinstance(count, int) and count > len(_subtasks(raw)):
            self.result.remarks.append(f"{where}: Asana counts {count} sub-tasks, the file holds {len(_subtasks(raw))}")
        return found

    def _remarks(self, raw: dict[str, Any]) -> tuple[Remark, ...]:
        found = []
        for story in objects(raw.get("stories")):
            words, gid = text(story.get("text")), identifier(story.get("gid"))
            said = story.get("resource_subtype") == "comment_added" or story.get("type") == "comment"
            if said and words and gid:
                found.append(
                    Remark(gid, words, self._person(story.get("created_by")), instant(story.get("created_at")))
                )
        return tuple(found)

    def _links(self, raw: dict[str, Any], where: str) -> tuple[Link, ...]:
        found = []
        for number, item in enumerate(objects(raw.get("attachments")), start=1):
            gid = identifier(item.get("gid"))
            if not gid:
                self.result.refuse(f"{where}, attachment {number}", "has no gid")
                continue
            # A download address is good for two minutes; the permanent one or the viewer's stays.
            offered = map(web_address, (item.get("permanent_url"), item.get("view_url")))
            url = next(filter(None, offered), "") or ASSET.format(gid)
            name = line(item.get("name"), 255) or f"Attachment {gid}"[:255]
            found.append(Link(gid, name, url, self._person(item.get("created_by")), instant(item.get("created_at"))))
        return tuple(found)

    def _person(self, raw: Any) -> Person | None:
        gid = identifier(part(raw, "gid"))
        if not gid:
            return None
        known = self.people.get(gid)
        name, email = line(part(raw, "name"), 150), line(part(raw, "email"), 254)
        if known is None or (email and not known.email):
            self.people[gid] = Person(gid, name or (known.name if known else f"Asana user {gid}"), email)
        return self.people[gid]

    def _due(self, raw: dict[str, Any], where: str) -> dt.date | None:
        at = instant(raw.get("due_at"))
        found = day(raw.get("due_on")) or (at.astimezone(self.zone).date() if at else None)
        told = raw.get("due_on") or raw.get("due_at")
        if found is None and told:
            self.result.refuse(where, f"has a due date that is none: {line(str(told), 60)!r}")
        return found

    def _start(self, raw: dict[str, Any]) -> dt.datetime | None:
        """``start_on`` is a plan, and yet the only start that an export has; it counts once it has come."""
        planned = day(raw.get("start_on"))
        at = instant(raw.get("start_at"))
        return at or (dt.datetime.combine(planned, dt.time(9), self.zone).astimezone(dt.UTC) if planned else None)


def _others(people: list[Person | None], assignee: Person | None) -> tuple[Person, ...]:
    known = {one.id: one for one in people if one is not None}
    return tuple(one for one in known.values() if assignee is None or one.id != assignee.id)


def _memberships(task: dict[str, Any]) -> list[dict[str, Any]]:
    return objects(task.get("memberships"))


def _subtasks(task: dict[str, Any]) -> list[Any]:
    found = task.get("subtasks")
    return found if isinstance(found, list) else []


def _section(task: dict[str, Any]) -> str:
    names = (line(part(one, "section", "name"), 120) for one in _memberships(task))
    return next(filter(None, names), "")


def _field_lines(task: dict[str, Any]) -> list[str]:
    """``Points: 5``; a field without a value says nothing."""
    lines = []
    for field in objects(task.get("custom_fields")):
        value = _field_value(field)
        if value:
            lines.append(f"{line(field.get('name'), 120) or 'Field'}: {value}")
    return lines


def _field_value(field: dict[str, Any]) -> str:
    kind = field.get("resource_subtype") or field.get("type")
    match kind:
        case "enum":
            found: Any = part(field, "enum_value", "name")
        case "multi_enum":
            found = ", ".join(line(one.get("name"), 120) for one in objects(field.get("multi_enum_values")))
        case "people":
            found = ", ".join(line(one.get("name"), 150) for one in objects(field.get("people_value")))
        case "date":
            found = part(field, "date_value", "date_time") or part(field, "date_value", "date")
        case _:
            found = field.get("number_value") if field.get("number_value") is not None else field.get("text_value")
    return text(found if found is not None else field.get("display_value"), 2_000)
