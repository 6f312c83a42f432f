"""A Trello board: the JSON that "Print, export, share → Export as JSON" gives."""

import datetime as dt
from pathlib import Path
from typing import Any

from integrations.importers.boards import Board, Card, ImportRefused, Link, Person, Remark
from integrations.importers.reading import (
    LONGEST,
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
from integrations.importers.statuses import by_list_name
from tasks.models import Task

SOURCE = "trello"


def read(path: Path, zone: dt.tzinfo = dt.UTC) -> Board:
    """The board in a file. Due times become days in *zone*."""
    return parse(read_json(path), zone)


def parse(document: Any, zone: dt.tzinfo = dt.UTC) -> Board:
    if is_object(document) and isinstance(document.get("data"), list):
        raise ImportRefused("This looks like an Asana export: use `manage.py import asana`.")
    if (
        not is_object(document)
        or not isinstance(document.get("cards"), list)
        or not isinstance(document.get("lists"), list)
    ):
        raise ImportRefused("This is not a Trello board export: it has no lists and cards.")
    scope = identifier(document.get("id"))
    if not scope or len(scope) > 100:
        raise ImportRefused("This is not a whole Trello board export: the board has no id.")
    return _Reader(document, zone, scope).board()


class _Reader:
    def __init__(self, document: dict[str, Any], zone: dt.tzinfo, scope: str) -> None:
        self.document, self.zone = document, zone
        self.result = Board(SOURCE, scope, line(document.get("name"), 200) or "Trello board")
        self.lists = {identifier(one.get("id")): one for one in objects(document["lists"])}
        self.labels = {identifier(one.get("id")): one for one in objects(document.get("labels"))}
        self.fields = {identifier(one.get("id")): one for one in objects(document.get("customFields"))}
        self.people: dict[str, Person] = {}
        self.checklists = _by(document.get("checklists"), "idCard")
        self.actions = _by(document.get("actions"), "data", "card", "id")

    def board(self) -> Board:
        for member in objects(self.document.get("members")):
            self._person(member)
        seen: set[str] = set()
        for number, raw in enumerate(self.document["cards"], start=1):
            card = self._card(raw, number, seen)
            if card is not None:
                self.result.cards.append(card)
        order = {list_id: one.get("pos") for list_id, one in self.lists.items()}
        raw_cards = {identifier(one.get("id")): one for one in objects(self.document["cards"])}

        def place(card: Card) -> tuple[float, float]:
            raw = raw_cards[card.id]
            return _number(order.get(identifier(raw.get("idList")))), _number(raw.get("pos"))

        self.result.cards.sort(key=place)
        self.result.people = list(self.people.values())
        self._tell_lost_comments()
        return self.result

    def _card(self, raw: Any, number: int, seen: set[str]) -> Card | None:
        where = f"card {number}"
        if not is_object(raw):
            self.result.refuse(where, "is not an object")
            return None
        card_id = identifier(raw.get("id"))
        if not card_id:
            self.result.refuse(where, "has no id")
            return None
        where = f"card {number} ({card_id})"
        if card_id in seen:
            self.result.refuse(where, "is in the file twice")
            return None
        seen.add(card_id)
        title, description = line(raw.get("name"), LONGEST), text(raw.get("desc"))
        if not title:
            self.result.refuse(where, "has no name")
            return None
        column = self.lists.get(identifier(raw.get("idList")), {})
        members = [self._member(member_id) for member_id in _ids(raw.get("idMembers"))]
        people = [member for member in members if member is not None]
        actions = self.actions.get(card_id, [])
        created = next((action for action in actions if action.get("type") == "createCard"), None)
        return Card(
            kind="card",
            id=card_id,
            title=title,
            where=where,
            description=_with_lines(description, self._field_lines(raw)),
            list_name=line(column.get("name"), 120),
            archived=raw.get("closed") is True or column.get("closed") is True,
            done=True if raw.get("dueComplete") is True else None,
            due_date=self._day(raw.get("due"), where),
            created_at=(instant(created.get("date")) if created else None) or _made_at(card_id),
            started_at=_moved_at(actions, Task.Status.IN_PROGRESS, last=False),
            ended_at=_moved_at(actions, Task.Status.COMPLETED, last=True) or instant(raw.get("dateLastActivity")),
            created_by=self._author(created) if created else None,
            assignee=people[0] if people else None,
            followers=tuple(people[1:]),
            tags=self._tags(raw),
            remarks=self._remarks(actions),
            links=self._links(raw, where),
            parts=self._parts(card_id, where),
        )

    # -- parts of a card

    def _tags(self, raw: dict[str, Any]) -> tuple[str, ...]:
        labels = [self.labels.get(label_id, {}) for label_id in _ids(raw.get("idLabels"))] or objects(raw.get("labels"))
        names = (line(label.get("name"), 60) or line(label.get("color"), 60) for label in labels)
        return tuple(dict.fromkeys(name for name in names if name))

    def _field_lines(self, raw: dict[str, Any]) -> list[str]:
        lines = []
        for item in objects(raw.get("customFieldItems")):
            field = self.fields.get(identifier(item.get("idCustomField")), {})
            value = self._field_value(field, item)
            if value:
                lines.append(f"{line(field.get('name'), 120) or 'Field'}: {value}")
        return lines

    def _field_value(self, field: dict[str, Any], item: dict[str, Any]) -> str:
        chosen = identifier(item.get("idValue"))
        if chosen:
            options = {identifier(option.get("id")): option for option in objects(field.get("options"))}
            return text(part(options.get(chosen), "value", "text"), 2_000) or chosen
        value = item.get("value")
        if part(value, "checked") is not None:
            return "yes" if part(value, "checked") in ("true", True) else "no"
        if part(value, "date") is not None:
            at = instant(part(value, "date"))
            return at.isoformat(timespec="minutes").replace("+00:00", "Z") if at else text(part(value, "date"), 100)
        return text(part(value, "text") if part(value, "text") is not None else part(value, "number"), 2_000)

    def _remarks(self, actions: list[dict[str, Any]]) -> tuple[Remark, ...]:
        found = []
        for action in actions:
            words = text(part(action, "data", "text"))
            action_id = identifier(action.get("id"))
            if action.get("type") in {"commentCard", "copyCommentCard"} and words and action_id:
                found.append(Remark(action_id, words, self._author(action), instant(action.get("date"))))
        return tuple(sorted(found, key=lambda remark: (remark.at or dt.datetime.min.replace(tzinfo=dt.UTC), remark.id)))

    def _links(self, raw: dict[str, Any], where: str) -> tuple[Link, ...]:
        found = []
        for number, item in enumerate(objects(raw.get("attachments")), start=1):
            url = web_address(item.get("url"))
            link_id = identifier(item.get("id"))
            if not url or not link_id:
                self.result.refuse(
                    f"{where}, attachment {number}", "has no http(s) address" if link_id else "has no id"
                )
                continue
            name = line(item.get("name") or item.get("fileName"), 255) or url[:255]
            found.append(
                Link(link_id, name, url, self._member(identifier(item.get("idMember"))), instant(item.get("date")))
            )
        return tuple(found)

    def _parts(self, card_id: str, where: str) -> tuple[Card, ...]:
        found: list[Card] = []
        for checklist in sorted(self.checklists.get(card_id, []), key=lambda one: _number(one.get("pos"))):
            name = line(checklist.get("name"), 200)
            items = objects(checklist.get("checkItems"))
            for number, item in enumerate(sorted(items, key=lambda one: _number(one.get("pos"))), start=1):
                item_where = f"{where}, checklist {name!r}, item {number}"
                item_id = identifier(item.get("id"))
                title = line(item.get("name"), LONGEST)
                if not item_id or not title:
                    self.result.refuse(item_where, "has no name" if item_id else "has no id")
                    continue
                found.append(
                    Card(
                        kind="checkitem",
                        id=item_id,
                        title=title,
                        where=item_where,
                        description=f"Checklist: {name}" if name else "",
                        done=item.get("state") == "complete",
                        due_date=self._day(item.get("due"), item_where),
                        created_at=_made_at(item_id),
                        assignee=self._member(identifier(item.get("idMember"))),
                    )
                )
        return tuple(found)

    # -- people and times

    def _person(self, raw: Any) -> Person | None:
        member_id = identifier(part(raw, "id"))
        if not member_id:
            return None
        name = line(part(raw, "fullName"), 150) or line(part(raw, "username"), 150)
        known = self.people.get(member_id)
        if known is None or (not known.name and name):
            self.people[member_id] = Person(
                member_id, name or f"Trello member {member_id[-6:]}", line(part(raw, "email"), 254)
            )
        return self.people[member_id]

    def _member(self, member_id: str) -> Person | None:
        """A member named only by id, as those are who have left the board."""
        return self.people.get(member_id) or self._person({"id": member_id}) if member_id else None

    def _author(self, action: dict[str, Any]) -> Person | None:
        creator = action.get("memberCreator")
        if is_object(creator) and identifier(creator.get("id")):
            return self._person(creator)
        return self._member(identifier(action.get("idMemberCreator")))

    def _day(self, value: Any, where: str) -> dt.date | None:
        at = instant(value)
        if at is None and value not in (None, ""):
            self.result.refuse(where, f"has a due date that is none: {line(str(value), 60)!r}")
        return at.astimezone(self.zone).date() if at else None

    def _tell_lost_comments(self) -> None:
        """Trello exports the newest 1,000 actions only, so an old board comes without its oldest comments."""
        told = {identifier(raw.get("id")): part(raw, "badges", "comments") for raw in objects(self.document["cards"])}
        for card in self.result.cards:
            count = told.get(card.id)
            if isinstance(count, int) and count > len(card.remarks):
                self.result.remarks.append(
                    f"{card.where}: Trello counts {count} comments, the file holds {len(card.remarks)} "
                    "(an export has the newest 1,000 actions of a board)"
                )


def _by(items: Any, *path: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for item in objects(items):
        found.setdefault(identifier(part(item, *path)), []).append(item)
    return found


def _ids(value: Any) -> list[str]:
    return [found for found in map(identifier, value) if found] if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("inf")


def _made_at(object_id: str) -> dt.datetime | None:
    """A Trello id begins with the second it was made at, in hexadecimal."""
    try:
        found = dt.datetime.fromtimestamp(int(object_id[:8], 16), dt.UTC) if len(object_id) == 24 else None
    except (ValueError, OverflowError):
        return None
    return found if found and 2008 <= found.year <= 2999 else None


def _moved_at(actions: list[dict[str, Any]], status: str, *, last: bool) -> dt.datetime | None:
    """When the card came into a list of that kind, as far as the export's actions tell."""
    moments = []
    for action in actions:
        column = part(action, "data", "listAfter") or (
            part(action, "data", "list") if action.get("type") == "createCard" else None
        )
        at = instant(action.get("date"))
        if at and column and by_list_name(line(part(column, "name"), 120)) == status:
            moments.append(at)
    return (max if last else min)(moments, default=None)


def _with_lines(description: str, lines: list[str]) -> str:
    return "\n\n".join(block for block in (description, "\n".join(lines)) if block)
