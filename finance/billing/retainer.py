"""What a retainer's monthly hours cover, what runs over and what rolls over. Pure: no database, no clock.

Counted in seconds, so that what was worked is what is covered and what runs over, exactly.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: the seconds of work that a month includes, and for how many further months what is left of
    them can be used (0: not at all; ``None``: without end)."""

    included: int
    rolls_over_months: int | None = 0


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a retainer, in seconds.

    ``included + brought = covered + carried + lapsed`` and ``covered + overrun = used``, always.
    """

    name: str
    included: int
    brought: int
    used: int
    covered: int
    overrun: int
    carried: int
    lapsed: int


def months(terms: Terms, used: Sequence[tuple[str, int]]) -> list[Month]:
    """The course of a retainer over months without a gap, each with the seconds worked in it.

    What was brought is used first, the oldest of it before the rest, then the month's own. What a month leaves lapses
    at the end of the last month in which it may be used.
    """
    stock: deque[list[int]] = deque()  # what is left of a month, by the number of that month
    found = []
    for number, (name, worked) in enumerate(used):
        brought = sum(left for _from, left in stock)
        stock.append([number, terms.included])
        covered = _use(stock, worked)
        lapsed = _let_lapse(stock, number, terms.rolls_over_months)
        carried = sum(left for _from, left in stock)
        found.append(Month(name, terms.included, brought, worked, covered, worked - covered, carried, lapsed))
    return found


def _use(stock: deque[list[int]], worked: int) -> int:
    covered = 0
    while stock and covered < worked:
        taken = min(stock[0][1], worked - covered)
        stock[0][1] -= taken
        covered += taken
        if not stock[0][1]:
            stock.popleft()
    return covered


def _let_lapse(stock: deque[list[int]], number: int, rolls_over_months: int | None) -> int:
    lapsed = 0
    while rolls_over_months is not None and stock and number - stock[0][0] >= rolls_over_months:
        lapsed += stock.popleft()[1]
    return lapsed
