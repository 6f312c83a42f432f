"""Positions in a list that people order by hand: whole numbers with room between them. Pure functions.

A new task takes its key's number times `GAP`, so it lands at the end without anybody being asked. A move takes the
middle of the gap it goes into; where a gap is used up, the neighbourhood is spread out again (`spread`), which keeps
its order.
"""

GAP = 2**20
#: A spread gives each row at least this much room, so that the next one is far away.
LEAST_STEP = 2**10


def at_number(number: int) -> int:
    """The position of the task whose key has this number."""
    return number * GAP


def between(low: int | None, high: int | None) -> int | None:
    """A position strictly between two (``None``: no neighbour on that side); ``None`` where no number is left."""
    if low is None:
        return GAP if high is None else high - GAP
    if high is None:
        return low + GAP
    middle = low + (high - low) // 2
    return middle if low < middle < high else None


def spread(count: int, low: int | None, high: int) -> list[int] | None:
    """``count`` rising positions between two neighbours; ``None`` where they would lie closer than `LEAST_STEP`."""
    if low is None:
        return [high - GAP * (count - index) for index in range(count)]
    step = (high - low) // (count + 1)
    return [low + step * (index + 1) for index in range(count)] if step >= LEAST_STEP else None
