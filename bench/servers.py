"""Starts the contenders: two single-worker processes each, every process on its own port."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
PEER_PYTHON = ROOT / "var" / "bench" / "venv" / "bin" / "python"
SECRET = "a-secret-of-the-bench-that-signs-nothing-outside-this-machine-0123456789"


@dataclass
class Contender:
    """A running service; ``threads`` is how many requests one of its processes works on at once."""

    name: str
    threads: int
    ports: list[int] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def memory_kib(self) -> int:
        """Proportional set size of all its processes, children included."""
        return sum(_pss(pid) for process in self.processes for pid in _family(process.pid))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def product_environment() -> dict[str, str]:
    """Production settings, but on plain HTTP, believing one proxy so that sign-ins come from many addresses."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1",
        "NUM_PROXIES": "1",
        "API_RATE": "100000000/m",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "DEBUG": "false",
    }


def product(threads: int) -> Contender:
    return _start(
        "HyperFlow", threads, lambda port: _granian("hyperflow.wsgi:application", port, threads), product_environment()
    )


def idiomatic_drf() -> Contender:
    environment = product_environment() | {"DJANGO_SETTINGS_MODULE": "bench.drf_idiomatic.settings"}
    return _start("idiomatic DRF", 1, lambda port: _granian("hyperflow.wsgi:application", port, 1), environment)


def peer() -> Contender:
    database = "mysql+mysqldb://{DB_USER}:{DB_PASSWORD}@{DB_HOST}:{DB_PORT}/{DB_NAME}?charset=utf8mb4".format_map(
        os.environ
    )
    environment = os.environ | {"PEER_DATABASE": database, "PEER_SECRET": SECRET, "PYTHONPATH": str(ROOT)}

    def command(port: int) -> list[str]:
        return [str(PEER_PYTHON), "-m", "uvicorn", "bench.peer.app:app", "--port", str(port), "--no-access-log"]

    return _start("FastAPI peer", 40, command, environment)


def _granian(application: str, port: int, threads: int) -> list[str]:
    return [
        *(
            str(Path(sys.executable).with_name("granian")),
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ),
        *(
            "--workers",
            "1",
            "--blocking-threads",
            str(threads),
            "--backlog",
            "1024",
            "--log-level",
            "warning",
            application,
        ),
    ]


def _start(name: str, threads: int, command: object, environment: dict[str, str]) -> Contender:
    contender = Contender(name, threads)
    for _ in range(PROCESSES):
        port = free_port()
        contender.ports.append(port)
        contender.processes.append(subprocess.Popen(command(port), env=environment, cwd=ROOT))  # type: ignore[operator]
    for port in contender.ports:
        _wait(port)
    return contender


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/tasks", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"Nothing answers on port {port}.")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [pid, *(member for child in found for member in _family(child))]


def _pss(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
