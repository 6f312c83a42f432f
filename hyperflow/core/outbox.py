"""Facts for whoever listens: realtime, automation rules, outgoing webhooks.

Ids are given out in order and committed in any, so a reader that only remembered the highest one would lose what
commits late. `unread` remembers what exactly was handled, and looks back for as long as a transaction may be open.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q

from hyperflow.core import clock, compiled
from hyperflow.core.audit import plain
from hyperflow.core.models import OutboxEvent, OutboxReader

#: No transaction that announces something stays open for longer. A gap in the ids that is older was rolled back.
LONGEST_TRANSACTION = dt.timedelta(hours=1)
#: How many gaps are looked into at most, before the oldest are given up. Where many events are announced at once, or
#: the table was emptied, a gap is wide; what was passed over in it is found all the same.
_MOST_GAPS = 2_000
_MOST_WIDE_GAPS = 200
_NARROW = 5  # ids


def emit(kind: str, subject: models.Model, **payload: Any) -> OutboxEvent:
    """Announce a fact in the transaction that makes it true: ``emit("task.created", task, assigned_to=7)``."""
    announced = event(kind, subject, **payload)
    compiled.insert(announced)
    return announced


def event(kind: str, subject: models.Model, **payload: Any) -> OutboxEvent:
    """The fact that `emit` announces, not yet written: for who writes many at once."""
    return OutboxEvent(kind=kind, subject_type=subject._meta.label_lower, subject_id=subject.pk, payload=plain(payload))


def unread(reader: str, *, limit: int = 100) -> list[OutboxEvent]:
    """The next events that this reader has not had, oldest first; they are handled once the transaction commits.

    Call it in a transaction, together with what is done about them: if that is rolled back, they are unread again.
    Two processes of one reader wait for each other, so an event is handled once. A new reader begins with what
    happens from now on.
    """
    row = OutboxReader.objects.select_for_update().filter(name=reader).first()
    if row is None:
        start_reading(reader)
        row = OutboxReader.objects.select_for_update().get(name=reader)
    seen = Seen(row.position, [(first, last) for first, last in row.handled])
    events = seen.take(limit)
    row.position, row.handled = seen.position, [list(span) for span in seen.spans]
    row.save(update_fields=["position", "handled"])
    return events


def start_reading(reader: str) -> None:
    """Make a reader known, so that it misses nothing that is announced after this."""
    OutboxReader.objects.bulk_create([OutboxReader(name=reader, position=_newest())], ignore_conflicts=True)


def tail() -> "Seen":
    """A reader that remembers in this process alone: for a page that shows what happens while it is open."""
    return Seen(_newest())


@dataclass
class Seen:
    """What was handled: every id up to ``position``, and the spans of ids beyond it, in order."""

    position: int
    spans: list[tuple[int, int]] = field(default_factory=list)

    def take(self, limit: int) -> list[OutboxEvent]:
        """The next events that were not seen, which by that are seen."""
        self._settle()
        events = list(OutboxEvent.objects.filter(self._unseen()).order_by("id")[:limit])
        for event in events:
            self.add(event.pk)
        return events

    def add(self, pk: int) -> None:
        joined = sorted([*self.spans, (pk, pk)])
        self.spans = []
        for first, last in joined:
            if self.spans and first <= self.spans[-1][1] + 1:
                self.spans[-1] = (self.spans[-1][0], max(last, self.spans[-1][1]))
            else:
                self.spans.append((first, last))
        if self.spans and self.spans[0][0] <= self.position + 1:
            self.position = max(self.position, self.spans.pop(0)[1])

    def gaps(self) -> list[tuple[int, int]]:
        """Spans of ids that were passed over: rolled back, not committed yet, or never given out."""
        found = []
        before = self.position
        for first, last in self.spans:
            if first > before + 1:
                found.append((before + 1, first - 1))
            before = last
        return found

    def _unseen(self) -> Q:
        unseen = Q(id__gt=self.spans[-1][1] if self.spans else self.position)
        single: list[int] = []
        for first, last in self.gaps():
            if last - first < _NARROW:
                single += range(first, last + 1)
            else:
                unseen |= Q(id__range=(first, last))
        return unseen | Q(id__in=single) if single else unseen

    def _are_too_many(self) -> bool:
        gaps = self.gaps()
        wide = sum(last - first >= _NARROW for first, last in gaps)
        return wide > _MOST_WIDE_GAPS or len(gaps) > _MOST_GAPS

    def _settle(self) -> None:
        """Give up gaps that nobody can fill any more: what follows them is older than any open transaction."""
        before = clock.now() - LONGEST_TRANSACTION
        while self.spans:
            last = self.spans[0][1]
            is_old = OutboxEvent.objects.filter(pk=last, created_at__lt=before).exists()
            gone = not is_old and not OutboxEvent.objects.filter(pk=last).exists()
            if not (is_old or gone or self._are_too_many()):
                return
            self.position = last
            self.spans.pop(0)


def _newest() -> int:
    return OutboxEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
