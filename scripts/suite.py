"""The test suites behind `make test`, `test-services`, `faults`, `browser` and `bench`.

What follows the suite's name goes to pytest: `python -m scripts.suite embedded -k invoice -x`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from scripts.house import (
    MYSQL_BUILD_PACKAGES,
    PYTHON,
    Stop,
    embedded_environment,
    end_like_ctrl_c,
    install,
    main,
    need_packages,
    run,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_BY_DEFAULT = "not browser and not bench"
NOTHING_COLLECTED = 5


def _pytest(marks: str, *options: str, environment: dict[str, str], arguments: list[str], parallel: bool = True) -> int:
    # `load` hands tests out in their order, so that those which empty the tables stay last on every worker.
    spread = ["-n", os.environ.get("JOBS") or "auto", "--dist", "load"] if parallel else ["-p", "no:xdist"]
    begun = time.monotonic()
    code = run(
        [PYTHON, "-m", "pytest", "-p", "scripts.pytest_transactions", "-q", "-m", marks, *spread, *options, *arguments],
        env=environment,
    )
    say(f"{marks}: {'passed' if code == 0 else f'failed ({code})'} after {time.monotonic() - begun:.0f} s")
    return code


def embedded(arguments: list[str]) -> int:
    """No server, no variable, no network."""
    install("test")
    return _pytest(f"not services and {NOT_BY_DEFAULT}", environment=embedded_environment(), arguments=arguments)


def services(arguments: list[str]) -> int:
    """The same on MariaDB and Redis, then, alone and one by one, what kills or stops a server."""
    from scripts.services import Running

    need_packages(MYSQL_BUILD_PACKAGES, "Building mysqlclient")
    install("test", mysql=True)
    with Running() as environment:
        environment["FAULTS"] = "short"
        checked = run(
            [PYTHON, "manage.py", "check", "--database", "default", "--fail-level", "WARNING"], env=environment
        )
        together = _pytest(f"not serial and {NOT_BY_DEFAULT}", environment=environment, arguments=arguments)
        alone = _pytest(
            f"serial and {NOT_BY_DEFAULT}",
            "--timeout=300",
            environment=environment,
            arguments=arguments,
            parallel=False,
        )
        if arguments and alone == NOTHING_COLLECTED:
            alone = 0  # a part was asked for, and it has none of these
        if arguments and together == NOTHING_COLLECTED and alone == 0:
            together = 0
    return checked or together or alone


def faults(arguments: list[str]) -> int:
    """Every kill and outage with the full figures. Takes its time."""
    from scripts.services import Running

    need_packages(MYSQL_BUILD_PACKAGES, "Building mysqlclient")
    install("test", mysql=True)
    with Running() as environment:
        environment["FAULTS"] = "full"
        return _pytest("faults", "--timeout=3600", environment=environment, arguments=arguments, parallel=False)


def browser(arguments: list[str]) -> int:
    """Real pages in Debian's Chromium."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        need_packages(["chromium"], "`make browser`")
        chromium = shutil.which("chromium")
    install("check")
    environment = embedded_environment(CHROMIUM=chromium or "", PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD="1")
    # Playwright's own loop runs in the test's thread, and Django takes it for an asynchronous view.
    environment["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return _pytest("browser", "--timeout=300", environment=environment, arguments=arguments)


def bench(arguments: list[str]) -> int:
    """The contenders in bench/, interleaved, on MariaDB."""
    from scripts.services import Running

    need_packages(MYSQL_BUILD_PACKAGES, "Building mysqlclient")
    install("test", mysql=True)
    os.environ.setdefault("MARIADB_BUFFER_POOL", "2G")
    with Running() as environment:
        return run([PYTHON, "-m", "bench", *arguments], env=environment)


SUITES: dict[str, Callable[[list[str]], int]] = {
    "embedded": embedded,
    "services": services,
    "faults": faults,
    "browser": browser,
    "bench": bench,
}


def body() -> int:
    end_like_ctrl_c()
    if len(sys.argv) < 2 or sys.argv[1] not in SUITES:
        raise Stop(f"Which suite? {', '.join(SUITES)}")
    return SUITES[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main(body)
