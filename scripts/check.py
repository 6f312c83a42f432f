"""`make check`: everything that can be judged without running the suite.

Each check is reported with its time; all are run, and one failure is enough to fail.

    python -m scripts.check                 all
    python -m scripts.check ruff mypy       some
    python -m scripts.check --fix           repair and format
    python -m scripts.check --write-schema  write docs/openapi.yaml anew
"""

from __future__ import annotations

import configparser
import difflib
import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.house import (
    INSTALLER,
    MYSQL,
    PYTHON,
    ROOT,
    SETS,
    VENV,
    Stop,
    embedded_environment,
    end_like_ctrl_c,
    install,
    main,
    run,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BIN = VENV / "bin"
SCHEMA = ROOT / "docs" / "openapi.yaml"
SHOWN = 100  # lines of a failure
ROOF_AND_FLOOR = {"__init__", "core", "tests", "conftest"}


class Failed(Exception):
    """A check found something. The message is what it found."""


def _call(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment or embedded_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"{done.stdout}{done.stderr}".strip() or f"{command[0]} ended with code {done.returncode}")
    return done.stdout


def _manage(*arguments: str, environment: dict[str, str] | None = None) -> str:
    return _call(PYTHON, "manage.py", *arguments, environment=environment or _production())


def _production(**more: str) -> dict[str, str]:
    """What a real installation sets; nothing here is used anywhere."""
    return embedded_environment(
        DEBUG="false",
        SECRET_KEY=secrets.token_urlsafe(64),
        ALLOWED_HOSTS="hyperflow.example",
        CORS_ORIGINS="https://app.hyperflow.example",
        PUBLIC_URL="https://hyperflow.example",
        EMAIL_HOST="mail.hyperflow.example",
        DATA_DIR=tempfile.gettempdir(),
        **more,
    )


# -- the checks, in order


def ruff() -> str:
    _call(BIN / "ruff", "check", "--output-format", "concise", ".")
    return ""


def formatting() -> str:
    _call(BIN / "ruff", "format", "--check", "--output-format", "concise", ".")
    return ""


def mypy() -> str:
    return _call(BIN / "mypy", environment=_production()).strip()


def contracts() -> str:
    """`.importlinter`, and that it knows every app and every part of the roof."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    unknown = sorted(apps - set(config["importlinter"]["root_packages"].split()))
    layers = config["importlinter:contract:layers"]["layers"]
    unknown += sorted(app for app in apps if not re.search(rf"\b{app}\b", layers))
    here = (ROOT / "hyperflow").iterdir()
    parts = {path.stem for path in here if path.suffix == ".py" or (path / "__init__.py").exists()}
    unknown += sorted(
        f"hyperflow.{part}" for part in parts - ROOF_AND_FLOOR if not re.search(rf"\bhyperflow\.{part}\b", layers)
    )
    if unknown:
        raise Failed(f".importlinter does not name {', '.join(unknown)}")
    _call(BIN / "lint-imports", "--no-cache")
    return ""


def templates() -> str:
    found = sorted(path for app in ROOT.glob("*/templates") for path in app.rglob("*.html"))
    found += sorted((ROOT / "templates").rglob("*.html")) + sorted(ROOT.glob("hyperflow/*/templates/**/*.html"))
    if found:
        _call(BIN / "djlint", "--lint", "--quiet", *found)
    return f"{len(found)} templates"


def migrations() -> str:
    return _manage("makemigrations", "--check", "--dry-run").strip().replace("No changes detected", "")


def deployment() -> str:
    """Django's deployment checks and ours, as in production; on MariaDB while the test servers run."""
    from scripts.services import are_running, environment_of, read_state

    state = read_state()
    if (
        are_running(state)
        and subprocess.run([PYTHON, "-c", "import MySQLdb"], capture_output=True, check=False).returncode == 0
    ):
        production = _production(**environment_of(state))
        _manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING", environment=production)
        return "on MariaDB"
    _manage("check", "--deploy", "--fail-level", "WARNING")
    return "without a database server"


def _schema() -> str:
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yaml"
        _manage("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))
        return fresh.read_text()


def schema() -> str:
    """The API describes itself without a warning, as committed, in valid OpenAPI."""
    fresh = _schema()
    committed = SCHEMA.read_text() if SCHEMA.exists() else ""
    if fresh != committed:
        lines = list(
            difflib.unified_diff(
                committed.splitlines(), fresh.splitlines(), "docs/openapi.yaml", "the code", lineterm="", n=1
            )
        )
        raise Failed(
            "\n".join([*lines[:60], "docs/openapi.yaml is not what the code says: `make schema`, and look at it."])
        )
    _call(BIN / "openapi-spec-validator", SCHEMA)
    return f"{len(re.findall(r'^  /', fresh, re.MULTILINE))} paths"


def vulnerabilities() -> str:
    """pip-audit says "no known vulnerabilities" of packages it could not look up. This never does."""
    audited, not_audited, found = 0, 0, []
    for lock in [list(SETS.values())[-1], MYSQL, INSTALLER]:
        options = [
            "--disable-pip",
            "--require-hashes",
            "--format",
            "json",
            "--progress-spinner",
            "off",
            "--timeout",
            "10",
        ]
        done = subprocess.run(
            [str(BIN / "pip-audit"), "-r", lock, *options],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        try:
            packages = json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError, TypeError):
            not_audited += len(
                re.findall(r"^[a-z0-9][\w.-]*==", (ROOT / lock).read_text(), re.MULTILINE | re.IGNORECASE)
            )
            continue
        for package in packages:
            if "skip_reason" in package:
                not_audited += 1
                continue
            audited += 1
            found += [f"{lock}: {package['name']} {package['version']}: {hole['id']}" for hole in package["vulns"]]
    if found:
        raise Failed("\n".join(found))
    if not_audited:
        return (
            f"NOT AUDITED: {not_audited} of {audited + not_audited} packages; no advisories about them could be reached"
        )
    return f"no known vulnerability in {audited} locked packages"


CHECKS: dict[str, Callable[[], str]] = {
    "ruff": ruff,
    "format": formatting,
    "mypy": mypy,
    "contracts": contracts,
    "templates": templates,
    "migrations": migrations,
    "deploy": deployment,
    "schema": schema,
    "audit": vulnerabilities,
}


def _check(names: Sequence[str]) -> int:
    failures = []
    for name in names:
        begun = time.monotonic()
        try:
            note = CHECKS[name]()
            verdict = "ok"
        except Failed as failure:
            note, verdict = "", "FAILED"
            failures.append(name)
            lines = str(failure).splitlines()
            rest = [f"… and {len(lines) - SHOWN} lines more"] if len(lines) > SHOWN else []
            say("\n".join(["", *lines[:SHOWN], *rest, ""]))
        say(f"{name:12}{verdict:8}{time.monotonic() - begun:6.1f} s  {note}".rstrip())
    say(f"{len(failures)} of {len(names)} checks failed: {', '.join(failures)}" if failures else "All checks passed")
    return 1 if failures else 0


def body() -> int:
    end_like_ctrl_c()
    install("check")
    arguments = sys.argv[1:]
    if arguments == ["--fix"]:
        return run([BIN / "ruff", "check", "--fix-only", "--quiet", "."]) or run([BIN / "ruff", "format", "."])
    if arguments == ["--write-schema"]:
        try:
            fresh = _schema()
        except Failed as failure:
            raise Stop(str(failure)) from None
        SCHEMA.parent.mkdir(exist_ok=True)
        SCHEMA.write_text(fresh)
        say(f"{SCHEMA.relative_to(ROOT)} written")
        return 0
    unknown = sorted(set(arguments) - set(CHECKS))
    if unknown:
        raise Stop(f"No such check: {', '.join(unknown)}. There are: {', '.join(CHECKS)}.")
    return _check(arguments or list(CHECKS))


if __name__ == "__main__":
    main(body)
