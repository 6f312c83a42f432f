"""What somebody did last is asked for by the clock, and entries may be written later than what they tell of."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['actor', 'at', 'id'], name='core_audit_actor_at'),
        ),
    ]
