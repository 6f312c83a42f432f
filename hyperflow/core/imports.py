"""What an import did, row by row, and what it could not do."""

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from hyperflow.core.errors import Conflict

MADE, UPDATED, UNCHANGED, SKIPPED = "made", "updated", "unchanged", "skipped"


@dataclass(frozen=True)
class Problem:
    """A row that can't come in, by the line of the file, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class BadRows(Conflict):
    """Some rows of the file can't come in, so nothing did."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("Some rows of the file can't be imported."), code="bad_rows")
        self.problems = sorted(problems, key=lambda problem: problem.line)


@dataclass
class Report:
    items: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, line: int, outcome: str, what: str) -> None:
        self.items.append((line, outcome, what))

    def refuse(self, line: int, reason: str) -> None:
        self.problems.append(Problem(line, reason))

    def counts(self) -> dict[str, int]:
        return dict(Counter(outcome for _line, outcome, _what in self.items))
