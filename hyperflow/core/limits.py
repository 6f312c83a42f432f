"""Counting tries: exact over processes, since one row counts and one statement decides.

    SIGN_IN = Limit("sign-in.account", times=5, seconds=900)

    limits.hit(SIGN_IN, email, ip)          # takes one of the five; RateLimited when they are used up
    ...
    limits.refund(SIGN_IN, email, ip)       # it was the right password: only failures count

Taking the try before the work, and giving it back, is what keeps parallel tries within the limit. A count is made
in a transaction of its own, so nothing that the caller undoes undoes it. If it can't be made the error goes up:
these limits never fail open. What is counted is stored as a hash.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext as _

from hyperflow.core import clock
from hyperflow.core.errors import RateLimited
from hyperflow.core.models import AttemptCounter
from hyperflow.core.transactions import command

R = TypeVar("R")


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in a window of ``seconds``, which begins with the first try."""

    name: str
    times: int
    seconds: int


def hit(limit: Limit, *parts: object) -> None:
    """Take one try. Raises `RateLimited` when none is left; a refused try is not counted."""
    if not _count_one(limit, parts, up_to=limit.times):
        raise _refusal(limit, parts)


def check(limit: Limit, *parts: object) -> None:
    """Raise `RateLimited` when no try is left, without taking one."""
    if _apart(lambda: _used(limit, parts)) >= limit.times:
        raise _refusal(limit, parts)


def count(limit: Limit, *parts: object) -> int:
    """Count one try, even past the limit, and never refuse. Gives how many there are in the running window."""
    return _count_one(limit, parts, up_to=None)


def refund(limit: Limit, *parts: object) -> None:
    """Give back a try that `hit` took."""
    _apart(lambda: _row(limit, parts).filter(count__gt=0).update(count=F("count") - 1))


def reset(limit: Limit, *parts: object) -> None:
    """Forget every try."""
    _apart(lambda: _row(limit, parts).delete())


def _count_one(limit: Limit, parts: tuple[object, ...], *, up_to: int | None) -> int:
    """How many there are by now; 0 if there were ``up_to`` already."""
    while (counted := _apart(lambda: _add(limit, parts, up_to))) is None:
        # In a transaction of its own: a row that turns out to be there already stays locked for reading until the
        # end, and two who then want to write it would wait for each other.
        _apart(lambda: _make_row(limit, parts))
    return counted


def _make_row(limit: Limit, parts: tuple[object, ...]) -> None:
    # Long over for everybody, whatever their clocks say: whoever counts first begins the window.
    row = AttemptCounter(key=_key(limit, parts), count=0, window_ends_at=clock.now() - dt.timedelta(days=1))
    AttemptCounter.objects.bulk_create([row], ignore_conflicts=True)


def _add(limit: Limit, parts: tuple[object, ...], up_to: int | None) -> int | None:
    """One statement decides and counts. None: there was no row."""
    now = clock.now()
    ends_at = now + dt.timedelta(seconds=limit.seconds)
    over = Q(window_ends_at__lte=now)
    room = Q() if up_to is None else over | Q(count__lt=up_to)
    # MySQL assigns from left to right, so the count must be decided before the window moves.
    counted = (
        _row(limit, parts)
        .filter(room)
        .update(
            count=Case(When(over, then=Value(1)), default=F("count") + 1),
            window_ends_at=Case(When(over, then=Value(ends_at)), default=F("window_ends_at")),
        )
    )
    if counted:
        return int(_row(limit, parts).values_list("count", flat=True).get())
    # Whoever finds room now was too early: somebody has made the row in between.
    is_full = up_to is not None and _row(limit, parts).filter(window_ends_at__gt=now, count__gte=up_to).exists()
    return 0 if is_full else None


def _used(limit: Limit, parts: tuple[object, ...]) -> int:
    running = _row(limit, parts).filter(window_ends_at__gt=clock.now())
    return running.values_list("count", flat=True).first() or 0


def _refusal(limit: Limit, parts: tuple[object, ...]) -> RateLimited:
    ends_at = _apart(lambda: _row(limit, parts).values_list("window_ends_at", flat=True).first())
    left = (ends_at - clock.now()).total_seconds() if ends_at else limit.seconds
    return RateLimited(_("Too many attempts. Try again later."), retry_after=max(1, math.ceil(left)))


def _row(limit: Limit, parts: tuple[object, ...]) -> Any:
    return AttemptCounter.objects.filter(key=_key(limit, parts))


def _key(limit: Limit, parts: tuple[object, ...]) -> str:
    said = "\0".join([limit.name, *(_plain(part) for part in parts)])
    return hmac.new(settings.SECRET_KEY.encode(), said.encode(), hashlib.sha256).hexdigest()


def _plain(part: object) -> str:
    """An IPv6 address stands for its /64: whoever has one has them all."""
    text = str(part)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def _apart(work: Callable[[], R]) -> R:
    """Do it in a transaction of its own, although the caller may be in one.

    SQLite has one writer at a time, which in a transaction is the caller: there the count is part of it.
    """
    run = command(work)
    if connection.vendor == "sqlite" or not _in_a_transaction():
        return run()
    outcome: list[Any] = []

    def elsewhere() -> None:
        try:
            outcome.append((True, run()))
        except BaseException as error:  # noqa: BLE001  # raised again by the caller
            outcome.append((False, error))
        finally:
            connection.close()

    thread = threading.Thread(target=elsewhere, name="limits")
    thread.start()
    thread.join()
    succeeded, result = outcome[0]
    if not succeeded:
        raise result
    return result


def _in_a_transaction() -> bool:
    """A test's own transaction does not count: only there would the row not be seen."""
    blocks = connection.atomic_blocks
    return bool(blocks) and not any(getattr(block, "_from_testcase", False) for block in blocks)
