"""When a client first saw an invoice by its link."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('finance', '0003_owed_and_excluded'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='viewed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='first seen by the client'),
        ),
    ]
