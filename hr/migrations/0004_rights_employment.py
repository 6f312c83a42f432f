"""What each role may do with employment."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {
    "hr": [
        "hr.view_employment",
        "hr.add_employment",
        "hr.change_employment",
        "hr.view_all_employments",
        "hr.view_compensation",
        "hr.add_compensation",
        "hr.view_pay",
        "hr.set_pay",
        "hr.view_workpattern",
        "hr.add_workpattern",
        "hr.change_workpattern",
    ],
    "manager": ["hr.view_employment", "hr.view_workpattern"],
}


class Migration(migrations.Migration):
    dependencies = [("hr", "0003_recruitment"), ("tasks", "0002_rights")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
