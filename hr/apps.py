from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HrConfig(AppConfig):
    name = "hr"
    verbose_name = _("HR")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hr.wiring import attendance, employment, leave, payroll, recruitment

        for part in (employment, attendance, leave, payroll, recruitment):
            part.connect()
