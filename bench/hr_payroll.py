"""What a payroll run for 1,000 people costs, as the job that works it out. ``python -m bench.hr_payroll`` prints one
JSON line: seconds, queries, and queries for each batch of people.

A job is claimed and kept by connections of its own, so its people are really there; they are removed afterwards.
"""

import datetime as dt
import json
import time
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from hr.models import (  # noqa: E402
    Attendance,
    Compensation,
    Employment,
    PatternDay,
    PayComponent,
    PayrollRun,
    Payslip,
    PayslipLine,
    WorkPattern,
)
from hr.services import payroll  # noqa: E402
from hr.services.payroll_computing import BATCH  # noqa: E402
from hyperflow.core import jobs  # noqa: E402
from hyperflow.core.models import AuditEntry, Job  # noqa: E402

PEOPLE = 1_000
PERIOD, START, END = "2001-03", dt.date(2001, 3, 1), dt.date(2001, 3, 31)
NAMED = {"email__startswith": "payroll", "email__endswith": "@bench.example"}


def main() -> None:
    _remove()
    try:
        actor = _load()
        print(json.dumps(_measured(actor)))
    finally:
        _remove()


def _load() -> User:
    """A thousand people, half of them by the hour, who came every working day; a raise for every tenth."""
    role = Role.objects.get(code="employee")
    User.objects.bulk_create(
        User(email=f"payroll{n}@bench.example", name=f"Payroll {n}", role=role, timezone="Europe/Berlin", password="!")
        for n in range(PEOPLE)
    )
    people = list(User.objects.filter(**NAMED).order_by("pk"))
    pattern = WorkPattern.objects.create(name="Bench of payroll")
    PatternDay.objects.bulk_create(
        PatternDay(pattern=pattern, weekday=day, starts_at=dt.time(9), minutes=510, break_minutes=30)
        for day in range(5)
    )
    Employment.objects.bulk_create(
        Employment(
            user=person, code=f"PAYROLL{person.pk}", hire_date=dt.date(2000, 1, 1), end_date=END, pattern=pattern
        )
        for person in people
    )
    employed = list(Employment.objects.filter(pattern=pattern).order_by("pk"))
    Compensation.objects.bulk_create(_pay(employed))
    Attendance.objects.bulk_create(_sessions(people), batch_size=1_000)
    for number, kind in enumerate(("allowance", "deduction", "deduction")):
        PayComponent.objects.create(
            code=f"bench-{number}", name=f"Bench {number}", kind=kind, method="formula", formula="min(basic * 0.1, 90)"
        )
    hr = Role.objects.get(code="hr")
    return User.objects.create(email="payrollhr@bench.example", name="HR", role=hr, timezone="UTC", password="!")


def _pay(employed: list[Employment]) -> list[Compensation]:
    rows = []
    for number, employment in enumerate(employed):
        kind, amount = ("hourly", 25) if number % 2 else ("monthly", 3_000)
        first = dt.date(2000, 1, 1)
        values = {"employment": employment, "kind": kind, "currency": "EUR", "employer_share": Decimal(21)}
        rows.append(Compensation(effective_from=first, amount=Decimal(amount), **values))
        if number % 10 == 0:
            rows.append(Compensation(effective_from=START + dt.timedelta(days=14), amount=Decimal(3_300), **values))
    return rows


def _sessions(people: list[User]) -> list[Attendance]:
    rows = []
    for person in people:
        for day in (START + dt.timedelta(days=n) for n in range((END - START).days + 1)):
            if day.weekday() < 5:
                came = dt.datetime(day.year, day.month, day.day, 8, tzinfo=dt.UTC)
                rows.append(
                    Attendance(
                        user=person,
                        work_date=day,
                        login_time=came,
                        logout_time=came + dt.timedelta(hours=8),
                        seconds=28_800,
                    )
                )
    return rows


def _measured(actor: User) -> dict[str, Any]:
    started = payroll.start_run(period=PERIOD, actor=actor)
    assert started.job is not None
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        jobs.run(started.job.pk)
        seconds = time.perf_counter() - began
    job = Job.objects.get(pk=started.job.pk)
    run = PayrollRun.objects.get(period=PERIOD)
    assert (job.state, job.progress) == (Job.State.DONE, 100), job.error
    assert run.people >= PEOPLE
    batches = -(-run.people // BATCH)
    return {
        "people": run.people,
        "seconds": round(seconds, 2),
        "queries": len(captured),
        "queries_a_batch": round(len(captured) / batches, 1),
    }


def _remove() -> None:
    people = User.objects.filter(**NAMED)
    PayslipLine.objects.filter(payslip__period=PERIOD).delete()
    Payslip.objects.filter(period=PERIOD).delete()
    PayrollRun.objects.filter(period=PERIOD).delete()
    Job.objects.filter(owner__in=people).delete()
    PayComponent.objects.filter(code__startswith="bench-").delete()
    Attendance.objects.filter(user__in=people)._raw_delete("default")
    Compensation.objects.filter(employment__user__in=people).delete()
    Employment.objects.filter(user__in=people).delete()
    WorkPattern.objects.filter(name="Bench of payroll").delete()
    AuditEntry.objects.filter(actor__in=people).delete()
    people.delete()


if __name__ == "__main__":
    main()
