"""Jobs that tests queue. Imported by tests, and by the worker processes that tests start."""

import os
import signal
import time

from hyperflow.core import audit, jobs


@jobs.job(retry_on=(ConnectionError,))
def note(*, text: str, fail: str = "") -> dict[str, str]:
    """Writes one audit entry, then fails where it is told to."""
    audit.record("test.note", actor=None, changes={"text": (None, text)})
    match fail:
        case "named":
            raise ConnectionError("the platform hung up")
        case "bug":
            raise ValueError("a bug")
        case "odd":
            raise ValueError("a\0b \ud800 password=canary-1 " + "x" * 5000)
        case "later":
            raise jobs.RetryLater("not yet", after=120)
    return {"text": text}


@jobs.job(queue="sync", retry_on=(ConnectionError,), lease=2)
def sync_one(*, number: int) -> None:
    """Some work before and after its effect, so that a kill falls anywhere in between."""
    time.sleep(0.02)
    audit.record("test.effect", actor=None, changes={"number": (None, number)})
    time.sleep(0.02)


@jobs.job(lease=2)
def kill_own_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@jobs.job(lease=2, atomic=False)
def run_long(*, seconds: float) -> None:
    with jobs.effect():
        audit.record("test.begun", actor=None)
    time.sleep(seconds)


@jobs.job(lease=2)
def run_long_in_a_transaction(*, seconds: float) -> None:
    audit.record("test.begun", actor=None)
    time.sleep(seconds)


@jobs.job(lease=2, atomic=False)
def watch_progress() -> None:
    for percent in range(0, 101, 10):
        jobs.progress(percent)
        time.sleep(0.3)


@jobs.job(time_limit=0.2)
def dawdle() -> None:
    audit.record("test.dawdle", actor=None)
    time.sleep(30)


@jobs.job(secret=("password",))
def use_secret(*, name: str, password: str) -> str:
    return f"{name}:{len(password)}"
