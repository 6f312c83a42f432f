from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "hyperflow.core"
    label = "core"
    verbose_name = _("System")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hyperflow.core import checks  # noqa: F401  (registers the start-up checks)
        from hyperflow.core.api import codes
        from hyperflow.core.jobs import registry

        codes.register(
            {
                "url_not_allowed": (422, "The address is one that HyperFlow does not call."),
                "redirect_refused": (502, "A platform answered with a redirect, which is not followed."),
            }
        )
        registry.discover()
        pre_migrate.connect(_tell_names_apart, sender=self, dispatch_uid="core.names_collation")
        post_migrate.connect(_make_cache_table, sender=self, dispatch_uid="core.cache_table")


def _tell_names_apart(sender: Any, using: str, **kwargs: Any) -> None:
    """A new database's tables tell names apart as SQLite's do, whatever the server's default is.

    Tables that are there keep what they have: the start-up check says so.
    """
    from hyperflow.core.fields import names_collation

    connection = connections[using]
    collation = names_collation(connection)
    if collation is None or connection.introspection.table_names():
        return
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE {collation}")
    except DatabaseError:  # it belongs to somebody else: the start-up check says what that means
        return


def _make_cache_table(sender: Any, using: str, **kwargs: Any) -> None:
    """``migrate`` makes the table where the cache is one: no further command to forget."""
    call_command("createcachetable", database=using, verbosity=0)
