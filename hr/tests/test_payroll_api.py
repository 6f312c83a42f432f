"""Payroll over the wire: who sees and does what, and what the answers say."""

from decimal import Decimal

import pytest

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from hr.models import PayrollRun, Payslip
from hr.services import payroll, payroll_parts
from hr.tests.payroll_people import approved, paid
from hyperflow.core.models import Job, StoredFile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
RUNS = "/api/hr/payroll/runs"


def test_a_month_over_the_wire(api, hr, run_due_jobs):
    """H08: a run is made once, its months' attendance is closed, and it is paid once."""
    employment = paid(user__name="Ada")
    client = api(hr)

    made = client.post(RUNS, {"period": "2026-05"})
    again = client.post(RUNS, {"period": "2026-05"})
    run = made.json()
    path = f"{RUNS}/{run['run_id']}"

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.headers["Location"] == path
    assert made.headers["ETag"]
    assert again.json() == run
    assert (run["status"], run["people"], run["problems"]) == ("draft", 1, [])
    assert run["totals"] == [
        {
            "currency": "EUR", "people": 1, "basic_salary": "2100.00", "overtime": "0.00", "allowances": "0.00",
            "unpaid_leave": "0.00", "gross": "2100.00", "deductions": "0.00", "net": "2100.00",
            "employer_share": "0.00",
        }
    ]  # fmt: skip
    assert client.post(f"{path}/approve").json()["code"] == "invalid_transition"
    assert client.post(f"{path}/review", {"note": "x"}).json()["code"] == "unknown_field"
    assert [client.post(f"{path}/{step}").json()["status"] for step in ("review", "approve", "pay")] == [
        "review", "approved", "paid",
    ]  # fmt: skip
    second = client.post(f"{path}/pay")
    assert (second.status_code, second.json()["code"], second.json()["allowed"]) == (409, "invalid_transition", [])
    locked = client.post(f"{path}/recompute")
    assert (locked.status_code, locked.json()["code"]) == (409, "payroll_locked")

    [slip] = client.get("/api/hr/payroll", {"period": "2026-05", "user_id": employment.user_id}).json()
    assert slip == {
        "payslip_id": slip["payslip_id"], "run_id": run["run_id"], "user_id": employment.user_id,
        "employee_name": "Ada", "employee_code": employment.code, "position": "", "department": "",
        "employer": "HyperFlow Agency", "period": "2026-05", "period_start": "2026-05-01", "period_end": "2026-05-31",
        "currency": "EUR", "basic_salary": "2100.00", "overtime": "0.00", "allowances": "0.00", "deductions": "0.00",
        "unpaid_leave": "0.00", "gross": "2100.00", "net": "2100.00", "employer_share": "0.00", "month_days": 21.0,
        "working_days": 21.0, "paid_days": 21.0, "unpaid_days": 0.0, "hours": 0.0, "overtime_hours": 0.0, "lines": [],
        "status": "paid", "paid_at": "2026-06-03T12:00:00Z", "created_at": "2026-06-03T12:00:00Z",
    }  # fmt: skip


def test_many_people_are_a_job_with_progress(api, hr, run_due_jobs, monkeypatch):
    monkeypatch.setattr(payroll, "AT_ONCE", 1)
    paid(), paid()
    client = api(hr)

    made = client.post(RUNS, {"period": "2026-05"})
    again = client.post(RUNS, {"period": "2026-05"})
    job = made.json()

    assert (made.status_code, again.status_code) == (202, 202)
    assert made.headers["Location"] == f"/api/jobs/{job['job_id']}"
    assert (job["kind"], job["status"], again.json()["job_id"]) == ("hr.compute_payroll", "queued", job["job_id"])
    run_due_jobs()
    done = client.get(f"/api/jobs/{job['job_id']}").json()
    assert (done["status"], done["progress"]) == ("done", 100)
    assert done["result"] == {"run_id": PayrollRun.objects.get().pk, "people": 2, "problems": 0}
    assert client.post(RUNS, {"period": "2026-05"}).json()["people"] == 2
    assert Job.objects.filter(kind="hr.compute_payroll").count() == 1


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "period"),
        ({"period": "2026-13"}, "invalid", "period"),
        ({"period": "2027-01"}, "in_the_future", "period"),
        ({"period": "2026-05", "x": 1}, "unknown_field", "x"),
    ],
)
def test_a_period_that_is_none_is_refused(api, hr, body, code, field):
    reply = api(hr).post(RUNS, body, format="json")

    assert reply.status_code == 422
    assert [(error["field"], error["code"]) for error in reply.json()["errors"]] == [(field, code)]
    assert not PayrollRun.objects.exists()


def test_a_stale_decision_is_refused(api, hr):
    paid()
    client = api(hr)
    made = client.post(RUNS, {"period": "2026-05"})
    path = f"{RUNS}/{made.json()['run_id']}"
    client.post(f"{path}/recompute")

    reply = client.post(f"{path}/review", headers={"If-Match": made.headers["ETag"]})

    assert (reply.status_code, reply.json()["code"]) == (412, "precondition_failed")
    assert PayrollRun.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("role", "reads", "starts", "approves", "pays"),
    [
        ("admin", 200, 200, 200, 200),
        ("hr", 200, 200, 200, 200),
        ("finance", 200, 403, 403, 200),
        ("manager", 403, 403, 403, 403),
        ("employee", 403, 403, 403, 403),
        ("marketing", 403, 403, 403, 403),
        ("client", 403, 403, 403, 403),
    ],
)
def test_who_may_do_what(api, hr, role, reads, starts, approves, pays):
    user = UserFactory(as_=role)
    paid(manager=user)
    run = payroll.start_run(period="2026-05", actor=hr).run
    payroll.review(run=run, actor=hr)
    client, path = api(user), f"{RUNS}/{run.pk}"

    assert client.get("/api/hr/payroll").status_code == reads
    assert client.get(RUNS).status_code == client.get(path).status_code == reads
    assert client.get(f"/api/hr/payroll/{Payslip.objects.get().pk}").status_code == reads
    assert client.post(RUNS, {"period": "2026-05"}).status_code == starts
    assert client.post(f"{path}/approve").status_code == approves
    if approves != 200:
        payroll.approve(run=run, actor=hr)
    assert client.post(f"{path}/pay").status_code == pays
    run.refresh_from_db()
    assert run.status == ("paid" if pays == 200 else "approved")


def test_own_payslips_are_seen_once_approved_and_nobody_elses(api, hr):
    mine, theirs = paid(), paid()
    boss = UserFactory(as_="manager")
    mine.manager = boss
    mine.save()
    run = payroll.start_run(period="2026-05", actor=hr).run
    draft = Payslip.objects.get(user=mine.user)
    client = api(mine.user)

    assert client.get("/api/employee/payslips").json() == []
    assert client.get(f"/api/employee/payslips/{draft.pk}").status_code == 404
    assert client.get(f"/api/employee/payslips/{draft.pk}/pdf").status_code == 404

    payroll.review(run=run, actor=hr)
    payroll.approve(run=run, actor=hr)
    other = Payslip.objects.get(user=theirs.user)

    assert [row["user_id"] for row in client.get("/api/employee/payslips").json()] == [mine.user_id]
    assert client.get(f"/api/employee/payslips/{draft.pk}").json()["status"] == "approved"
    assert client.get(f"/api/employee/payslips/{other.pk}").status_code == 404
    assert client.get(f"/api/employee/payslips/{other.pk}/pdf").status_code == 404
    assert api(boss).get("/api/employee/payslips").json() == []
    assert api(boss).get(f"/api/employee/payslips/{draft.pk}/pdf").status_code == 404
    assert api(hr).get("/api/employee/payslips").json() == []


def test_the_document_is_there_at_once_and_once(api, hr, run_due_jobs, mailoutbox):
    mine = paid(user__name="#import Ada")
    approved(hr)
    slip = Payslip.objects.get()
    client = api(mine.user)

    first = client.get(f"/api/employee/payslips/{slip.pk}/pdf", headers={"Accept": "application/pdf"})
    content = b"".join(first.streaming_content)
    run_due_jobs()
    again = client.get(f"/api/employee/payslips/{slip.pk}/pdf")

    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/pdf")
    assert first.headers["Content-Disposition"] == f'attachment; filename="payslip-2026-05-{mine.code}.pdf"'
    assert content.startswith(b"%PDF-")
    assert b"".join(again.streaming_content) == content
    assert StoredFile.objects.count() == 1


def test_people_are_told_without_any_amount(hr, run_due_jobs, mailoutbox):
    mine = paid(12_345, user__name="Ada", user__email="ada@example.com")
    paid(user__is_active=False)
    run = approved(hr)

    assert run_due_jobs().count("prepare_payslips") == 1

    [mail] = mailoutbox
    slip = Payslip.objects.get(user=mine.user)
    assert (mail.to, mail.subject) == (["ada@example.com"], "Your payslip for May 2026 is ready")
    address = f"http://localhost:8000/admin/hr/payslip/{slip.pk}/change/"
    assert address in mail.body
    assert "12" not in mail.body.replace(address, "")
    assert Notification.objects.get().title == "Your payslip for May 2026 is ready"
    assert Payslip.objects.filter(pdf__isnull=True).count() == 0
    from hr.jobs.payroll import prepare_payslips

    prepare_payslips(run_id=run.pk)
    run_due_jobs()
    assert len(mailoutbox) == 1


def test_payslips_are_narrowed_and_ordered(api, hr):
    first, second = paid(), paid()
    approved(hr, "2026-04")
    payroll.start_run(period="2026-05", actor=hr)
    client = api(hr)

    def found(**query):
        return [(row["period"], row["user_id"]) for row in client.get("/api/hr/payroll", query).json()]

    assert found() == [
        ("2026-05", second.user_id), ("2026-05", first.user_id),
        ("2026-04", second.user_id), ("2026-04", first.user_id),
    ]  # fmt: skip
    assert found(status="draft", user_id=first.user_id) == [("2026-05", first.user_id)]
    assert found(status="approved", ordering="period") == [("2026-04", first.user_id), ("2026-04", second.user_id)]
    assert found(period="2026-04", search=first.code) == [("2026-04", first.user_id)]


@pytest.mark.parametrize("rows", [1, 7])
def test_lists_cost_the_same_however_many_rows(api, hr, django_assert_num_queries, rows):
    payroll_parts.create_component(
        actor=hr, code="t", name="T", kind="allowance", method="fixed", amount=Decimal(5), currency="EUR"
    )
    people = [paid() for _number in range(rows)]
    for month in range(1, min(rows, 5) + 1):
        approved(hr, f"2026-0{month}")
    client, own = api(hr), api(people[0].user)
    client.get(RUNS), own.get("/api/employee/payslips")

    with django_assert_num_queries(3):  # who, page, lines
        slips = client.get("/api/hr/payroll").json()
    with django_assert_num_queries(2):  # who, page
        assert len(client.get(RUNS).json()) == min(rows, 5)
    with django_assert_num_queries(3):
        assert len(own.get("/api/employee/payslips").json()) == min(rows, 5)

    assert len(slips) == rows * min(rows, 5)
    assert slips[0]["lines"][0]["amount"] == "5.00"


@pytest.mark.parametrize("rows", [1, 7])
def test_working_out_costs_the_same_however_many_people(hr, django_assert_max_num_queries, rows):
    for _number in range(rows):
        paid()

    with django_assert_max_num_queries(51):
        payroll.start_run(period="2026-05", actor=hr)

    assert Payslip.objects.count() == rows
