"""Real worker processes on the test database, to be killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

_JOBS = "hyperflow.core.tests.jobs_for_tests"
_EMBEDDED = f"""
import sys, django
django.setup()
import {_JOBS}
from django.core.management import call_command
call_command(*sys.argv[1:])
"""


def environment(**more: str) -> dict[str, str]:
    """This process's, with the test database in place of the real one."""
    return {
        **os.environ,
        "PUBLIC_URL": "https://flow.example.com",
        "DJANGO_SETTINGS_MODULE": "hyperflow.settings.test",
        "DB_NAME": str(connection.settings_dict["NAME"]),
        "JOB_LEASE_SECONDS": "2",
        "JOB_SWEEP_SECONDS": "1",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Worker:
    """A process group that can be killed as a whole and started anew, as a supervisor does."""

    def __init__(self, *command: str, log: Path, **variables: str) -> None:
        self.command = command
        self.log = log
        self.variables = variables
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=settings.BASE_DIR,
                env=environment(**self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        """To every process of the group, whose leader may be gone already."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def terminate(self, patience: float) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(patience)

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None


def embedded(log: Path, *arguments: str) -> Worker:
    return Worker(sys.executable, "-c", _EMBEDDED, "run_jobs", *arguments, log=log)


def scheduler(log: Path) -> Worker:
    return Worker(sys.executable, "-c", _EMBEDDED, "run_schedule", log=log)


def celery(log: Path, concurrency: int = 2) -> Worker:
    return Worker(
        sys.executable, "-m", "celery", "-A", "hyperflow.celery", "worker", "-Q", "default,sync,ai,mail",
        "-I", _JOBS, "-c", str(concurrency), "--without-gossip", "--without-mingle", "-l", "WARNING",
        log=log,
    )  # fmt: skip


@contextlib.contextmanager
def running(*workers: Worker) -> Iterator[None]:
    try:
        for worker in workers:
            worker.start()
        yield
    finally:
        for worker in workers:
            if worker.process is not None:
                worker.kill()


def wait_until(condition: Callable[[], bool], seconds: float, *, supervise: tuple[Worker, ...] = ()) -> float:
    """Wait for it, starting dead workers anew on the way. Gives the seconds it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "It did not happen in time"
        for worker in supervise:
            if worker.is_dead:
                worker.kill()  # what is left of its group
                worker.start()
        time.sleep(0.05)
    return time.monotonic() - begun
