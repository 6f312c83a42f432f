"""Reading tasks as they go out: one set of columns and one rendering, whichever way they were asked for.

A page is read along *branches*: conditions on single columns of which a row must meet one, each with an index of its
own (assigned to me; made by me; in this project of mine). Who sees everything has one branch without a condition.
Several branches are read apart, a page each, and merged by their order, since an OR over several indexes would read
the whole table. Pages that are asked for by exact values only are compiled once (`hyperflow.core.compiled`).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
)
from django.db.models import Field as Column
from django.db.models.functions import Cast, Coalesce

from clients.models import Client, ProjectMember
from hyperflow.core.api.pagination import Page, PageRequest
from hyperflow.core.compiled import Hole, Statement, compile_rows, statements, union
from tasks.models import Comment, Task, TimeEntry
from tasks.models.tasks import NO_DUE_DATE

Branch = Mapping[str, Any]
Row = Sequence[Any]

#: Columns that a list can be narrowed by exactly, with what a value of theirs is.
EXACT: dict[str, Column] = {
    "assigned_to_id": BigIntegerField(),
    "client_id": BigIntegerField(),
    "created_by_id": BigIntegerField(),
    "priority": IntegerField(),
    "project_id": BigIntegerField(),
    "status": CharField(),
}
#: Somebody in more projects than this is read by one OR instead.
MOST_BRANCHES = 100

_PRIORITY = {choice.value: choice.name.lower() for choice in Task.Priority}
_NEVER = NO_DUE_DATE.isoformat()


#: Times, JSON and hours come as text, so that little is parsed only to be printed again.
_PRINTED = {
    "created_text": Cast("created_at", TextField()),
    "updated_text": Cast("updated_at", TextField()),
    "start_text": Cast("start_time", TextField()),
    "end_text": Cast("end_time", TextField()),
    "due_text": Cast("due_date", TextField()),
    "tags_text": Cast("tags", TextField()),
    "watchers_text": Cast("watcher_ids", TextField()),
    "estimate": Cast("estimated_time", TextField()),
    "taken": Cast("actual_time", TextField()),
}
_COLUMNS = (
    "pk", "key", "title", "description", "client_id", "client__name", "project_id", "project__name", "assigned_to_id",
    "assigned_to__name", "created_by_id", "status", "priority", "progress", "estimate", "taken", "due_text",
    "start_text", "end_text", "tags_text", "parent_id", "watchers_text", "position", "created_text", "updated_text",
)  # fmt: skip


# -- one task as the API prints it


def render(row: Row) -> dict[str, Any]:
    """A row of `_COLUMNS` as the contract has it. The only place that knows how a task looks on the wire."""
    (
        pk, key, title, description, client_id, client_name, project_id, project_name, assigned_to, assignee_name,
        created_by, status, priority, progress, estimate, taken, due, start, end, tags, parent_id, watchers, position,
        created, updated,
    ) = row[:25]  # fmt: skip
    return {
        "task_id": pk,
        "key": key,
        "title": title,
        "description": description,
        "client_id": client_id,
        "client_name": client_name,
        "project_id": project_id,
        "project_name": project_name,
        "assigned_to": assigned_to,
        "assignee_name": assignee_name,
        "created_by": created_by,
        "status": status,
        "priority": _PRIORITY[priority],
        "progress": progress,
        "estimated_time": None if estimate is None else float(estimate),
        "actual_time": None if taken is None else float(taken),
        "due_date": due,
        "start_time": None if start is None else _instant(start),
        "end_time": None if end is None else _instant(end),
        "tags": [] if tags == "[]" else orjson.Fragment(tags),
        "parent_id": parent_id,
        "watchers": [] if watchers == "[]" else orjson.Fragment(watchers),
        "position": position,
        "created_at": _instant(created),
        "updated_at": _instant(updated),
    }


#: So many pages are kept as they were printed, none of them longer: a few MB for each process.
MOST_PRINTED, LONGEST_PRINTED = 100, 64 * 1024
_printed: dict[bytes, bytes] = {}
_printing = threading.Lock()


def render_page(rows: Sequence[Row]) -> bytes:
    """The rows as JSON. A page that reads as one that was printed here lately, to the last byte of every column, is
    not printed anew: the same lists are asked for all day, and most of the time nothing in them has changed."""
    read = orjson.dumps(rows)
    printed = _printed.get(read)
    if printed is None:
        printed = orjson.dumps([render(row) for row in rows])
        if len(read) <= LONGEST_PRINTED:
            with _printing:
                while len(_printed) >= MOST_PRINTED:
                    del _printed[next(iter(_printed))]  # the oldest
                _printed[read] = printed
    return printed


def _instant(text: str) -> str:
    """A time as the database writes it, as the API does: UTC, milliseconds where there are any."""
    fraction = text[20:23]
    if fraction and fraction != "000":
        return f"{text[:10]}T{text[11:19]}.{fraction}Z"
    return f"{text[:10]}T{text[11:19]}Z"


def place_in(column: str) -> Callable[[Row], tuple[Any, int]]:
    """Where a row stands in the order by *column*, for the cursors of its page."""
    index = {"created_at": 23, "updated_at": 24, "due_order": 16, "priority": 12, "position": 22}[column]
    if column in {"created_at", "updated_at"}:
        return lambda row: (f"{row[index].replace(' ', 'T')}+00:00", row[0])
    if column == "due_order":
        return lambda row: (row[index] or _NEVER, row[0])
    return lambda row: (row[index], row[0])


# -- which tasks


def branches_for(user: Any) -> list[Branch] | None:
    """The branches that together are `Task.objects.visible_to(user)`; ``None`` where they would be too many."""
    if not user.has_perm("tasks.view_task"):
        return []
    if user.has_perm("tasks.view_all_tasks"):
        return [{}]
    if user.is_staff:
        projects = ProjectMember.objects.filter(user_id=user.pk).order_by("project_id")
        members_of = projects.values_list("project_id", flat=True)[: MOST_BRANCHES + 1]
        own: list[Branch] = [{"assigned_to_id": user.pk}, {"created_by_id": user.pk}]
        found = own + [{"project_id": pk} for pk in members_of]
    else:
        clients = Client.objects.visible_to(user).order_by("pk").values_list("pk", flat=True)[: MOST_BRANCHES + 1]
        found = [{"client_id": pk} for pk in clients]
    return found if len(found) <= MOST_BRANCHES else None


def narrowed(branches: Sequence[Branch], exact: Branch) -> list[Branch]:
    """The branches with further exact conditions on each; what contradicts itself or repeats another falls away."""
    merged = [
        {**branch, **exact}
        for branch in branches
        if all(branch.get(name, value) == value for name, value in exact.items())
    ]
    kept: list[Branch] = []
    for branch in sorted(merged, key=len):
        if not any(other.items() <= branch.items() for other in kept):
            kept.append(branch)
    return kept


# -- pages


def read_page(wanted: PageRequest, branches: Sequence[Branch], rows: QuerySet[Task] | None = None) -> Page:
    """One page of the tasks of these branches, among ``rows`` where filters beyond exact values asked for some."""
    if not branches:
        found: list[Row] = []
    elif len(branches) == 1:
        statement = _statement(wanted, branches[0], rows)
        found = statement.fetch(_values(wanted, branches[0]), limit=wanted.limit + 1, offset=wanted.skip)
        if wanted.position is not None:
            found.sort(key=place_in(wanted.column), reverse=wanted.reads_down)
    else:
        found = _merged(wanted, branches, rows)
    return wanted.cut(list(found))


def _merged(wanted: PageRequest, branches: Sequence[Branch], rows: QuerySet[Task] | None) -> list[Row]:
    way = "DESC" if wanted.reads_down else "ASC"
    parts = [(_statement(wanted, branch, rows, ids_only=True), _values(wanted, branch)) for branch in branches]
    merged = union(parts, limit=wanted.skip + wanted.limit + 1, order=f"1 {way}, 2 {way}")
    ids = [row[-1] for row in merged][wanted.skip :]
    return _by_ids(ids)


def _by_ids(ids: list[int]) -> list[Row]:
    """The rows of these ids, in this order. Two shapes serve every number of ids: what is missing repeats the last."""
    if not ids:
        return []
    size = 51 if len(ids) <= 51 else 201
    names = [f"id{index}" for index in range(size)]

    def build() -> QuerySet[Any]:
        return _columns(Task.objects.order_by().filter(pk__in=[Hole(name, BigIntegerField()) for name in names]))

    statement = statements.get(("tasks", "ids", size), build)
    padded = ids + [ids[-1]] * (size - len(ids))
    found = {row[0]: row for row in statement.fetch(dict(zip(names, padded, strict=True)))}
    return [found[pk] for pk in ids if pk in found]


def _statement(
    wanted: PageRequest, branch: Branch, rows: QuerySet[Task] | None, *, ids_only: bool = False
) -> Statement:
    behind = wanted.position is not None
    if behind and branch and not ids_only:
        return _ids_first(wanted, branch, rows)

    def build() -> QuerySet[Any]:
        holes = {name: Hole(name, EXACT[name]) for name in branch}
        narrow = (Task.objects.all() if rows is None else rows).filter(**holes)
        ordered = _behind(narrow, wanted).order_by(*_order(wanted))
        return ordered.values_list(wanted.column, "pk") if ids_only else _columns(ordered)

    if rows is not None:
        return compile_rows(build())
    shape = ("tasks", "page", tuple(sorted(branch)), wanted.column, wanted.reads_down, behind, ids_only)
    return statements.get(shape, build)


def _ids_first(wanted: PageRequest, branch: Branch, rows: QuerySet[Task] | None) -> Statement:
    """A page behind a cursor, with a condition: which rows they are is read from the index alone."""

    def build() -> Statement:
        everything = statements.get(("tasks", "rows"), lambda: _columns(Task.objects.order_by()))
        key = f"{connection.ops.quote_name('tasks')}.{connection.ops.quote_name('id')}"
        return everything.of_page(key, _statement(wanted, branch, rows, ids_only=True))

    if rows is not None:
        return build()
    return statements.get(("tasks", "ids first", tuple(sorted(branch)), wanted.column, wanted.reads_down), build)


def _columns(rows: QuerySet[Task]) -> QuerySet[Any]:
    return rows.annotate(**_PRINTED).values_list(*_COLUMNS)


def _order(wanted: PageRequest) -> list[str]:
    sign = "-" if wanted.reads_down else ""
    return [f"{sign}{wanted.column}", f"{sign}pk"]


def _behind(rows: QuerySet[Task], wanted: PageRequest) -> QuerySet[Task]:
    """The rows on the far side of the cursor: ``col <= x AND (col < x OR (col = x AND id < y))``.

    These are whole ranges of an index. With ``id < y`` alone in the brackets MariaDB would step over all rows with
    the same value, and a quarter of all tasks has the same priority, a third no due date.
    """
    if wanted.position is None:
        return rows
    side, strictly = ("lte", "lt") if wanted.reads_down else ("gte", "gt")
    last = Hole("last", BigIntegerField())
    column: Any = Task._meta.get_field(wanted.column)
    at = Hole("at", getattr(column, "output_field", column) if column.generated else column)
    beyond = Q(**{f"{wanted.column}__{strictly}": at}) | Q(**{wanted.column: at, f"pk__{strictly}": last})
    return rows.filter(Q(**{f"{wanted.column}__{side}": at}) & beyond)


def _values(wanted: PageRequest, branch: Branch) -> dict[str, Any]:
    if wanted.position is None:
        return dict(branch)
    return {**branch, "at": wanted.position.value, "last": wanted.position.id, "limit": wanted.limit + 1}


# -- one task


class _Caller:
    """The caller with a hole where their id is, so that `visible_to` itself says what a compiled read may find."""

    pk = Hole("me", BigIntegerField())

    def __init__(self, user: Any) -> None:
        self.has_perm = user.has_perm
        self.is_staff = user.is_staff


def _figure(rows: QuerySet[Any], value: Any) -> Any:
    grouped = rows.order_by().filter(task=OuterRef("pk")).values("task").annotate(figure=value).values("figure")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), 0)


_DETAIL = (*_COLUMNS, "version", "progress_description", "drive_link", "billable", "hourly_rate", "client__currency",
           "project__currency",
           "comment_count", "file_count", "time_seconds")  # fmt: skip


def _detail_rows(rows: QuerySet[Task]) -> QuerySet[Any]:
    from tasks.models import Attachment

    figures = {
        "comment_count": _figure(Comment.objects.all(), Count("pk")),
        "file_count": _figure(Attachment.objects.all(), Count("pk")),
        "time_seconds": _figure(TimeEntry.objects.all(), Sum("seconds")),
    }
    return rows.order_by().annotate(**_PRINTED, **figures).values_list(*_DETAIL)


def read_one(pk: int, user: Any, *, everything: bool = False) -> dict[str, Any] | None:
    """A task with its figures, if it is there for the user (``everything``: whoever asks), else ``None``."""
    given = {"pk": pk, "me": user.pk}
    kind: Any = "all"
    if not everything:
        rights = ("tasks.view_task", "tasks.view_all_tasks", "clients.view_client", "clients.view_all_clients")
        kind = (user.is_staff, *(user.has_perm(name) for name in rights))

    def build() -> QuerySet[Any]:
        rows = Task.objects.all() if everything else Task.objects.visible_to(_Caller(user))
        return _detail_rows(rows.filter(pk=Hole("pk", BigIntegerField())))

    found = statements.get(("tasks", "one", kind), build).fetch(given)
    return dict(zip(_DETAIL, found[0], strict=True)) | {"row": found[0]} if found else None
