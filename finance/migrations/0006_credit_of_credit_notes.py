"""What was paid and then credited is the client's credit: such a line has a credit note in the place of a payment."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('finance', '0005_credit_paid_out'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='creditentry',
            name='finance_credit_entry_has_a_payment',
        ),
        migrations.AddField(
            model_name='creditentry',
            name='credit_note',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_entry', to='finance.creditnote', verbose_name='credit note'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_note__isnull', True), ('kind', 'paid_out')), models.Q(('credit_note__isnull', True), ('payment__isnull', False)), models.Q(('credit_note__isnull', False), ('kind', 'kept'), ('payment__isnull', True)), _connector='OR'), name='finance_credit_entry_has_a_payment'),
        ),
    ]
