"""One authority for rights: for each role, every list gives exactly the rows that ``visible_to`` gives.

`LISTS` names each list and the rows that it is a list of, as the path leads to them. A list that is not here fails
the build. The admin and the exports are held to the same rows by their own walks over every admin class.
"""

import datetime as dt

import pytest

from accounts.models import Holiday, Notification, Role, User, WorkingCalendar
from accounts.tests.factories import UserFactory
from clients.models import Brand, Client, CommunicationLog, Contact, Project, ProjectMember
from clients.tests.factories import (
    BrandFactory,
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    ProjectFactory,
)
from finance.models import CreditNote, FinancialRecord, Invoice, Payment
from finance.tests.factories import CreditNoteFactory, FinancialRecordFactory, InvoiceFactory, InvoiceLineFactory
from hr.models import (
    Attendance,
    AttendanceCorrection,
    Candidate,
    CandidateNote,
    Employment,
    Interview,
    JobPosting,
    LeaveEntry,
    LeaveRequest,
    LeaveType,
    LockedDays,
    OnboardingTask,
    PayrollRun,
    Payslip,
    Scorecard,
    StageTemplate,
)
from hr.selectors.leave import people_with_balances
from hr.tests.factories import EmploymentFactory
from hr.tests.payroll_rows import payslip, run_of
from hr.tests.recruitment_factories import (
    CandidateFactory,
    InterviewFactory,
    OnboardingTaskFactory,
    PostingFactory,
    ScorecardFactory,
)
from hr.tests.sessions import session
from hyperflow.core import clock
from hyperflow.core.api.permissions import allows
from hyperflow.tests.walking import routes
from tasks.models import Attachment, Comment, Task, TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

#: path → (name of the id on the wire, the rows of it that this caller is to be given)
LISTS = {
    "/api/client/clients": ("client_id", lambda user, world: Client.objects.visible_to(user)),
    "/api/client/projects": ("project_id", lambda user, world: Project.objects.visible_to(user)),
    "/api/client/tasks": ("task_id", lambda user, world: Task.objects.visible_to(user)),
    "/api/client/clients/<id:client_pk>/tasks": (
        "task_id",
        lambda user, world: Task.objects.visible_to(user).filter(client=world["client"]),
    ),
    "/api/client/clients/<id:pk>/contacts": (
        "contact_id",
        lambda user, world: Contact.objects.visible_to(user).filter(client=world["client"]),
    ),
    "/api/client/clients/<id:pk>/brands": (
        "brand_id",
        lambda user, world: Brand.objects.visible_to(user).filter(client=world["client"]),
    ),
    "/api/client/clients/<id:pk>/communications": (
        "log_id",
        lambda user, world: CommunicationLog.objects.visible_to(user).filter(client=world["client"]),
    ),
    "/api/client/clients/<id:pk>/portal-users": ("user_id", lambda user, world: world["client"].portal_users.all()),
    "/api/client/projects/<id:pk>/members": ("user_id", lambda user, world: world["project"].members.all()),
    "/api/employee/tasks": ("task_id", lambda user, world: Task.objects.visible_to(user).filter(assigned_to=user)),
    "/api/employee/tasks/<id:pk>/comments": (
        "comment_id",
        lambda user, world: Comment.objects.filter(task=world["task"]),
    ),
    "/api/employee/tasks/<id:pk>/attachments": (
        "attachment_id",
        lambda user, world: Attachment.objects.filter(task=world["task"]),
    ),
    "/api/employee/tasks/<id:pk>/history": (None, None),  # entries of the audit log of a task that is seen
    "/api/employee/attendance/history": (
        "attendance_id",
        lambda user, world: Attendance.objects.visible_to(user).filter(user=user),
    ),
    "/api/employee/attendance/corrections": (
        "correction_id",
        lambda user, world: AttendanceCorrection.objects.visible_to(user).filter(user=user),
    ),
    "/api/hr/attendance": ("attendance_id", lambda user, world: Attendance.objects.visible_to(user)),
    "/api/hr/attendance/unexplained": (
        "user_id",
        lambda user, world: User.objects.filter(employment__in=Employment.objects.visible_to(user)),
    ),
    "/api/hr/attendance/<id:user_id>": (
        "attendance_id",
        lambda user, world: Attendance.objects.visible_to(user).filter(user=world["colleague"]),
    ),
    "/api/hr/attendance-corrections": (
        "correction_id",
        lambda user, world: AttendanceCorrection.objects.visible_to(user),
    ),
    "/api/hr/attendance-locks": ("lock_id", lambda user, world: LockedDays.objects.visible_to(user)),
    "/api/employee/time-entries": ("entry_id", lambda user, world: TimeEntry.objects.visible_to(user)),
    "/api/hr/employees": (
        "user_id",
        lambda user, world: User.objects.filter(employment__in=Employment.objects.visible_to(user)),
    ),
    "/api/hr/recruitment": ("job_id", lambda user, world: JobPosting.objects.visible_to(user)),
    "/api/hr/recruitment/<id:pk>/candidates": (
        "candidate_id",
        lambda user, world: Candidate.objects.visible_to(user).filter(posting=world["posting"]),
    ),
    "/api/hr/candidates/<id:pk>/notes": (
        "note_id",
        lambda user, world: CandidateNote.objects.filter(candidate=world["candidate"]),
    ),
    "/api/hr/candidates/<id:pk>/history": (None, None),  # entries of the audit log of a candidate who is seen
    "/api/hr/candidates/<id:pk>/interviews": (
        "interview_id",
        lambda user, world: Interview.objects.filter(candidate=world["candidate"]),
    ),
    "/api/hr/interviews/<id:pk>/scorecards": (
        "scorecard_id",
        lambda user, world: Scorecard.objects.visible_to(user).filter(interview=world["interview"]),
    ),
    "/api/hr/stage-templates": ("template_id", lambda user, world: StageTemplate.objects.visible_to(user)),
    "/api/hr/onboarding": ("task_id", lambda user, world: OnboardingTask.objects.visible_to(user)),
    "/api/employee/payslips": ("payslip_id", lambda user, world: Payslip.objects.of(user)),
    "/api/hr/payroll": ("payslip_id", lambda user, world: Payslip.objects.visible_to(user)),
    "/api/hr/payroll/runs": ("run_id", lambda user, world: PayrollRun.objects.visible_to(user)),
    "/api/hr/leave-requests": ("request_id", lambda user, world: LeaveRequest.objects.visible_to(user)),
    "/api/hr/leave-ledger": ("entry_id", lambda user, world: LeaveEntry.objects.visible_to(user)),
    "/api/hr/leave-balances": (
        "user_id",
        lambda user, world: User.objects.filter(pk__in=people_with_balances(user).values("user_id")),
    ),
    "/api/hr/holidays": ("holiday_id", lambda user, world: Holiday.objects.visible_to(user)),
    "/api/finance/invoices": ("invoice_id", lambda user, world: Invoice.objects.visible_to(user)),
    "/api/finance/invoices/<id:pk>/payments": (
        "payment_id",
        lambda user, world: Payment.objects.visible_to(user).filter(invoice=world["invoice"]),
    ),
    "/api/finance/invoices/<id:pk>/credit-notes": (
        "credit_note_id",
        lambda user, world: CreditNote.objects.visible_to(user).filter(invoice=world["invoice"]),
    ),
    "/api/employee/expenses": ("record_id", lambda user, world: FinancialRecord.objects.claimed_by(user)),
    "/api/finance/financial-records": ("record_id", lambda user, world: FinancialRecord.objects.visible_to(user)),
    "/api/notifications": ("notification_id", lambda user, world: Notification.objects.filter(user=user)),
}
#: What is asked of a part's whole, first: who does not see that is told that there is nothing.
WHOLES = {"clients": "client", "projects": "project", "tasks": "task", "recruitment": "posting"}
WHOLES |= {"candidates": "candidate", "interviews": "interview", "attendance": "colleague", "invoices": "invoice"}


@pytest.fixture(scope="module")
def world(rows_of_module):
    """A client with everything, another with everything, and people who each see a part of it."""
    people = {str(code): UserFactory(as_=code) for code in Role.Code.values}
    mine = ClientFactory(portal_users=[people["client"]])
    other = ClientFactory(portal_users=[UserFactory(as_="client")])
    found = {"people": people, "client": mine}
    for client in (other, mine):
        project = ProjectFactory(client=client, members=[people["employee"]] if client is mine else [])
        task = TaskFactory(client=client, project=project, assigned_to=people["employee"] if client is mine else None)
        TaskFactory(client=client)
        ContactFactory(client=client), BrandFactory(client=client), CommunicationFactory(client=client)
        Comment.objects.create(task=task, author=people["manager"], content="Hello")
        TimeEntryFactory(task=task, user=people["employee"])
        TimeEntryFactory(task=task, user=people["manager"])
        found |= {"project": project, "task": task}
        found["invoice"] = billing(client)
    found |= recruiting(people)
    Notification.objects.create(user=people["employee"], kind="test", title="For one")
    EmploymentFactory(user=people["employee"], manager=people["manager"])
    EmploymentFactory(user=people["finance"])
    for code in ("employee", "finance", "hr"):
        row = session(people[code], clock.business_date(), "00:00", "00:01")
        AttendanceCorrection.objects.create(
            user=people[code], attendance=row, kind="remove", reason="Not me", requested_by=people[code]
        )
    FinancialRecordFactory(source="claim", user=people["employee"], status="submitted")
    for code in ("employee", "finance"):
        FinancialRecordFactory(source="payroll", payslip=payslip(people[code]))
        payslip(people[code], run_of("2026-02", "draft"))
    give_leave(people)
    LockedDays.objects.create(starts_on="2020-01-01", ends_on="2020-01-31")
    found["colleague"] = people["employee"]
    return found


def billing(client):
    """A client with a draft, an invoice that has a payment and a credit note, and an expense."""
    InvoiceFactory(client=client)
    invoice = InvoiceLineFactory(invoice=InvoiceFactory(client=client, issued=True)).invoice
    CreditNoteFactory(invoice=invoice)
    values = {"amount": 5, "applied": 5, "currency": "EUR", "received_on": dt.date(2026, 3, 16)}
    Payment.objects.create(invoice=invoice, client=client, **values)
    FinancialRecordFactory(client=client)
    return invoice


def recruiting(people):
    """A posting that the manager hires for, and one that they have nothing to do with."""
    for boss in (None, people["manager"]):
        posting = PostingFactory(hiring_manager=boss)
        candidate = CandidateFactory(posting=posting)
        CandidateNote.objects.create(candidate=candidate, author=people["hr"], text="Hello")
        interview = InterviewFactory(candidate=candidate, interviewers=[people["hr"]])
        ScorecardFactory(interview=interview, interviewer=people["hr"])
        OnboardingTaskFactory(user=boss or people["employee"])
    return {"posting": posting, "candidate": candidate, "interview": interview}


def give_leave(people):
    """Each of the staff has asked for a day off and has a balance; there is a holiday."""
    kind = LeaveType.objects.get(code="annual")
    day = dt.date(2026, 3, 16)
    for code, person in people.items():
        if code == "client":
            continue
        LeaveRequest.objects.create(user=person, type=kind, asked_as="annual", start_date=day, end_date=day, days=1)
        LeaveEntry.objects.create(user=person, type=kind, kind="accrual", days=25, effective_on=day)
    Holiday.objects.create(calendar=WorkingCalendar.objects.get(), date=day, name="A day off")


def lists():
    return [
        route for route in routes() if any(m == "get" and action in route.view.lists for m, action in route.actions)
    ]


def test_every_list_is_in_the_table():
    assert {route.path for route in lists()} == set(LISTS)


@pytest.mark.parametrize("code", Role.Code.values)
@pytest.mark.parametrize("route", lists(), ids=str)
def test_a_list_gives_exactly_the_rows_in_scope(api, world, route, code):
    user = world["people"][code]
    whole = world[WHOLES[route.path.split("/")[3]]] if route.parameters else None
    wire_id, rows = LISTS[route.path]

    reply = api(user).get(route.filled(default=whole.pk if whole else 1), {"limit": 200})

    if not allows(route.view.needs[dict(route.actions)["get"]], user):
        assert reply.status_code == 403
    elif whole is not None and not type(whole).objects.visible_to(user).filter(pk=whole.pk).exists():
        assert reply.status_code == 404
    else:
        assert reply.status_code == 200
        if rows is not None:
            assert sorted(row[wire_id] for row in reply.json()) == sorted(
                rows(user, world).values_list("pk", flat=True)
            )


@pytest.mark.parametrize("code", Role.Code.values)
def test_a_row_is_found_by_its_id_just_when_its_list_has_it(api, world, code):
    """Out of scope is 404 with the very same words as missing; without the permission both are 403."""
    user, client = world["people"][code], api(world["people"][code])
    for route in routes():
        actions = dict(route.actions)
        if actions.get("get") != "retrieve" or route.parameters != ["pk"] or route.path == "/api/jobs/<id:pk>":
            continue
        model = route.view.queryset.model
        seen = set(model.objects.visible_to(user).values_list("pk", flat=True))
        missing = client.get(route.filled(default=999_999))
        for pk in model.objects.values_list("pk", flat=True):
            reply = client.get(route.filled(default=pk))
            if not allows(route.view.needs["retrieve"], user):
                assert reply.status_code == missing.status_code == 403
            elif pk in seen:
                assert reply.status_code == 200 or route.path.startswith("/api/employee/"), (route.path, pk)
            else:
                assert reply.status_code == 404
                assert {**reply.json(), "request_id": ""} == {**missing.json(), "request_id": ""}


def test_the_world_is_one_in_which_roles_differ(world):
    seen = {code: Client.objects.visible_to(user).count() for code, user in world["people"].items()}

    assert seen["admin"] == seen["manager"] == seen["marketing"] == 2
    assert seen["employee"] == seen["client"] == 1
    assert User.objects.count() > 7
    assert ProjectMember.objects.count() == 1
