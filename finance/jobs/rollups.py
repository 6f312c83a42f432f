"""The job that keeps the sums of reports up to date."""

import datetime as dt

from hyperflow.core.jobs import job, periodic


@periodic(every=dt.timedelta(minutes=1))
@job(atomic=False)
def fold_changes() -> int:
    """Put what was written since into the sums. What it has not reached yet, reports read beside them."""
    from finance.services import rollups

    return rollups.fold_all()
