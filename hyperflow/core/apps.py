from django.apps import AppConfig
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
