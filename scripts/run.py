"""`make run`: HyperFlow on this machine, in one foreground process.

Installs what is missing, brings the database up to date, loads the demo agency the first time, then keeps three
children: web (granian), worker (the job loop) and scheduler. It ends all of them when it ends, for whatever reason it
ends, and ends itself when one of them does.

    HOST, PORT      where it listens (127.0.0.1, 8000)
    DATA_DIR        where its data lies (var)
    DEMO=0          no demo data; the first admin is asked for, or taken from ADMIN_EMAIL, ADMIN_PASSWORD and ADMIN_NAME
    DEMO_PASSWORD   of the demo accounts (hyperflow-demo)
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from scripts.house import (
    PYTHON,
    ROOT,
    VENV,
    Stop,
    check_python,
    die_with_parent,
    end_like_ctrl_c,
    install,
    main,
    say,
    spawn,
)

READY_WITHIN = 90  # seconds; a first start on a slow machine compiles every module
GOODBYE_WITHIN = 12


def body() -> int:
    begun = time.monotonic()
    check_python()
    end_like_ctrl_c()
    if "MAKELEVEL" in os.environ:
        die_with_parent(os.getppid())

    host, port = _address()
    _check_port(host, port)
    data = _data_folder()
    lock = _only_one(data)  # held until this process ends
    install("base")
    environment = _environment(data, host, port)
    facts = _prepare(environment)

    children = _Children(environment)
    try:
        children.start("web", *_web(host, port))
        _wait_until_ready(host, port, children)  # alone, it has the processors for itself
        seconds = time.monotonic() - begun
        children.start("worker", PYTHON, "manage.py", "run_jobs")
        children.start("scheduler", PYTHON, "manage.py", "run_schedule")
        _welcome(host, port, data, facts, seconds=seconds)
        return children.watch()
    except KeyboardInterrupt:
        say("\nHyperFlow ends")
        return 0
    finally:
        children.end()
        lock.close()


# -- before anything is started


def _address() -> tuple[str, int]:
    host = os.environ.get("HOST", "").strip() or "127.0.0.1"
    given = os.environ.get("PORT", "").strip() or "8000"
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise Stop(f"PORT must be a number from 1 to 65535, and it is {given!r}.")
    return host, int(given)


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise Stop(f"HOST={host} is not an address of this machine.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
            probe.listen(1)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise Stop(
                    f"Port {port} is in use: stop the program that has it, or choose another with PORT=."
                ) from None
            if problem.errno == errno.EACCES:
                raise Stop(f"Port {port} is reserved for root: choose one above 1023 with PORT=.") from None
            raise Stop(f"HOST={host} is not an address of this machine.") from None


def _data_folder() -> Path:
    data = Path(os.environ.get("DATA_DIR", "").strip() or "var").expanduser()
    data = data if data.is_absolute() else ROOT / data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = data / f".trial-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise Stop(f"The data folder {data} can't be written to ({reason}): choose another with DATA_DIR=.") from None
    return data


def _only_one(data: Path) -> Any:
    lock = (data / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        raise Stop(
            f"HyperFlow already runs on {data} ({holder}): stop it first, or use another folder with DATA_DIR=."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock


def _environment(data: Path, host: str, port: int) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["DATA_DIR"] = str(data)
    environment.setdefault("DEBUG", "true")
    environment.setdefault("SIGN_IN_THREADS", "12")  # of the sixteen that it starts
    if not environment.get("PUBLIC_URL", "").strip():  # links in mails lead to where it really listens
        environment["PUBLIC_URL"] = _base(host, port)
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _prepare(environment: dict[str, str]) -> dict[str, Any]:
    """Migrate, and load the demo agency or make the first admin: one process, to start up once only."""
    read, write = os.pipe()
    child = spawn([PYTHON, "-m", "scripts.prepare", str(write)], cwd=ROOT, env=environment, pass_fds=[write])
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            facts = answer.read()
        code = child.wait()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    if code != 0:
        raise Stop("HyperFlow was not started: the message above says why.")
    return dict(json.loads(facts or "{}"))


def _web(host: str, port: int) -> list[str]:
    # One process suits SQLite; a few threads are enough for a browser's parallel requests.
    return [
        str(VENV / "bin" / "granian"), "scripts.web:application",
        "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1", "--blocking-threads", "16",
        "--no-ws", "--log-level", "error", "--workers-kill-timeout", "5",
    ]  # fmt: skip


# -- while it runs


class _Children:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: dict[str, subprocess.Popen[Any]] = {}

    def start(self, name: str, *command: str | Path) -> None:
        # In a group of its own: Ctrl-C reaches this process alone, which then ends the children in order.
        self.running[name] = spawn(command, own_group=True, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL)

    def dead(self) -> str | None:
        for name, child in self.running.items():
            code = child.poll()
            if code is not None:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                return f"The {name} {how}, so HyperFlow stopped."
        return None

    def watch(self) -> int:
        while True:
            loss = self.dead()
            if loss:
                raise Stop(loss)
            time.sleep(0.25)

    def end(self) -> None:
        """Ask nicely, wait, then take whatever is left of each group."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        for child in self.running.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + GOODBYE_WITHIN
        for child in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)  # also grandchildren whose parent was killed
            child.wait()


def _wait_until_ready(host: str, port: int, children: _Children) -> None:
    deadline = time.monotonic() + READY_WITHIN
    answer = "no answer"
    while time.monotonic() < deadline:
        loss = children.dead()
        if loss:
            raise Stop(loss)
        try:
            status, text = _ask(host, port)
        except OSError:
            pass
        else:
            if status == http.client.OK:
                return
            answer = f"{status} {text[:300]}"
        time.sleep(0.1)
    raise Stop(f"HyperFlow was not ready after {READY_WITHIN} s; /api/health says: {answer}")


def _ask(host: str, port: int) -> tuple[int, str]:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(reachable, port, timeout=5)
    try:
        connection.request("GET", "/api/health", headers={"Host": f"localhost:{port}"})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def _base(host: str, port: int) -> str:
    """Where a browser on this machine reaches it."""
    shown = f"[{host}]" if ":" in host else {"0.0.0.0": "localhost"}.get(host, host)
    return f"http://{shown}:{port}"


def _welcome(host: str, port: int, data: Path, facts: dict[str, Any], *, seconds: float) -> None:
    base = _base(host, port)
    say()
    say(f"HyperFlow is ready after {seconds:.1f} s")
    say(f"  Work in the browser   {base}/admin/")
    say(f"  API and its pages     {base}/api/docs")
    if facts.get("accounts"):
        say(f"  Demo accounts         password: {facts['password']}")
        for email, role in facts["accounts"]:
            say(f"    {email:<32}{role}")
    say(f"  Mail goes to          {facts.get('mail') or data / 'mail'}")
    say(f"  Data lies in          {data}")
    say("  Ctrl-C ends it")
    say()


if __name__ == "__main__":
    main(body)
