"""The zone of somebody's days is a term of their employment; until now it was that of their account."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def take_from_the_account(apps, schema_editor):
    Employment, PastTerms = apps.get_model("hr", "Employment"), apps.get_model("hr", "PastTerms")
    users = apps.get_model("accounts", "User")._base_manager
    of_account = users.filter(pk=OuterRef("user_id")).values("timezone")[:1]
    Employment._base_manager.update(timezone=Subquery(of_account))
    of_employment = Employment._base_manager.filter(pk=OuterRef("employment_id")).values("timezone")[:1]
    PastTerms._base_manager.update(timezone=Subquery(of_employment))


class Migration(migrations.Migration):

    dependencies = [
        ('hr', '0012_corrections_by_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='employment',
            name='timezone',
            field=models.CharField(blank=True, help_text="Where shifts begin and end. Empty: the company's.", max_length=64, verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='pastterms',
            name='timezone',
            field=models.CharField(blank=True, max_length=64, verbose_name='time zone'),
        ),
        migrations.RunPython(take_from_the_account, migrations.RunPython.noop, elidable=True),
    ]
