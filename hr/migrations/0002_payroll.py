import clients.models.clients
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import hyperflow.core.clock
import hyperflow.core.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_initial'),
        ('hr', '0001_employment_attendance_leave'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PayComponent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('code', hyperflow.core.fields.IdentifierField(max_length=32, unique=True, validators=[django.core.validators.RegexValidator('\\A[a-z0-9_-]+\\Z')], verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('allowance', 'Allowance'), ('deduction', 'Deduction')], max_length=9, verbose_name='kind')),
                ('method', models.CharField(choices=[('fixed', 'Fixed amount'), ('percent', 'Percentage'), ('brackets', 'Brackets'), ('formula', 'Formula')], default='fixed', max_length=8, verbose_name='method')),
                ('base', models.CharField(choices=[('basic', 'Salary of the paid days'), ('gross', 'Gross pay')], default='basic', max_length=5, verbose_name='of')),
                ('amount', models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='amount')),
                ('currency', models.CharField(blank=True, max_length=3, validators=[clients.models.clients.validate_currency], verbose_name='currency')),
                ('percent', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1000)], verbose_name='percentage')),
                ('brackets', models.JSONField(blank=True, default=list, verbose_name='brackets')),
                ('formula', models.CharField(blank=True, max_length=500, verbose_name='formula')),
                ('is_prorated', models.BooleanField(default=False, verbose_name='only for the paid days')),
                ('for_everybody', models.BooleanField(default=True, verbose_name='for everybody')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('effective_from', models.DateField(blank=True, null=True, verbose_name='from')),
                ('effective_until', models.DateField(blank=True, null=True, verbose_name='until')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
            ],
            options={
                'verbose_name': 'pay component',
                'verbose_name_plural': 'pay components',
                'ordering': ['kind', 'position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('effective_from__isnull', True), ('effective_until__isnull', True), ('effective_until__gte', models.F('effective_from')), _connector='OR'), name='hr_component_until_after_from'), models.CheckConstraint(condition=models.Q(('kind', 'deduction'), ('base', 'basic'), _connector='OR'), name='hr_component_allowance_not_of_gross')],
            },
        ),
        migrations.CreateModel(
            name='PayrollRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('period', hyperflow.core.fields.IdentifierField(max_length=7, unique=True, validators=[django.core.validators.RegexValidator('\\A[12][0-9]{3}-(0[1-9]|1[0-2])\\Z')], verbose_name='month')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='to')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('review', 'In review'), ('approved', 'Approved'), ('paid', 'Paid')], default='draft', max_length=8, verbose_name='status')),
                ('people', models.PositiveIntegerField(default=0, editable=False, verbose_name='payslips')),
                ('totals', models.JSONField(blank=True, default=list, editable=False, verbose_name='totals')),
                ('problems', models.JSONField(blank=True, default=list, editable=False, verbose_name='problems')),
                ('computed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='worked out at')),
                ('computation', models.PositiveIntegerField(default=0, editable=False)),
                ('locked_until', models.DateField(blank=True, editable=False, null=True, verbose_name='attendance is locked until')),
                ('reviewed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='reviewed at')),
                ('approved_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='approved at')),
                ('paid_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='paid at')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('job', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.job')),
                ('paid_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='paid by')),
                ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reviewed by')),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
            ],
            options={
                'verbose_name': 'payroll run',
                'verbose_name_plural': 'payroll runs',
                'ordering': ['-period'],
                'permissions': [('approve_payroll', 'Can approve payroll runs'), ('pay_payroll', 'Can mark payroll runs as paid')],
            },
        ),
        migrations.CreateModel(
            name='PayAdjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=18, verbose_name='amount')),
                ('currency', models.CharField(max_length=3, validators=[clients.models.clients.validate_currency], verbose_name='currency')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('corrects', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='hr.payrollrun', verbose_name='corrects')),
                ('run', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='hr.payrollrun', verbose_name='paid with')),
            ],
            options={
                'verbose_name': 'correction of pay',
                'verbose_name_plural': 'corrections of pay',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Payslip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('period', hyperflow.core.fields.IdentifierField(max_length=7, verbose_name='month')),
                ('period_start', models.DateField(verbose_name='from')),
                ('period_end', models.DateField(verbose_name='to')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('employee_name', models.CharField(max_length=255, verbose_name='name')),
                ('employee_code', models.CharField(max_length=32, verbose_name='employee code')),
                ('position', models.CharField(blank=True, max_length=120, verbose_name='position')),
                ('department', models.CharField(blank=True, max_length=120, verbose_name='department')),
                ('employer', models.CharField(max_length=200, verbose_name='employer')),
                ('basic_salary', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='basic salary')),
                ('overtime', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='overtime')),
                ('allowances', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='allowances')),
                ('deductions', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='deductions')),
                ('unpaid_leave', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='unpaid leave')),
                ('employer_share', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name="employer's share")),
                ('gross', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='gross pay')),
                ('net', models.DecimalField(decimal_places=3, default=0, max_digits=18, verbose_name='net pay')),
                ('month_days', models.DecimalField(decimal_places=2, default=0, max_digits=5, verbose_name='working days of the month')),
                ('working_days', models.DecimalField(decimal_places=2, default=0, max_digits=5, verbose_name='working days')),
                ('paid_days', models.DecimalField(decimal_places=2, default=0, max_digits=5, verbose_name='paid days')),
                ('unpaid_days', models.DecimalField(decimal_places=2, default=0, max_digits=5, verbose_name='unpaid days')),
                ('hours', models.DecimalField(decimal_places=2, default=0, max_digits=7, verbose_name='hours worked')),
                ('overtime_hours', models.DecimalField(decimal_places=2, default=0, max_digits=7, verbose_name='hours of overtime')),
                ('rates', models.JSONField(blank=True, default=list, editable=False)),
                ('pdf', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.storedfile')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payslips', to='hr.payrollrun', verbose_name='run')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payslips', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'payslip',
                'verbose_name_plural': 'payslips',
                'ordering': ['-period', '-id'],
                'permissions': [('view_all_payslips', "Can see everybody's payslips")],
            },
        ),
        migrations.CreateModel(
            name='PayslipLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('allowance', 'Allowance'), ('deduction', 'Deduction')], max_length=9, verbose_name='kind')),
                ('label', models.CharField(max_length=200, verbose_name='what for')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=18, verbose_name='amount')),
                ('adjustment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hr.payadjustment')),
                ('component', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hr.paycomponent')),
                ('payslip', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='hr.payslip')),
            ],
            options={
                'verbose_name': 'line of a payslip',
                'verbose_name_plural': 'lines of payslips',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ComponentAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('amount', models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='own amount')),
                ('employment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='components', to='hr.employment', verbose_name='employee')),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='hr.paycomponent', verbose_name='component')),
            ],
            options={
                'verbose_name': 'employee with this component',
                'verbose_name_plural': 'employees with this component',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('component', 'employment'), name='hr_component_once_an_employee')],
            },
        ),
        migrations.AddIndex(
            model_name='payrollrun',
            index=models.Index(fields=['status', 'period', 'id'], name='hr_run_status'),
        ),
        migrations.AddIndex(
            model_name='payrollrun',
            index=models.Index(fields=['created_at', 'id'], name='hr_run_created'),
        ),
        migrations.AddConstraint(
            model_name='payrollrun',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='hr_run_end_after_start'),
        ),
        migrations.AddConstraint(
            model_name='payrollrun',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'review']), models.Q(('approved_at__isnull', False), ('computed_at__isnull', False)), _connector='OR'), name='hr_run_approved_is_worked_out'),
        ),
        migrations.AddConstraint(
            model_name='payrollrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'paid'), _negated=True), ('paid_at__isnull', False), _connector='OR'), name='hr_run_paid_has_a_time'),
        ),
        migrations.AddIndex(
            model_name='payadjustment',
            index=models.Index(fields=['run', 'user'], name='hr_adjustment_run'),
        ),
        migrations.AddConstraint(
            model_name='payadjustment',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='hr_adjustment_not_nothing'),
        ),
        migrations.AddIndex(
            model_name='payslip',
            index=models.Index(fields=['period', 'id'], name='hr_payslip_period'),
        ),
        migrations.AddIndex(
            model_name='payslip',
            index=models.Index(fields=['user', 'created_at', 'id'], name='hr_payslip_user'),
        ),
        migrations.AddIndex(
            model_name='payslip',
            index=models.Index(fields=['created_at', 'id'], name='hr_payslip_created'),
        ),
        migrations.AddConstraint(
            model_name='payslip',
            constraint=models.UniqueConstraint(fields=('user', 'period'), name='hr_payslip_one_a_person_and_period'),
        ),
        migrations.AddConstraint(
            model_name='payslip',
            constraint=models.CheckConstraint(condition=models.Q(('working_days', django.db.models.expressions.CombinedExpression(models.F('paid_days'), '+', models.F('unpaid_days')))), name='hr_payslip_days_add_up'),
        ),
        migrations.AddConstraint(
            model_name='payslipline',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='hr_payslip_line_above_zero'),
        ),
    ]
