"""What the month sheet costs: 200 people × 31 days, in one process. ``python -m bench.hr_sheet`` prints one JSON line.

``cpu_ms`` is the selector's share, ``page_cpu_ms`` the whole page as the admin serves it: middleware, session,
queries, the sheet, the sidebar. The people and their sessions are made in a transaction that is taken back, so any
migrated database will do.
"""

import datetime as dt
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from hr.models import Attendance, Employment, PatternDay, WorkPattern  # noqa: E402
from hr.selectors.sheet import sheet_of  # noqa: E402

PEOPLE, TIMES = 200, 21
START, END = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
NOW = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)


def main() -> None:
    with transaction.atomic():
        reader = _load()
        print(json.dumps(_measured(reader)))
        transaction.set_rollback(True)


def _load() -> User:
    """Two hundred people who came every working day, with a break, and somebody of HR."""
    role = Role.objects.get(code="employee")
    named = [
        User(email=f"sheet{n}@bench.example", name=f"Sheet {n}", role=role, timezone="Europe/Berlin", password="!")
        for n in range(PEOPLE)
    ]
    User.objects.bulk_create(named)
    people = list(User.objects.filter(email__startswith="sheet", email__endswith="@bench.example").order_by("pk"))
    pattern = WorkPattern.objects.create(name="Bench of the sheet")
    PatternDay.objects.bulk_create(
        PatternDay(pattern=pattern, weekday=day, starts_at=dt.time(9), minutes=510, break_minutes=30)
        for day in range(5)
    )
    Employment.objects.bulk_create(
        Employment(user=person, code=f"SHEET{person.pk}", hire_date=dt.date(2025, 1, 1), pattern=pattern)
        for person in people
    )
    Attendance.objects.bulk_create(_sessions(people), batch_size=1_000)
    hr = Role.objects.get(code="hr")
    return User.objects.create(email="reader@bench.example", name="Reader", role=hr, timezone="UTC", password="!")


def _sessions(people: list[User]) -> list[Attendance]:
    rows = []
    for number, person in enumerate(people):
        for day in (START + dt.timedelta(days=n) for n in range((END - START).days + 1)):
            if day.weekday() >= 5 or (number + day.day) % 17 == 0:
                continue
            came = dt.datetime(day.year, day.month, day.day, 8, number % 25, tzinfo=dt.UTC)
            for begins, seconds in ((came, 14_400), (came + dt.timedelta(hours=4.5), 14_400 + number * 30)):
                ends = begins + dt.timedelta(seconds=seconds)
                rows.append(
                    Attendance(user=person, work_date=day, login_time=begins, logout_time=ends, seconds=seconds)
                )
    return rows


def _measured(reader: User) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as captured:
        rows = sheet_of(reader, START, END, now=NOW)
    queries = len(captured)
    found = [row for row in rows if row.employment.code.startswith("SHEET")]
    assert len(found) == PEOPLE
    assert all(len(row.days) == 31 for row in found)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(reader)

    def page() -> int:
        answer = browser.get(f"/admin/hr/attendance/sheet/?month={START:%Y-%m}", secure=True)
        assert answer.status_code == 200
        return len(answer.content)

    assert page() > PEOPLE * 31 * 20
    return {
        "people": len(rows),
        "queries": queries,
        "cpu_ms": _cpu_ms(lambda: sheet_of(reader, START, END, now=NOW)),
        "page_cpu_ms": _cpu_ms(page),
        "page_bytes": page(),
    }


def _cpu_ms(act: Callable[[], Any]) -> float:
    spent = []
    for _ in range(TIMES):
        began = time.process_time()
        act()
        spent.append((time.process_time() - began) * 1000)
    return round(statistics.median(spent), 1)


if __name__ == "__main__":
    main()
