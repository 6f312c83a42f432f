"""How MariaDB reads a list among so many rows: for the tests of plans."""

from typing import Any

from django.db import connection

ROWS = 20_000
#: Ids of the copies begin here.
BASE = 1_000_000


def copy(row: Any, **changed: str) -> None:
    """So many copies of a row, made inside the database; ``changed`` are columns as SQL over ``seq``, 1 to `ROWS`."""
    columns = [field.column for field in row._meta.local_concrete_fields if not field.generated]
    values = [changed.get(column, column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({', '.join(columns)})"
            f" SELECT {', '.join(values)} FROM {row._meta.db_table} CROSS JOIN seq_1_to_{ROWS} WHERE id = {row.pk}"
        )


def plan(rows: Any) -> list[dict[str, Any]]:
    """What the server says it would do, step by step."""
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sorts(steps: list[dict[str, Any]]) -> bool:
    """Does it sort, or write a table of its own, rather than read along an index?"""
    return any("filesort" in (step["Extra"] or "") or "temporary" in (step["Extra"] or "") for step in steps)
