"""What each role may do with tasks and time."""

from django.db import migrations

from hyperflow.core.rights import grants

WORK = [
    "tasks.view_task",
    "tasks.work_on_task",
    "tasks.view_comment",
    "tasks.add_comment",
    "tasks.view_attachment",
    "tasks.add_attachment",
    "tasks.view_timeentry",
    "tasks.add_timeentry",
    "tasks.change_timeentry",
    "tasks.delete_timeentry",
]
LEAD = ["tasks.view_all_tasks", "tasks.add_task", "tasks.change_task", "tasks.change_any_task", "tasks.assign_task"]

GRANTS = {
    "manager": [
        *WORK,
        *LEAD,
        "tasks.view_all_time",
        "tasks.approve_time",
        "tasks.lock_time",
        "tasks.view_lockedperiod",
        "tasks.add_lockedperiod",
        "tasks.delete_lockedperiod",
    ],
    "marketing": [*WORK, *LEAD],
    "employee": [*WORK, "tasks.add_task", "tasks.change_task"],
    "hr": [*WORK, "tasks.view_all_tasks", "tasks.view_all_time"],
    "finance": [*WORK, "tasks.view_all_tasks", "tasks.view_all_time", "tasks.view_lockedperiod"],
    "client": ["tasks.view_task", "tasks.add_own_client_task"],
}


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial"), ("clients", "0002_rights")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
