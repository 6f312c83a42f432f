from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Tasks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hyperflow.core import storage
        from hyperflow.core.api import codes
        from hyperflow.core.registry import figures, home, scopes
        from tasks import selectors
        from tasks.api.errors import CODES
        from tasks.services import attachments

        scopes.register("clients.client", selectors.clients_of_own_tasks)
        figures.register("clients.client", "open_tasks", selectors.open_tasks)
        figures.register("clients.client", "work", selectors.work_for_clients)
        figures.register("clients.client", "has_money", selectors.clients_with_money)
        figures.register("clients.project", "has_tasks", selectors.projects_with_tasks)
        home.register(selectors.home_counters)
        storage.register_owner(attachments.KIND, attachments.attached_file)
        codes.register(CODES)
