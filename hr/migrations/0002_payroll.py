from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hr", "0001_employment_attendance_leave")]

    operations = []
