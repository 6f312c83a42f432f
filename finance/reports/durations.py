"""Hours to the minute, so that what is shown adds up.

Each minute that is shown belongs to one row: parts are rounded by the largest remainder to a total that is itself
rounded once. No part and no total is a minute off what it really is.
"""

from collections.abc import Sequence

from hyperflow.core import money


def in_minutes(seconds: Sequence[int], total: int | None = None) -> list[int]:
    """Parts as minutes that add up to the total: that of the parts, or one that is given."""
    return money.round_shares(seconds, 60, rounded(sum(seconds)) if total is None else total)


def rounded(seconds: int) -> int:
    """A total, rounded half up."""
    return (seconds + 30) // 60


def table_in_minutes(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The same for several columns: each row and each column adds up, and so do their totals."""
    columns = list(zip(*rows, strict=True))
    totals = in_minutes([sum(column) for column in columns])
    parts = [in_minutes(column, total) for column, total in zip(columns, totals, strict=True)]
    return [list(row) for row in zip(*parts, strict=True)]
