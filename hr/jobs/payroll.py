"""Jobs of payroll."""

import datetime as dt

from hyperflow.core import jobs


@jobs.job(atomic=False)
def compute_payroll(*, run_id: int, computation: int, actor_id: int) -> dict[str, int]:
    """Work a run out for many people, batch by batch, saying how far it is."""
    from accounts.models import User
    from hr.services import payroll_computing

    actor = User.objects.get(pk=actor_id)
    return payroll_computing.compute(run_id=run_id, computation=computation, actor=actor)


@jobs.job(atomic=False)
def prepare_payslips(*, run_id: int) -> dict[str, int]:
    """Store the documents of an approved run and tell its people."""
    from hr.services import payroll_documents

    return payroll_documents.prepare(run_id=run_id)


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=2, minutes=20))
@jobs.job(atomic=False)
def lock_paid_days() -> int:
    """Close the attendance of days that were still to come when their run was approved, and correct what they were
    paid by for the next run."""
    from hr.services import payroll_days, payroll_locks

    locked = payroll_locks.lock_the_rest()
    payroll_days.settle_closed()
    return locked
