"""What each role may do with recruitment, and the stages and checklist that there are from the start."""

from django.db import migrations

from hyperflow.core.rights import grants

TICK_OFF = ["hr.view_onboardingtask", "hr.change_onboardingtask"]

GRANTS: dict[str, list[str]] = {
    "hr": [
        "hr.view_all_recruitment",
        "hr.view_jobposting",
        "hr.add_jobposting",
        "hr.change_jobposting",
        "hr.view_stagetemplate",
        "hr.add_stagetemplate",
        "hr.change_stagetemplate",
        "hr.view_candidate",
        "hr.add_candidate",
        "hr.change_candidate",
        "hr.hire_candidate",
        "hr.erase_candidate",
        "hr.view_interview",
        "hr.add_interview",
        "hr.change_interview",
        "hr.view_scorecard",
        "hr.add_scorecard",
        "hr.change_scorecard",
        "hr.view_candidatenote",
        "hr.add_candidatenote",
        *TICK_OFF,
        "hr.view_all_onboarding",
        "hr.add_onboardingtask",
        "hr.view_onboardingtemplate",
        "hr.add_onboardingtemplate",
        "hr.change_onboardingtemplate",
    ],
    # For the postings they hire for and the candidates they interview.
    "manager": [
        "hr.view_jobposting",
        "hr.view_stagetemplate",
        "hr.view_candidate",
        "hr.view_interview",
        "hr.view_scorecard",
        "hr.add_scorecard",
        "hr.change_scorecard",
        "hr.view_candidatenote",
        "hr.add_candidatenote",
        *TICK_OFF,
    ],
    "employee": ["hr.view_onboardingtask"],
    "finance": ["hr.view_onboardingtask"],
    "marketing": ["hr.view_onboardingtask"],
}

STAGES = [
    ("New", "new"),
    ("Screening", "screening"),
    ("Interview", "interview"),
    ("Offer", "offer"),
    ("Hired", "hired"),
    ("Rejected", "rejected"),
]

STEPS = [
    ("Send the contract and collect what is needed for payroll", -14),
    ("Order a computer and a desk", -10),
    ("Activate the account and send the link to choose a password", -1),
    ("Welcome, tour, and lunch with the team", 0),
    ("Explain working hours, leave and whom to ask", 0),
    ("First tasks with a colleague at their side", 1),
    ("Talk about the first week", 7),
    ("Talk about the first month and set goals", 30),
]


def install_templates(apps, schema_editor):
    template, is_new = apps.get_model("hr", "StageTemplate").objects.get_or_create(
        name="Standard", defaults={"is_default": True}
    )
    if is_new:
        Stage = apps.get_model("hr", "RecruitmentStage")
        for position, (name, word) in enumerate(STAGES, 1):
            Stage.objects.create(template=template, position=position, name=name, word=word)
    checklist, is_new = apps.get_model("hr", "OnboardingTemplate").objects.get_or_create(name="New colleague")
    if is_new:
        Step = apps.get_model("hr", "OnboardingStep")
        for position, (title, days) in enumerate(STEPS, 1):
            Step.objects.create(template=checklist, position=position, title=title, days=days)


class Migration(migrations.Migration):
    dependencies = [("hr", "0007_rights_payroll")]

    operations = [
        migrations.RunPython(grants(GRANTS), migrations.RunPython.noop),
        migrations.RunPython(install_templates, migrations.RunPython.noop),
    ]
