from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hr", "0002_payroll")]

    operations = []
