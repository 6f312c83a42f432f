"""Whoever works here can be asked to interview somebody: they see and score the interviews they hold, nothing else."""

from django.db import migrations

from hyperflow.core.rights import grants

INTERVIEWING = ["hr.view_interview", "hr.view_scorecard", "hr.add_scorecard", "hr.change_scorecard"]

GRANTS: dict[str, list[str]] = dict.fromkeys(("employee", "finance", "marketing"), INTERVIEWING)


class Migration(migrations.Migration):
    dependencies = [("hr", "0013_zone_of_employment")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
