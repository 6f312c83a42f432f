from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = _("Clients")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clients import scope
        from hyperflow.core.api import codes
        from hyperflow.core.registry import scopes

        scopes.register("clients.client", scope.clients_looked_after)
        codes.register(
            {
                "contact_of_another_client": (422, "The contact belongs to another client."),
                "currency_in_use": (409, "There are amounts in the currency, so it stays."),
                "does_not_exist": (422, "There is no such row for this caller."),
                "handle_taken": (409, "The handle belongs to another contact."),
                "in_future": (422, "What is written down has not happened yet."),
                "invalid_period": (422, "The period ends before it starts."),
                "key_taken": (409, "Another client or project uses the key."),
                "name_taken": (409, "The client has one of this name already."),
                "not_a_portal_user": (422, "Only active accounts of people outside can be portal users."),
                "not_active_staff": (422, "The person does not work here, or not any more."),
                "portal_user_elsewhere": (409, "The account belongs to another client."),
                "too_many_digits": (422, "The amount has more digits than its currency."),
                "project_has_tasks": (409, "The project has tasks, so it stays with its client."),
            }
        )
