"""What each role may do with attendance."""

from django.db import migrations

from hyperflow.core.rights import grants

GRANTS: dict[str, list[str]] = {}


class Migration(migrations.Migration):
    dependencies = [("hr", "0004_rights_employment")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
