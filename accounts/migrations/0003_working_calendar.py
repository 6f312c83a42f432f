"""Installs the calendar of people who have none of their own: Monday to Friday, 9 to 17."""

import datetime as dt

from django.db import migrations


def install_calendar(apps, schema_editor):
    WorkingCalendar = apps.get_model("accounts", "WorkingCalendar")
    WorkingHours = apps.get_model("accounts", "WorkingHours")
    if WorkingCalendar.objects.filter(is_default=True).exists():
        return
    calendar = WorkingCalendar.objects.create(name="Monday to Friday, 9 to 17", is_default=True)
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=calendar, weekday=weekday, starts_at=dt.time(9), ends_at=dt.time(17)) for weekday in range(5)
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles")]

    operations = [migrations.RunPython(install_calendar, migrations.RunPython.noop)]
