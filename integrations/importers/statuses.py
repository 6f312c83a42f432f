"""Which of our statuses a list of a board stands for."""

import re
from collections.abc import Mapping

from integrations.importers.boards import Card, ImportRefused
from tasks.models import Task

#: Stands in a status map for cards that were archived, whatever list they lay in.
ARCHIVED = "archived"

#: Words in a list's name, in the order in which they decide: "Not doing" is no work, "Done this week" is done.
_WORDS = [
    (Task.Status.CANCELLED, r"cancell?ed|abandoned|rejected|won'?t|not doing|dropped|duplicate|trash"),
    (
        Task.Status.PENDING,
        r"not started|un(done|started)|to[ -]?do|backlog|inbox|ideas?|next|ready|planned|icebox|incoming|later",
    ),
    (
        Task.Status.COMPLETED,
        r"done|complete[d]?|finished|closed|released|shipped|live|deployed|published|archived?|delivered",
    ),
    (
        Task.Status.IN_PROGRESS,
        r"doing|in progress|in[ -]work|wip|working|active|started|today|review|qa|testing|development|blocked|waiting",
    ),
]
_KNOWN = [(status, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)) for status, words in _WORDS]


def by_list_name(name: str) -> str:
    """A guess by the list's name; a list that says nothing ("Website relaunch") is work still to be done."""
    plain = name.replace("_", " ").strip()
    for status, words in _KNOWN:
        if words.search(plain):
            return str(status)
    return str(Task.Status.PENDING)


def parse_map(given: str) -> dict[str, str]:
    """``"Doing=in_progress, Parked=cancelled"`` as a table by folded list name."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        name, equals, status = (piece.strip() for piece in pair.rpartition("="))
        if not equals or not name:
            raise ImportRefused(f"In --status-map, {pair!r} should be LIST=STATUS, as in Doing=in_progress.")
        if status not in Task.Status.values:
            raise ImportRefused(
                f"In --status-map, {status!r} is no status: choose one of {', '.join(Task.Status.values)}."
            )
        found[name.casefold()] = status
    return found


def status_of(card: Card, chosen: Mapping[str, str]) -> str:
    """What a card becomes.

    What was chosen for its list goes first, then what the source itself says, then the list's name. An archived card
    is cancelled unless it was done, or unless something else was chosen for ``archived``.
    """
    mapped = chosen.get(card.list_name.casefold(), "")
    if card.archived:
        if ARCHIVED in chosen:
            return chosen[ARCHIVED]
        done = card.done or (mapped or by_list_name(card.list_name)) == Task.Status.COMPLETED
        return str(Task.Status.COMPLETED if done else Task.Status.CANCELLED)
    if mapped and not card.done:
        return mapped
    if card.status:
        return card.status
    if card.done:
        return str(Task.Status.COMPLETED)
    guess = mapped or by_list_name(card.list_name)
    # The source says that it is not done, so the name of its list misleads.
    return str(Task.Status.IN_PROGRESS) if card.done is False and guess == Task.Status.COMPLETED else guess
