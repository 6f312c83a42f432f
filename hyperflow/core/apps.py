from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate
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
        post_migrate.connect(_make_cache_table, sender=self, dispatch_uid="core.cache_table")


def _make_cache_table(sender: Any, using: str, **kwargs: Any) -> None:
    """``migrate`` makes the table where the cache is one: no further command to forget."""
    call_command("createcachetable", database=using, verbosity=0)
