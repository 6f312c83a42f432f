"""A million tasks for measurements: right in every constraint and copy, spread over three years, without a history.

Rows go in by id, many to a statement; the secondary indexes of the big table are dropped before and built at once
afterwards, which takes a fraction of keeping them up row by row.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import orjson
from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction

from accounts.models import Department, Role, User
from clients import identity
from clients.models import Client, KeySequence, Project, ProjectMember
from hyperflow.core import clock
from hyperflow.demo import agency
from hyperflow.demo.topics import TAGS, TOPICS
from integrations.services import backfill
from tasks import ranks
from tasks.models import Task, TaskTag, TaskWatcher

TASKS, USERS, CLIENTS, PROJECTS_EACH, MEMBERS = 1_000_000, 200, 500, 3, 6
YEARS = 3
CHUNK = 50_000
STATEMENT = 1_000
#: Below this, dropping and building indexes would cost more than it saves.
MANY = 100_000
SEED = 20_240_301

_WORDS = ("river", "harbour", "lantern", "copper", "meadow", "signal", "atlas", "willow", "cedar", "anchor")
_TRADES = ("Energy", "Retail", "Health", "Finance", "Food", "Travel", "Media", "Logistics")


def load(*, password: str, tasks: int = TASKS, say: Callable[[str], None] = lambda words: None) -> dict[str, int]:
    """Fill an empty database. Every account signs in with ``password``."""
    _take_your_time()
    pick = random.Random(SEED)
    now = clock.now().replace(microsecond=0)
    with transaction.atomic():
        people = _people(make_password(password), now)
        projects = _projects(pick, people, now)
    say(f"{len(people)} people, {CLIENTS} clients, {len(projects)} projects.")
    with _without_indexes(tasks >= MANY, say):
        made = 0
        rows = _rows(pick, projects, tasks, now)
        while chunk := list(islice(rows, CHUNK)):
            with transaction.atomic():
                _insert(Task, _COLUMNS, (row for row, _, _ in chunk))
                _insert(TaskTag, ("task_id", "name"), ((row[0], name) for row, names, _ in chunk for name in names))
                _insert(TaskWatcher, ("task_id", "user_id"), ((row[0], pk) for row, _, pks in chunk for pk in pks))
            made += len(chunk)
            say(f"{made:,} tasks.")
    with transaction.atomic():
        _count_keys(projects)
    if not connection.in_atomic_block:  # it would end the transaction around it
        _analyse()
    return {"people": len(people), "clients": CLIENTS, "projects": len(projects), "tasks": tasks}


def _people(password: str, now: dt.datetime) -> list[User]:
    """The seven of the demo, and others called ``user008@…`` on; nine in ten are employees."""
    roles = {role.code: role for role in Role.objects.all()}
    department = Department.objects.create(name="Everybody", created_at=now, updated_at=now)
    codes = ["admin", "manager", "employee", "hr", "finance", "marketing", "client"]
    rest = [("manager" if number % 20 == 0 else "employee") for number in range(len(codes) + 1, USERS + 1)]
    emails = [*agency.SIGN_IN, *(f"user{number:03}@{agency.DOMAIN}" for number in range(len(codes) + 1, USERS + 1))]
    people = [
        User(
            email=email,
            name=f"{code.capitalize()} {number:03}",
            role=roles[code],
            department=department if code != "client" else None,
            password=password,
            timezone="Europe/Berlin",
            email_verified_at=now,
            created_at=now,
            updated_at=now,
        )
        for number, (email, code) in enumerate(zip(emails, [*codes, *rest], strict=True), start=1)
    ]
    backfill.insert(people)
    return people


class _Place:
    """A project as the rows need it: ids, prefix, how many keys are out, and who works on it."""

    __slots__ = ("client_id", "last", "members", "pk", "prefix", "sequence_id")

    def __init__(self, project: Project, members: list[int]) -> None:
        self.pk, self.client_id, self.members, self.last = project.pk, project.client_id, members, 0
        self.prefix, self.sequence_id = project.key_sequence.prefix, project.key_sequence_id


def _projects(pick: random.Random, people: list[User], now: dt.datetime) -> list[_Place]:
    staff = [person.pk for person in people if person.role.is_staff]
    sequences = [KeySequence(prefix=f"C{number:03}") for number in range(1, CLIENTS + 1)]
    sequences += [KeySequence(prefix=f"P{number:04}") for number in range(1, CLIENTS * PROJECTS_EACH + 1)]
    backfill.insert(sequences)
    clients = []
    for number in range(CLIENTS):
        name = f"{pick.choice(_WORDS).capitalize()} {pick.choice(_WORDS).capitalize()} {number + 1}"
        key = identity.name_key(name)
        made = now - dt.timedelta(days=365 * YEARS + 30 - number % 30)
        clients.append(
            Client(
                name=name,
                name_key=key,
                name_tail=key[::-1],
                industry=pick.choice(_TRADES),
                currency="EUR",
                owner_id=pick.choice(staff),
                key_sequence=sequences[number],
                created_at=made,
                updated_at=made,
            )
        )
    backfill.insert(clients)
    clients[0].portal_users.add(next(person for person in people if not person.role.is_staff))
    projects = [
        Project(
            client=clients[number // PROJECTS_EACH],
            name=f"Project {number % PROJECTS_EACH + 1}",
            key_sequence=sequences[CLIENTS + number],
            currency="EUR",
            created_at=clients[number // PROJECTS_EACH].created_at,
            updated_at=clients[number // PROJECTS_EACH].created_at,
        )
        for number in range(CLIENTS * PROJECTS_EACH)
    ]
    backfill.insert(projects)
    places = [_Place(project, pick.sample(staff, MEMBERS)) for project in projects]
    backfill.insert([ProjectMember(project_id=place.pk, user_id=pk) for place in places for pk in place.members])
    return places


_COLUMNS = (
    "id", "key", "title", "description", "client_id", "project_id", "assigned_to_id", "created_by_id", "status",
    "priority", "progress", "progress_description", "drive_link", "estimated_time", "actual_time", "billable",
    "due_date", "start_time", "end_time", "tags", "watcher_ids", "position", "created_at", "updated_at", "version",
)  # fmt: skip

Row = tuple[tuple[Any, ...], list[str], list[int]]


def _rows(pick: random.Random, places: list[_Place], count: int, now: dt.datetime) -> Iterator[Row]:
    """Tasks in the order in which they were made, each with its tags and watchers."""
    topics = [topic for kind in sorted(TOPICS) for topic in TOPICS[kind]]
    span = dt.timedelta(days=365 * YEARS).total_seconds()
    started = now - dt.timedelta(seconds=span)
    for number in range(1, count + 1):
        created = started + dt.timedelta(seconds=int(span * number / (count + 1)))
        place = places[int(pick.random() * len(places))]
        topic = topics[int(pick.random() * len(topics))]
        place.last += 1
        age = (now - created).days
        status = _status(pick, age)
        began = (
            created + dt.timedelta(hours=int(pick.random() * 100)) if status in {"completed", "in_progress"} else None
        )
        began = min(began, now) if began else None
        ended = (
            min(now, began + dt.timedelta(hours=2 + int(pick.random() * 200)))
            if began and status == "completed"
            else None
        )
        due = (created + dt.timedelta(days=2 + int(pick.random() * 45))).date() if pick.random() < 0.92 else None
        tags = list(TAGS[topic.craft][:1]) if pick.random() < 0.3 else []
        assignee = place.members[int(pick.random() * MEMBERS)] if pick.random() < 0.97 else None
        maker = place.members[0]
        yield (
            (
                number,
                f"{place.prefix}-{place.last}",
                topic.title.format(thing=_WORDS[number % 10], month=f"{created:%B}"),
                "As agreed. The last version lies in the project folder." if number % 3 == 0 else "",
                place.client_id,
                place.pk,
                assignee,
                maker,
                status,
                pick.choices((1, 2, 3, 4), (15, 55, 23, 7))[0],
                100 if status == "completed" else 0,
                "",
                "",
                str(topic.hours),
                str(topic.hours) if status == "completed" else None,
                1,
                due.isoformat() if due else None,
                _text(began),
                _text(ended),
                orjson.dumps(tags).decode(),
                f"[{maker}]",
                ranks.at_number(place.last),
                _text(created),
                _text(min(now, created + dt.timedelta(hours=int(pick.random() * 600)))),
                1,
            ),
            tags,
            [maker],
        )


def _status(pick: random.Random, age: int) -> str:
    chance = pick.random()
    if age > 60:
        return (
            "completed"
            if chance < 0.9
            else "cancelled"
            if chance < 0.96
            else "in_progress"
            if chance < 0.98
            else "pending"
        )
    return "completed" if chance < age / 75 else "in_progress" if chance < 0.75 else "pending"


def _times(
    pick: random.Random, status: str, created: dt.datetime, now: dt.datetime
) -> tuple[dt.datetime | None, dt.datetime | None]:
    if status not in {"completed", "in_progress"}:
        return None, None
    began = min(now, created + dt.timedelta(hours=int(pick.random() * 100)))
    if status == "in_progress":
        return began, None
    return began, min(now, began + dt.timedelta(hours=2 + int(pick.random() * 200)))


def _text(at: dt.datetime | None) -> str | None:
    """An instant as both databases keep it: UTC, without an offset."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else None


def _insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Many rows to a statement, past the model's Python: a million instances would take longer than the database."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    start = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608 (names of our own columns)
    one = f"({', '.join(['%s'] * len(columns))})"
    rest = iter(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # prepares the statement once, and allows few parameters in one
            cursor.executemany(start + one, list(rest))
            return
        while part := list(islice(rest, STATEMENT)):
            cursor.execute(start + ", ".join([one] * len(part)), [value for row in part for value in row])


def _count_keys(places: list[_Place]) -> None:
    for place in places:
        KeySequence.objects.filter(pk=place.sequence_id).update(last=place.last)


@contextmanager
def _without_indexes(wanted: bool, say: Callable[[str], None]) -> Iterator[None]:
    """The secondary indexes of tasks are gone within, and back afterwards in any case."""
    if not wanted:
        yield
        return
    quote = connection.ops.quote_name
    table = quote(Task._meta.db_table)
    indexes = {index.name: ", ".join(map(_column, index.fields)) for index in Task._meta.indexes}
    mysql = connection.vendor == "mysql"
    with connection.cursor() as cursor:
        if mysql:
            # Their columns are keys to other tables, which asks for an index; it is missing for a while.
            cursor.execute("SET foreign_key_checks = 0, unique_checks = 0")
            cursor.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP INDEX {quote(name)}" for name in indexes))
        else:
            for name in indexes:
                cursor.execute(f"DROP INDEX {quote(name)}")
    try:
        yield
    finally:
        say("Building the indexes.")
        with connection.cursor() as cursor:
            if mysql:
                added = ", ".join(f"ADD INDEX {quote(name)} ({columns})" for name, columns in indexes.items())
                cursor.execute(f"ALTER TABLE {table} {added}")
                cursor.execute("SET foreign_key_checks = 1, unique_checks = 1")
            else:
                for name, columns in indexes.items():
                    cursor.execute(f"CREATE INDEX {quote(name)} ON {table} ({columns})")


def _column(name: str) -> str:
    field: Any = Task._meta.get_field(name)
    return connection.ops.quote_name(field.column)


def _take_your_time() -> None:
    """One statement here may take minutes; a web request's limit on it would cut the connection."""
    if connection.in_atomic_block:
        return
    if connection.vendor == "mysql":
        connection.close()
        connection.settings_dict["OPTIONS"] = {
            **connection.settings_dict["OPTIONS"], "read_timeout": 3_600, "write_timeout": 3_600,
        }  # fmt: skip
    else:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -262144")
            cursor.execute("PRAGMA temp_store = MEMORY")


def _analyse() -> None:
    """So that the database chooses its plans by what is there."""
    tables = [
        connection.ops.quote_name(model._meta.db_table) for model in (Task, TaskTag, TaskWatcher, Project, Client)
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute(f"ANALYZE TABLE {', '.join(tables)}")
            cursor.fetchall()
        else:
            cursor.execute("ANALYZE")
