"""Leave that is asked for, decided and taken back, over the API."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, Role
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import BlockedDays, LeaveDay, LeaveEntry, LeaveRequest, LeaveType, LockedDays
from hr.services import leave, leave_ledger
from hr.services.leave_ledger import balance_of
from hr.tests.factories import EmploymentFactory
from hyperflow.core.models import AuditEntry, OutboxEvent, StoredFile

pytestmark = pytest.mark.django_db

LEAVE = "/api/hr/leave-requests"
#: A Tuesday.
NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
CONTRACT = {
    "request_id", "user_id", "employee_name", "leave_type", "start_date", "end_date", "days", "reason", "status",
    "approver_id", "approver_name", "decided_at", "decision_note", "balance_after",
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as hand:
        yield hand


@pytest.fixture
def boss():
    return EmploymentFactory(user__as_="manager", user__name="Bo").user


@pytest.fixture
def worker(boss):
    return EmploymentFactory(user__name="Wanda", manager=boss).user


@pytest.fixture
def hr():
    return UserFactory(as_="hr", name="Hera")


def body(start="2026-03-16", end=None, leave_type="annual", **more):
    return {"leave_type": leave_type, "start_date": start, "end_date": end or start, **more}


def asked(user, start="2026-03-16", end=None, leave_type="annual", **more):
    start, end = dt.date.fromisoformat(start), dt.date.fromisoformat(end or start)
    return leave.ask_for_leave(actor=user, leave_type=leave_type, start_date=start, end_date=end, **more)


def annual():
    return LeaveType.objects.get(code="annual")


def set_balance(user, days, code="annual"):
    """The ledger as it is, and what it takes for this balance."""
    kind = LeaveType.objects.get(code=code)
    leave_ledger.credit(user_id=user.pk)
    LeaveEntry.objects.create(
        user=user, type=kind, kind="adjusted", days=Decimal(days) - balance_of(user.pk, kind),
        effective_on=dt.date(2026, 1, 1),
    )  # fmt: skip


def test_leave_is_asked_for_approved_and_stands_in_the_ledger(api, worker, boss):
    reply = api(worker).post(LEAVE, body("2026-03-13", "2026-03-17", reason="Skiing"))

    assert reply.status_code == 201
    made = reply.json()
    assert set(made) >= CONTRACT
    assert reply.headers["Location"] == f"{LEAVE}/{made['request_id']}"
    assert (made["days"], made["status"], made["balance_after"], made["approver_id"]) == ("3", "pending", "22", None)
    assert balance_of(worker.pk, annual()) == 25
    assert LeaveDay.objects.count() == 0
    assert list(Notification.objects.values_list("user__name", "kind")) == [("Bo", "leave.requested")]

    decided = api(boss).put(f"{LEAVE}/{made['request_id']}", {"status": "approved", "decision_note": "Enjoy"})

    assert decided.status_code == 200
    answer = decided.json()
    assert (answer["status"], answer["approver_name"], answer["decision_note"]) == ("approved", "Bo", "Enjoy")
    assert (answer["decided_at"], answer["balance_after"]) == ("2026-03-10T12:00:00Z", "22")
    assert list(LeaveDay.objects.values_list("date", "portion", "is_paid", "is_away")) == [
        (dt.date(2026, 3, day), Decimal(1), True, True) for day in (13, 16, 17)
    ]
    [entry] = LeaveEntry.objects.filter(kind="taken")
    assert (entry.days, entry.effective_on, entry.request_id) == (-3, dt.date(2026, 3, 13), made["request_id"])
    assert Notification.objects.get(user=worker).kind == "leave.approved"
    assert [one.action for one in AuditEntry.objects.filter(action__startswith="leave.").order_by("pk")] == [
        "leave.request", "leave.approved",
    ]  # fmt: skip
    assert [event.kind for event in OutboxEvent.objects.filter(kind__startswith="leave.").order_by("pk")] == [
        "leave.requested", "leave.approved",
    ]  # fmt: skip


def test_cancelling_gives_the_days_back(api, worker, boss):
    request = asked(worker, "2026-03-16", "2026-03-18")
    leave.set_status(request=request, status="approved", actor=boss)

    reply = api(worker).put(f"{LEAVE}/{request.pk}", {"status": "cancelled"})

    assert (reply.status_code, reply.json()["status"], reply.json()["balance_after"]) == (200, "cancelled", "25")
    assert LeaveDay.objects.count() == 0
    assert list(LeaveEntry.objects.filter(request=request).order_by("pk").values_list("kind", "days")) == [
        ("taken", -3), ("returned", 3),
    ]  # fmt: skip
    assert Notification.objects.filter(user=boss, kind="leave.cancelled").count() == 1


@pytest.mark.parametrize(
    ("start", "end", "days", "more"),
    [
        ("2026-03-13", "2026-03-16", "2", {}),  # over a weekend
        ("2026-03-16", "2026-03-16", "0.5", {"half_day": True}),
        ("2026-12-30", "2027-01-04", "4", {}),  # over the end of the year: Wed, Thu, Fri, Mon
        ("2028-02-28", "2028-03-01", "3", {}),  # 29 February
    ],
)
def test_days_are_counted_exactly(api, worker, start, end, days, more):
    """H07"""
    reply = api(worker).post(LEAVE, body(start, end, **more))

    assert (reply.status_code, reply.json()["days"]) == (201, days)


def test_half_a_day_is_a_kind_of_annual_leave(api, worker, boss):
    made = api(worker).post(LEAVE, body(leave_type="half_day")).json()
    leave.set_status(request=LeaveRequest.objects.get(), status="approved", actor=boss)

    assert (made["leave_type"], made["half_day"], made["days"], made["balance_after"]) == (
        "half_day",
        True,
        "0.5",
        "24.5",
    )
    assert LeaveDay.objects.get().portion == Decimal("0.5")
    assert balance_of(worker.pk, annual()) == Decimal("24.5")


def test_leave_over_the_end_of_the_year_is_taken_from_both(worker, boss):
    """H07"""
    request = asked(worker, "2026-12-30", "2027-01-04")
    leave.set_status(request=request, status="approved", actor=boss)

    taken = LeaveEntry.objects.filter(kind="taken").order_by("effective_on").values_list("effective_on", "days")
    assert list(taken) == [(dt.date(2026, 12, 30), -2), (dt.date(2027, 1, 1), -2)]


def test_holidays_of_the_persons_own_calendar_are_left_out(worker, boss):
    from accounts.models import Holiday, WorkingCalendar

    own, other = (WorkingCalendar.objects.create(name=name) for name in ("Own", "Other"))
    Holiday.objects.create(calendar=own, date=dt.date(2026, 3, 17), name="St Patrick")
    Holiday.objects.create(calendar=other, date=dt.date(2026, 3, 18), name="Elsewhere")
    worker.calendar = own
    worker.save()

    assert asked(worker, "2026-03-16", "2026-03-20").days == 4


REFUSED = [
    (body("2026-03-17", "2026-03-16"), 422, "end_before_start"),
    (body("2026-03-14", "2026-03-15"), 422, "no_working_days"),
    (body("2024-12-30", "2025-01-02"), 422, "outside_employment"),
    (body("2026-03-16", "2027-03-17"), 422, "leave_too_long"),
    (body("2031-03-16", "2031-03-17"), 422, "leave_too_far"),
    (body("2026-03-16", "2026-03-17", half_day=True), 422, "half_day_is_one_day"),
    (body("2026-03-16", leave_type="sabbatical"), 422, "unknown_leave_type"),
    (body("2026-03-16", "2026-03-19", leave_type="sick"), 422, "document_needed"),
    (body("2026-03-16", "2026-03-20", leave_type="personal"), 409, "insufficient_balance"),
    (body("2026-03-16", leave_type="other", nonsense=1), 422, "unknown_field"),
]


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED, ids=[code for _b, _s, code in REFUSED])
def test_each_refusal_has_its_code_and_a_sentence(api, worker, sent, status, code):
    reply = api(worker).post(LEAVE, sent)

    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.content
    assert reply.json()["detail"].endswith((".", "?"))
    assert LeaveRequest.objects.count() == 0


def test_a_policy_may_ask_for_notice_and_whole_days(api, worker, hr):
    LeaveType.objects.filter(code="annual").update(notice_days=14, allows_half_days=False)

    assert api(worker).post(LEAVE, body("2026-03-23")).json()["code"] == "notice_too_short"
    assert api(worker).post(LEAVE, body("2026-03-24")).status_code == 201
    assert api(hr).post(LEAVE, body("2026-03-23", user_id=worker.pk)).status_code == 201
    assert api(worker).post(LEAVE, body("2026-03-25", leave_type="half_day")).json()["code"] == "half_days_not_offered"


def test_no_leave_on_blocked_days_of_everybody_or_the_department(api, worker):
    mine = DepartmentFactory()
    worker.department = mine
    worker.save()
    BlockedDays.objects.create(name="Launch", starts_on="2026-04-01", ends_on="2026-04-02", department=mine)
    BlockedDays.objects.create(
        name="Fair", starts_on="2026-04-07", ends_on="2026-04-07", department=DepartmentFactory()
    )

    refused = api(worker).post(LEAVE, body("2026-03-30", "2026-04-01"))

    assert (refused.status_code, refused.json()["code"]) == (409, "days_blocked")
    assert "Launch" in refused.json()["detail"]
    assert api(worker).post(LEAVE, body("2026-04-07")).status_code == 201


def test_locked_days_take_no_leave_and_give_none_back(api, worker, boss, hr):
    request = asked(worker, "2026-03-02", "2026-03-03")
    taken = asked(worker, "2026-03-04")
    leave.set_status(request=taken, status="approved", actor=boss)
    LockedDays.objects.create(starts_on="2026-03-01", ends_on="2026-03-05")

    refused = [
        api(worker).post(LEAVE, body("2026-03-05")),
        api(boss).put(f"{LEAVE}/{request.pk}", {"status": "approved"}),
        api(hr).put(f"{LEAVE}/{taken.pk}", {"status": "cancelled"}),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in refused] == [(409, "period_locked")] * 3
    assert (LeaveDay.objects.count(), balance_of(worker.pk, annual())) == (1, 24)


def test_requests_of_one_person_do_not_overlap(api, worker, boss):
    first = asked(worker, "2026-03-16", "2026-03-18")

    refused = api(worker).post(LEAVE, body("2026-03-18", "2026-03-20", leave_type="wfh"))
    leave.set_status(request=first, status="rejected", actor=boss)
    again = api(worker).post(LEAVE, body("2026-03-18", "2026-03-20"))

    assert (refused.status_code, refused.json()["code"], again.status_code) == (409, "leave_overlap", 201)
    assert LeaveRequest.objects.count() == 2


def test_pending_requests_count_when_asking_and_the_ledger_when_approving(api, worker, boss):
    set_balance(worker, 3)
    first = asked(worker, "2026-03-16", "2026-03-17")

    refused = api(worker).post(LEAVE, body("2026-03-23", "2026-03-24"))
    fits = api(worker).post(LEAVE, body("2026-03-23"))
    set_balance(worker, 1)
    too_much = api(boss).put(f"{LEAVE}/{first.pk}", {"status": "approved"})

    assert (refused.json()["code"], refused.json()["available"]) == ("insufficient_balance", "1")
    assert (fits.status_code, fits.json()["balance_after"]) == (201, "0")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "insufficient_balance")
    first.refresh_from_db()
    assert (first.status, LeaveDay.objects.count(), balance_of(worker.pk, annual())) == ("pending", 0, 1)


def test_next_years_days_come_out_of_next_year(api, worker, boss):
    """25 days a year, up to 5 carried over: next summer is booked now, and this year's days stay."""
    made = api(worker).post(LEAVE, body("2027-07-05", "2027-08-06"))  # 25 working days
    leave.set_status(request=LeaveRequest.objects.get(), status="approved", actor=boss)
    (mine,) = [one for one in api(worker).get("/api/employee/leave-balances").json() if one["leave_type"] == "annual"]
    this_year = api(worker).post(LEAVE, body("2026-03-16", "2026-04-17"))  # the 25 of this year
    too_much = api(worker).post(LEAVE, body("2027-09-01"))

    assert (made.status_code, made.json()["days"], made.json()["balance_after"]) == (201, "25", "0")
    assert (mine["balance"], mine["available"], mine["taken"], mine["booked_ahead"]) == ("25", "25", "0", "25")
    assert (this_year.status_code, this_year.json()["days"], this_year.json()["balance_after"]) == (201, "25", "0")
    assert (too_much.status_code, too_much.json()["code"], too_much.json()["available"]) == (
        409,
        "insufficient_balance",
        "0",
    )


def test_a_request_over_the_end_of_the_year_that_waits_counts_in_both(api, worker, boss):
    set_balance(worker, 3)
    asked(worker, "2026-12-30", "2027-01-04")  # two days of each year

    refused = api(worker).post(LEAVE, body("2026-12-21", "2026-12-22"))
    fits = api(worker).post(LEAVE, body("2026-12-21"))
    next_year = api(worker).post(LEAVE, body("2027-07-05", "2027-08-04"))  # 23 working days

    assert (refused.json()["code"], refused.json()["available"]) == ("insufficient_balance", "1")
    assert (fits.status_code, fits.json()["balance_after"]) == (201, "0")
    assert (next_year.status_code, next_year.json()["balance_after"]) == (201, "0")


@pytest.mark.parametrize("word", ["wfh", "unpaid", "other"])
def test_some_kinds_draw_on_no_balance(api, worker, boss, word):
    made = api(worker).post(LEAVE, body("2026-03-16", "2026-04-30", leave_type=word))
    leave.set_status(request=LeaveRequest.objects.get(), status="approved", actor=boss)

    assert (made.status_code, made.json()["balance_after"]) == (201, None)
    assert not LeaveEntry.objects.filter(kind="taken").exists()
    day = LeaveDay.objects.first()
    assert (day.is_away, day.is_paid) == (word != "wfh", word != "unpaid")


def test_who_decides_whose_leave(api, worker, boss, hr):
    """Z14, and the table of the contract: a manager decides reports at any depth, HR everybody, nobody themself."""
    top = EmploymentFactory(user__as_="manager").user
    boss.employment.manager = top
    boss.employment.save()
    stranger = EmploymentFactory(user__as_="manager").user
    EmploymentFactory(user=hr)
    admin = UserFactory(as_="admin")
    results = {}
    for number, (owner, decider) in enumerate([
        (worker, worker), (worker, boss), (worker, top), (worker, stranger), (worker, hr), (worker, admin),
        (boss, boss), (boss, top), (hr, hr), (hr, admin), (boss, worker),
    ]):  # fmt: skip
        request = asked(owner, f"2026-05-{4 + number:02}", f"2026-05-{6 + number:02}", leave_type="other")
        reply = api(decider).put(f"{LEAVE}/{request.pk}", {"status": "approved"})
        results[owner.name, decider.name] = (reply.status_code, reply.json().get("code"))
        request.delete() if reply.status_code != 200 else LeaveDay.objects.all().delete()
        LeaveRequest.objects.update(status="cancelled")

    ok, own, hidden = (200, None), (403, "self_approval"), (404, "not_found")
    assert list(results.values()) == [own, ok, ok, hidden, ok, ok, own, ok, own, ok, hidden]


def test_who_sees_a_request_without_deciding_rights_is_refused(api, worker, boss):
    request = asked(worker)
    boss.role.permissions.remove(*boss.role.permissions.filter(codename="decide_leave"))
    boss.role.version += 1
    boss.role.save()
    boss.role.permissions.add(*Role.objects.get(code="hr").permissions.filter(codename="change_leaverequest"))

    reply = api(boss).put(f"{LEAVE}/{request.pk}", {"status": "approved"})

    assert (reply.status_code, reply.json()["code"]) == (403, "permission_denied")
    request.refresh_from_db()
    assert request.status == "pending"


MOVES = [
    ("pending", "approved", 200), ("pending", "rejected", 200), ("pending", "cancelled", 200),
    ("approved", "rejected", 409), ("approved", "approved", 409), ("approved", "cancelled", 200),
    ("rejected", "approved", 409), ("rejected", "cancelled", 409), ("cancelled", "approved", 409),
]  # fmt: skip


@pytest.mark.parametrize(("stands", "wanted", "status"), MOVES)
def test_the_life_cycle_has_these_steps_and_no_others(api, worker, hr, stands, wanted, status):
    request = asked(worker)
    if stands != "pending":
        leave.set_status(request=request, status=stands, actor=hr)

    reply = api(hr).put(f"{LEAVE}/{request.pk}", {"status": wanted})

    assert reply.status_code == status
    if status == 409:
        assert reply.json()["code"] == "invalid_transition"
        request.refresh_from_db()
        assert request.status == stands


def test_leave_that_has_begun_is_cancelled_by_hr_alone(api, worker, boss, hr):
    request = asked(worker, "2026-03-10", "2026-03-11")
    leave.set_status(request=request, status="approved", actor=boss)

    own = api(worker).put(f"{LEAVE}/{request.pk}", {"status": "cancelled"})
    manager = api(boss).put(f"{LEAVE}/{request.pk}", {"status": "cancelled"})
    by_hr = api(hr).put(f"{LEAVE}/{request.pk}", {"status": "cancelled"})

    assert (own.status_code, own.json()["code"]) == (409, "invalid_transition")
    assert (manager.status_code, manager.json()["code"]) == (403, "permission_denied")
    assert by_hr.status_code == 200


def test_hr_asks_for_others_and_nobody_else_does(api, worker, boss, hr):
    for_worker = api(hr).post(LEAVE, body(user_id=worker.pk))
    refused = api(boss).post(LEAVE, body("2026-03-17", user_id=worker.pk))
    nobody = api(hr).post(LEAVE, body(user_id=UserFactory().pk))

    assert (for_worker.status_code, for_worker.json()["user_id"]) == (201, worker.pk)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert (nobody.status_code, nobody.json()["code"]) == (409, "not_employed")


def test_a_document_comes_with_the_form_and_is_seen_by_who_sees_the_request(api, worker, boss):
    def sent(content, name):
        file = SimpleUploadedFile(name, content)
        form = body("2026-03-16", "2026-03-20", leave_type="sick", document=file)
        return api(worker).post(LEAVE, form, format="multipart")

    refused = sent(b"MZ\x90\x00" + b"\x00" * 100, "note.exe")
    made = sent(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", "note.pdf")

    assert (refused.status_code, refused.json()["code"]) == (422, "unsupported_file_type")
    assert made.status_code == 201
    assert StoredFile.objects.get().original_name == "note.pdf"
    seen = api(boss).get(f"{LEAVE}/{made.json()['request_id']}").json()["document"]
    assert api().get(seen).status_code == 200
    stranger = UserFactory()
    assert leave.document_of(made.json()["request_id"], stranger) is None


def test_lists_hold_what_is_in_scope_and_can_be_narrowed(api, worker, boss, hr):
    colleague = EmploymentFactory().user
    rows = [asked(worker, "2026-03-16", "2026-03-18"), asked(worker, "2026-04-01", leave_type="half_day"),
            asked(colleague, "2026-03-17"), asked(boss, "2026-03-19")]  # fmt: skip
    leave.set_status(request=rows[0], status="approved", actor=hr)

    def found(user, **query):
        reply = api(user).get(LEAVE, {"ordering": "start_date", **query})
        assert reply.status_code == 200, reply.content
        return [rows.index(next(r for r in rows if r.pk == one["request_id"])) for one in reply.json()]

    assert found(worker) == [0, 1]
    assert found(boss) == [0, 3, 1]
    assert found(hr) == [0, 2, 3, 1]
    assert found(hr, status="approved") == [0]
    assert found(hr, user_id=colleague.pk) == [2]
    assert found(hr, leave_type="half_day") == [1]
    assert found(hr, start_date="2026-03-18", end_date="2026-03-19") == [0, 3]
    assert found(UserFactory(as_="finance")) == []


def test_a_stale_decision_changes_nothing(api, worker, boss):
    request = asked(worker)
    client = api(boss)
    tag = client.get(f"{LEAVE}/{request.pk}").headers["ETag"]
    LeaveRequest.objects.update(version=2)

    reply = client.put(f"{LEAVE}/{request.pk}", {"status": "approved"}, headers={"If-Match": tag})

    assert (reply.status_code, reply.json()["code"]) == (412, "precondition_failed")


def test_a_portal_user_asks_for_no_leave(api):
    assert api(UserFactory(as_="client")).post(LEAVE, body()).status_code == 403


def test_a_list_costs_the_same_at_one_row_and_at_seven(api, hr, boss):
    client = api(hr)
    asked(EmploymentFactory(manager=boss).user)
    client.get(LEAVE)
    with CaptureQueriesContext(connection) as one:
        client.get(LEAVE)
    for _turn in range(6):
        request = asked(EmploymentFactory(manager=boss).user)
        leave.set_status(request=request, status="approved", actor=boss)
    with CaptureQueriesContext(connection) as seven:
        assert len(client.get(LEAVE).json()) == 7

    # The general rate limit writes its counters now and then, in between.
    assert [len([q for q in asked.captured_queries if "cache" not in q["sql"]]) for asked in (one, seven)] == [5, 5]
