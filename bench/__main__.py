"""`make bench`: loads the big set into MariaDB, runs the contenders interleaved, prints a table, writes JSON.

Expects the services' variables (`scripts/services.py run` sets them). ``--quick`` is a smoke run on short rounds;
``--soak`` says for how many seconds 200 connections are held for goal 7 (600 unless told). The loaded database is
kept under `var/` and used again.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import goals as g
from bench import machine, modules
from bench.load import Call
from bench.servers import ROOT, Contender, idiomatic_drf, peer, product, product_environment

PRODUCT_LIST = "/api/employee/tasks"
PRODUCT_CREATE = "/api/client/tasks"
RESULTS = ROOT / "var" / "bench" / "results.json"


def main() -> int:
    options = _options()
    os.environ["DB_NAME"] = "hyperflow_bench"
    machine.prepare()
    machine.load(options)
    facts = machine.facts()
    with machine.one_scheduling_group():
        contenders = {"product": product(options.threads), "peer": peer(), "drf": idiomatic_drf()}
        try:
            found, raw = _measure(contenders, facts, options)
        finally:
            for contender in contenders.values():
                contender.stop()
        found += modules.finance(options)
        found += modules.depth(facts)
        found += modules.hr_sheet()
        found += modules.hr_payroll()
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


def _measure(
    contenders: dict[str, Contender], facts: dict[str, Any], options: Any
) -> tuple[list[g.Goal], dict[str, Any]]:
    emails = [person["email"] for person in facts["people"]]
    mine, theirs, stock = contenders["product"], contenders["peer"], contenders["drf"]
    tokens = machine.tokens(mine, "/api/auth/token", emails)
    peer_tokens = machine.tokens(theirs, "/token", emails)
    manager = machine.tokens(mine, "/api/auth/token", [facts["manager"]])[0]
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
    connection = machine.root_connection()
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
        speed, others = g.storm(mine, facts["people"], machine.PASSWORD, seconds, workers=8)
        speeds.append(speed / bound)
        refused += others
        # A p99 of one run is a matter of luck: as many runs of either kind, and the medians against each other.
        for _ in range(2):
            calm.append(g.send(mine.ports, lists, connections=4, seconds=seconds).p99_ms)
            storming = threading.Thread(target=g.storm, args=(mine, facts["people"], machine.PASSWORD, seconds + 1, 8))
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


def _print(found: list[g.Goal]) -> None:
    print(f"\n{'goal':5} {'what':58} {'measured':>10} {'wanted':>9}  met")
    for goal in found:
        print(
            f"{goal.number:5} {goal.what:58} {goal.measured:10.2f} {goal.wanted:>9}  "
            f"{'yes' if goal.met else 'NO'}  {goal.note}"
        )


if __name__ == "__main__":
    sys.exit(main())
