"""Checking and making password hashes, without starving everybody else.

One bcrypt hash takes a quarter of a second of a core. It lets go of the GIL meanwhile, so what has to be shared out is
cores and request threads: hashes are computed by a few threads of their own (`_at_once`, a core's worth for each web
process) that yield to other work, and of a process's request threads only ``SIGN_IN_THREADS`` may wait for one.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, get_hasher, identify_hasher, make_password
from django.utils.translation import gettext as _

from hyperflow.core.errors import Unavailable

R = TypeVar("R")

#: How much later than a request's a hash's turn on a core is (`nice`).
_NICENESS = 10


class _Crew:
    """The threads that hash, in this process."""

    def __init__(self) -> None:
        self.seats = threading.BoundedSemaphore(settings.SIGN_IN_THREADS)
        self.turns = threading.BoundedSemaphore(_at_once())
        self.threads = ThreadPoolExecutor(_at_once(), thread_name_prefix="hashing", initializer=_step_back)


_lock = threading.Lock()
_crews: dict[int, _Crew] = {}
_this_thread = threading.local()


@contextmanager
def seat() -> Iterator[None]:
    """Hold a seat among the request threads. Whoever finds all taken is told to come back (503 ``busy``), at once.

    A request that will hash takes its seat before it does anything else: its counts and its audit entry wait for the
    disk, and the last thread, which is there for everybody else, must not wait with it. Held once by a thread.
    """
    if getattr(_this_thread, "is_seated", False):
        yield
        return
    seats = _crew().seats
    if not seats.acquire(blocking=False):
        raise Unavailable(_("Many people are signing in right now. Try again in a moment."), code="busy", retry_after=1)
    _this_thread.is_seated = True
    try:
        yield
    finally:
        _this_thread.is_seated = False
        seats.release()


@contextmanager
def turn() -> Iterator[None]:
    """Hold a turn at hashing, and a seat with it.

    Inside, the number of tries under way is bounded by the turns, so limits can be taken and given back exactly.
    """
    with seat(), _crew().turns:
        yield


def matches(password: str, encoded: str | None) -> bool:
    """Is it the password of that hash? ``None`` (nobody has that address) costs the same and is never true."""
    if encoded is None:
        _run(lambda: make_password(password))
        return False
    return _run(lambda: check_password(password, encoded))


def hashed(password: str | None) -> str:
    """A password as it is stored; ``None`` for an account that nobody can enter by one."""
    return make_password(None) if password is None else _run(lambda: make_password(password))


def is_outdated(encoded: str) -> bool:
    """Was it made by another hasher, or more cheaply, than new ones are?"""
    preferred, hasher = get_hasher(), identify_hasher(encoded)
    return hasher.algorithm != preferred.algorithm or preferred.must_update(encoded)


def _run(work: Callable[[], R]) -> R:
    return _crew().threads.submit(work).result()


def _crew() -> _Crew:
    # By process: threads do not survive a fork.
    pid = os.getpid()
    crew = _crews.get(pid)
    if crew is None:
        with _lock:
            crew = _crews.setdefault(pid, _Crew())
    return crew


def _at_once() -> int:
    """Below the five tries that an account has: right passwords in parallel must not look like failures."""
    return max(1, min(4, (os.cpu_count() or 1) // settings.WEB_PROCESSES))


def _step_back() -> None:
    """On Linux a thread has a priority of its own, so a request that needs the core gets it before a hash does."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:  # a matter of comfort
            return
