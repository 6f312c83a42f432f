"""Which corrections of pay came of terms that changed afterwards, and what they made of the month."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hr', '0008_rights_recruitment'),
    ]

    operations = [
        migrations.AddField(
            model_name='payadjustment',
            name='gross_difference',
            field=models.DecimalField(decimal_places=3, editable=False, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='payadjustment',
            name='net_difference',
            field=models.DecimalField(decimal_places=3, editable=False, max_digits=18, null=True),
        ),
    ]
