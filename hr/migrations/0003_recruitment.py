import clients.models.clients
import django.core.validators
import django.db.models.deletion
import hyperflow.core.clock
import hyperflow.core.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_working_calendar'),
        ('core', '0001_initial'),
        ('hr', '0002_payroll'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecruitmentStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('word', models.CharField(choices=[('new', 'New'), ('screening', 'Screening'), ('interview', 'Interview'), ('offer', 'Offer'), ('hired', 'Hired'), ('rejected', 'Rejected')], max_length=9, verbose_name='stands for')),
            ],
            options={
                'verbose_name': 'stage',
                'verbose_name_plural': 'stages',
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('email', hyperflow.core.fields.ExactEmailField(max_length=254, verbose_name='e-mail address')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('stage', models.CharField(choices=[('new', 'New'), ('screening', 'Screening'), ('interview', 'Interview'), ('offer', 'Offer'), ('hired', 'Hired'), ('rejected', 'Rejected')], default='new', max_length=9, verbose_name='stands at')),
                ('furthest', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='came as far as')),
                ('skills', models.JSONField(blank=True, default=list, verbose_name='skills')),
                ('experience_years', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(80)], verbose_name='years of experience')),
                ('rating', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='rating')),
                ('average', models.DecimalField(decimal_places=2, editable=False, max_digits=3, null=True, verbose_name='average of the scorecards')),
                ('notes', models.TextField(blank=True, max_length=10000, verbose_name='summary')),
                ('source', models.CharField(blank=True, max_length=60, verbose_name='source')),
                ('rejection_reason', models.CharField(blank=True, editable=False, max_length=500, verbose_name='reason of the rejection')),
                ('applied_on', models.DateField(editable=False, verbose_name='applied on')),
                ('erase_on', models.DateField(help_text='What is personal is erased then, unless they were hired.', verbose_name='erased on')),
                ('erased_at', models.DateTimeField(editable=False, null=True, verbose_name='erased at')),
                ('hired_at', models.DateTimeField(editable=False, null=True, verbose_name='hired at')),
                ('days_to_hire', models.PositiveIntegerField(editable=False, null=True, verbose_name='days to hire')),
                ('employee', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='application', to=settings.AUTH_USER_MODEL, verbose_name='employee')),
                ('resume', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='core.storedfile', verbose_name='résumé')),
            ],
            options={
                'verbose_name': 'candidate',
                'verbose_name_plural': 'candidates',
                'ordering': ['-created_at', '-id'],
                'permissions': [('hire_candidate', 'Can hire candidates, which makes an account'), ('erase_candidate', 'Can erase what is personal of candidates')],
            },
        ),
        migrations.CreateModel(
            name='Interview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('round', models.PositiveSmallIntegerField(editable=False, verbose_name='round')),
                ('title', models.CharField(blank=True, default='', max_length=120, verbose_name='what it is about')),
                ('starts_at', models.DateTimeField(verbose_name='at')),
                ('minutes', models.PositiveSmallIntegerField(default=60, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(600)], verbose_name='minutes')),
                ('location', models.CharField(blank=True, max_length=300, verbose_name='place or link')),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=9, verbose_name='status')),
                ('notes', models.TextField(blank=True, max_length=10000, verbose_name='notes')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='interviews', to='hr.candidate', verbose_name='candidate')),
                ('interviewers', models.ManyToManyField(blank=True, related_name='interviews', to=settings.AUTH_USER_MODEL, verbose_name='interviewers')),
            ],
            options={
                'verbose_name': 'interview',
                'verbose_name_plural': 'interviews',
                'ordering': ['candidate', 'round'],
            },
        ),
        migrations.CreateModel(
            name='JobPosting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('location', models.CharField(blank=True, max_length=120, verbose_name='location')),
                ('employment_type', models.CharField(choices=[('full_time', 'Full time'), ('part_time', 'Part time'), ('contractor', 'Contractor'), ('intern', 'Intern')], default='full_time', max_length=10, verbose_name='type')),
                ('description', models.TextField(blank=True, max_length=20000, verbose_name='description')),
                ('requirements', models.JSONField(blank=True, default=list, verbose_name='requirements')),
                ('salary_min', models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='salary from')),
                ('salary_max', models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='salary to')),
                ('currency', models.CharField(max_length=3, validators=[clients.models.clients.validate_currency], verbose_name='currency')),
                ('shows_salary', models.BooleanField(default=False, verbose_name='show the salary range to everybody')),
                ('openings', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(500)], verbose_name='openings')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('open', 'Open'), ('closed', 'Closed'), ('filled', 'Filled')], default='draft', max_length=6, verbose_name='status')),
                ('posted_date', models.DateField(blank=True, editable=False, null=True, verbose_name='posted on')),
                ('closing_date', models.DateField(blank=True, null=True, verbose_name='last day to apply')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job_postings', to='accounts.department', verbose_name='department')),
                ('hiring_manager', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job_postings', to=settings.AUTH_USER_MODEL, verbose_name='hiring manager')),
            ],
            options={
                'verbose_name': 'job posting',
                'verbose_name_plural': 'job postings',
                'ordering': ['-created_at', '-id'],
                'permissions': [('view_all_recruitment', 'Can see every posting and candidate')],
            },
        ),
        migrations.AddField(
            model_name='candidate',
            name='posting',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='hr.jobposting', verbose_name='posting'),
        ),
        migrations.CreateModel(
            name='OnboardingTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('number', models.PositiveSmallIntegerField(editable=False, verbose_name='number')),
                ('title', models.CharField(max_length=200, verbose_name='what to do')),
                ('due_on', models.DateField(verbose_name='due')),
                ('done_at', models.DateTimeField(editable=False, null=True, verbose_name='done at')),
                ('done_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='done by')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='onboarding_tasks', to=settings.AUTH_USER_MODEL, verbose_name='for')),
            ],
            options={
                'verbose_name': 'onboarding task',
                'verbose_name_plural': 'onboarding tasks',
                'ordering': ['due_on', 'id'],
                'permissions': [('view_all_onboarding', "Can see everybody's onboarding")],
            },
        ),
        migrations.CreateModel(
            name='OnboardingTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('department', models.ForeignKey(blank=True, help_text='Empty: for everybody else.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'onboarding template',
                'verbose_name_plural': 'onboarding templates',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='OnboardingStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('title', models.CharField(max_length=200, verbose_name='what to do')),
                ('days', models.SmallIntegerField(default=0, validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(365)], verbose_name='days after the first')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='hr.onboardingtemplate', verbose_name='template')),
            ],
            options={
                'verbose_name': 'line',
                'verbose_name_plural': 'lines',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='candidate',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='hr.recruitmentstage', verbose_name='stage'),
        ),
        migrations.CreateModel(
            name='Scorecard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('coding', models.PositiveSmallIntegerField(blank=True, help_text='1 to 5', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='coding')),
                ('english', models.PositiveSmallIntegerField(blank=True, help_text='1 to 5', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='English')),
                ('aptitude', models.PositiveSmallIntegerField(blank=True, help_text='1 to 5', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='aptitude')),
                ('overall', models.PositiveSmallIntegerField(help_text='1 to 5', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='overall')),
                ('notes', models.TextField(blank=True, max_length=10000, verbose_name='notes')),
                ('interview', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scorecards', to='hr.interview', verbose_name='interview')),
                ('interviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scorecards', to=settings.AUTH_USER_MODEL, verbose_name='interviewer')),
            ],
            options={
                'verbose_name': 'scorecard',
                'verbose_name_plural': 'scorecards',
                'ordering': ['interview', 'id'],
            },
        ),
        migrations.CreateModel(
            name='StageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('is_default', models.BooleanField(default=False, help_text='For postings that name none. The latest one marked so holds.', verbose_name='default')),
            ],
            options={
                'verbose_name': 'stage template',
                'verbose_name_plural': 'stage templates',
                'ordering': ['name'],
                'indexes': [models.Index(fields=['created_at', 'id'], name='hr_stages_created')],
            },
        ),
        migrations.AddField(
            model_name='recruitmentstage',
            name='template',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='hr.stagetemplate', verbose_name='template'),
        ),
        migrations.AddField(
            model_name='jobposting',
            name='template',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='hr.stagetemplate', verbose_name='stages'),
        ),
        migrations.CreateModel(
            name='CandidateNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ('text', models.TextField(max_length=10000, verbose_name='text')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='hr.candidate', verbose_name='candidate')),
            ],
            options={
                'verbose_name': 'note',
                'verbose_name_plural': 'notes',
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['candidate', 'created_at', 'id'], name='hr_note_candidate')],
            },
        ),
        migrations.AddIndex(
            model_name='interview',
            index=models.Index(fields=['candidate', 'created_at', 'id'], name='hr_interview_candidate'),
        ),
        migrations.AddIndex(
            model_name='interview',
            index=models.Index(fields=['candidate', 'starts_at', 'id'], name='hr_interview_candidate_at'),
        ),
        migrations.AddIndex(
            model_name='interview',
            index=models.Index(fields=['starts_at', 'id'], name='hr_interview_at'),
        ),
        migrations.AddConstraint(
            model_name='interview',
            constraint=models.UniqueConstraint(fields=('candidate', 'round'), name='hr_interview_one_a_round'),
        ),
        migrations.AddIndex(
            model_name='onboardingtask',
            index=models.Index(fields=['due_on', 'id'], name='hr_onboarding_due'),
        ),
        migrations.AddIndex(
            model_name='onboardingtask',
            index=models.Index(fields=['user', 'due_on', 'id'], name='hr_onboarding_user'),
        ),
        migrations.AddIndex(
            model_name='onboardingtask',
            index=models.Index(fields=['created_at', 'id'], name='hr_onboarding_created'),
        ),
        migrations.AddConstraint(
            model_name='onboardingtask',
            constraint=models.UniqueConstraint(fields=('user', 'number'), name='hr_onboarding_once'),
        ),
        migrations.AddConstraint(
            model_name='onboardingtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_by__isnull', True)), models.Q(('done_at__isnull', False), ('done_by__isnull', False)), _connector='OR'), name='hr_onboarding_done_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='onboardingstep',
            constraint=models.UniqueConstraint(fields=('template', 'position'), name='hr_onboarding_one_a_place'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['created_at', 'id'], name='hr_candidate_created'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['posting', 'created_at', 'id'], name='hr_candidate_posting'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['posting', 'name', 'id'], name='hr_candidate_name'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['posting', 'stage', 'created_at', 'id'], name='hr_candidate_stage'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['posting', 'stage', 'name', 'id'], name='hr_candidate_stage_name'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['erased_at', 'erase_on', 'id'], name='hr_candidate_due'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(fields=['applied_on'], name='hr_candidate_applied'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(fields=('posting', 'email'), name='hr_candidate_applies_once'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.CheckConstraint(condition=models.Q(('rating__isnull', True), models.Q(('rating__gte', 1), ('rating__lte', 5)), _connector='OR'), name='hr_candidate_rating'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.CheckConstraint(condition=models.Q(('employee__isnull', True), ('stage', 'hired'), _connector='OR'), name='hr_candidate_employee_is_hired'),
        ),
        migrations.AddIndex(
            model_name='scorecard',
            index=models.Index(fields=['interview', 'created_at', 'id'], name='hr_scorecard_interview'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.UniqueConstraint(fields=('interview', 'interviewer'), name='hr_scorecard_one_each'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.CheckConstraint(condition=models.Q(('overall__gte', 1), ('overall__lte', 5), models.Q(('coding__isnull', True), models.Q(('coding__gte', 1), ('coding__lte', 5)), _connector='OR'), models.Q(('english__isnull', True), models.Q(('english__gte', 1), ('english__lte', 5)), _connector='OR'), models.Q(('aptitude__isnull', True), models.Q(('aptitude__gte', 1), ('aptitude__lte', 5)), _connector='OR')), name='hr_scorecard_scores'),
        ),
        migrations.AddConstraint(
            model_name='recruitmentstage',
            constraint=models.UniqueConstraint(fields=('template', 'position'), name='hr_stage_one_a_place'),
        ),
        migrations.AddConstraint(
            model_name='recruitmentstage',
            constraint=models.UniqueConstraint(fields=('template', 'name'), name='hr_stage_one_a_name'),
        ),
        migrations.AddIndex(
            model_name='jobposting',
            index=models.Index(fields=['created_at', 'id'], name='hr_posting_created'),
        ),
        migrations.AddIndex(
            model_name='jobposting',
            index=models.Index(fields=['title', 'id'], name='hr_posting_title'),
        ),
        migrations.AddIndex(
            model_name='jobposting',
            index=models.Index(fields=['status', 'created_at', 'id'], name='hr_posting_status'),
        ),
        migrations.AddIndex(
            model_name='jobposting',
            index=models.Index(fields=['status', 'title', 'id'], name='hr_posting_status_title'),
        ),
        migrations.AddIndex(
            model_name='jobposting',
            index=models.Index(fields=['hiring_manager', 'created_at'], name='hr_posting_manager'),
        ),
        migrations.AddConstraint(
            model_name='jobposting',
            constraint=models.CheckConstraint(condition=models.Q(('salary_min__isnull', True), ('salary_max__isnull', True), ('salary_max__gte', models.F('salary_min')), _connector='OR'), name='hr_posting_salary_range'),
        ),
        migrations.AddConstraint(
            model_name='jobposting',
            constraint=models.CheckConstraint(condition=models.Q(('openings__gte', 1)), name='hr_posting_openings'),
        ),
    ]
