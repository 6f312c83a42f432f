"""Jobs of attendance."""

import datetime as dt

from hyperflow.core import clock, jobs
from hyperflow.core.errors import DomainError
from hyperflow.core.jobs import job, periodic


@periodic(every=dt.timedelta(hours=1), offset=dt.timedelta(minutes=10))
@job(atomic=False)
def close_forgotten_sessions() -> dict[str, int]:
    """Every hour, since it is night somewhere: close what nobody clocked out of, and ask the person.

    Each session is a transaction of its own, and one that is done is no candidate any more.
    """
    from hr.services import attendance

    closed = refused = 0
    for pk in attendance.forgotten_candidates(clock.now()):
        try:
            with jobs.effect():
                closed += attendance.close_forgotten(attendance_id=pk)
        except DomainError:  # its day is closed: nothing on it changes
            refused += 1
    return {"closed": closed, "refused": refused}


@periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=3, minutes=40))
@job(atomic=False)
def settle_past_days() -> dict[str, int]:
    """Say of days that have passed how their sessions stand: only then half a day is known to be one."""
    from hr.services import attendance

    found = attendance.days_to_settle(clock.now())
    for user_id, day in found:
        with jobs.effect():
            attendance.settle_day(user_id=user_id, day=day)
    return {"days": len(found)}
