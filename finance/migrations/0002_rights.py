"""What each role may do with money, the row of the books, and rates of tax to begin with."""

from django.db import migrations

from hyperflow.core.rights import grants

SEEN = [
    "invoice", "invoiceline", "creditnote", "creditnoteline", "payment", "creditentry", "bankline", "reminder",
    "reminderstage", "financialrecord", "budget", "closedperiod", "taxrate", "numberseries", "issuer", "billingdetails",
    "settledtime", "billedexpense", "milestone", "retainer", "retainermonth", "recurringinvoice", "recurringline",
    "recurringperiod", "estimate", "estimateline",
]  # fmt: skip
EDITED = [
    "invoice", "invoiceline", "financialrecord", "budget", "taxrate", "billingdetails", "reminderstage", "milestone",
    "retainer", "recurringinvoice", "recurringline", "estimate", "estimateline", "bankline",
]  # fmt: skip
VIEW = [f"finance.view_{name}" for name in SEEN]
READS = [*VIEW, "finance.view_all_invoices", "finance.view_all_records", "finance.view_reports", "finance.view_margin"]
STAFF = ["finance.claim_expense"]

GRANTS: dict[str, list[str]] = {
    "manager": [*STAFF, *READS],
    "employee": STAFF,
    "hr": STAFF,
    "marketing": STAFF,
    "finance": [
        *STAFF,
        *READS,
        *(f"finance.{verb}_{name}" for name in EDITED for verb in ("add", "change", "delete")),
        "finance.add_payment",
        "finance.add_creditnote",
        "finance.add_creditentry",
        "finance.add_closedperiod",
        "finance.delete_closedperiod",
        "finance.add_issuer",
        "finance.change_issuer",
        "finance.issue_invoice",
        "finance.void_invoice",
        "finance.import_invoice",
        "finance.send_invoice",
        "finance.hold_reminders",
        "finance.bill_time",
        "finance.approve_expense",
        "finance.reimburse_expense",
    ],
    "client": ["finance.view_invoice", "finance.view_creditnote", "finance.view_estimate"],
}

#: They are edited in the admin; what a document used, it keeps.
RATES = [
    ("standard", "Standard rate, 19 %", 19, "standard", ""),
    ("reduced", "Reduced rate, 7 %", 7, "standard", ""),
    ("zero", "Zero rate", 0, "zero", ""),
    ("exempt", "Exempt", 0, "exempt", "Exempt from tax."),
    (
        "reverse_charge",
        "Reverse charge",
        0,
        "reverse_charge",
        "Reverse charge: the recipient owes the tax (Art. 196 Directive 2006/112/EC).",
    ),
    ("export", "Export", 0, "export", "Export, free of tax."),
    ("outside", "Not subject to tax", 0, "outside", "Not subject to tax here."),
]


def install(apps, schema_editor):
    apps.get_model("finance", "Books").objects.get_or_create(pk=1)
    TaxRate = apps.get_model("finance", "TaxRate")
    for position, (code, name, rate, category, note) in enumerate(RATES, start=1):
        values = {"name": name, "rate": rate, "category": category, "note": note, "position": position * 10}
        TaxRate.objects.get_or_create(code=code, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_models"), ("accounts", "0003_working_calendar")]

    operations = [
        migrations.RunPython(install, migrations.RunPython.noop),
        migrations.RunPython(grants(GRANTS), migrations.RunPython.noop),
    ]
