"""What every importer makes of its file: a board of cards, in our own words."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hyperflow.core.tables import ImportRefused

__all__ = ["Board", "Card", "ImportRefused", "Link", "Person", "Problem", "Remark"]


@dataclass(frozen=True)
class Person:
    """Somebody the source knows. ``id`` is theirs there; ``email`` is empty where the export has none."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True)
class Remark:
    """A comment, with who said it and when."""

    id: str
    text: str
    author: Person | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Link:
    """An attachment: where the source keeps it. The file itself is not fetched."""

    id: str
    name: str
    url: str
    added_by: Person | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Card:
    """One piece of work. A checklist item is a card among the ``parts`` of another.

    ``done`` is what the source itself says; where it is ``None``, the list decides (`statuses.status_of`).
    """

    kind: str
    id: str
    title: str
    where: str
    description: str = ""
    list_name: str = ""
    archived: bool = False
    done: bool | None = None
    status: str = ""
    priority: int | None = None
    estimate: Decimal | None = None
    due_date: dt.date | None = None
    created_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    created_by: Person | None = None
    assignee: Person | None = None
    followers: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    links: tuple[Link, ...] = ()
    parts: tuple["Card", ...] = ()

    def walk(self) -> Iterator["Card"]:
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Problem:
    """Something in the file that can't come in. ``where`` helps to find it there."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass
class Board:
    """A whole file. ``scope`` is the board's own id: what its cards' ids are unique in.

    ``silent`` names fields that this file says nothing about: whatever stands in them here stays.
    """

    source: str
    scope: str
    name: str
    cards: list[Card] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    silent: frozenset[str] = frozenset()

    def refuse(self, where: str, reason: str) -> None:
        self.problems.append(Problem(where, reason))

    def walk(self) -> Iterator[Card]:
        for card in self.cards:
            yield from card.walk()
