"""The goals of single modules, each measured in a process of its own: depth of lists, finance, HR."""

import json
import os
import subprocess
import sys
from typing import Any

from bench import goals as g
from bench.load import Call
from bench.machine import manage, root_connection, tokens
from bench.servers import ROOT, Contender, peer, product, product_environment


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


def depth(facts: dict[str, Any]) -> list[g.Goal]:
    """Goal 4, in a process with the product's settings: what pages cost at any depth, and the database's share."""
    figures = _printed("bench.depth", facts["manager"])
    worst = max(figures["database_ms"].items(), key=lambda item: item[1])
    return [
        g.at_most("4a", "page at row 1,000,000, times page 2", figures["deep"] / figures["second"], 1.3),
        g.at_most("4b", "page at row 1,000,000, times page 1", figures["deep"] / figures["first"], 1.5),
        g.at_most("4c", "slowest list: ms of database time", worst[1], 5.0, worst[0]),
    ]


SMALL = "hyperflow_bench_small"


def finance(options: Any) -> list[g.Goal]:
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
    server = root_connection()
    with server.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE %s", (SMALL,))
        is_there = cursor.fetchone() is not None
        if not is_there:
            cursor.execute(f"CREATE DATABASE {SMALL} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    big = os.environ["DB_NAME"]
    os.environ["DB_NAME"] = SMALL
    try:
        manage("migrate", "--verbosity", "0")
        if not is_there:
            manage("demo", "--scale", "bench", "--tasks", "1000")
            with server.cursor() as cursor:
                renamed = "REPLACE(email, '@hyperflow.example', '@bench.example')"
                cursor.execute(f"UPDATE {SMALL}.users SET email = {renamed}")
        _printed_lines("load", 2_000, 10_000)
    finally:
        os.environ["DB_NAME"] = big


def _report_ratio(mine: Contender, theirs: Contender, options: Any) -> float:
    from bench.finance_paths import PEER_REPORT, REPORT

    connection = root_connection()
    connection.select_db(os.environ["DB_NAME"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.email FROM users u JOIN roles r ON r.id = u.role_id "
            "WHERE r.code = 'finance' AND u.is_active = 1 ORDER BY u.id LIMIT 1"
        )
        (email,) = cursor.fetchone()
    ours = [Call("GET", REPORT, tokens(mine, "/api/auth/token", [email])[0])]
    peers = [Call("GET", PEER_REPORT, tokens(theirs, "/token", [email])[0])]
    taken = g.rounds(
        options.rounds,
        {
            "product": lambda: g.send(mine.ports, ours, connections=4, seconds=options.seconds).per_second,
            # Each of the peer's answers takes seconds, so it is given the time for some.
            "peer": lambda: g.send(theirs.ports, peers, connections=4, seconds=4 * options.seconds).per_second,
        },
    )
    return g.ratio(taken, "product", "peer")


def hr_sheet() -> list[g.Goal]:
    """The month sheet of HR for 200 people × 31 days."""
    figures = _printed("bench.hr_sheet")
    return [
        g.at_most("31a", "HR month sheet, 200 people × 31 days: ms of CPU", figures["cpu_ms"], 150),
        g.at_most("31b", "HR month sheet: queries", figures["queries"], 10),
        g.at_most("31c", "HR month sheet, the whole page: ms of CPU", figures["page_cpu_ms"], 150),
    ]


def hr_payroll() -> list[g.Goal]:
    """A payroll run for 1,000 people, as the job that works it out."""
    figures = _printed("bench.hr_payroll")
    return [
        g.at_most("32a", "payroll run for 1,000 people as a job: seconds", figures["seconds"], 10),
        g.at_most("32b", "payroll run: queries for each 200 people", figures["queries_a_batch"], 40),
    ]
