"""What each role may do with employment."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {}


class Migration(migrations.Migration):
    dependencies = [("hr", "0003_recruitment"), ("tasks", "0002_rights")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
