"""The database's own clock, for what several hosts must agree on."""

from typing import Any

from django.db import models
from django.db.models import Func


class DatabaseNow(Func):
    """This instant in UTC, as the database server sees it, to the microsecond (SQLite: millisecond)."""

    template = "CURRENT_TIMESTAMP"
    output_field = models.DateTimeField()

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Not CURRENT_TIMESTAMP, which is in the session's zone.
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)", **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW')"
        return self.as_sql(compiler, connection, template=template, **extra)
