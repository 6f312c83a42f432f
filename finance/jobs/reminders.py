"""The job that reminds clients of what is overdue."""

import datetime as dt

from hyperflow.core.jobs import job, periodic


@periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=5, minutes=20))
@job(atomic=False)
def send_reminders() -> int:
    """Send each stage of reminding that came, once per invoice."""
    from finance.services import reminders

    return reminders.send_due()
