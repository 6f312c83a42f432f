"""What leave tells the rest of the house when it starts."""

import datetime as dt
from typing import Any


def connect() -> None:
    """Register error codes, figures, counters and listeners of leave."""
    from accounts.signals import holidays_changed
    from hr.api.leave.errors import CODES
    from hr.selectors import leave as selectors
    from hr.services import leave as services
    from hr.services import leave_holidays
    from hyperflow.core import storage
    from hyperflow.core.api import codes
    from hyperflow.core.registry import home, refusals

    codes.register(CODES)
    home.register(selectors.home_counters)
    storage.register_owner(services.KIND, services.document_of)
    refusals.register("holidays", leave_holidays.check_not_paid)
    refusals.register("calendar_of", leave_holidays.check_same_paid_days)
    holidays_changed.connect(_on_holidays_changed, dispatch_uid="hr.leave")


def _on_holidays_changed(sender: Any, calendar_id: int, dates: list[dt.date], **more: Any) -> None:
    from hr.jobs.leave import follow_holidays
    from hyperflow.core.jobs import enqueue

    enqueue(follow_holidays, calendar_id=calendar_id, dates=[date.isoformat() for date in dates])
