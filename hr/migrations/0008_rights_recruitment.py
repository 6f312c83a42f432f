"""What each role may do with recruitment."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {}


class Migration(migrations.Migration):
    dependencies = [("hr", "0007_rights_payroll")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
