"""What each role may do with attendance."""

from django.db import migrations

from hyperflow.core.rights import grants

OWN = ["hr.view_attendance", "hr.clock_in", "hr.view_attendancecorrection", "hr.add_attendancecorrection"]

GRANTS: dict[str, list[str]] = {
    "hr": [
        *OWN,
        "hr.view_all_attendance",
        "hr.add_attendance",
        "hr.change_attendance",
        "hr.correct_attendance",
        "hr.decide_correction",
        "hr.lock_attendance",
        "hr.view_lockeddays",
        "hr.add_lockeddays",
        "hr.delete_lockeddays",
    ],
    "manager": [*OWN, "hr.decide_correction"],
    "employee": OWN,
    "finance": OWN,
    "marketing": OWN,
}


class Migration(migrations.Migration):
    dependencies = [("hr", "0004_rights_employment")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
