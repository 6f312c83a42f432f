"""The virtual environment, child processes, and how a script says that it can't go on.

Every lock (`requirements*.txt`) carries hashes. `make run` needs the smallest set, `make test` a bigger one, and
`make check` the biggest; a stamp in `.venv` remembers which was installed from which locks, so that a start with
nothing to do costs nothing and `make run` never takes away what `make check` has brought.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed.json"
OLDEST_PYTHON = (3, 11)

# Each set contains the ones before it.
SETS = {"base": "requirements.txt", "test": "requirements-test.txt", "check": "requirements-check.txt"}
MYSQL = "requirements-mysql.txt"
INSTALLER = "requirements-uv.txt"
MYSQL_BUILD_PACKAGES = ["libmariadb-dev", "pkg-config", "gcc", "python3-dev"]


class Stop(Exception):
    """The script can't go on. The message is the one sentence the person reads."""


def say(text: str = "") -> None:
    print(text, flush=True)


def main(body: Callable[[], int | None]) -> NoReturn:
    """Run a script: its own refusals end in one sentence and exit 1, Ctrl-C in silence and 130."""
    try:
        code = body() or 0
    except Stop as refusal:
        print(refusal, file=sys.stderr, flush=True)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def end_like_ctrl_c() -> None:
    """Treat SIGTERM and a closed terminal as Ctrl-C, so that every `finally` runs."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


# -- processes


def _prctl() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None


_PRCTL = _prctl()
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """Called in a child: ask the kernel for a signal when the parent is gone, however it went."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it went before we asked
            os._exit(1)


def spawn(command: Sequence[str | Path], *, own_group: bool = False, **options: Any) -> subprocess.Popen[Any]:
    """Start a child that can't outlive this process."""
    me = os.getpid()
    return subprocess.Popen(
        [str(part) for part in command],
        start_new_session=own_group,
        preexec_fn=lambda: die_with_parent(me),
        **options,
    )


def run(command: Sequence[str | Path], **options: Any) -> int:
    """Run a child to its end, with the terminal; it ends when we do."""
    options.setdefault("cwd", ROOT)
    child = spawn(command, **options)
    try:
        return child.wait()
    except KeyboardInterrupt:
        end(child)
        raise


def end(child: subprocess.Popen[Any], patience: float = 10) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


# -- the virtual environment


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise Stop(
            f"HyperFlow needs Python {wanted} or newer, and this is {sys.version.split()[0]}: "
            f"install a newer one, or name it, as in `make run PYTHON=python{wanted}`."
        )


def make_venv() -> None:
    if PYTHON.exists():
        version = (VENV / "pyvenv.cfg").read_text() if (VENV / "pyvenv.cfg").exists() else ""
        if subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0 and version:
            return
        shutil.rmtree(VENV)  # its Python has gone, or it was left half made
    if not os.access(ROOT, os.W_OK):
        raise Stop(f"{ROOT} can't be written to, so `.venv` can't be made there: copy HyperFlow to a folder of yours.")
    say("Making .venv")
    # Debian's python3 comes without ensurepip, and then `venv` leaves half an environment and a long message.
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr or "No module named venv" in made.stderr:
            raise Stop(
                "Python's venv module is missing: install the package python3-venv (`apt install python3-venv`)."
            )
        raise Stop(f".venv could not be made: {(made.stderr or made.stdout).strip().splitlines()[-1]}")


def install(wanted: str, *, mysql: bool = False) -> None:
    """See that `.venv` holds the locked requirements of a set (and the MySQL driver), exactly as locked."""
    check_python()
    if _is_installed(wanted, mysql=mysql):
        return
    with _one_at_a_time():
        if _is_installed(wanted, mysql=mysql):
            return
        make_venv()
        stamp = _read_stamp()
        names = list(SETS)
        level = names[max(names.index(wanted), names.index(stamp.get("set", "base")))]
        mysql = mysql or bool(stamp.get("mysql"))
        begun = time.monotonic()
        say(f"Installing {SETS[level]}" + (f" and {MYSQL}" if mysql else ""))
        STAMP.unlink(missing_ok=True)
        if stamp.get("lock") != _lock_hash(level) or stamp.get("set") != level:
            _install_wheels(SETS[level])
        if mysql:
            _install_mysql()
        STAMP.write_text(
            json.dumps({"set": level, "lock": _lock_hash(level), "mysql": _hash(MYSQL) if mysql else None})
        )
        say(f"Installed in {time.monotonic() - begun:.0f} s")


def _hash(*names: str) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _lock_hash(level: str) -> str:
    """Of the whole chain: the locks are made together, so a change in one is a change in all that contain it."""
    names = list(SETS)
    return _hash(*(SETS[name] for name in names[: names.index(level) + 1]))


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and stamp.get("set") in SETS else {}


def _is_installed(wanted: str, *, mysql: bool) -> bool:
    stamp = _read_stamp()
    names = list(SETS)
    return bool(
        stamp
        and PYTHON.exists()
        and names.index(stamp["set"]) >= names.index(wanted)
        and stamp.get("lock") == _lock_hash(stamp["set"])
        and (not mysql or stamp.get("mysql") == _hash(MYSQL))
    )


def _installer_environment() -> dict[str, str]:
    return {
        **os.environ,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "VIRTUAL_ENV": str(VENV),
    }


def _uv() -> str | None:
    """uv inside `.venv` (several times faster than pip), or nothing where it can't be had."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        pip: list[str | Path] = [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--only-binary",
            ":all:",
        ]
        run([*pip, "-r", INSTALLER], env=_installer_environment(), stderr=subprocess.DEVNULL)
    return str(uv) if uv.exists() else None


def _install_wheels(lock: str) -> None:
    environment = _installer_environment()
    strict = ["--require-hashes", "--only-binary", ":all:"]
    uv = _uv()
    if uv and run([uv, "pip", "sync", "--quiet", *strict, lock], env=environment) == 0:
        return
    if uv:
        say("uv did not manage; trying pip")
    if run([PYTHON, "-m", "pip", "install", "--quiet", *strict, "-r", lock], env=environment) != 0:
        raise Stop(f"The packages of {lock} could not be installed: the message above says why.")


def _install_mysql() -> None:
    """The one package without a Linux wheel."""
    environment = _installer_environment()
    uv = _uv()
    if uv and run([uv, "pip", "install", "--quiet", "--require-hashes", "-r", MYSQL], env=environment) == 0:
        return
    if run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", MYSQL], env=environment) != 0:
        raise Stop(f"mysqlclient could not be built: it needs the packages {' '.join(MYSQL_BUILD_PACKAGES)}.")


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands at once in one folder do not install over each other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


# -- Debian packages


def need_packages(packages: Sequence[str], why: str) -> None:
    """Install Debian packages where they are missing; only root can."""
    missing = [name for name in packages if not _has_package(name)]
    if not missing:
        return
    words = " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Stop(
            f"{why} needs the packages {words}: install them as root (`apt-get install {words}`), then run this again."
        )
    say(f"Installing {words}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A package must not start a server of its own on the well-known port: ours run on theirs.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        install_command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        quiet = {"env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        if run(["apt-get", "update", "-qq"], **quiet) != 0 or run(install_command, **quiet) != 0:
            raise Stop(f"apt-get could not install {words}: the message above says why.")
    finally:
        if ours:
            policy.unlink()


def _has_package(name: str) -> bool:
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False)
    return asked.stdout == "install ok installed"


# -- environments for children


def embedded_environment(**more: str) -> dict[str, str]:
    """The caller's environment without what configures HyperFlow (`.env.example` lists it) or slows Python."""
    example = ROOT / ".env.example"
    settings = re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", example.read_text() if example.exists() else "", re.MULTILINE)
    # PYTHONDONTWRITEBYTECODE would make every start compile everything again.
    leave_out = {*settings, "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME"}
    return {name: value for name, value in os.environ.items() if name not in leave_out} | more
