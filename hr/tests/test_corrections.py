"""Corrections of attendance: asked for and decided, or made by HR; and days that are closed."""

import datetime as dt

import pytest
import time_machine

from accounts.models import Notification
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import Attendance, AttendanceCorrection, LockedDays
from hr.services import attendance_corrections as corrections
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import session
from hyperflow.core.errors import NotAllowed
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db

OWN, HR, DECIDE = "/api/employee/attendance", "/api/hr/attendance", "/api/hr/attendance-corrections"
LOCKS = "/api/hr/attendance-locks"
#: A Monday; now it is Tuesday.
DAY = dt.date(2026, 3, 9)


@pytest.fixture(autouse=True)
def _on_tuesday():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def boss():
    return UserFactory(as_="manager")


@pytest.fixture
def person(boss):
    return EmploymentFactory(manager=boss).user


def times(begins, ends, day="2026-03-09"):
    return {"login_time": f"{day}T{begins}:00Z", "logout_time": f"{day}T{ends}:00Z"}


def as_it_is():
    return list(Attendance.objects.order_by("pk").values("login_time", "logout_time", "seconds", "status", "version"))


def test_a_request_changes_nothing_until_somebody_else_approves_it(api, boss, person):
    row = session(person, DAY, "09:30", "12:00", status="late")
    before = as_it_is()
    body = {"kind": "change", "attendance_id": row.pk, "reason": "The clock was late", **times("09:00", "17:00")}

    asked = api(person).post(f"{OWN}/corrections", body)

    assert asked.status_code == 201
    assert as_it_is() == before
    assert Notification.objects.get().user == boss
    path = f"{DECIDE}/{asked.json()['correction_id']}"
    decided = api(boss).put(path, {"status": "approved", "decision_note": "Fine"})
    assert decided.status_code == 200
    assert decided.json() | {"created_at": 0, "updated_at": 0} == {
        "correction_id": asked.json()["correction_id"], "user_id": person.pk, "user_name": person.name,
        "attendance_id": row.pk, "kind": "change", "old_login_time": "2026-03-09T09:30:00Z",
        "old_logout_time": "2026-03-09T12:00:00Z", "login_time": "2026-03-09T09:00:00Z",
        "logout_time": "2026-03-09T17:00:00Z", "reason": "The clock was late", "status": "approved",
        "requested_by": person.pk, "decided_by": boss.pk, "decided_at": "2026-03-10T12:00:00Z",
        "decision_note": "Fine", "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    row.refresh_from_db()
    assert (row.seconds, row.status, row.confirmed) == (8 * 3600, "present", True)
    assert api(person).get(asked.headers["Location"]).json() == decided.json()
    assert Notification.objects.filter(user=person, title="Your correction of attendance was approved").exists()
    again = api(UserFactory(as_="hr")).put(path, {"status": "rejected"})
    assert (again.status_code, again.json()["code"], again.json()["allowed"]) == (409, "invalid_transition", [])


def test_a_rejected_request_changes_nothing(api, boss, person):
    row = session(person, DAY, "09:00", "12:00")
    before = as_it_is()
    asked = (
        api(person).post(f"{OWN}/corrections", {"kind": "remove", "attendance_id": row.pk, "reason": "Not me"}).json()
    )

    decided = api(boss).put(f"{DECIDE}/{asked['correction_id']}", {"status": "rejected", "decision_note": "It was"})

    assert decided.json()["status"] == "rejected"
    assert as_it_is() == before


def test_sessions_are_added_and_removed_by_request(api, boss, person):
    added = (
        api(person).post(f"{OWN}/corrections", {"kind": "add", "reason": "Forgot", **times("09:00", "11:00")}).json()
    )
    made = api(boss).put(f"{DECIDE}/{added['correction_id']}", {"status": "approved"}).json()
    row = Attendance.objects.get()
    assert (made["attendance_id"], row.seconds, row.status, row.source) == (row.pk, 7200, "half-day", "correction")
    gone = (
        api(person).post(f"{OWN}/corrections", {"kind": "remove", "attendance_id": row.pk, "reason": "Not me"}).json()
    )

    reply = api(boss).put(f"{DECIDE}/{gone['correction_id']}", {"status": "approved"}).json()

    assert not Attendance.objects.exists()
    assert (reply["attendance_id"], reply["old_login_time"]) == (None, "2026-03-09T09:00:00Z")
    assert AuditEntry.objects.get(action="attendance.remove").actor == boss


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "add", **times("09:00", "11:00")}, 422, "required"),
        ({"kind": "add", "reason": " ", **times("09:00", "11:00")}, 422, "blank"),
        ({"kind": "add", "reason": "x", "login_time": "2026-03-09T09:00:00Z"}, 422, "required"),
        ({"kind": "change", "reason": "x", **times("09:00", "11:00")}, 422, "required"),
        ({"kind": "remove", "reason": "x", "attendance_id": 999_999}, 422, "does_not_exist"),
        ({"kind": "remove", "reason": "x", "attendance_id": "foreign"}, 422, "does_not_exist"),
        ({"kind": "add", "reason": "x", **times("11:00", "09:00")}, 422, "end_before_start"),
        ({"kind": "add", "reason": "x", **times("09:00", "13:00", "2026-03-10")}, 422, "in_the_future"),
        ({"kind": "add", "reason": "x", **times("13:00", "14:00", "2026-03-11")}, 422, "in_the_future"),
        ({"kind": "add", "reason": "x", "login_time": "2026-03-07T00:00:00Z", "logout_time": "2026-03-08T00:00:01Z"},
         422, "too_long"),
        ({"kind": "add", "reason": "x", **times("12:00", "13:30")}, 409, "time_overlap"),
        ({"kind": "add", "reason": "x", **times("09:00", "11:00", "2026-03-06")}, 409, "period_locked"),
        ({"kind": "double", "reason": "x"}, 422, "invalid_choice"),
        ({"kind": "add", "reason": "x", "hours": 2, **times("09:00", "11:00")}, 422, "unknown_field"),
    ],
)  # fmt: skip
def test_what_is_refused(api, person, body, status, code):
    session(person, DAY, "13:00", "14:00")
    foreign = session(EmploymentFactory().user, DAY, "09:00", "12:00")
    LockedDays.objects.create(starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 3, 6))
    before = as_it_is()
    if body.get("attendance_id") == "foreign":
        body = {**body, "attendance_id": foreign.pk}

    reply = api(person).post(f"{OWN}/corrections", body)

    problem = reply.json()
    assert reply.status_code == status
    assert code in {problem["code"], *(error["code"] for error in problem.get("errors", []))}
    assert (as_it_is(), AttendanceCorrection.objects.count()) == (before, 0)


def test_one_request_waits_at_a_time_for_a_session(api, person):
    row = session(person, DAY, "09:00", "12:00")
    body = {"kind": "remove", "attendance_id": row.pk, "reason": "Not me"}

    replies = [api(person).post(f"{OWN}/corrections", body) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [201, 409]
    assert replies[1].json()["code"] == "correction_pending"


def test_nobody_decides_their_own(api):
    boss = UserFactory(as_="hr")
    asked = api(boss).post(f"{OWN}/corrections", {"kind": "add", "reason": "x", **times("09:00", "11:00")}).json()

    reply = api(boss).put(f"{DECIDE}/{asked['correction_id']}", {"status": "approved"})

    assert (reply.status_code, reply.json()["code"]) == (403, "self_approval")
    assert not Attendance.objects.exists()


def test_a_request_about_what_has_changed_since_is_not_approved(api, boss, person):
    row = session(person, DAY, "09:00", "12:00")
    asked = api(person).post(f"{OWN}/corrections", {"kind": "remove", "attendance_id": row.pk, "reason": "x"}).json()
    api(UserFactory(as_="hr")).put(f"{HR}/{person.pk}/{row.pk}", {"reason": "y", **times("09:00", "13:00")})

    reply = api(boss).put(f"{DECIDE}/{asked['correction_id']}", {"status": "approved"})

    assert (reply.status_code, reply.json()["code"]) == (409, "attendance_changed")
    assert Attendance.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("hr", 200), ("manager", 404), ("employee", 403), ("finance", 403), ("marketing", 403),
     ("client", 403)],
)  # fmt: skip
def test_who_decides_requests_of_people_below_somebody_else(api, person, role, status):
    asked = AttendanceCorrection.objects.create(
        user=person, kind="add", reason="x", requested_by=person,
        login_time=dt.datetime(2026, 3, 9, 9, tzinfo=dt.UTC), logout_time=dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC),
    )  # fmt: skip

    reply = api(UserFactory(as_=role)).put(f"{DECIDE}/{asked.pk}", {"status": "approved"})

    assert reply.status_code == status
    assert Attendance.objects.count() == (status == 200)


# -- a forgotten clock-out


@pytest.fixture
def forgotten(person):
    return session(person, DAY, "09:00", "17:00", confirmed=False, closed_by_job=True)


def test_the_person_confirms_and_it_counts(api, person, forgotten):
    path = f"{OWN}/{forgotten.pk}/confirm"

    reply = api(person).post(path)
    again = api(person).post(path)

    assert (reply.status_code, reply.json()["correction"]) == (200, None)
    assert (reply.json()["attendance"]["confirmed"], reply.json()["attendance"]["hours_worked"]) == (True, 8.0)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_confirm")


def test_another_time_is_a_request_and_counts_once_it_is_approved(api, boss, person, forgotten):
    reply = api(person).post(f"{OWN}/{forgotten.pk}/confirm", {"logout_time": "2026-03-09T18:30:00Z"}).json()

    assert (reply["attendance"]["confirmed"], reply["attendance"]["hours_worked"]) == (False, 0.0)
    assert (reply["correction"]["status"], reply["correction"]["reason"]) == ("pending", "The clock-out was forgotten.")
    api(boss).put(f"{DECIDE}/{reply['correction']['correction_id']}", {"status": "approved"})
    forgotten.refresh_from_db()
    assert (forgotten.confirmed, forgotten.seconds, forgotten.closed_by_job) == (True, 34_200, True)


def test_nobody_confirms_for_another_or_on_closed_days(api, boss, person, forgotten):
    assert api(boss).post(f"{OWN}/{forgotten.pk}/confirm").status_code == 404
    assert api(person).post(f"{OWN}/{forgotten.pk}/confirm", {"confirmed": True}).status_code == 422
    LockedDays.objects.create(starts_on=DAY, ends_on=DAY)
    assert api(person).post(f"{OWN}/{forgotten.pk}/confirm").json()["code"] == "period_locked"
    forgotten.refresh_from_db()
    assert not forgotten.confirmed


# -- by HR


def test_hr_adds_changes_and_removes_with_a_reason(api, person):
    boss = UserFactory(as_="hr")
    caller = api(boss)

    made = caller.post(f"{HR}/{person.pk}", {"reason": "Badge was broken", **times("09:00", "12:00")})
    path = made.headers["Location"]
    changed = caller.put(
        path, {"reason": "Until five", "logout_time": "2026-03-09T17:00:00Z"}, HTTP_IF_MATCH=made.headers["ETag"]
    )
    stale = caller.put(path, {"reason": "x", "logout_time": "2026-03-09T16:00:00Z"}, HTTP_IF_MATCH='"v1"')
    silent = caller.put(path, {"logout_time": "2026-03-09T16:00:00Z"})
    shown = caller.get(path)
    removed = caller.post(f"{path}/remove", {"reason": "Twice"})

    assert [reply.status_code for reply in (made, changed, stale, silent, shown, removed)] == [
        201,
        200,
        412,
        422,
        200,
        200,
    ]
    assert (changed.json()["hours_worked"], changed.json()["source"]) == (8.0, "correction")
    assert shown.json() == changed.json()
    assert not Attendance.objects.exists()
    kept = AttendanceCorrection.objects.order_by("pk").values_list(
        "kind", "old_logout_time", "logout_time", "reason", "status", "requested_by", "decided_by"
    )
    noon, five = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 17, tzinfo=dt.UTC)
    assert list(kept) == [
        ("add", None, noon, "Badge was broken", "approved", boss.pk, boss.pk),
        ("change", noon, five, "Until five", "approved", boss.pk, boss.pk),
        ("remove", five, None, "Twice", "approved", boss.pk, boss.pk),
    ]
    assert Notification.objects.filter(user=person, kind="attendance.corrected").count() == 3


def test_who_asked_for_somebody_does_not_decide_it(person):
    asker = UserFactory(as_="hr")
    asked = AttendanceCorrection.objects.create(
        user=person,
        kind="add",
        reason="x",
        requested_by=asker,
        login_time="2026-03-09T09:00Z",
        logout_time="2026-03-09T12:00Z",
    )
    with pytest.raises(NotAllowed, match="You asked for this correction") as refusal:
        corrections.decide(correction=asked, actor=asker, approve=False)
    assert refusal.value.code == "self_approval"


def test_hr_does_not_correct_what_is_their_own_or_closed(api, person):
    boss = UserFactory(as_="hr")
    LockedDays.objects.create(starts_on=DAY, ends_on=DAY)
    body = {"reason": "x", **times("09:00", "12:00")}

    own, closed = api(boss).post(f"{HR}/{boss.pk}", body), api(boss).post(f"{HR}/{person.pk}", body)

    assert (own.status_code, own.json()["code"]) == (403, "self_approval")
    assert (closed.status_code, closed.json()["code"]) == (409, "period_locked")
    assert not Attendance.objects.exists()


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("admin", 200, 201), ("hr", 200, 201), ("manager", 404, 403), ("employee", 403, 403), ("finance", 403, 403),
     ("marketing", 403, 403), ("client", 403, 403)],
)  # fmt: skip
def test_who_may_read_and_correct_whom(api, person, role, reads, writes):
    caller = api(UserFactory(as_=role))

    assert caller.get(HR).status_code == (200 if reads == 404 else reads)
    assert caller.get(f"{HR}/{person.pk}").status_code == reads
    assert caller.post(f"{HR}/{person.pk}", {"reason": "x", **times("09:00", "12:00")}).status_code == writes
    assert Attendance.objects.count() == (writes == 201)


def test_lists_of_others_and_their_filters(api, boss, person):
    person.department = DepartmentFactory(name="Design")
    person.save()
    first = session(person, DAY, "09:00", "12:00")
    second = session(person, dt.date(2026, 2, 1), "09:00", "12:00", status="late")
    foreign = session(EmploymentFactory().user, DAY, "10:00", "12:00", status="late")

    def found(caller, query=""):
        return [one["attendance_id"] for one in caller.get(f"{HR}{query}").json()]

    everybody = api(UserFactory(as_="hr"))
    assert found(everybody) == [foreign.pk, first.pk]
    assert found(api(boss)) == found(api(boss), f"/{person.pk}") == [first.pk]
    assert found(everybody, "?start_date=2026-01-01&status=late") == [foreign.pk, second.pk]
    assert found(everybody, f"?start_date=2026-01-01&user_id={person.pk}") == [first.pk, second.pk]
    assert found(everybody, "?department=Design") == [first.pk]
    assert found(everybody, f"/{person.pk}?end_date=2026-02-20") == [second.pk]
    assert api(boss).get(f"{HR}/{foreign.user_id}").status_code == 404
    assert everybody.get(f"{HR}/999999").status_code == 404
    assert everybody.get(f"{HR}/{person.pk}/{foreign.pk}").status_code == 404


def test_the_summary_of_a_period(api, boss, person):
    EmploymentFactory()
    session(
        person, dt.date(2026, 3, 2), "09:00", "18:30"
    )  # two hours more than planned, of which 15 minutes are let go
    session(person, dt.date(2026, 3, 3), "09:30", "17:00")
    session(person, dt.date(2026, 3, 4), "09:00", "17:00", confirmed=False, closed_by_job=True)
    path = f"{HR}?summary=true&start_date=2026-03-02&end_date=2026-03-06"

    (row,) = api(boss).get(path).json()

    assert row | {"employee_code": ""} == {
        "user_id": person.pk, "user_name": person.name, "employee_code": "", "department": None, "days_present": 2,
        "days_late": 1, "days_absent": 2, "days_half": 0, "days_remote": 0, "days_leave": 0.0, "hours": 17.0,
        "hours_planned": 37.5, "hours_unconfirmed": 8.0, "overtime": 1.75,
    }  # fmt: skip
    everybody = api(UserFactory(as_="hr"))
    assert len(everybody.get(path).json()) == 2
    assert [one["user_id"] for one in everybody.get(f"{path}&status=late").json()] == [person.pk]
    assert len(everybody.get(f"{path}&limit=1").json()) == 1
    assert [one["user_id"] for one in everybody.get(f"{path}&user_id={person.pk}").json()] == [person.pk]
    assert everybody.get(f"{HR}?summary=true&start_date=2020-01-01").json()["code"] in {"too_long", "validation_error"}
    assert everybody.get(f"{HR}?summary=maybe").status_code == 422
    for name in ("open", "confirmed"):
        problem = everybody.get(f"{HR}?summary=true&{name}=true").json()
        assert [(error["field"], "sessions only" in error["message"]) for error in problem["errors"]] == [(name, True)]


@pytest.mark.parametrize("rows", [1, 7])
def test_lists_cost_the_same_however_many_rows(api, django_assert_num_queries, rows):
    for number in range(rows):
        one = session(EmploymentFactory().user, DAY, f"0{number}:00", f"0{number}:30")
        AttendanceCorrection.objects.create(
            user=one.user, attendance=one, kind="remove", reason="x", requested_by=one.user
        )
        LockedDays.objects.create(starts_on="2020-01-01", ends_on="2020-01-01")
    caller = api(UserFactory(as_="hr"))
    caller.get(HR)

    for path in (HR, DECIDE, LOCKS):
        with django_assert_num_queries(2):  # who, page
            assert len(caller.get(path).json()) == rows
    with django_assert_num_queries(9):  # who, page; earlier weeks, calendar, hours, patterns, holidays; sessions, leave
        assert len(caller.get(f"{HR}?summary=true").json()) == rows


# -- closed days


def test_closing_listing_and_opening_days(api, person):
    caller = api(UserFactory(as_="hr"))
    made = caller.post(LOCKS, {"starts_on": "2026-03-01", "ends_on": "2026-03-09", "reason": "Reported"})
    path = made.headers["Location"]

    assert (made.status_code, caller.get(path).json()) == (201, made.json())
    assert [one["lock_id"] for one in caller.get(LOCKS).json()] == [made.json()["lock_id"]]
    refused = caller.post(f"{HR}/{person.pk}", {"reason": "x", **times("09:00", "12:00")})
    assert (refused.status_code, refused.json()["code"], refused.json()["ends_on"]) == (
        409,
        "period_locked",
        "2026-03-09",
    )
    assert caller.delete(path).status_code == 204
    assert caller.post(f"{HR}/{person.pk}", {"reason": "x", **times("09:00", "12:00")}).status_code == 201


def test_what_payroll_closed_is_not_opened(api):
    row = LockedDays.objects.create(starts_on=DAY, ends_on=DAY, source="payroll:1")

    reply = api(UserFactory(as_="hr")).delete(f"{LOCKS}/{row.pk}")

    assert (reply.status_code, reply.json()["code"]) == (409, "locked_by_payroll")
    assert LockedDays.objects.count() == 1


@pytest.mark.parametrize(
    "body", [{}, {"starts_on": "2026-03-05"}, {"starts_on": "2026-03-05", "ends_on": "2026-03-04"},
             {"starts_on": "2026-03-05", "ends_on": "2026-03-11"}, {"starts_on": "x", "ends_on": "y"}],
)  # fmt: skip
def test_days_that_cannot_be_closed(api, body):
    assert api(UserFactory(as_="hr")).post(LOCKS, body).status_code == 422
    assert not LockedDays.objects.exists()


@pytest.mark.parametrize("role", ["manager", "employee", "finance", "marketing", "client"])
def test_others_close_nothing(api, role):
    caller = api(UserFactory(as_=role))

    assert caller.post(LOCKS, {"starts_on": "2026-03-05", "ends_on": "2026-03-05"}).status_code == 403
    assert caller.get(LOCKS).status_code == 403
    assert not LockedDays.objects.exists()
