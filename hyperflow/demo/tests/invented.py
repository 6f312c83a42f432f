"""What the tests of the demo data share."""

import datetime as dt
import fcntl
import pickle
from collections import defaultdict

from django.apps import apps
from django.db import connection

from accounts.models import User
from hyperflow.core.models import AuditEntry
from hyperflow.demo.load import load

#: When the demo data of the tests ends.
NOW = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)


def named(login):
    """Somebody of the invented agency."""
    return User.objects.get(email=f"{login}@hyperflow.example")


def history_of(label):
    """The audit entries of each row of a kind, oldest first."""
    found = defaultdict(list)
    for entry in AuditEntry.objects.filter(target_type=label).order_by("id"):
        found[entry.target_id].append(entry)
    return found


def fill(folder):
    """Put the demo data into the database, within a transaction that is taken back: invented by whoever comes first,
    then copied row by row, which takes a tenth of the time."""
    kept = folder / "demo.pickle"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            load(password="hyperflow-demo", now=NOW)
            kept.write_bytes(pickle.dumps(_rows()))
            return
    _put_back(pickle.loads(kept.read_bytes()))


def _rows():
    """Everything that is in the database, table by table."""
    quote, found = connection.ops.quote_name, {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.proxy or not model._meta.managed:
                continue
            table = quote(model._meta.db_table)
            columns = [quote(field.column) for field in model._meta.local_concrete_fields if not field.generated]
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
            found[table] = (columns, [tuple(map(_storable, row)) for row in cursor.fetchall()])
    return found


def _storable(value):
    """SQLite gives times of day, but does not take them."""
    return value.isoformat() if isinstance(value, dt.time) else value


def _put_back(found):
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in found:
            cursor.execute(f"DELETE FROM {table}")
        for table, (columns, rows) in found.items():
            places = ", ".join(["%s"] * len(columns))
            if rows:
                cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)
