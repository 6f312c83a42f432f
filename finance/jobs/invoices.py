"""Jobs of invoices and of what other apps announce."""

import datetime as dt

from hyperflow.core import jobs


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=4, minutes=10))
@jobs.job(atomic=False)
def announce_overdue() -> int:
    """Say once of each invoice that it became overdue."""
    from finance.services import overdue

    return overdue.announce()


@jobs.job()
def render_document(*, kind: str, pk: int) -> dict[str, int]:
    """Store the PDF of an invoice or a credit note that was issued."""
    from finance.services import documents

    return documents.prepare(kind=kind, pk=pk)


@jobs.job()
def book_payroll(*, run_id: int) -> int:
    """Book what a paid payroll run cost. Done again it books nothing more."""
    from finance.services import records

    return records.book_payroll_or_wait(run_id=run_id)


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=4, minutes=20))
@jobs.job(atomic=False)
def book_waiting_payroll() -> int:
    """Book paid payroll runs that closed books kept out."""
    from finance.services import records

    return records.book_waiting_payroll()


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=4, minutes=30))
@jobs.job(atomic=False)
def warn_of_budgets() -> int:
    """Say once of each budget that it is nearly spent."""
    from finance.services import budgets

    return budgets.warn()


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=3, minutes=20))
@jobs.job(atomic=False)
def bill_schedules() -> int:
    """Make the invoices of recurring schedules whose period has begun."""
    from finance.services import recurring

    return recurring.run_due()


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=3, minutes=40))
@jobs.job(atomic=False)
def bill_retainers() -> int:
    """Bill the months of retainers that are over."""
    from finance.services import retainers

    return retainers.run_due()
