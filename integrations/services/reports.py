"""What an import did, item by item."""

from collections import Counter
from dataclasses import dataclass, field

from accounts.models import User
from clients.models import Project
from integrations.importers.boards import Person

MADE, UPDATED, UNCHANGED, SKIPPED = "made", "updated", "unchanged", "skipped"


@dataclass(frozen=True)
class Item:
    """One thing of the file, and what became of it."""

    kind: str
    where: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Known:
    """Somebody of the source, and who that is here; ``how`` says by what they were recognised."""

    person: Person
    user: User
    how: str


@dataclass
class Report:
    project: Project
    project_is_new: bool = False
    items: list[Item] = field(default_factory=list)
    people: list[Known] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, kind: str, where: str, outcome: str, detail: str = "") -> None:
        self.items.append(Item(kind, where, outcome, detail))

    def counts(self) -> dict[tuple[str, str], int]:
        """How many of each kind had each outcome."""
        return dict(Counter((item.kind, item.outcome) for item in self.items))

    @property
    def changed(self) -> bool:
        return self.project_is_new or any(item.outcome in {MADE, UPDATED} for item in self.items)
