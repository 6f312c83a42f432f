"""One command, one transaction."""

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

TRIES = 3
#: A caller waits about this long, not three times as long as the server waits for one lock.
PATIENCE = 3.0  # seconds
#: MariaDB/MySQL: deadlock found, lock wait timed out.
_RETRY_CODES = {1213, 1205}


def is_transient(error: OperationalError) -> bool:
    """Would the same transaction, run anew, probably succeed?"""
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in _RETRY_CODES
    return "database is locked" in str(error) or "database table is locked" in str(error)


def command(function: Callable[P, R]) -> Callable[P, R]:
    """A service that writes: it runs in a transaction, and the outermost one is run anew on a deadlock.

    Up to three tries with jitter. A command called by another command joins its transaction and leaves the retry
    to it. What a command does must therefore be undone by a rollback: rows only, no mail, no call outside.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        began = time.monotonic()
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                tired = attempt == TRIES or time.monotonic() - began > PATIENCE
                if tired or not is_transient(error):
                    raise
                logger.warning("transaction.retry", extra={"command": function.__qualname__, "attempt": attempt})
                time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311
        raise AssertionError("unreachable")

    return run
