"""Installs the seven roles."""

from django.db import migrations

from hyperflow.core.rights import grants

ROLES = [
    ("admin", "Admin", "Runs the installation: may do everything.", True, True),
    ("manager", "Manager", "Leads people and work: all clients, tasks and time.", True, False),
    ("employee", "Employee", "Does the work: own tasks, projects and time.", True, False),
    ("hr", "HR", "Looks after people.", True, False),
    ("finance", "Finance", "Looks after money.", True, False),
    ("marketing", "Marketing", "Looks after clients and campaigns.", True, False),
    ("client", "Client", "A client's portal user: sees the own record and its tasks.", False, False),
]

LOOK_UP = ["accounts.view_user", "accounts.view_department", "accounts.view_workingcalendar"]

GRANTS = {
    "manager": [*LOOK_UP, "accounts.view_all_users"],
    "employee": LOOK_UP,
    "hr": [
        *LOOK_UP,
        "accounts.view_all_users",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_role",
        "accounts.add_department",
        "accounts.change_department",
        "accounts.add_workingcalendar",
        "accounts.change_workingcalendar",
    ],
    "finance": LOOK_UP,
    "marketing": LOOK_UP,
}


BASIC = {"employee", "client"}


def install_roles(apps, schema_editor):
    Role = apps.get_model("accounts", "Role")
    for code, name, description, is_staff, grants_everything in ROLES:
        Role.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "description": description,
                "is_staff": is_staff,
                "grants_everything": grants_everything,
                "is_basic": code in BASIC,
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(install_roles, migrations.RunPython.noop),
        migrations.RunPython(grants(GRANTS), migrations.RunPython.noop),
    ]
