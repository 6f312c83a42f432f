"""Jobs of recruitment."""

import datetime as dt

from hyperflow.core.jobs import job, periodic


@periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=1, minutes=30))
@job(atomic=False, max_attempts=2)
def erase_due_candidates() -> dict[str, int]:
    from hr.services import recruitment_erasing

    return recruitment_erasing.erase_due()
