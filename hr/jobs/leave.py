"""What leave is left to the worker."""

import datetime as dt

from hyperflow.core.jobs import job, periodic


@periodic(every=dt.timedelta(hours=6), offset=dt.timedelta(minutes=20))
@job(atomic=False)
def keep_leave_ledgers() -> dict[str, int]:
    """Credits, carry-over and lapse that have become due for anybody. Catches up what was missed, and is done once."""
    from hr.services import leave_ledger

    return {"lines": leave_ledger.credit_everybody()}


@job(atomic=False)
def follow_holidays(*, calendar_id: int, dates: list[str]) -> dict[str, int]:
    """Approved leave keeps step with holidays that came or went."""
    from hr.services import leave_holidays

    return leave_holidays.follow_holidays(
        calendar_id=calendar_id, dates=[dt.date.fromisoformat(date) for date in dates]
    )
