"""Who is meant by ``@anna``, ``@anna.berg`` or ``@"Anna Berg"`` in a text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Not inside an address (``anna@example.com``), not doubled.
_MENTION = re.compile(r'(?<![\w@.+-])@(?:"(?P<quoted>[^"\n]{1,150})"|(?P<bare>[^\W][\w.+-]{0,99}))')


@dataclass(frozen=True)
class Person:
    pk: int
    name: str
    email: str


def mentioned(text: str, people: Iterable[Person]) -> list[int]:
    """The ids of those of the people whom the text mentions, each once, in its order. A pure function.

    A mention is a quoted full name, the part of an address before its ``@``, a full name without its blanks, or a
    first name that only one of the people has. What could be several people is nobody.
    """
    if "@" not in text:
        return []
    names = _index(people)
    found: dict[int, None] = {}
    for match in _MENTION.finditer(text):
        spelled = match["quoted"] or match["bare"].rstrip(".-+")
        pk = names.get(_folded(spelled))
        if pk is not None:
            found.setdefault(pk)
    return list(found)


def _index(people: Iterable[Person]) -> dict[str, int | None]:
    """Spelling to id; ``None`` where several people share it. An exact form beats a first name."""
    exact: dict[str, int | None] = {}
    loose: dict[str, int | None] = {}
    for person in people:
        words = person.name.split()
        forms = {_folded(person.email.partition("@")[0]), _folded(person.name)}
        forms |= {_folded(joint.join(words)) for joint in ("", ".", "_", "-")}
        for form in forms - {""}:
            exact[form] = None if form in exact else person.pk
        if words:
            first = _folded(words[0])
            loose[first] = None if first in loose else person.pk
    return loose | exact


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
