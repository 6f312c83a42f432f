"""Text columns that mean the same on every database.

MariaDB's default collation finds ``zàlice`` and ``zalice `` (with a blank) when asked for ``zalice``, and takes any
emoji for any other. An identifier must match exactly, so its column gets a binary collation without padding there;
SQLite compares bytes anyway. All other text gets `names_collation`, the default of a new database's tables.
"""

import unicodedata
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


def exact_collation(connection: BaseDatabaseWrapper) -> str | None:
    if connection.vendor != "mysql":
        return None
    return "utf8mb4_nopad_bin" if getattr(connection, "mysql_is_mariadb", True) else "utf8mb4_0900_bin"


def names_collation(connection: BaseDatabaseWrapper) -> str | None:
    """Accents, blanks and emoji tell names apart; case does not. (Before 10.10 MariaDB has none that heeds accents.)"""
    if connection.vendor != "mysql":
        return None
    if not getattr(connection, "mysql_is_mariadb", True):
        return "utf8mb4_0900_as_ci"
    has_it = getattr(connection, "mysql_version", (0,)) >= (10, 10, 1)
    return "utf8mb4_uca1400_nopad_as_ci" if has_it else "utf8mb4_unicode_520_nopad_ci"


class IdentifierField(models.CharField):
    """A code, key or external id: compared byte by byte, accents and blanks included."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if collation := exact_collation(connection):
            parameters["collation"] = collation
        return parameters


class ExactEmailField(models.EmailField):
    """An e-mail address: case does not matter, accents and blanks do. Stored folded by `fold_email`."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if collation := exact_collation(connection):
            parameters["collation"] = collation
        return parameters

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return fold_email(value) if isinstance(value, str) else value


def fold_email(address: str) -> str:
    """The one spelling under which an address is stored and looked up (NFC, case folded; blanks are kept)."""
    return unicodedata.normalize("NFC", address).casefold()
