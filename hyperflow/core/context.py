"""What is known of the request or job that is running, for logs, audit entries and jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    request_id: str = ""
    ip: str | None = None


_current: ContextVar[Context] = ContextVar("hyperflow_context", default=Context())  # noqa: B039  # frozen


def current() -> Context:
    return _current.get()


@contextmanager
def running(context: Context) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
