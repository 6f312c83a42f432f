"""`make bench`: loads the big set into MariaDB, runs the contenders interleaved, prints a table, writes JSON.

Expects the services' variables (`scripts/services.py run` sets them). ``--quick`` is a smoke run on short rounds;
``--soak`` says for how many seconds 200 connections are held for goal 7 (600 unless told). The loaded database is
kept under `var/` and used again.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import goals as g
from bench.load import Call
from bench.servers import PEER_PYTHON, ROOT, Contender, idiomatic_drf, peer, product, product_environment

PASSWORD = "hyperflow-demo"
PRODUCT_LIST = "/api/employee/tasks"
PRODUCT_CREATE = "/api/client/tasks"
RESULTS = ROOT / "var" / "bench" / "results.json"


def main() -> int:
    options = _options()
    os.environ["DB_NAME"] = "hyperflow_bench"
    _prepare_machine()
    _load(options)
    facts = _facts()
    with _one_scheduling_group():
        contenders = {"product": product(options.threads), "peer": peer(), "drf": idiomatic_drf()}
        try:
            found, raw = _measure(contenders, facts, options)
        finally:
            for contender in contenders.values():
                contender.stop()
        found += _finance(options)
        found += _depth(facts)
        found += _hr_sheet()
        found += _hr_payroll()
    found.sort(key=lambda goal: (int("".join(filter(str.isdigit, goal.number))), goal.number))
    _print(found)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "quick": options.quick},
                "goals": [vars(goal) for goal in found],
                "rounds": raw,
            },
            indent=1,
        )
    )
    print(f"\nWritten to {RESULTS.relative_to(ROOT)}")
    return 0 if options.quick or all(goal.met for goal in found) else 1


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "--quick", action="store_true", help="short rounds, short soak: shows that it runs, decides nothing"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load in a round")
    parser.add_argument("--soak", type=float, default=600.0, help="seconds of 200 connections before goal 7 is read")
    parser.add_argument("--threads", type=int, default=4, help="blocking threads of each of the product's processes")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.soak = 2, 2.0, 10.0
    return options


def _prepare_machine() -> None:
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
def _one_scheduling_group() -> Iterator[None]:
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


def _manage(*words: str) -> None:
    environment = product_environment() | {"DEBUG": "true", "DEMO_PASSWORD": PASSWORD, "DB_READ_TIMEOUT": "3600"}
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True)


def _load(options: Any) -> None:
    server = _root_connection()
    with server.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'hyperflow_bench'")
        if cursor.fetchone():
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.tables "
                "WHERE table_schema='hyperflow_bench' AND table_name='bench_loaded'"
            )
            if cursor.fetchone()[0]:
                print("The big set is loaded already.")
                _manage("migrate", "--verbosity", "0")  # it may have been loaded by an earlier version
                return
            cursor.execute("DROP DATABASE hyperflow_bench")
        cursor.execute("CREATE DATABASE hyperflow_bench CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    began = time.perf_counter()
    _manage("migrate", "--verbosity", "0")
    _manage("demo", "--scale", "bench")
    with server.cursor() as cursor:
        # A server with production settings does not start on demo accounts, and it is right.
        cursor.execute(
            "UPDATE hyperflow_bench.users SET email = REPLACE(email, '@hyperflow.example', '@bench.example')"
        )
        cursor.execute("CREATE TABLE hyperflow_bench.bench_loaded (at DATETIME)")
    print(f"Loaded in {time.perf_counter() - began:.0f} s.")


def _root_connection() -> Any:
    import MySQLdb

    connection = MySQLdb.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        user=os.environ["DB_USER"],
        passwd=os.environ["DB_PASSWORD"],
    )
    connection.autocommit(True)
    return connection


def _facts() -> dict[str, Any]:
    """Twenty people with their newest tasks, a few clients, and an admin: whom and what the load asks for."""
    connection = _root_connection()
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


def _tokens(contender: Contender, path: str, emails: list[str]) -> list[str]:
    tokens = []
    for n, email in enumerate(emails):
        status, token, _ = g.sign_in(contender.ports[0], path, email, PASSWORD, f"198.51.100.{n}")
        if status != 200:
            raise SystemExit(f"{contender.name}: {email} could not sign in ({status}).")
        tokens.append(token)
    return tokens


def _measure(
    contenders: dict[str, Contender], facts: dict[str, Any], options: Any
) -> tuple[list[g.Goal], dict[str, Any]]:
    emails = [person["email"] for person in facts["people"]]
    mine, theirs, stock = contenders["product"], contenders["peer"], contenders["drf"]
    tokens = _tokens(mine, "/api/auth/token", emails)
    peer_tokens = _tokens(theirs, "/token", emails)
    manager = _tokens(mine, "/api/auth/token", [facts["manager"]])[0]
    mixes = g.Mixes(facts["people"], facts["clients"])
    seconds = options.seconds
    users = [person["id"] for person in facts["people"]]
    stock_tokens = _stock_tokens(users)
    lists = mixes.list_calls(PRODUCT_LIST, tokens)
    peer_lists = mixes.list_calls("/tasks", peer_tokens)

    def speed(contender: Contender, calls: list[Call]) -> Any:
        def measure() -> float:
            outcome = g.calm(contender, calls, seconds)
            if outcome.failed:
                raise SystemExit(
                    f"{contender.name}: {outcome.failed} requests failed; {calls[0].method} {calls[0].path}"
                )
            return outcome.per_second

        return measure

    for contender, calls in ((mine, lists), (theirs, peer_lists), (stock, mixes.list_calls("/tasks", stock_tokens))):
        g.calm(contender, calls, 1)  # warm
    listing = g.rounds(
        options.rounds,
        {
            "product": speed(mine, lists),
            "peer": speed(theirs, peer_lists),
            "drf": speed(stock, mixes.list_calls("/tasks", stock_tokens)),
            "raw": lambda: g.raw_limit(seconds, users),
        },
    )
    detail = g.rounds(
        options.rounds,
        {
            "product": speed(mine, mixes.detail_calls(PRODUCT_LIST, tokens)),
            "peer": speed(theirs, mixes.detail_calls("/tasks", peer_tokens)),
        },
    )
    creation = g.rounds(
        options.rounds,
        {
            "product": speed(mine, mixes.create_calls(PRODUCT_CREATE, [manager])),
            "peer": speed(theirs, mixes.create_calls("/tasks", peer_tokens)),
        },
    )
    crowd: dict[str, Any] = {}
    failed = [0]

    def crowded(name: str, contender: Contender, calls: list[Call]) -> Any:
        def measure() -> float:
            outcome = g.many(contender, calls, seconds)
            crowd.setdefault(name, []).append(vars(outcome))
            if name == "product":
                failed[0] += outcome.failed
            return outcome.per_second

        return measure

    crowding = g.rounds(
        options.rounds, {"product": crowded("product", mine, lists), "peer": crowded("peer", theirs, peer_lists)}
    )
    soak = _soak(mine, theirs, lists, options.soak)
    sign_ins = _sign_ins(mine, facts, lists, options)
    middle = sorted(outcome["p99_ms"] for outcome in crowd["product"])[len(crowd["product"]) // 2]
    per_second = {name: round(sorted(values)[len(values) // 2]) for name, values in listing.items()}
    found = [
        g.at_least("1a", "task list, times the peer", g.ratio(listing, "product", "peer"), 3.0, _speeds(per_second)),
        g.at_least("1b", "task list, times idiomatic DRF", g.ratio(listing, "product", "drf"), 6.0),
        g.at_least("2", "task list, share of the raw limit", g.ratio(listing, "product", "raw"), 0.50),
        g.at_least("3a", "task detail, times the peer", g.ratio(detail, "product", "peer"), 2.5),
        g.at_least("3b", "task creation, times the peer", g.ratio(creation, "product", "peer"), 2.0),
        g.at_most("6a", "200 connections: list p99 in ms (median round)", middle, 300),
        g.at_most("6b", "200 connections: failed requests", failed[0], 0),
        g.at_least("6c", "200 connections: times the peer", g.ratio(crowding, "product", "peer"), 4.0),
        *soak,
        *sign_ins,
    ]
    return found, {"list": listing, "detail": detail, "create": creation, "crowd": crowd}


def _speeds(per_second: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}/s" for name, value in per_second.items())


def _stock_tokens(users: list[int]) -> list[str]:
    """Access tokens as simplejwt makes them: its sign-in is not what is measured."""
    script = (
        "import django,sys; django.setup()\n"
        "from accounts.models import User\n"
        "from rest_framework_simplejwt.tokens import AccessToken\n"
        "from datetime import timedelta\n"
        "for pk in sys.argv[1:]:\n"
        "    token = AccessToken.for_user(User.objects.get(pk=pk))\n"
        "    token.set_exp(lifetime=timedelta(hours=6))\n"
        "    print(token)\n"
    )
    environment = product_environment() | {"DJANGO_SETTINGS_MODULE": "bench.drf_idiomatic.settings"}
    printed = subprocess.run(
        [sys.executable, "-c", script, *map(str, users)],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return printed.stdout.split()


def _soak(mine: Contender, theirs: Contender, lists: list[Call], seconds: float) -> list[g.Goal]:
    """Goal 7: after a long time at 200 connections the database connections are threads × processes, no more."""
    g.many(mine, lists, seconds)
    connection = _root_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ID, HOST FROM information_schema.PROCESSLIST WHERE DB = 'hyperflow_bench'")
        ports = {int(host.rsplit(":", 1)[1]) for _, host in cursor.fetchall() if ":" in host}
    pids = {process.pid for process in mine.processes}
    held = sum(1 for port in ports if _owner(port, pids))
    expected = mine.threads * len(mine.processes)
    return [
        g.at_most(
            "7a",
            f"database connections after {seconds:g} s at 200 connections",
            held,
            expected,
            f"{mine.threads} threads × {len(mine.processes)} processes",
        ),
        g.at_most(
            "7b",
            "memory (PSS), times the peer",
            mine.memory_kib() / theirs.memory_kib(),
            1.4,
            f"{mine.memory_kib() // 1024} MiB",
        ),
    ]


def _owner(port: int, pids: set[int]) -> bool:
    """Does one of these processes (or a child) hold the connection from that local port?"""
    from bench.servers import _family

    listing = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inodes = {row.split()[9] for row in listing if int(row.split()[1].rsplit(":", 1)[1], 16) == port}
    for member in (member for pid in pids for member in _family(pid)):
        for link in Path(f"/proc/{member}/fd").iterdir():
            try:
                target = os.readlink(link)
            except OSError:
                continue
            if target.startswith("socket:[") and target[8:-1] in inodes:
                return True
    return False


def _sign_ins(mine: Contender, facts: dict[str, Any], lists: list[Call], options: Any) -> list[g.Goal]:
    import threading

    seconds = max(options.seconds * 2, 6)
    speeds, calm, busy, refused = [], [], [], 0
    for _ in range(max(1, options.rounds)):
        bound = g.bcrypt_bound()
        speed, others = g.storm(mine, facts["people"], PASSWORD, seconds, workers=8)
        speeds.append(speed / bound)
        refused += others
        # A p99 of one run is a matter of luck: as many runs of either kind, and the medians against each other.
        for _ in range(2):
            calm.append(g.send(mine.ports, lists, connections=4, seconds=seconds).p99_ms)
            storming = threading.Thread(target=g.storm, args=(mine, facts["people"], PASSWORD, seconds + 1, 8))
            storming.start()
            time.sleep(0.5)
            busy.append(g.send(mine.ports, lists, connections=4, seconds=seconds).p99_ms)
            storming.join()
    speeds.sort()
    usual, stormy = statistics.median(calm), statistics.median(busy)
    note = f"{refused} asked to wait" if refused else ""
    return [
        g.at_least("10a", "sign-ins, share of the bcrypt-12 bound", speeds[len(speeds) // 2], 0.85, note),
        g.at_most(
            "10b",
            "list p99 during a sign-in storm, times its calm value",
            stormy / usual,
            3.0,
            f"{usual:.1f} → {stormy:.1f} ms",
        ),
    ]


def _printed(module: str, *words: str, database: str = "") -> Any:
    """The JSON line that a measurement prints, in a process with the product's settings."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=product_environment() | ({"DB_NAME": database} if database else {}),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _depth(facts: dict[str, Any]) -> list[g.Goal]:
    """Goal 4, in a process with the product's settings: what pages cost at any depth, and the database's share."""
    figures = _printed("bench.depth", facts["manager"])
    worst = max(figures["database_ms"].items(), key=lambda item: item[1])
    return [
        g.at_most("4a", "page at row 1,000,000, times page 2", figures["deep"] / figures["second"], 1.3),
        g.at_most("4b", "page at row 1,000,000, times page 1", figures["deep"] / figures["first"], 1.5),
        g.at_most("4c", "slowest list: ms of database time", worst[1], 5.0, worst[0]),
    ]


SMALL = "hyperflow_bench_small"


def _finance(options: Any) -> list[g.Goal]:
    """Goal 5: the report of expenses by month over a million records, beside the peer's and its own over 10,000."""
    _printed_lines("load", 200_000, 1_000_000)
    _small_database()
    figures = _printed("bench.finance", "measure")
    # Milliseconds against milliseconds: pairs close to each other in time, and the median of their ratios.
    pairs = [
        [_printed("bench.finance", "report", database=database)["report_ms"] for database in ("", SMALL)]
        for _ in range(max(3, options.rounds))
    ]
    growth = sorted(big / small for big, small in pairs)[len(pairs) // 2]
    mine, theirs = product(options.threads), peer()
    try:
        ratio = _report_ratio(mine, theirs, options)
    finally:
        mine.stop()
        theirs.stop()
    deep = figures["last_page_ms"] / figures["first_page_ms"]
    rates = f"{figures['plain_per_second']:.0f} → {figures['kept_per_second']:.0f} records/s"
    return [
        g.at_least("5a", "expenses by month over 1,000,000 records, times the peer", ratio, 100),
        g.at_most("5b", "… times its own cost over 10,000 records", growth, 1.2),
        g.at_least("5c", "… equals SUM to the cent after 8 writers (1: yes)", float(figures["is_exact"]), 1),
        g.at_most("5d", "a record with its sums, times a plain insert, 8 writers", figures["write_ratio"], 1.6, rates),
        g.at_most("5e", "page 4,000 of the invoices, times page 1", deep, 1.3),
    ]


def _printed_lines(*words: object) -> None:
    environment = product_environment() | {"DB_READ_TIMEOUT": "3600"}
    subprocess.run([sys.executable, "-m", "bench.finance", *map(str, words)], env=environment, cwd=ROOT, check=True)


def _small_database() -> None:
    """The same with a hundredth of the records."""
    server = _root_connection()
    with server.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE %s", (SMALL,))
        is_there = cursor.fetchone() is not None
        if not is_there:
            cursor.execute(f"CREATE DATABASE {SMALL} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    big = os.environ["DB_NAME"]
    os.environ["DB_NAME"] = SMALL
    try:
        _manage("migrate", "--verbosity", "0")
        if not is_there:
            _manage("demo", "--scale", "bench", "--tasks", "1000")
            with server.cursor() as cursor:
                renamed = "REPLACE(email, '@hyperflow.example', '@bench.example')"
                cursor.execute(f"UPDATE {SMALL}.users SET email = {renamed}")
        _printed_lines("load", 2_000, 10_000)
    finally:
        os.environ["DB_NAME"] = big


def _report_ratio(mine: Contender, theirs: Contender, options: Any) -> float:
    from bench.finance_paths import PEER_REPORT, REPORT

    connection = _root_connection()
    connection.select_db(os.environ["DB_NAME"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.email FROM users u JOIN roles r ON r.id = u.role_id "
            "WHERE r.code = 'finance' AND u.is_active = 1 ORDER BY u.id LIMIT 1"
        )
        (email,) = cursor.fetchone()
    ours = [Call("GET", REPORT, _tokens(mine, "/api/auth/token", [email])[0])]
    peers = [Call("GET", PEER_REPORT, _tokens(theirs, "/token", [email])[0])]
    taken = g.rounds(
        options.rounds,
        {
            "product": lambda: g.send(mine.ports, ours, connections=4, seconds=options.seconds).per_second,
            # Each of the peer's answers takes seconds, so it is given the time for some.
            "peer": lambda: g.send(theirs.ports, peers, connections=4, seconds=4 * options.seconds).per_second,
        },
    )
    return g.ratio(taken, "product", "peer")


def _hr_sheet() -> list[g.Goal]:
    """The month sheet of HR for 200 people × 31 days."""
    figures = _printed("bench.hr_sheet")
    return [
        g.at_most("31a", "HR month sheet, 200 people × 31 days: ms of CPU", figures["cpu_ms"], 150),
        g.at_most("31b", "HR month sheet: queries", figures["queries"], 10),
        g.at_most("31c", "HR month sheet, the whole page: ms of CPU", figures["page_cpu_ms"], 150),
    ]


def _hr_payroll() -> list[g.Goal]:
    """A payroll run for 1,000 people, as the job that works it out."""
    figures = _printed("bench.hr_payroll")
    return [
        g.at_most("32a", "payroll run for 1,000 people as a job: seconds", figures["seconds"], 10),
        g.at_most("32b", "payroll run: queries for each 200 people", figures["queries_a_batch"], 40),
    ]


def _print(found: list[g.Goal]) -> None:
    print(f"\n{'goal':5} {'what':58} {'measured':>10} {'wanted':>9}  met")
    for goal in found:
        print(
            f"{goal.number:5} {goal.what:58} {goal.measured:10.2f} {goal.wanted:>9}  "
            f"{'yes' if goal.met else 'NO'}  {goal.note}"
        )


if __name__ == "__main__":
    sys.exit(main())
