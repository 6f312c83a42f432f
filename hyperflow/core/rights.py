"""For migrations: what the product's own roles may do when they are installed.

Django makes permissions after all migrations ran, too late for a migration that grants them, so the rows are made
here. Only what a migration names is granted, once: what an admin changes later stays as they left it.
"""

from collections.abc import Callable, Mapping
from typing import Any


def grants(table: Mapping[str, list[str]]) -> Callable[[Any, Any], None]:
    """For ``RunPython``: give each role (by code) the permissions named ``app_label.codename``."""

    def install(apps: Any, schema_editor: Any) -> None:
        Role = apps.get_model("accounts", "Role")
        for code, names in table.items():
            role = Role.objects.filter(code=code).first()
            if role is not None:
                role.permissions.add(*(_permission(apps, name) for name in names))

    return install


def _permission(apps: Any, name: str) -> Any:
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    app_label, codename = name.split(".")
    model, label = _owner(apps, app_label, codename)
    content_type, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
    permission, _ = Permission.objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": label[:255]}
    )
    return permission


def _owner(apps: Any, app_label: str, codename: str) -> tuple[str, str]:
    for model in apps.get_app_config(app_label).get_models():
        options = model._meta
        for own, label in options.permissions:
            if own == codename:
                return options.model_name, label
        verb, _, noun = codename.partition("_")
        if verb in options.default_permissions and noun == options.model_name:
            return options.model_name, f"Can {verb} {options.verbose_name_raw}"
    raise LookupError(f"No model of {app_label} has a permission {codename}")
