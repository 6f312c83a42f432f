"""SELECTs that are built by the ORM once and run by a cursor ever after.

Building the SQL of a list costs Django several times what the database needs to answer it. Here the ORM stays the
author of the SQL, but a query whose shape is known is compiled once and its values are put in later:

    def build():
        with_status = Task.objects.filter(status=Hole("status", CharField()))
        return with_status.order_by("-created_at").values_list("pk", "title")

    statement = statements.get(("tasks", "by status"), build)
    rows = statement.fetch({"status": "pending"}, limit=50)

What Django writes into the SQL itself belongs to the shape and cannot be a hole: ``None`` (``IS NULL``), booleans on
SQLite, how many values an ``IN`` has, slices. A `Hole` therefore refuses ``None``, and limits are given to `fetch`.

Joins along a foreign key become LEFT JOINs: MariaDB may start at the small table of an INNER JOIN and sort the large
one (3.7 s instead of 0.4 ms for a page of a million tasks), and foreign keys make both give the same rows.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import BigIntegerField, Expression, Field, ForeignKey, Model, QuerySet
from django.db.models.sql.constants import INNER

Converter = Callable[[Any, Any, Any], Any]


class Hole(Expression):
    """A named place for a value that is given when the statement runs."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value(self, given: Mapping[str, Any]) -> Any:
        value = given[self.name]
        if value is None:
            raise ValueError(f"{self.name}: none is another shape (isnull)")
        return self.output_field.get_db_prep_value(value, connection)


@dataclass(frozen=True)
class Statement:
    """A compiled SELECT. ``empty``: Django knew at compile time that nothing can match."""

    sql: str
    parameters: tuple[Any, ...]
    converters: tuple[tuple[int, Sequence[Converter], Any], ...] = ()
    empty: bool = False

    def bind(self, given: Mapping[str, Any]) -> list[Any]:
        return [each.value(given) if isinstance(each, Hole) else each for each in self.parameters]

    def fetch(self, given: Mapping[str, Any] | None = None, *, limit: int | None = None, offset: int = 0) -> list[Any]:
        """The rows as tuples, with their columns as a ``values_list`` gives them."""
        if self.empty:
            return []
        sql, values = self.sql, self.bind(given or {})
        if limit is not None:
            sql, values = f"{sql} LIMIT %s OFFSET %s", [*values, int(limit), int(offset)]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows: list[Any] = list(cursor.fetchall())
        return self.convert(rows) if self.converters else rows

    def of_page(self, key: str, ids: "Statement") -> "Statement":
        """The rows of this statement (which has no WHERE) whose *key* is among the first ``limit`` that *ids* gives.

        ``ids`` names its id ``pk``. It reads nothing but an index, so MariaDB takes the whole range of that index
        also where it would otherwise follow its first column alone. The rows come in no order.
        """
        page = f"SELECT page.pk FROM ({ids.sql} LIMIT %s) AS page"  # noqa: S608 (Django's own SQL)
        limit = Hole("limit", BigIntegerField())
        parameters = (*self.parameters, *ids.parameters, limit)
        return Statement(f"{self.sql} WHERE {key} IN ({page})", parameters, self.converters, self.empty or ids.empty)

    def convert(self, rows: list[Any]) -> list[Any]:
        converted = [list(row) for row in rows]
        for index, converters, expression in self.converters:
            for row in converted:
                for convert in converters:
                    row[index] = convert(row[index], expression, connection)
        return converted


def compile_rows(rows: QuerySet[Any]) -> Statement:
    """The statement behind a ``values_list`` queryset, which is not sliced, combined or locked."""
    query = rows.query.chain()
    if query.is_sliced or query.combinator or query.select_for_update or rows._fields is None:  # type: ignore[attr-defined]
        raise ValueError("only an unsliced, unlocked values_list() of one model compiles")
    _outer_joins(query)
    compiler = query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return Statement("", (), empty=True)
    selected = [column[0] for column in compiler.select]
    converters = compiler.get_converters(selected)
    found = tuple((index, tuple(those), expression) for index, (those, expression) in converters.items())
    return Statement(sql, tuple(parameters), found)


def _outer_joins(query: Any) -> None:
    for alias, join in list(query.alias_map.items()):
        if getattr(join, "join_type", None) == INNER and isinstance(join.join_field, ForeignKey):
            query.alias_map[alias] = join.promote()


@dataclass
class Statements:
    """Statements by their shape, compiled when they are first asked for. A race compiles twice, harmlessly."""

    _kept: dict[Hashable, Statement] = field(default_factory=dict)

    def get(self, shape: Hashable, build: Callable[[], "QuerySet[Any] | Statement"]) -> Statement:
        key = (connection.vendor, shape)
        statement = self._kept.get(key)
        if statement is None:
            built = build()
            statement = self._kept[key] = built if isinstance(built, Statement) else compile_rows(built)
        return statement

    def __len__(self) -> int:
        return len(self._kept)


def union(parts: Sequence[tuple[Statement, Mapping[str, Any]]], *, limit: int, order: str) -> list[Any]:
    """The first rows of several statements with the same columns, each row once, merged by ``order`` (``"1 DESC"``).

    Each part gives its own first ``limit`` rows along its own index, which is what keeps an OR over several indexes
    from reading a whole table. Every part is ordered by what ``order`` names.
    """
    parts = [(statement, given) for statement, given in parts if not statement.empty]
    if not parts:
        return []
    pieces: list[str] = []
    values: list[Any] = []
    for index, (statement, given) in enumerate(parts):
        pieces.append(f"SELECT * FROM ({statement.sql} LIMIT %s) AS part{index}")  # noqa: S608 (Django's own SQL)
        values += [*statement.bind(given), int(limit)]
    sql = f"{' UNION '.join(pieces)} ORDER BY {order} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, int(limit)])
        rows: list[Any] = list(cursor.fetchall())
    return rows


def load(model: type[Model], pk: int) -> Any:
    """The row with this id, or ``None``, as ``model.objects.filter(pk=pk).first()`` gives it.

    Whoever may see only some of the rows is not asked here: this is for who sees all.
    """
    names = [field.attname for field in model._meta.concrete_fields]

    def build() -> QuerySet[Any]:
        rows: Any = model._base_manager
        return rows.order_by().filter(pk=Hole("pk", BigIntegerField())).values_list(*names)

    found = statements.get(("load", model), build).fetch({"pk": pk})
    return model.from_db(connection.alias, names, found[0]) if found else None


_inserts: dict[tuple[str, type[Model]], tuple[str, list[Any]]] = {}


def insert(row: Model) -> None:
    """Insert a new row of a plain model, as ``row.save(force_insert=True)`` does, by SQL that is put together once.

    Defaults, ``pre_save`` and the way a field stores its value are Django's; signals of models are not sent, since
    nothing here listens to any. A generated column is read when it is asked for.
    """
    model = type(row)
    sql, fields = _insert_of(model)
    if row.pk is not None or not sql:
        row.save(force_insert=True)
        return
    values = [field.get_db_prep_save(field.pre_save(row, True), connection=connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row.pk = cursor.lastrowid
    row._state.adding = False
    row._state.db = connection.alias


def insert_many(rows: Sequence[Model]) -> None:
    """Insert new rows of one plain model, whose ids nobody asks for: they don't learn them."""
    if not rows:
        return
    sql, fields = _insert_of(type(rows[0]))
    if not sql:
        raise ValueError(f"{type(rows[0]).__name__} is no plain model")
    own = connections[connection.alias]  # itself: the proxy looks it up with every value
    prepared = [(one, one.get_db_prep_save) for one in fields]
    values = [[save(one.pre_save(row, True), connection=own) for one, save in prepared] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _insert_of(model: type[Model]) -> tuple[str, list[Any]]:
    key = (connection.vendor, model)
    if key not in _inserts:
        options = model._meta
        fields = [field for field in options.local_concrete_fields if not field.generated and not field.primary_key]
        plain = not options.parents and not options.proxy and not any(hasattr(one, "get_placeholder") for one in fields)
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in fields)
        places = ", ".join(["%s"] * len(fields))
        sql = f"INSERT INTO {quote(options.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 (names of ours)
        _inserts[key] = (sql if plain else "", list(fields))
    return _inserts[key]


#: One for all: a shape names what it belongs to.
statements = Statements()
