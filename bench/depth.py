"""What a page of a list costs at any depth, and how much of it is the database: in one process, no network.

``python -m bench.depth MANAGER_EMAIL`` prints one JSON line: median milliseconds of page 1, page 2 and the page at
row 1,000,000 of all tasks (interleaved), and the database's median milliseconds of every list.
"""

import json
import statistics
import sys
import time
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.services.sessions import open_session  # noqa: E402
from hyperflow.core.api.pagination import Position, encode  # noqa: E402
from tasks.models import Task  # noqa: E402

TIMES = 41
LISTS = (
    "/api/client/tasks",
    *(
        f"/api/client/tasks?ordering={order}"
        for order in ("due_date", "-due_date", "priority", "-priority", "updated_at", "created_at")
    ),
    "/api/client/tasks?status=completed",
    "/api/client/tasks?status=pending&ordering=due_date",
    "/api/client/tasks?assigned_to={person}&ordering=-updated_at",
    "/api/client/tasks?client_id={client}&ordering=-priority",
    "/api/client/clients/{client}/tasks",
    "/api/client/clients",
    "/api/client/projects",
    "/api/client/clients/{client}/communications",
    "/api/employee/tasks",
    "/api/employee/time-entries",
    "/api/notifications",
)


class Stopwatch:
    """Adds up the time spent in the database."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


class Caller:
    """Asks as one person and says how long it took."""

    def __init__(self, user: User) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {open_session(user=user).access_token}", "Host": "127.0.0.1"}
        )

    def ask(self, path: str) -> tuple[float, float, Any]:
        watch = Stopwatch()
        with connection.execute_wrapper(watch):
            began = time.perf_counter()
            answer = self.client.get(path)
            taken = time.perf_counter() - began
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content[:300]!r}")
        return taken * 1000, watch.seconds * 1000, answer


def next_path(answer: Any) -> str:
    link = next(part for part in answer["Link"].split(", ") if 'rel="next"' in part)
    target = link[link.index("<") + 1 : link.index(">")]
    return target[target.index("/api/") :]


def deep_path(caller: Caller) -> str:
    """The page that ends the list: the way there from the far end is short, so walk it backwards in order."""
    total = Task.objects.count()
    edge = Task.objects.order_by("created_at", "id")[100]
    path = f"/api/client/tasks?cursor={encode('-created_at', Position(edge.created_at, edge.pk))}"
    print(f"{total:,} tasks; the deep page begins at row {total - 100:,}", file=sys.stderr)
    return path


def main() -> None:
    manager = User.objects.get(email=sys.argv[1])
    caller = Caller(manager)
    first = "/api/client/tasks"
    second = next_path(caller.ask(first)[2])
    deep = deep_path(caller)
    taken: dict[str, list[float]] = {"first": [], "second": [], "deep": []}
    for _ in range(TIMES):
        for name, path in (("first", first), ("second", second), ("deep", deep)):
            taken[name].append(caller.ask(path)[0])
    task = Task.objects.exclude(assigned_to=None).first()
    assert task is not None
    database = {}
    for template in LISTS:
        path = template.format(person=task.assigned_to_id, client=task.client_id)
        asker = Caller(task.assigned_to) if path.startswith("/api/employee") and task.assigned_to else caller
        database[path] = statistics.median(asker.ask(path)[1] for _ in range(11))
    print(json.dumps({**{name: statistics.median(values) for name, values in taken.items()}, "database_ms": database}))


if __name__ == "__main__":
    main()
