"""The kinds of leave that the contract names, the private feeds, and what each role may do with leave."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hyperflow.core.clock
import hyperflow.core.fields
from hyperflow.core.rights import grants

OWN = [
    "hr.view_leavetype",
    "hr.view_leaverequest",
    "hr.add_leaverequest",
    "hr.view_leaveentry",
    "hr.view_blockeddays",
]
GRANTS: dict[str, list[str]] = {
    "manager": [*OWN, "hr.decide_leave"],
    "employee": OWN,
    "marketing": OWN,
    "finance": OWN,
    "hr": [
        *OWN,
        "hr.view_all_leave",
        "hr.decide_leave",
        "hr.decide_any_leave",
        "hr.adjust_leave",
        "hr.add_leavetype",
        "hr.change_leavetype",
        "hr.add_blockeddays",
        "hr.change_blockeddays",
        "hr.delete_blockeddays",
    ],
}

#: Policies to begin with; they are edited in the admin.
TYPES = [
    {
        "code": "annual",
        "name": "Annual leave",
        "draws_on_balance": True,
        "accrual": "yearly",
        "days_per_year": 25,
        "carry_over_max": 5,
        "carry_over_months": 3,
    },
    {
        "code": "sick",
        "name": "Sick leave",
        "draws_on_balance": True,
        "accrual": "yearly",
        "days_per_year": 30,
        "carry_over_max": 0,
        "document_after_days": 3,
    },
    {"code": "wfh", "name": "Working from home", "is_away": False},
    {
        "code": "personal",
        "name": "Personal leave",
        "draws_on_balance": True,
        "accrual": "yearly",
        "days_per_year": 3,
        "carry_over_max": 0,
    },
    {"code": "unpaid", "name": "Unpaid leave", "is_paid": False},
    {"code": "other", "name": "Other leave"},
]


def install_types(apps, schema_editor):
    LeaveType = apps.get_model("hr", "LeaveType")
    for policy in TYPES:
        LeaveType.objects.get_or_create(code=policy["code"], defaults=policy)


class Migration(migrations.Migration):
    dependencies = [
        ("hr", "0005_rights_attendance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LeaveFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ("updated_at", models.DateTimeField(default=hyperflow.core.clock.now, editable=False)),
                ("token_hash", hyperflow.core.fields.IdentifierField(editable=False, max_length=64, unique=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leave_feed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "leave calendar feed", "verbose_name_plural": "leave calendar feeds"},
        ),
        migrations.RunPython(install_types, migrations.RunPython.noop),
        migrations.RunPython(grants(GRANTS), migrations.RunPython.noop),
    ]
