"""Sums of what is owed, of income that no payment booked, and of amounts without a rate."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('finance', '0002_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='rollup',
            name='excluded',
            field=models.BigIntegerField(default=0, verbose_name='thousandths without a rate'),
        ),
        migrations.AddField(
            model_name='rollupchange',
            name='excluded',
            field=models.BigIntegerField(default=0, verbose_name='thousandths without a rate'),
        ),
        migrations.AlterField(
            model_name='rollup',
            name='measure',
            field=models.CharField(choices=[('invoiced', 'Invoiced'), ('invoiced_gross', 'Invoiced with tax'), ('collected', 'Collected'), ('owed', 'Owed'), ('income', 'Income'), ('other_income', 'Other income'), ('expense', 'Expenses'), ('payroll', 'Payroll')], max_length=14),
        ),
        migrations.AlterField(
            model_name='rollupchange',
            name='measure',
            field=models.CharField(choices=[('invoiced', 'Invoiced'), ('invoiced_gross', 'Invoiced with tax'), ('collected', 'Collected'), ('owed', 'Owed'), ('income', 'Income'), ('other_income', 'Other income'), ('expense', 'Expenses'), ('payroll', 'Payroll')], max_length=14),
        ),
    ]
