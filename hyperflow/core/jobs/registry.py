"""What jobs there are. `<app>/jobs.py` declares them; the core's own stand beside what they serve."""

import datetime as dt
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from importlib import import_module
from typing import Any, Generic, ParamSpec, TypeVar

from django.conf import settings
from django.utils.module_loading import autodiscover_modules

P = ParamSpec("P")
R = TypeVar("R")

QUEUES = ("default", "sync", "ai", "mail")

#: Modules of the core that declare jobs.
_OWN_MODULES = ("hyperflow.core.mail", "hyperflow.core.storage", "hyperflow.core.upkeep")


class UnknownJob(LookupError):
    """No function of this name is declared: the row comes from a newer or an older release."""


@dataclass(frozen=True)
class Policy:
    """How a job is run. See `job`."""

    queue: str
    retry_on: tuple[type[Exception], ...]
    max_attempts: int
    lease: float | None
    time_limit: float | None
    atomic: bool
    secret: frozenset[str]


class JobFunction(Generic[P, R]):
    """A function that can be called at once, or put off with `enqueue`."""

    def __init__(self, function: Callable[P, R], policy: Policy) -> None:
        self.function = function
        self.policy = policy
        self.name = function.__name__
        self.kind = f"{_app_of(function.__module__)}.{function.__name__}"
        self.signature = inspect.signature(function)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<job {self.kind}>"

    @property
    def lease(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.policy.lease or settings.JOB_LEASE_SECONDS)


@dataclass(frozen=True)
class Period:
    """A job that is due once in every period, counted from midnight UTC plus ``offset``."""

    job: JobFunction[..., Any]
    every: dt.timedelta
    offset: dt.timedelta


_jobs: dict[str, JobFunction[..., Any]] = {}
_periods: dict[str, Period] = {}


def job(
    *,
    queue: str = "default",
    retry_on: tuple[type[Exception], ...] = (OSError,),
    max_attempts: int = 3,
    lease: float | None = None,
    time_limit: float | None = None,
    atomic: bool = True,
    secret: tuple[str, ...] = (),
) -> Callable[[Callable[P, R]], JobFunction[P, R]]:
    """Declare a keyword-only function to be a job. Its arguments and its result are JSON.

    An error named in ``retry_on``, a lost database or a lost worker is tried again with back-off, ``max_attempts``
    times in all; any other error fails the job at once, since it would come again. A try that goes on for longer
    than ``time_limit`` seconds is ended with ``TimeoutError``.

    The function runs in one transaction, which also marks the job done. With ``atomic=False`` it runs outside of
    any, as it must where it calls another system: what it then writes belongs into ``with jobs.effect():``, which
    commits only while the job is still this worker's.

    Arguments named in ``secret`` are stored encrypted and forgotten once the job is done.
    """

    def declare(function: Callable[P, R]) -> JobFunction[P, R]:
        if queue not in QUEUES:
            raise ValueError(f"{queue} is not a queue: {', '.join(QUEUES)}")
        policy = Policy(queue, retry_on, max_attempts, lease, time_limit, atomic, frozenset(secret))
        declared = JobFunction(function, policy)
        kinds = {parameter.kind for parameter in declared.signature.parameters.values()}
        if not kinds <= {inspect.Parameter.KEYWORD_ONLY}:
            raise TypeError(f"The arguments of the job {declared.kind} must all be keyword-only")
        _jobs[declared.kind] = declared
        return declared

    return declare


def periodic(
    *, every: dt.timedelta, offset: dt.timedelta = dt.timedelta()
) -> Callable[[JobFunction[P, R]], JobFunction[P, R]]:
    """Have a job (without arguments) run once in every period, however many schedulers there are."""

    def declare(declared: JobFunction[P, R]) -> JobFunction[P, R]:
        _periods[declared.kind] = Period(declared, every, offset)
        return declared

    return declare


def find(kind: str) -> JobFunction[..., Any]:
    try:
        return _jobs[kind]
    except KeyError:
        raise UnknownJob(f"This release has no job {kind}") from None


def periods() -> list[Period]:
    return list(_periods.values())


def discover() -> None:
    """Import every module that declares jobs."""
    autodiscover_modules("jobs")
    for name in _OWN_MODULES:
        import_module(name)


def _app_of(module: str) -> str:
    first, *rest = module.split(".")
    return rest[0] if first == "hyperflow" and rest else first
