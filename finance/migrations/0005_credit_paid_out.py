"""Credit that is paid out keeps its rate and books its record."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_working_calendar'),
        ('clients', '0002_rights'),
        ('core', '0002_audit_actor_at'),
        ('finance', '0004_client_page'),
        ('hr', '0011_earlier_weeks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='financialrecord',
            name='finance_record_below_zero_only_by_refund',
        ),
        migrations.RemoveConstraint(
            model_name='financialrecord',
            name='finance_record_made_by_its_source',
        ),
        migrations.AddField(
            model_name='creditentry',
            name='company_amount',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True, verbose_name="in the company's currency"),
        ),
        migrations.AddField(
            model_name='creditentry',
            name='exchange_rate',
            field=models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='exchange rate'),
        ),
        migrations.AddField(
            model_name='financialrecord',
            name='credit_entry',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='record', to='finance.creditentry'),
        ),
        migrations.AddConstraint(
            model_name='financialrecord',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('amount__lt', 0), models.Q(('payment__isnull', False), ('credit_entry__isnull', False), _connector='OR')), _connector='OR'), name='finance_record_below_zero_only_by_refund'),
        ),
        migrations.AddConstraint(
            model_name='financialrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_entry__isnull', True), ('payment__isnull', False), ('payslip__isnull', True), ('source', 'payment')), models.Q(('credit_entry__isnull', False), ('payment__isnull', True), ('payslip__isnull', True), ('source', 'payment')), models.Q(('credit_entry__isnull', True), ('payment__isnull', True), ('payslip__isnull', False), ('source', 'payroll')), models.Q(('credit_entry__isnull', True), ('payment__isnull', True), ('payslip__isnull', True), ('source__in', ['manual', 'claim', 'import'])), _connector='OR'), name='finance_record_made_by_its_source'),
        ),
    ]
