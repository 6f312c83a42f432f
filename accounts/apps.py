from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import receivers
        from accounts.api import codes  # noqa: F401  (makes this app's error codes known)
        from accounts.services import sessions
        from hyperflow.core import storage

        receivers.connect()
        storage.register_session_check(sessions.goes_on)
