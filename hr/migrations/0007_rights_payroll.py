"""What each role may do with payroll."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {}


class Migration(migrations.Migration):
    dependencies = [("hr", "0006_rights_leave")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
