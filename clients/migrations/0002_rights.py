"""What each role may do with clients and projects."""

from django.db import migrations

from hyperflow.core.rights import grants

MODELS = ["client", "contact", "brand", "preference", "project", "communicationlog"]
READ = [f"clients.view_{model}" for model in MODELS]
WRITE = [f"clients.{verb}_{model}" for verb in ("add", "change") for model in MODELS]

GRANTS = {
    "manager": [*READ, *WRITE, "clients.view_all_clients", "clients.view_rates", "clients.view_performance"],
    "marketing": [*READ, *WRITE, "clients.view_all_clients", "clients.view_rates", "clients.view_performance"],
    "finance": [*READ, "clients.view_all_clients", "clients.view_rates", "clients.view_performance"],
    "hr": [*READ, "clients.view_all_clients"],
    "employee": READ,
    "client": ["clients.view_client", "clients.view_project"],
}


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(grants(GRANTS), migrations.RunPython.noop)]
