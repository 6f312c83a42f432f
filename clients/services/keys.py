"""The human names of tasks: ``ACME-1``, ``ACME-2`` …"""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, QuerySet
from django.utils.translation import gettext as _

from clients.models import KeySequence
from clients.services.rules import unique_or
from hyperflow.core.compiled import Hole, statements
from hyperflow.core.errors import Conflict, NotFound
from hyperflow.core.transactions import command

#: How often a new sequence looks for another prefix when somebody else took the one it had found.
_TRIES = 100
_HIGHEST = 9_999


def next_key(sequence: KeySequence | int) -> str:
    """The next key of a sequence, given out once and never again, however many ask at the same moment.

    Part of the caller's command, which has the transaction: the sequence's row stays locked until that ends, so keys
    follow each other without a gap unless it is rolled back, which gives the number back.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A key is taken in the transaction that uses it.")
    pk = sequence if isinstance(sequence, int) else sequence.pk
    # The UPDATE takes the lock; what is read after it is this transaction's own number, on every database.
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_ON, [pk])
        if not cursor.rowcount:
            raise NotFound(_("The key sequence no longer exists."))
    [(prefix, number)] = statements.get("next key", _number).fetch({"pk": pk})
    return f"{prefix}-{number}"


_COUNT_ON = f"UPDATE {KeySequence._meta.db_table} SET last = last + 1 WHERE id = %s"  # noqa: S608 (a name of ours)


def _number() -> QuerySet[Any]:
    rows = KeySequence.objects.order_by().filter(pk=Hole("pk", BigIntegerField()))
    return rows.values_list("prefix", "last")


@command
def new_sequence(*, prefix: str) -> KeySequence:
    """A sequence of its own, named ``ACME`` where that is free, else ``ACME2``, ``ACME3`` …"""
    for _attempt in range(_TRIES):
        free = _free_prefix(prefix)
        try:
            with transaction.atomic():
                return KeySequence.objects.create(prefix=free)
        except IntegrityError:  # somebody was faster; their row is there now, so look again
            continue
    raise _none_left()


@command
def named_sequence(*, prefix: str) -> KeySequence:
    """A sequence of exactly this name. Raises `Conflict` (``key_taken``) where there is one already."""
    with unique_or(Conflict(_("Another client or project uses this key already."), code="key_taken", field="key")):
        return KeySequence.objects.create(prefix=prefix)


def _free_prefix(prefix: str) -> str:
    """A free name at the end of those in use, found in few look-ups however many clients are called the same.

    Doubles until a number is free, then halves the distance. Numbers may be missing in between; that is harmless.
    """
    taken, free = 0, 1
    while _is_taken(prefix, free):
        if free > _HIGHEST:
            raise _none_left()
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if _is_taken(prefix, middle) else (taken, middle)
    return _name(prefix, free)


def _is_taken(prefix: str, number: int) -> bool:
    return KeySequence.objects.filter(prefix=_name(prefix, number)).exists()


def _name(prefix: str, number: int) -> str:
    return prefix if number == 1 else f"{prefix}{number}"


def _none_left() -> Conflict:
    return Conflict(_("No free key could be found for this name."), code="key_taken", field="key")
