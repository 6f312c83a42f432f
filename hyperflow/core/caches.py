"""Caches that nobody has to wait for: a cache that is down or hangs is a cache that knows nothing.

After an error the cache is left alone for a while, so that one request in thirty seconds pays for finding out.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

LEFT_ALONE = 30.0  # seconds


class Breaker:
    """Open after a failure, closed again after a while."""

    def __init__(self, seconds: float = LEFT_ALONE) -> None:
        self.seconds = seconds
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._until

    def trip(self, error: Exception) -> None:
        self._until = time.monotonic() + self.seconds
        logger.warning("cache.unavailable", extra={"reason": type(error).__name__})

    def close(self) -> None:
        self._until = 0.0


#: One for the process: threads have their own cache objects, but there is one server.
breaker = Breaker()


class SafeRedisCache(RedisCache):
    """Redis, with every failure a miss."""

    def _try(self, call: Callable[[], Any], otherwise: Any) -> Any:
        if breaker.is_open:
            return otherwise
        try:
            return call()
        except (RedisError, OSError) as error:
            breaker.trip(error)
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(SafeRedisCache, self).add(*args, **kwargs), False)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(SafeRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(SafeRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(SafeRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(SafeRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return self._try(lambda: super(SafeRedisCache, self).get_many(keys, version), {})

    def set_many(self, data: dict[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        return self._try(lambda: super(SafeRedisCache, self).set_many(data, *args, **kwargs), list(data))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(SafeRedisCache, self).delete_many(*args, **kwargs), None)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(SafeRedisCache, self).has_key(*args, **kwargs), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """The new count, or ``None`` without Redis."""
        return self._try(lambda: super(SafeRedisCache, self).incr(key, delta, version), None)

    def clear(self) -> None:
        self._try(lambda: super(SafeRedisCache, self).clear(), None)

    def ping(self) -> None:
        """Ask Redis itself, whatever is thought of it. Raises what it raises."""
        self._cache.get_client().ping()
        breaker.close()


class CountsInProcess:
    """For django-ratelimit: counts in the process, and tells the others now and then.

    Asking a server at every request would cost a quarter of a short request, and on SQLite make every reader a
    writer. So a process tells the others every two seconds; the limit is exact for one process, and generous with
    several by what they serve in that time.
    """

    told_every = 2.0  # seconds
    default_timeout: float | None
    _lock = threading.Lock()
    #: key → (count of all when last told, our own since then, when told)
    _counts: ClassVar[dict[str, tuple[int, int, float]]] = {}

    def add(self, key: Any, value: Any, timeout: Any = None, version: int | None = None) -> bool:
        """Say that the key is there, so that the caller goes on to count; `incr` makes it."""
        return False

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        full, now = self.make_and_validate_key(key, version), time.monotonic()  # type: ignore[attr-defined]
        with self._lock:
            known, own, told = self._counts.get(full, (0, 0, now))
            own += delta
            due = now - told >= self.told_every
            if due or full not in self._counts:
                self._make_room(now)
            self._counts[full] = (known + own, 0, now) if due else (known, own, told)
        if due and (total := self._tell(key, own)) is not None:
            with self._lock:
                since = self._counts.get(full, (0, 0, now))[1]
                self._counts[full] = (total, since, now)
            return total + since
        return known + own

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
        super().clear()  # type: ignore[misc]

    def _tell(self, key: Any, own: int) -> int | None:
        """Add our own to what all share; gives the count of all, or ``None`` where it can't be had."""
        raise NotImplementedError

    def _make_room(self, now: float) -> None:
        """Counters of windows that are over go, once there are many."""
        if len(self._counts) < 10_000:
            return
        over = now - (self.default_timeout or 3_600)
        ended = [key for key, (_known, _own, told) in self._counts.items() if told < over]
        for key in ended or list(self._counts)[:5_000]:
            del self._counts[key]


class RedisCounter(CountsInProcess, SafeRedisCache):
    """The counters of all processes in Redis."""

    def _tell(self, key: Any, own: int) -> int | None:
        full = self.make_and_validate_key(key)

        def count() -> int:
            client = self._cache.get_client(full, write=True)
            found = int(client.incr(full, own))
            if found == own:
                client.expire(full, int(self.default_timeout or 3_600))
            return found

        return self._try(count, None)


class DatabaseCounter(CountsInProcess, DatabaseCache):
    """The counters of all processes in a table, where there is no Redis."""

    def _tell(self, key: Any, own: int) -> int | None:
        try:
            if DatabaseCache.add(self, key, own, self.default_timeout):
                return own
            return int(DatabaseCache.incr(self, key, own))
        except (DatabaseError, ValueError, TypeError) as error:
            logger.warning("cache.unavailable", extra={"reason": type(error).__name__})
            return None
