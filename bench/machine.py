"""The machine and the database of a measurement: what it needs is put there, and whom the load asks for is read."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import goals as g
from bench.servers import PEER_PYTHON, ROOT, Contender, product_environment

PASSWORD = "hyperflow-demo"


def prepare() -> None:
    if shutil.which("wrk") is None:
        if os.geteuid() != 0:
            raise SystemExit("The load generator is missing: install Debian's package wrk.")
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-yq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    if not PEER_PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEER_PYTHON.parent.parent)], check=True)
        lock = Path(__file__).with_name("requirements.txt")
        subprocess.run(
            [str(PEER_PYTHON), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)], check=True
        )


@contextmanager
def one_scheduling_group() -> Iterator[None]:
    """Let `nice` count between the servers too, as far as we may set it, and say which way it was measured.

    A desktop's kernel shares the cores out by terminal session first and by `nice` only within one. Here the database
    runs in a session of its own, so a nice hash would take as large a share from it as anything else does.
    """
    switch = Path("/proc/sys/kernel/sched_autogroup_enabled")
    if not switch.exists() or switch.read_text().strip() == "0":
        yield
        return
    if not os.access(switch, os.W_OK):
        print("Scheduling by session (autogroup) stays on: goal 10b is measured with it, and worse for it.")
        yield
        return
    switch.write_text("0")
    try:
        yield
    finally:
        switch.write_text("1")


def manage(*words: str) -> None:
    environment = product_environment() | {"DEBUG": "true", "DEMO_PASSWORD": PASSWORD, "DB_READ_TIMEOUT": "3600"}
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True)


def load(options: Any) -> None:
    server = root_connection()
    with server.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'hyperflow_bench'")
        if cursor.fetchone():
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.tables "
                "WHERE table_schema='hyperflow_bench' AND table_name='bench_loaded'"
            )
            if cursor.fetchone()[0]:
                print("The big set is loaded already.")
                manage("migrate", "--verbosity", "0")  # it may have been loaded by an earlier version
                return
            cursor.execute("DROP DATABASE hyperflow_bench")
        cursor.execute("CREATE DATABASE hyperflow_bench CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    began = time.perf_counter()
    manage("migrate", "--verbosity", "0")
    manage("demo", "--scale", "bench")
    with server.cursor() as cursor:
        # A server with production settings does not start on demo accounts, and it is right.
        cursor.execute(
            "UPDATE hyperflow_bench.users SET email = REPLACE(email, '@hyperflow.example', '@bench.example')"
        )
        cursor.execute("CREATE TABLE hyperflow_bench.bench_loaded (at DATETIME)")
    print(f"Loaded in {time.perf_counter() - began:.0f} s.")


def root_connection() -> Any:
    import MySQLdb

    connection = MySQLdb.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        user=os.environ["DB_USER"],
        passwd=os.environ["DB_PASSWORD"],
    )
    connection.autocommit(True)
    return connection


def facts() -> dict[str, Any]:
    """Twenty people with their newest tasks, a few clients, and an admin: whom and what the load asks for."""
    connection = root_connection()
    connection.select_db("hyperflow_bench")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.id, u.email FROM users u JOIN roles r ON r.id = u.role_id "
            "WHERE r.code = 'employee' AND u.is_active = 1 "
            "AND EXISTS (SELECT 1 FROM tasks t WHERE t.assigned_to_id = u.id) "
            "ORDER BY u.id LIMIT 20"
        )
        people = [{"id": pk, "email": email} for pk, email in cursor.fetchall()]
        for person in people:
            cursor.execute(
                "SELECT id FROM tasks WHERE assigned_to_id = %s ORDER BY created_at DESC LIMIT 20", (person["id"],)
            )
            person["tasks"] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            "SELECT u.email FROM users u JOIN roles r ON r.id = u.role_id "
            "WHERE r.code = %s AND u.is_active = 1 LIMIT 1",
            ("manager",),
        )
        (manager,) = cursor.fetchone()
        cursor.execute("SELECT id FROM clients ORDER BY id LIMIT 50")
        clients = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT COUNT(*) FROM tasks")
        (tasks,) = cursor.fetchone()
    print(f"{tasks:,} tasks; {len(people)} people ask.")
    return {"people": people, "manager": manager, "clients": clients, "tasks": tasks}


def tokens(contender: Contender, path: str, emails: list[str]) -> list[str]:
    found = []
    for n, email in enumerate(emails):
        status, token, _ = g.sign_in(contender.ports[0], path, email, PASSWORD, f"198.51.100.{n}")
        if status != 200:
            raise SystemExit(f"{contender.name}: {email} could not sign in ({status}).")
        found.append(token)
    return found
