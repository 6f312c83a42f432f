"""`make run`: what it refuses, and that nothing it started is left behind."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.house import ROOT, embedded_environment

WAIT = 180


def run(**variables: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in embedded_environment().items() if name != "MAKELEVEL"}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.run"],
        cwd=ROOT, env={**environment, **variables}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def refusal(**variables: str) -> str:
    """What it says when it refuses: one line on stderr, nothing else, exit 1."""
    with run(**variables) as process:
        said, complained = process.communicate(timeout=WAIT)
    assert (process.returncode, said) == (1, "")
    assert len(complained.splitlines()) == 1
    return complained.strip()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        assert refusal(PORT=str(port), DATA_DIR=str(tmp_path)).startswith(f"Port {port} is in use: ")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000.5", "８０００"])
def test_a_port_that_is_none_is_named(port, tmp_path):
    assert refusal(PORT=port, DATA_DIR=str(tmp_path)) == f"PORT must be a number from 1 to 65535, and it is {port!r}."


def test_an_address_of_another_machine_is_named(tmp_path, free_port):
    assert refusal(HOST="192.0.2.1", PORT=str(free_port), DATA_DIR=str(tmp_path)) == (
        "HOST=192.0.2.1 is not an address of this machine."
    )


def test_a_folder_that_can_not_be_written_is_named(tmp_path, free_port):
    (tmp_path / "file").touch()  # root may write into any folder, and nobody into a file
    data = tmp_path / "file" / "data"

    assert refusal(PORT=str(free_port), DATA_DIR=str(data)).startswith(f"The data folder {data} can't be written to (")


# -- children

SUPERVISOR = """
import os, sys, time
from scripts.house import main, end_like_ctrl_c, say
from scripts.run import _Children

def body():
    end_like_ctrl_c()
    children = _Children(dict(os.environ))
    try:
        for name in ("web", "worker"):
            # A child with a child of its own, as a server with worker processes is.
            shell = "sleep 600 & echo $! >> PIDS; echo $$ >> PIDS; wait"
            children.start(name, "/bin/sh", "-c", shell.replace("PIDS", sys.argv[1]))
        return children.watch()
    finally:
        children.end()

main(body)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def supervisor(tmp_path):
    """A process with two children, each with a child; and the four ids."""
    pids = tmp_path / "pids"
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(pids)],
        cwd=ROOT,
        text=True,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: pids.exists() and len(pids.read_text().split()) == 4)
    yield process, [int(pid) for pid in pids.read_text().split()]
    process.kill()
    # Before the pipe is read to its end: whoever was not ended holds it open.
    for pid in pids.read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_sigterm_end_every_child_and_grandchild(supervisor, number):
    process, pids = supervisor
    assert all(alive(pid) for pid in pids)

    process.send_signal(number)
    _, complained = process.communicate(timeout=WAIT)

    assert (process.returncode, complained) == (130, "")
    assert [pid for pid in pids if alive(pid)] == []


def test_a_dead_child_ends_the_others_and_is_named(supervisor):
    process, pids = supervisor
    shells = [pid for pid in pids if Path(f"/proc/{pid}/cmdline").read_text().startswith("/bin/sh")]

    os.kill(min(shells), signal.SIGKILL)
    _, complained = process.communicate(timeout=WAIT)

    assert process.returncode == 1
    assert complained in {
        "The web was killed by signal 9, so HyperFlow stopped.\n",
        "The worker was killed by signal 9, so HyperFlow stopped.\n",
    }
    assert [pid for pid in pids if alive(pid)] == []


# -- the whole


def ask(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def test_it_serves_and_leaves_nothing_behind_even_when_killed(tmp_path, free_port):
    """The parent gets SIGKILL, which it can't answer: the kernel tells its children, and they theirs."""
    person = {
        "DEMO": "0",
        "ADMIN_EMAIL": "ann@example.com",
        "ADMIN_PASSWORD": "a long and good one",
        "ADMIN_NAME": "Ann",
    }
    process = run(PORT=str(free_port), DATA_DIR=str(tmp_path), **person)
    try:
        until(lambda: ask(free_port, "/api/health") == 200 or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        until(
            lambda: len(descendants(process.pid)) == 4
        )  # the web's server and its worker, the jobs' worker, the scheduler
        family = descendants(process.pid)
        # A second one on the same data would be a second scheduler.
        assert refusal(HOST="127.0.0.2", PORT=str(free_port), DATA_DIR=str(tmp_path)).startswith(
            "HyperFlow already runs on "
        )
    finally:
        process.kill()
        process.communicate()

    until(lambda: not [pid for pid in family if alive(pid)])
    assert ask(free_port, "/api/health") is None
