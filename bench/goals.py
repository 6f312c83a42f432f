"""The goals of the task list, detail, creation, depth, many connections and sign-in, each as a measured ratio."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.load import Call, Outcome, send
from bench.servers import PROCESSES, ROOT, Contender

CALM_CONNECTIONS = 16
MANY_CONNECTIONS = 200


@dataclass(frozen=True)
class Goal:
    """A figure, what it must be, and whether it is."""

    number: str
    what: str
    measured: float
    wanted: str
    met: bool
    note: str = ""


def at_least(number: str, what: str, measured: float, bound: float, note: str = "") -> Goal:
    return Goal(number, what, measured, f"≥ {bound:g}", measured >= bound, note)


def at_most(number: str, what: str, measured: float, bound: float, note: str = "") -> Goal:
    return Goal(number, what, measured, f"≤ {bound:g}", measured <= bound, note)


def sign_in(port: int, path: str, email: str, password: str, address: str) -> tuple[int, str, float]:
    """The status, the access token, and the seconds after which the service wants to be asked again."""
    body = urllib.parse.urlencode({"grant_type": "password", "username": email, "password": password}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"X-Forwarded-For": address})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)["access_token"], 0
    except urllib.error.HTTPError as refused:
        return refused.code, "", float(refused.headers.get("Retry-After") or 0.1)


@dataclass
class Mixes:
    """What each contender is asked, by the same people for the same rows."""

    people: list[dict[str, Any]]
    clients: list[int]

    def list_calls(self, path: str, tokens: list[str]) -> list[Call]:
        return [Call("GET", path, token) for token in tokens]

    def detail_calls(self, path: str, tokens: list[str]) -> list[Call]:
        return [
            Call("GET", f"{path}/{task}", token)
            for person, token in zip(self.people, tokens, strict=True)
            for task in person["tasks"]
        ]

    def create_calls(self, path: str, tokens: list[str]) -> list[Call]:
        return [
            Call(
                "POST",
                path,
                token,
                json.dumps(
                    {"client_id": client, "title": "Write the newsletter", "priority": "high", "estimated_time": 2.5}
                ),
            )
            for token in tokens
            for client in self.clients
        ]


#: Seconds; the slowest contender's backlog at 200 connections takes less.
_PAUSE = 2.0


def rounds(times: int, contenders: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Every contender once a round, so that what disturbs the machine disturbs all of them.

    Between two of them there is a pause: a service that had 200 connections goes on with what it was asked for long
    after the load has ended, and would take that time from the one that is measured next.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(times):
        for name, measure in contenders.items():
            taken[name].append(measure())
            time.sleep(_PAUSE)
    return taken


def ratio(taken: dict[str, list[float]], name: str, other: str) -> float:
    """The median over rounds of the ratio inside one round."""
    return statistics.median(mine / theirs for mine, theirs in zip(taken[name], taken[other], strict=True) if theirs)


def raw_limit(seconds: float, users: list[int]) -> float:
    command = [sys.executable, "-m", "bench.raw_limit", str(seconds), *map(str, users)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(PROCESSES)]
    return sum(float(run.communicate()[0]) for run in runs)


def bcrypt_bound() -> float:
    """Sign-ins a second if checking passwords were all there is: cores divided by the time of one check."""
    import bcrypt

    hashed = bcrypt.hashpw(b"x" * 64, bcrypt.gensalt(12))
    cores = os.cpu_count() or 1

    def check(_: int) -> None:
        for _ in range(4):
            bcrypt.checkpw(b"x" * 64, hashed)

    began = time.perf_counter()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(check, range(cores)))
    return cores * 4 / (time.perf_counter() - began)


def storm(
    contender: Contender, people: list[dict[str, Any]], password: str, seconds: float, workers: int
) -> tuple[float, int]:
    """As many sign-ins as the service takes, each from its own address; who is told to wait waits as long."""
    done, other, stop = [0], [0], time.perf_counter() + seconds
    lock, number = threading.Lock(), iter(range(10**9))

    def work(worker: int) -> None:
        while time.perf_counter() < stop:
            with lock:
                n = next(number)
            address = f"198.{18 + n // 65536 % 2}.{n // 256 % 256}.{n % 256}"
            email = people[n % len(people)]["email"]
            status, _, wait = sign_in(contender.ports[n % PROCESSES], "/api/auth/token", email, password, address)
            with lock:
                if status == 200:
                    done[0] += 1
                else:
                    other[0] += 1
            time.sleep(wait)

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done[0] / (time.perf_counter() - began), other[0]


def many(contender: Contender, calls: list[Call], seconds: float) -> Outcome:
    return send(contender.ports, calls, connections=MANY_CONNECTIONS, seconds=seconds)


def calm(contender: Contender, calls: list[Call], seconds: float) -> Outcome:
    return send(contender.ports, calls, connections=CALM_CONNECTIONS, seconds=seconds)
