"""Leaving a host alone that keeps failing."""

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Per host: after ``failures`` in a row nothing is tried for ``seconds``, then one call finds out."""

    failures: int = 5
    seconds: float = 30.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: dict[str, int] = field(default_factory=dict)
    _closed_until: dict[str, float] = field(default_factory=dict)

    def wait(self, host: str) -> float:
        """Seconds until the host may be tried; 0 is now. Whoever gets 0 after a pause tries for everybody."""
        with self._lock:
            until = self._closed_until.get(host)
            if until is None:
                return 0.0
            left = until - time.monotonic()
            if left > 0:
                return left
            self._closed_until[host] = time.monotonic() + self.seconds
            return 0.0

    def succeeded(self, host: str) -> None:
        with self._lock:
            self._failed.pop(host, None)
            self._closed_until.pop(host, None)

    def failed(self, host: str) -> None:
        with self._lock:
            self._failed[host] = self._failed.get(host, 0) + 1
            if self._failed[host] >= self.failures:
                self._closed_until[host] = time.monotonic() + self.seconds

    def forget(self) -> None:
        with self._lock:
            self._failed.clear()
            self._closed_until.clear()
