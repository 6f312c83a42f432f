"""What each role may do with payroll."""

from django.db import migrations

from hyperflow.core.rights import grants

OWN = ["hr.view_payslip"]

GRANTS: dict[str, list[str]] = {
    "manager": OWN,
    "employee": OWN,
    "marketing": OWN,
    "finance": [*OWN, "hr.view_all_payslips", "hr.view_payrollrun", "hr.pay_payroll"],
    "hr": [
        *OWN,
        "hr.view_all_payslips",
        "hr.view_payrollrun",
        "hr.add_payrollrun",
        "hr.change_payrollrun",
        "hr.approve_payroll",
        "hr.pay_payroll",
        "hr.view_paycomponent",
        "hr.add_paycomponent",
        "hr.change_paycomponent",
        "hr.view_payadjustment",
        "hr.add_payadjustment",
        "hr.delete_payadjustment",
    ],
}


class Migration(migrations.Migration):
    dependencies = [("hr", "0006_rights_leave")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
