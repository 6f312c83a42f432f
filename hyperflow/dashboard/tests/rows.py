"""Rows of every model that the admin shows: ``MAKERS[model](count, parts=n)``, each with n rows in every inline."""

import datetime as dt
import itertools

from accounts.models import Department, Holiday, Role, Session, User, WorkingCalendar, WorkingHours
from accounts.tests.factories import DepartmentFactory, UserFactory
from clients.models import Brand, Client, CommunicationLog, Contact, Preference, Project
from clients.tests.factories import ClientFactory, ContactFactory, ProjectFactory
from finance.tests.admin_rows import MAKERS as FINANCE_MAKERS
from hr.models import (
    Attendance,
    AttendanceCorrection,
    BlockedDays,
    Candidate,
    CandidateNote,
    ComponentAssignment,
    Employment,
    Interview,
    JobPosting,
    LeaveEntry,
    LeaveRequest,
    LeaveType,
    LockedDays,
    OnboardingStep,
    OnboardingTask,
    OnboardingTemplate,
    PayAdjustment,
    PayComponent,
    PayrollRun,
    Payslip,
    PayslipLine,
    RecruitmentStage,
    StageTemplate,
    WorkPattern,
)
from hr.tests.factories import CompensationFactory, EmploymentFactory, WorkPatternFactory
from hr.tests.payroll_rows import payslip, run_of
from hr.tests.recruitment_factories import (
    CandidateFactory,
    InterviewFactory,
    OnboardingTaskFactory,
    PostingFactory,
    ScorecardFactory,
)
from hyperflow.core.models import AuditEntry, Job
from tasks.models import Attachment, Comment, LockedPeriod, Task, TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

_number = itertools.count(1)


def people(count, parts=0):
    return [UserFactory(department=DepartmentFactory()) for _ in range(count)]


def roles(count, parts=0):
    return [Role.objects.create(code=f"role{next(_number)}", name="Role", is_staff=True) for _ in range(count)]


def departments(count, parts=0):
    return DepartmentFactory.create_batch(count)


def calendars(count, parts=0):
    made = [WorkingCalendar.objects.create(name=f"Calendar {next(_number)}") for _ in range(count)]
    for calendar, part in itertools.product(made, range(parts)):
        WorkingHours.objects.create(calendar=calendar, weekday=part, starts_at=dt.time(9), ends_at=dt.time(17))
        Holiday.objects.create(calendar=calendar, date=dt.date(2026, 1, 1 + part), name="Day off")
    return made


def sessions(count, parts=0):
    soon = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    return [
        Session.objects.create(
            user=UserFactory(),
            current_hash=f"h{next(_number)}",
            token_version=1,
            refresh_expires_at=soon,
            expires_at=soon,
        )
        for _ in range(count)
    ]


def clients(count, parts=0):
    made = [ClientFactory(owner=UserFactory()) for _ in range(count)]
    for client, _part in itertools.product(made, range(parts)):
        contact = ContactFactory(client=client)
        Brand.objects.create(client=client, name=f"Brand {next(_number)}")
        Preference.objects.create(client=client, kind="do", text="Short sentences")
        ProjectFactory(client=client)
        CommunicationLog.objects.create(
            client=client, sender=UserFactory(), contact=contact, channel="email", direction="inbound", message="Hello"
        )
        client.portal_users.add(UserFactory(as_="client"))
    return made


def contacts(count, parts=0):
    made = ContactFactory.create_batch(count)
    for contact, _part in itertools.product(made, range(parts)):
        contact.handles.create(platform="slack", handle=f"U{next(_number)}")
    return made


def brands(count, parts=0):
    made = [Brand.objects.create(client=ClientFactory(), name=f"Brand {next(_number)}") for _ in range(count)]
    for brand, _part in itertools.product(made, range(parts)):
        Preference.objects.create(client=brand.client, brand=brand, kind="dont", text="Exclamation marks")
    return made


def projects(count, parts=0):
    return [ProjectFactory(members=[UserFactory() for _ in range(parts)]) for _ in range(count)]


def communications(count, parts=0):
    return [
        CommunicationLog.objects.create(
            client=(client := ClientFactory()), contact=ContactFactory(client=client), sender=UserFactory(),
            channel="phone", direction="outbound", message="Hello",
        )
        for _ in range(count)
    ]  # fmt: skip


def tasks(count, parts=0):
    made = [
        TaskFactory(project=(project := ProjectFactory()), client=project.client, assigned_to=UserFactory())
        for _ in range(count)
    ]
    for task, _part in itertools.product(made, range(parts)):
        Comment.objects.create(task=task, author=UserFactory(), content="Hello @you")
        Attachment.objects.create(task=task, external_url="https://example.com/a", name="a", uploaded_by=UserFactory())
        TimeEntryFactory(task=task)
        TaskFactory(parent=task, client=task.client, assigned_to=UserFactory())
    return made


def time_entries(count, parts=0):
    return TimeEntryFactory.create_batch(count)


def locked_periods(count, parts=0):
    return [
        LockedPeriod.objects.create(
            starts_on=dt.date(2020, 1, day), ends_on=dt.date(2020, 1, day), locked_by=UserFactory()
        )
        for day in range(1, count + 1)
    ]


def jobs(count, parts=0):
    return [Job.objects.create(kind="tasks.nothing", owner=UserFactory()) for _ in range(count)]


def audit_entries(count, parts=0):
    return [
        AuditEntry.objects.create(action="task.updated", actor=UserFactory(), target_type="tasks.task", target_id=1)
        for _ in range(count)
    ]


def attendances(count, parts=0):
    day = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    made = [
        Attendance.objects.create(
            user=UserFactory(department=DepartmentFactory()), work_date=day.date(), login_time=day,
            logout_time=day + dt.timedelta(hours=8), seconds=28_800,
        )
        for _ in range(count)
    ]  # fmt: skip
    for row, part in itertools.product(made, range(parts)):
        corrections_of(row, f"Forgot it {part}")
    return made


def corrections_of(row, reason):
    return AttendanceCorrection.objects.create(
        user=row.user, attendance=row, kind="change", old_login_time=row.login_time, old_logout_time=row.logout_time,
        login_time=row.login_time, logout_time=row.logout_time, reason=reason, requested_by=row.user,
    )  # fmt: skip


def corrections(count, parts=0):
    return [corrections_of(row, "Forgot it") for row in attendances(count)]


def locked_days(count, parts=0):
    return [
        LockedDays.objects.create(
            starts_on=dt.date(2020, 1, day), ends_on=dt.date(2020, 1, day), locked_by=UserFactory()
        )
        for day in range(1, count + 1)
    ]


def leave_requests(count, parts=0):
    kind, day = LeaveType.objects.get(code="annual"), dt.date(2026, 3, 16)
    made = [
        LeaveRequest.objects.create(
            user=EmploymentFactory(manager=UserFactory()).user,
            type=kind,
            asked_as="annual",
            start_date=day,
            end_date=day,
            days=1,
        )
        for _ in range(count)
    ]
    for request, _part in itertools.product(made, range(parts)):
        LeaveEntry.objects.create(
            user=request.user, type=kind, kind="taken", days=-1, effective_on=day, request=request
        )
    return made


def leave_entries(count, parts=0):
    kind = LeaveType.objects.get(code="annual")
    return [
        LeaveEntry.objects.create(user=UserFactory(), type=kind, kind="adjusted", days=1, effective_on="2026-03-16")
        for _ in range(count)
    ]


def leave_types(count, parts=0):
    return [
        LeaveType.objects.create(code=f"kind{(number := next(_number))}", name=f"Kind {number}") for _ in range(count)
    ]


def blocked_days(count, parts=0):
    return [
        BlockedDays.objects.create(
            name="Launch", starts_on="2026-04-01", ends_on="2026-04-02", department=DepartmentFactory()
        )
        for _ in range(count)
    ]


def postings(count, parts=0):
    return [PostingFactory(department=DepartmentFactory(), hiring_manager=UserFactory()) for _ in range(count)]


def stage_templates(count, parts=0):
    made = [StageTemplate.objects.create(name=f"Stages {next(_number)}") for _ in range(count)]
    for template, part in itertools.product(made, range(parts)):
        RecruitmentStage.objects.create(template=template, position=part, name=f"Stage {part}", word="new")
    return made


def candidates(count, parts=0):
    made = [CandidateFactory(employee=None) for _ in range(count)]
    for candidate, _part in itertools.product(made, range(parts)):
        CandidateNote.objects.create(candidate=candidate, author=UserFactory(), text="Hello")
        interview = InterviewFactory(candidate=candidate, interviewers=[UserFactory()])
        ScorecardFactory(interview=interview)
    return made


def interviews(count, parts=0):
    made = [InterviewFactory(interviewers=[UserFactory()]) for _ in range(count)]
    for interview, _part in itertools.product(made, range(parts)):
        ScorecardFactory(interview=interview)
    return made


def onboarding_tasks(count, parts=0):
    return OnboardingTaskFactory.create_batch(count)


def onboarding_templates(count, parts=0):
    made = [
        OnboardingTemplate.objects.create(name=f"Checklist {next(_number)}", department=DepartmentFactory())
        for _ in range(count)
    ]
    for template, part in itertools.product(made, range(parts)):
        OnboardingStep.objects.create(template=template, position=part, title="Something")
    return made


def employments(count, parts=0):
    made = EmploymentFactory.create_batch(count, user__department=DepartmentFactory(), manager=UserFactory())
    for employment, part in itertools.product(made, range(parts)):
        CompensationFactory(employment=employment, effective_from=dt.date(2025, 1, 1 + part))
    return made


def work_patterns(count, parts=0):
    shift = (dt.time(9), 480, 30)
    return [WorkPatternFactory(days=dict.fromkeys(range(parts), shift)) for _ in range(count)]


def payroll_runs(count, parts=0):
    made = [run_of(f"{2999 - next(_number)}-01") for _ in range(count)]
    for run, _part in itertools.product(made, range(parts)):
        payslip(run=run)
    return made


def payslips(count, parts=0):
    made = [payslip() for _ in range(count)]
    for slip, part in itertools.product(made, range(parts)):
        PayslipLine.objects.create(payslip=slip, kind="allowance", label=f"Line {part}", amount=1)
    return made


def pay_components(count, parts=0):
    values = {"name": "Part", "kind": "allowance", "method": "percent", "percent": 1}
    made = [PayComponent.objects.create(code=f"c{next(_number)}", **values) for _ in range(count)]
    for component, _part in itertools.product(made, range(parts)):
        ComponentAssignment.objects.create(component=component, employment=EmploymentFactory())
    return made


def pay_adjustments(count, parts=0):
    values = {"amount": 1, "currency": "EUR", "reason": "Late"}
    return [
        PayAdjustment.objects.create(user=EmploymentFactory().user, corrects=run_of(), made_by=UserFactory(), **values)
        for _ in range(count)
    ]


MAKERS = {
    Employment: employments,
    WorkPattern: work_patterns,
    User: people,
    Role: roles,
    Department: departments,
    WorkingCalendar: calendars,
    Session: sessions,
    Client: clients,
    Contact: contacts,
    Brand: brands,
    Project: projects,
    CommunicationLog: communications,
    Task: tasks,
    TimeEntry: time_entries,
    LockedPeriod: locked_periods,
    Attendance: attendances,
    LeaveRequest: leave_requests,
    LeaveEntry: leave_entries,
    LeaveType: leave_types,
    BlockedDays: blocked_days,
    AttendanceCorrection: corrections,
    LockedDays: locked_days,
    PayrollRun: payroll_runs,
    Payslip: payslips,
    PayComponent: pay_components,
    PayAdjustment: pay_adjustments,
    JobPosting: postings,
    StageTemplate: stage_templates,
    Candidate: candidates,
    Interview: interviews,
    OnboardingTask: onboarding_tasks,
    OnboardingTemplate: onboarding_templates,
    Job: jobs,
    AuditEntry: audit_entries,
    **FINANCE_MAKERS,
}
