"""What a change means besides, told to who made it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """What a change means for the months ``periods`` (``2026-11``), and what is to be done about it."""

    code: str
    message: str
    periods: Sequence[str]
