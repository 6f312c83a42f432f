from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base

from hyperflow.core import private


class DatabaseWrapper(base.DatabaseWrapper):
    """Makes the database file, and the folder it lies in, before SQLite would with the rights of any file.

    ``-wal`` and ``-shm`` get the rights of the file itself; those of an older installation are closed with it.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if name != ":memory:" and not name.startswith("file:"):
            _make_private(Path(name))
        return super().get_new_connection(conn_params)


def _make_private(path: Path) -> None:
    try:
        private.folder(path.parent)
        private.file(path)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise ImproperlyConfigured(
            f"The database file {path} can't be made ({reason}): choose another folder with DATA_DIR."
        ) from problem
    for part in ("-wal", "-shm"):
        private.close_to_others(path.with_name(path.name + part))
