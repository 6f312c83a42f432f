"""A progress bar for people at a terminal; nothing where the output goes to a file."""

import time
from typing import TextIO

_WIDTH = 30
_EVERY = 0.1


class Bar:
    """``board.json  [######----]  120/300``, at most ten times a second."""

    def __init__(self, out: TextIO, label: str) -> None:
        self.out, self.label = out, label
        self.shown_at = float("-inf")
        self.is_open = False
        self.wanted = out.isatty()

    def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.wanted or (done < total and now - self.shown_at < _EVERY):
            return
        self.shown_at, self.is_open = now, True
        full = _WIDTH * done // total if total else _WIDTH
        self.out.write(f"\r{self.label}  [{'#' * full}{'-' * (_WIDTH - full)}]  {done}/{total}")
        self.out.flush()

    def close(self) -> None:
        if self.is_open:
            self.out.write("\n")
            self.out.flush()
            self.is_open = False
