"""What each role may do with leave."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {}


class Migration(migrations.Migration):
    dependencies = [("hr", "0005_rights_attendance")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
