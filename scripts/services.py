"""A MariaDB and a Redis of the project's own, for tests and measurements.

    scripts/services.py start               install where missing (as root), start, wait until both answer
    scripts/services.py stop                end both
    scripts/services.py env                 print `export …` lines for a shell
    scripts/services.py status
    scripts/services.py run -- COMMAND      start, run the command with the variables set, stop what it started
    scripts/services.py kill mariadb        SIGKILL, as a crash would             (mariadb or redis)
    scripts/services.py restart mariadb     end it (if it runs) and start it again on the same port and data
    scripts/services.py pause redis         SIGSTOP: it hangs, without being gone
    scripts/services.py resume redis

They listen on free loopback ports and keep everything under var/services (SERVICES_DIR names another folder, for a
second pair beside the first). State, ports and process ids: var/services/state.json.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.house import ROOT, Stop, embedded_environment, end_like_ctrl_c, main, need_packages, run, say

FOLDER = Path(os.environ.get("SERVICES_DIR") or "var/services")
FOLDER = FOLDER if FOLDER.is_absolute() else ROOT / FOLDER
STATE = FOLDER / "state.json"
PACKAGES = ["mariadb-server", "redis-server"]
NAMES = ("mariadb", "redis")
READY_WITHIN = 90

DATABASE = "hyperflow"

MARIADB_SETTINGS = """\
[mysqld]
datadir = {folder}/mariadb
socket = {socket}
pid-file = {folder}/mariadb.pid
log-error = {folder}/mariadb.log
port = {port}
bind-address = 127.0.0.1
skip-name-resolve
{user}
# As in production: what was answered is on disk, and names compare as they do with Debian's default.
character-set-server = utf8mb4
collation-server = utf8mb4_general_ci
innodb_flush_log_at_trx_commit = 1
innodb_buffer_pool_size = {pool}
innodb_log_file_size = 256M
max_connections = 400
max_allowed_packet = 64M
performance_schema = OFF
"""

REDIS_SETTINGS = """\
bind 127.0.0.1
port {port}
dir {folder}/redis
logfile {folder}/redis.log
requirepass {password}
databases 64
save ""
appendonly no
daemonize no
"""


# -- the state file


def read_state() -> dict[str, Any]:
    try:
        return dict(json.loads(STATE.read_text()))
    except (OSError, ValueError):
        return {}


def write_state(state: dict[str, Any]) -> None:
    fresh = STATE.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(state, indent=2) + "\n")
    fresh.chmod(0o600)
    fresh.replace(STATE)


def is_alive(service: dict[str, Any] | None) -> bool:
    """Is this very server running? A process id alone may have been given to somebody else."""
    if not service or not service.get("pid"):
        return False
    try:
        stat = Path(f"/proc/{service['pid']}/stat").read_text()
        command = Path(f"/proc/{service['pid']}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z" and service["mark"] in command


def are_running(state: dict[str, Any]) -> bool:
    return all(is_alive(state.get(name)) for name in NAMES)


def environment_of(state: dict[str, Any]) -> dict[str, str]:
    return {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(state["mariadb"]["port"]),
        "DB_USER": DATABASE,
        "DB_PASSWORD": state["mariadb"]["password"],
        "DB_NAME": DATABASE,
        "REDIS_URL": f"redis://:{state['redis']['password']}@127.0.0.1:{state['redis']['port']}/0",
        "SERVICES_DIR": str(FOLDER),
    }


# -- starting


def start() -> bool:
    """See that both answer. True if this call started them."""
    need_packages(PACKAGES, "The MariaDB and Redis of the tests")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = read_state()
        if are_running(state):
            return False
        begun = time.monotonic()
        state.setdefault("mariadb", {"password": secrets.token_urlsafe(24)})
        state.setdefault("redis", {"password": secrets.token_urlsafe(24)})
        for name in NAMES:
            if not is_alive(state[name]):
                _launch(name, state)
        for name in NAMES:
            _wait(name, state)
        _set_up_database(state)
        say(f"MariaDB on port {state['mariadb']['port']} and Redis on port {state['redis']['port']}, "
            f"ready in {time.monotonic() - begun:.1f} s")  # fmt: skip
        return True


def _launch(name: str, state: dict[str, Any]) -> None:
    if name == "mariadb":
        _launch_mariadb(state)
    else:
        _launch_redis(state)
    write_state(state)


def _launch_mariadb(state: dict[str, Any]) -> None:
    service = state["mariadb"]
    service["port"] = _port(service.get("port"))
    if "socket" not in service or not Path(service["socket"]).parent.is_dir():
        # A socket's path may have 107 letters at most, so it can't lie beside the data.
        service["socket"] = str(Path(tempfile.mkdtemp(prefix="hyperflow-")) / "mariadb.sock")
    settings = FOLDER / "mariadb.cnf"
    settings.write_text(
        MARIADB_SETTINGS.format(
            folder=FOLDER,
            socket=service["socket"],
            port=service["port"],
            user="user = root" if os.geteuid() == 0 else "",
            pool=os.environ.get("MARIADB_BUFFER_POOL", "512M"),
        )
    )
    if not (FOLDER / "mariadb" / "mysql").is_dir():
        shutil.rmtree(FOLDER / "mariadb", ignore_errors=True)
        install = ["mariadb-install-db", f"--defaults-file={settings}", "--auth-root-authentication-method=normal",
                   "--skip-test-db", f"--datadir={FOLDER / 'mariadb'}"]  # fmt: skip
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Stop(f"MariaDB's data folder could not be made: {(done.stdout + done.stderr).strip()[-500:]}")
    service["mark"] = f"--defaults-file={settings}"
    service["pid"] = _detached([shutil.which("mariadbd") or "/usr/sbin/mariadbd", service["mark"]])


def _launch_redis(state: dict[str, Any]) -> None:
    service = state["redis"]
    service["port"] = _port(service.get("port"))
    (FOLDER / "redis").mkdir(exist_ok=True)
    settings = FOLDER / "redis.conf"
    settings.write_text(REDIS_SETTINGS.format(folder=FOLDER, port=service["port"], password=service["password"]))
    settings.chmod(0o600)
    # Redis shows its address, not its settings file, as its command.
    service["mark"] = f":{service['port']}"
    service["pid"] = _detached(["redis-server", str(settings)])
    deadline = time.monotonic() + 5
    while not is_alive(service) and time.monotonic() < deadline and Path(f"/proc/{service['pid']}").exists():
        time.sleep(0.02)


def _detached(command: list[str]) -> int:
    """Start a server that belongs to nobody: a test may restart it, and the suite goes on with it."""
    with (FOLDER / "start.log").open("a") as log:
        child = subprocess.Popen(
            command, cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME", "TZ"}},
        )  # fmt: skip
    return child.pid


def _port(previous: int | None) -> int:
    """The port of last time if it is free, else a free one outside the range of outgoing connections."""
    candidates = [previous] if previous else []
    candidates += [20000 + secrets.randbelow(10000) for _ in range(50)]
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Stop("No free port was found for the test servers.")


def _wait(name: str, state: dict[str, Any]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    answers = _mariadb_answers if name == "mariadb" else _redis_answers
    while time.monotonic() < deadline:
        if answers(state[name]):
            return
        if not is_alive(state[name]):
            break
        time.sleep(0.05)
    log = FOLDER / f"{name}.log"
    tail = log.read_text(errors="replace").strip()[-600:] if log.exists() else ""
    raise Stop(f"{name} did not start: see {log}\n{tail}")


def _mariadb_answers(service: dict[str, Any]) -> bool:
    """Greeting, not only an open port: MariaDB listens before it has recovered."""
    try:
        with socket.create_connection(("127.0.0.1", service["port"]), timeout=1) as connection:
            return len(connection.recv(5)) == 5
    except OSError:
        return False


def _redis_answers(service: dict[str, Any]) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", service["port"]), timeout=1) as connection:
            connection.sendall(f"AUTH {service['password']}\r\nPING\r\n".encode())
            said = b""
            while b"PONG" not in said:
                piece = connection.recv(100)
                if not piece:
                    return False
                said += piece
            return True
    except OSError:
        return False


def _set_up_database(state: dict[str, Any]) -> None:
    """A database and a user that may make others beside it (test_hyperflow_gw0, hyperflow_bench …)."""
    service = state["mariadb"]
    statements = f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\n"
    for place in ("localhost", "127.0.0.1"):
        user = f"'{DATABASE}'@'{place}'"
        statements += f"CREATE OR REPLACE USER {user} IDENTIFIED BY '{service['password']}';\n"
        for pattern in (DATABASE, f"{DATABASE}\\_%", "test\\_%"):
            statements += f"GRANT ALL ON `{pattern}`.* TO {user};\n"
        # To see and to cut other connections, as tests of lost connections do.
        statements += f"GRANT PROCESS, CONNECTION ADMIN, RELOAD ON *.* TO {user};\n"
    client = ["mariadb", "--no-defaults", f"--socket={service['socket']}", "--user=root"]
    done = subprocess.run(client, input=statements, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"The test database could not be made: {done.stderr.strip()}")


# -- ending, and what tests do to them


def stop() -> None:
    state = read_state()
    for name in NAMES:
        _end(state.get(name), signal.SIGTERM, patience=30)
        if name in state:
            state[name]["pid"] = None
    folder = Path(state.get("mariadb", {}).get("socket", "/nowhere")).parent
    if folder.name.startswith("hyperflow-"):
        shutil.rmtree(folder, ignore_errors=True)
    if state:
        write_state(state)


def _end(service: dict[str, Any] | None, number: int, patience: float) -> None:
    if not service or not is_alive(service):
        return
    os.kill(service["pid"], signal.SIGCONT)  # a paused server can't end
    os.kill(service["pid"], number)
    deadline = time.monotonic() + patience
    while is_alive(service):
        if time.monotonic() > deadline:
            os.kill(service["pid"], signal.SIGKILL)
            deadline += patience
        time.sleep(0.02)


def kill(name: str) -> None:
    _end(_running(name), signal.SIGKILL, patience=30)


def restart(name: str) -> None:
    state = read_state()
    _end(state.get(name), signal.SIGTERM, patience=30)
    if name not in state:
        raise Stop("The test servers were never started: `scripts/services.py start`.")
    port = state[name]["port"]
    _launch(name, state)
    if state[name]["port"] != port:
        raise Stop(f"Port {port} of {name} was taken by another program meanwhile.")
    _wait(name, state)


def pause(name: str) -> None:
    os.kill(_running(name)["pid"], signal.SIGSTOP)


def resume(name: str) -> None:
    os.kill(_running(name)["pid"], signal.SIGCONT)


def _running(name: str) -> dict[str, Any]:
    service: dict[str, Any] | None = read_state().get(name)
    if service is None or not is_alive(service):
        raise Stop(f"{name} does not run.")
    return service


# -- running something with them


class Running:
    """`with Running() as environment:` Both servers answer, nobody else uses them, and what this started ends."""

    def __enter__(self) -> dict[str, str]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.turn = (FOLDER / "run.lock").open("w")
        try:
            fcntl.flock(self.turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another run uses these servers: waiting for it (SERVICES_DIR names another folder)")
            fcntl.flock(self.turn, fcntl.LOCK_EX)
        self.ours = False
        try:
            self.ours = start()
            return embedded_environment(**environment_of(read_state()))
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self.ours:
            stop()
        self.turn.close()


def _run_command(command: list[str]) -> int:
    with Running() as environment:
        return run(command, env=environment, cwd=os.getcwd())


def body() -> int:
    verb, *rest = sys.argv[1:] or ["help"]
    end_like_ctrl_c()
    if verb == "run":
        command = rest[1:] if rest[:1] == ["--"] else rest
        return _run_command(command) if command else _usage()
    if verb in {"kill", "restart", "pause", "resume"} and len(rest) == 1 and rest[0] in NAMES:
        {"kill": kill, "restart": restart, "pause": pause, "resume": resume}[verb](rest[0])
        return 0
    if rest:
        _usage()
    if verb == "start":
        if not start():
            say("They run already")
    elif verb == "stop":
        stop()
    elif verb == "env":
        if not are_running(read_state()):
            raise Stop("The test servers do not run: `scripts/services.py start`.")
        for name, value in environment_of(read_state()).items():
            say(f"export {name}='{value}'")
    elif verb == "status":
        state = read_state()
        for name in NAMES:
            service = state.get(name) or {}
            say(
                f"{name:8} "
                + (f"port {service['port']}, process {service['pid']}" if is_alive(service) else "does not run")
            )
    else:
        _usage()
    return 0


def _usage() -> NoReturn:
    raise Stop((__doc__ or "").strip())


if __name__ == "__main__":
    main(body)
