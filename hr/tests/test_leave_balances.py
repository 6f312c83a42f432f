"""The ledger, holidays that come and go, what the approver sees, the team calendar and its feed."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from accounts.models import Holiday, Notification, WorkingCalendar
from accounts.services import people
from accounts.tests.factories import DepartmentFactory, UserFactory
from clients.tests.factories import ClientFactory
from hr.models import LeaveDay, LeaveEntry, LeaveRequest, LeaveType, LockedDays
from hr.services import leave, leave_holidays, leave_ledger
from hr.services.leave_ledger import balance_of
from hr.tests.factories import EmploymentFactory
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db

#: A Tuesday.
NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as hand:
        yield hand


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


@pytest.fixture
def boss():
    return EmploymentFactory(user__as_="manager", user__name="Bo").user


@pytest.fixture
def worker(boss):
    return EmploymentFactory(user__name="Wanda", manager=boss, user__department=DepartmentFactory(name="Design")).user


def annual():
    return LeaveType.objects.get(code="annual")


def taken(user, start, end=None, word="annual", by=None, **more):
    start, end = dt.date.fromisoformat(start), dt.date.fromisoformat(end or start)
    request = leave.ask_for_leave(actor=user, leave_type=word, start_date=start, end_date=end, **more)
    return leave.set_status(request=request, status="approved", actor=by or UserFactory(as_="admin"))


def test_the_job_credits_everybody_once_and_catches_up(at_noon, worker, run_due_jobs):
    def credited():
        leave_ledger.credit_everybody()
        rows = LeaveEntry.objects.filter(user=worker, type__code="annual").order_by("effective_on", "pk")
        return [(row.kind, float(row.days), str(row.effective_on)) for row in rows]

    first = credited()
    assert first == credited() == [("accrual", 25.0, "2026-01-01")]
    at_noon.move_to(dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC))

    assert credited() == [
        ("accrual", 25.0, "2026-01-01"),
        ("lapse", -20.0, "2026-12-31"),
        ("carry_over", -5.0, "2026-12-31"),
        ("carry_over", 5.0, "2027-01-01"),
        ("accrual", 25.0, "2027-01-01"),
        ("lapse", -5.0, "2027-04-01"),
    ]
    assert balance_of(worker.pk, annual()) == 25


def test_own_balances_say_where_they_come_from(api, worker, hr):
    leave_ledger.credit(user_id=worker.pk)
    leave_ledger.adjust(user=worker, leave_type=annual(), days=Decimal("-1.5"), reason="Moved", actor=hr)
    taken(worker, "2026-03-16", "2026-03-17")
    leave.ask_for_leave(
        actor=worker, leave_type="half_day", start_date=dt.date(2026, 4, 1), end_date=dt.date(2026, 4, 1)
    )

    reply = api(worker).get("/api/employee/leave-balances")

    assert reply.status_code == 200
    first, *others = reply.json()
    assert first == {
        "leave_type": "annual", "name": "Annual leave", "year": 2026, "carried": "0", "accrued": "25",
        "adjusted": "-1.5", "taken": "2", "lapsed": "0", "pending": "0.5", "balance": "21.5", "available": "21",
        "booked_ahead": "0",
    }  # fmt: skip
    assert [(row["leave_type"], row["balance"]) for row in others] == [("sick", "30"), ("personal", "3")]


def test_every_balance_is_the_sum_of_its_ledger(api, worker, boss, hr):
    leave_ledger.credit_everybody()
    request = taken(worker, "2026-03-16", "2026-03-20")
    taken(worker, "2026-04-01", word="personal")
    leave.set_status(request=request, status="cancelled", actor=hr)
    taken(boss, "2026-12-30", "2027-01-05")

    rows = api(hr).get("/api/hr/leave-balances").json()

    shown = {(row["user_id"], one["leave_type"]): Decimal(one["balance"]) for row in rows for one in row["balances"]}
    lines = LeaveEntry.objects.filter(effective_on__lt=dt.date(2027, 1, 1)).order_by()
    summed = lines.values_list("user_id", "type__code").annotate(sum=Sum("days"))
    assert {key: days for key, days in shown.items() if days} == {
        (user, code): Decimal(days) for user, code, days in summed if days
    }
    assert len(shown) == 6
    assert {one["booked_ahead"] for row in rows for one in row["balances"] if row["user_id"] == boss.pk} == {"3", "0"}
    for row in rows:
        for one in row["balances"]:
            parts = {name: Decimal(one[name]) for name in ("carried", "accrued", "adjusted", "taken", "lapsed")}
            assert Decimal(one["balance"]) == (
                parts["carried"] + parts["accrued"] + parts["adjusted"] - parts["taken"] - parts["lapsed"]
            )


def test_balances_are_seen_in_scope_at_a_constant_cost(api, worker, boss, hr):
    EmploymentFactory()

    def seen(user):
        return {row["employee_name"] for row in api(user).get("/api/hr/leave-balances").json()}

    assert seen(worker) == {"Wanda"}
    assert seen(boss) == {"Wanda", "Bo"}
    assert len(seen(hr)) == 3

    def cost():
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/hr/leave-balances")
        return len([query for query in captured.captured_queries if "cache" not in query["sql"]])

    client = api(hr)
    client.get("/api/hr/leave-balances")
    three = cost()
    for _turn in range(6):
        leave_ledger.credit(user_id=EmploymentFactory().user_id)
    assert cost() == three


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"days": "0"}, 422, "validation_error"),
        ({"reason": " "}, 422, "validation_error"),
        ({"leave_type": "wfh"}, 422, "no_balance_kept"),
        ({"leave_type": "moon"}, 422, "unknown_leave_type"),
        ({"days": "1000"}, 422, "validation_error"),
    ],
)
def test_an_adjustment_needs_days_a_reason_and_a_balance(api, worker, hr, sent, status, code):
    whole = {"user_id": worker.pk, "leave_type": "annual", "days": "2", "reason": "Agreed", **sent}
    reply = api(hr).post("/api/hr/leave-balances/adjust", whole)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert LeaveEntry.objects.count() == 0


def test_hr_adjusts_with_a_reason_and_never_their_own(api, worker, boss, hr):
    EmploymentFactory(user=hr)
    sent = {"user_id": worker.pk, "leave_type": "annual", "days": "-2.5", "reason": "Agreed at hiring"}

    made = api(hr).post("/api/hr/leave-balances/adjust", sent)
    own = api(hr).post("/api/hr/leave-balances/adjust", {**sent, "user_id": hr.pk})
    refused = api(boss).post("/api/hr/leave-balances/adjust", sent)

    assert made.status_code == 201
    assert (made.json()["kind"], made.json()["days"], made.json()["note"]) == ("adjusted", "-2.5", "Agreed at hiring")
    line = made.json()
    assert [one["code"] for one in line.pop("warnings")] == ["negative_balance"]
    assert api(hr).get(made.headers["Location"]).json() == line
    assert (own.status_code, own.json()["code"], refused.status_code) == (403, "self_approval", 403)
    assert LeaveEntry.objects.count() == 1
    assert Notification.objects.get(user=worker).kind == "leave.adjusted"


# --- Holidays ---------------------------------------------------------------------------------------------------------


def test_a_holiday_that_comes_later_gives_the_day_back_and_one_that_goes_takes_it(api, worker, hr, run_due_jobs):
    request = taken(worker, "2026-03-16", "2026-03-18")
    client = api(hr)
    assert balance_of(worker.pk, annual()) == 22

    made = client.post("/api/hr/holidays", {"date": "2026-03-17", "name": "St Patrick"})
    run_due_jobs()

    assert (made.status_code, made.json()["name"]) == (201, "St Patrick")
    request.refresh_from_db()
    assert (request.days, balance_of(worker.pk, annual())) == (2, 23)
    assert [day.day for day in LeaveDay.objects.values_list("date", flat=True)] == [16, 18]
    assert Notification.objects.filter(user=worker, kind="leave.recounted").count() == 1
    assert leave_holidays.follow_holidays(
        calendar_id=made.json()["calendar_id"], dates=[dt.date(2026, 3, 17)]
    ) == {"given_back": 0, "taken": 0, "closed": 0}  # fmt: skip

    moved = client.put(f"/api/hr/holidays/{made.json()['holiday_id']}", {"date": "2026-03-18"})
    run_due_jobs()
    assert moved.status_code == 200
    assert [day.day for day in LeaveDay.objects.order_by("date").values_list("date", flat=True)] == [16, 17]

    gone = client.delete(f"/api/hr/holidays/{made.json()['holiday_id']}")
    run_due_jobs()
    request.refresh_from_db()
    assert (gone.status_code, request.days, balance_of(worker.pk, annual())) == (204, 3, 22)
    kinds = LeaveEntry.objects.filter(request=request).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["taken", "returned", "taken", "returned", "taken"]


def test_holidays_of_other_calendars_closed_days_and_half_days(worker, run_due_jobs):
    from accounts.services import calendars

    other = WorkingCalendar.objects.create(name="Elsewhere")
    own = WorkingCalendar.objects.get(is_default=True)
    half = taken(worker, "2026-03-16", word="half_day")
    closed = taken(worker, "2026-03-17")
    LockedDays.objects.create(starts_on="2026-03-17", ends_on="2026-03-17")
    pending = leave.ask_for_leave(
        actor=worker, leave_type="annual", start_date=dt.date(2026, 3, 18), end_date=dt.date(2026, 3, 19)
    )

    calendars.add_holiday(calendar=other, actor=None, date=dt.date(2026, 3, 16), name="Theirs")
    run_due_jobs()
    assert balance_of(worker.pk, annual()) == Decimal("23.5")
    for day in (16, 17, 18):
        calendars.add_holiday(calendar=own, actor=None, date=dt.date(2026, 3, day), name="Ours")
    run_due_jobs()

    for row in (half, closed, pending):
        row.refresh_from_db()
    assert (half.days, closed.days, pending.days) == (0, 1, 1)
    assert balance_of(worker.pk, annual()) == 24


def test_who_edits_holidays_and_what_is_refused(api, worker, boss, hr):
    sent = {"date": "2026-12-24", "name": "Eve"}

    assert api(worker).post("/api/hr/holidays", sent).status_code == 403
    assert api(UserFactory(as_="client")).get("/api/hr/holidays").status_code == 403
    made = api(hr).post("/api/hr/holidays", sent)
    again = api(hr).post("/api/hr/holidays", sent)
    assert (made.status_code, again.status_code, again.json()["code"]) == (201, 409, "holiday_taken")
    assert [row["date"] for row in api(worker).get("/api/hr/holidays", {"year": "2026"}).json()] == ["2026-12-24"]
    assert api(worker).get("/api/hr/holidays", {"year": "2025"}).json() == []
    assert Holiday.objects.count() == 1


# --- What the approver sees -------------------------------------------------------------------------------------------


def team(worker, boss):
    """A colleague who is away, one who is free, one who is busy, and somebody else's people."""
    away = EmploymentFactory(user__name="Ada", manager=boss).user
    taken(away, "2026-03-17")
    busy = EmploymentFactory(user__name="Ben", manager=boss).user
    free = EmploymentFactory(user__name="Cleo", user__department=worker.department).user
    EmploymentFactory(user__name="Far")
    acme = ClientFactory(name="Acme")
    due = TaskFactory(client=acme, assigned_to=worker, due_date=dt.date(2026, 3, 17), title="Banner")
    TaskFactory(client=acme, assigned_to=worker, due_date=dt.date(2026, 3, 25))
    TaskFactory(client=acme, assigned_to=worker, due_date=dt.date(2026, 3, 17), status="cancelled")
    TaskFactory(client=acme, assigned_to=busy, due_date=dt.date(2026, 3, 18))
    return away, busy, free, due


def test_the_approver_sees_who_is_away_what_is_due_and_who_is_free(api, worker, boss):
    _away, busy, free, due = team(worker, boss)
    request = leave.ask_for_leave(
        actor=worker, leave_type="annual", start_date=dt.date(2026, 3, 16), end_date=dt.date(2026, 3, 18)
    )

    reply = api(boss).get(f"/api/hr/leave-requests/{request.pk}/impact")

    assert reply.status_code == 200
    shown = reply.json()
    assert shown["working_days"] == ["2026-03-16", "2026-03-17", "2026-03-18"]
    assert (shown["balance"], shown["balance_after"]) == ("25", "22")
    assert [(one["employee_name"], one["start_date"], one["status"]) for one in shown["away"]] == [
        ("Ada", "2026-03-17", "approved")
    ]
    assert [(one["task_id"], one["client_name"], one["due_date"]) for one in shown["tasks"]] == [
        (due.pk, "Acme", "2026-03-17")
    ]
    assert [(one["client_name"], one["tasks"]) for one in shown["clients"]] == [("Acme", 1)]
    assert [(one["user_id"], one["tasks_due"]) for one in shown["free"]] == [(free.pk, 0), (busy.pk, 1)]
    assert api(worker).get(f"/api/hr/leave-requests/{request.pk}/impact").status_code == 403
    other = EmploymentFactory(user__as_="manager").user
    assert api(other).get(f"/api/hr/leave-requests/{request.pk}/impact").status_code == 404


def test_the_impact_costs_the_same_for_one_colleague_and_for_seven(worker, boss):
    from hr.selectors.leave_impact import impact_of

    request = leave.ask_for_leave(
        actor=worker, leave_type="annual", start_date=dt.date(2026, 3, 16), end_date=dt.date(2026, 3, 18)
    )

    def cost():
        with CaptureQueriesContext(connection) as captured:
            impact_of(request, boss)
        return len(captured)

    team(worker, boss)
    cost()
    few = cost()
    for _turn in range(3):
        team(worker, boss)
    assert cost() == few


# --- The team calendar ------------------------------------------------------------------------------------------------


def test_colleagues_are_told_that_somebody_is_away_but_not_why(api, worker, boss, hr):
    colleague = EmploymentFactory(user__name="Cleo", user__department=worker.department).user
    stranger = EmploymentFactory().user
    taken(worker, "2026-03-13", "2026-03-16", word="unpaid")

    def seen(user, **query):
        return [
            (one["employee_name"], one["start_date"], one["end_date"], one["days"], one["leave_type"])
            for one in api(user).get("/api/hr/leave-calendar", query).json()
        ]

    assert seen(colleague) == [("Wanda", "2026-03-13", "2026-03-16", "2", None)]
    assert seen(boss) == seen(worker) == seen(hr) == [("Wanda", "2026-03-13", "2026-03-16", "2", "unpaid")]
    assert seen(stranger) == []
    assert seen(hr, start_date="2026-03-16", end_date="2026-03-20")[0][1:4] == ("2026-03-16", "2026-03-16", "1")
    assert seen(hr, start_date="2026-04-01") == []
    refused = api(hr).get("/api/hr/leave-calendar", {"start_date": "2026-01-01", "end_date": "2028-01-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "period_too_long")


def test_the_feed_is_a_valid_calendar_at_a_secret_address(api, worker):
    worker.name = "Wanda; the, great\\est " + "é" * 60
    worker.save()
    taken(worker, "2026-03-13", "2026-03-16")
    made = api(worker).post("/api/hr/leave.ics")
    address = made.json()["url"]

    reply = api().get(address)

    assert (made.status_code, reply.status_code) == (200, 200)
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    raw = reply.content
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    text = raw.decode().replace("\r\n ", "")
    lines = text.split("\r\n")
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//HyperFlow//Leave//EN"]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20260313" in lines
    assert "DTEND;VALUE=DATE:20260317" in lines
    assert "DTSTAMP:20260310T120000Z" in lines
    assert f"SUMMARY:Wanda\\; the\\, great\\\\est {'é' * 60}: Annual leave" in lines


def test_a_feed_ends_when_it_is_made_anew_closed_or_its_owner_leaves(api, worker, hr):
    client = api(worker)
    first, second = (client.post("/api/hr/leave.ics").json()["url"] for _turn in range(2))

    assert api().get(first).status_code == 404
    assert api().get(second).status_code == 200
    assert api().get("/api/hr/leave.ics").status_code == 422
    people.deactivate_user(user=worker, actor=UserFactory(as_="admin"))
    assert (api().get(second).status_code, api().get(second).json()["code"]) == (404, "not_found")
    third = api(hr).post("/api/hr/leave.ics").json()["url"]
    assert api(hr).delete("/api/hr/leave.ics").status_code == 204
    assert api().get(third).status_code == 404
    assert LeaveRequest.objects.count() == 0


def test_kinds_of_leave_are_listed_with_their_policies(api, worker):
    rows = api(worker).get("/api/hr/leave-types").json()

    assert [row["leave_type"] for row in rows] == ["annual", "sick", "wfh", "personal", "unpaid", "other"]
    assert (rows[0]["accrual"], rows[0]["days_per_year"], rows[0]["carry_over_max"]) == ("yearly", "25", "5")
