"""From candidate to colleague, and the checklist that waits for them."""

import datetime as dt

import pytest

from accounts.models import Role, User
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import Employment, OnboardingStep, OnboardingTask, OnboardingTemplate
from hr.services import recruitment_onboarding as onboarding
from hr.services.recruitment_hiring import hire
from hr.tests.factories import EmploymentFactory
from hr.tests.recruitment_factories import CandidateFactory, OnboardingTaskFactory
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db

FIRST_DAY = dt.date(2026, 6, 1)


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


def test_hiring_makes_an_inactive_account_an_employment_and_a_checklist_once(api, hr):
    boss = EmploymentFactory(user__as_="manager").user
    candidate = CandidateFactory(
        name="Ada", email="ada@example.org", stage="offer", posting__title="Designer",
        posting__hiring_manager=boss, posting__department=DepartmentFactory(name="Design"),
    )  # fmt: skip
    client = api(hr)
    body = {"hire_date": "2026-06-01", "employee_code": "E900"}

    first = client.post(f"/api/hr/candidates/{candidate.pk}/hire", body, format="json")
    again = client.post(f"/api/hr/candidates/{candidate.pk}/hire", body, format="json")

    user = User.objects.get(email="ada@example.org")
    assert first.status_code == again.status_code == 200
    assert first.json()["user_id"] == again.json()["user_id"] == user.pk
    assert first.json()["stage"] == "hired"
    assert (user.name, user.is_active, user.email_verified_at, user.role.code) == ("Ada", False, None, "employee")
    assert (user.job_title, user.department.name) == ("Designer", "Design")
    employment = Employment.objects.get(user=user)
    assert (employment.code, employment.hire_date, employment.manager) == ("E900", FIRST_DAY, boss)
    assert employment.position == "Designer"
    tasks = OnboardingTask.objects.filter(user=user)
    assert tasks.count() == OnboardingStep.objects.count()
    assert min(task.due_on for task in tasks) == FIRST_DAY - dt.timedelta(days=14)
    candidate.posting.refresh_from_db()
    assert candidate.posting.status == "filled"
    assert AuditEntry.objects.filter(action="candidate.hired").count() == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 200),
        ({"employee_code": "E900"}, 200),
        ({"hire_date": "2026-06-01"}, 200),
        ({"hire_date": "2026-06-02"}, 409),
        ({"employee_code": "E901"}, 409),
        ({"hire_date": "2026-06-01", "employee_code": "E901"}, 409),
    ],
)
def test_hiring_again_on_other_terms_is_refused_with_what_stands(api, hr, said, status):
    candidate = CandidateFactory(stage="offer")
    client, path = api(hr), f"/api/hr/candidates/{candidate.pk}/hire"
    first = client.post(path, {"hire_date": "2026-06-01", "employee_code": "E900"})

    again = client.post(path, said)

    assert (first.status_code, again.status_code) == (200, status)
    employment = Employment.objects.get()
    assert (employment.code, employment.hire_date) == ("E900", FIRST_DAY)
    stands = {
        "code": "already_hired",
        "user_id": employment.user_id,
        "hire_date": "2026-06-01",
        "employee_code": "E900",
    }
    if status == 409:
        assert {name: again.json()[name] for name in stands} == stands


def test_hiring_again_for_another_manager_or_role_is_refused(hr):
    boss, other = (EmploymentFactory(user__as_="manager").user for _number in range(2))
    candidate = CandidateFactory(stage="offer", posting__hiring_manager=boss)
    employee = Role.objects.get(code="employee")
    hire(candidate=candidate, actor=hr)

    hire(candidate=candidate, actor=hr, manager=boss, role=employee)
    for said in ({"manager": other}, {"role": Role.objects.get(code="marketing")}):
        with pytest.raises(Conflict) as refusal:
            hire(candidate=candidate, actor=hr, **said)
        assert (refusal.value.code, refusal.value.extra["manager_id"]) == ("already_hired", boss.pk)


def test_an_edit_hires_too_where_it_says_so(api, hr):
    candidate = CandidateFactory()
    path = f"/api/hr/candidates/{candidate.pk}"

    plain = api(hr).put(path, {"stage": "hired"}, format="json").json()
    account = api(hr).put(path, {"stage": "hired", "create_employee": True, "phone": "123"}, format="json").json()

    assert (plain["stage"], plain["user_id"]) == ("hired", None)
    assert (account["phone"], User.objects.get(pk=account["user_id"]).email) == ("123", candidate.email)


def test_an_address_that_has_an_account_is_not_hired_twice_and_nothing_changes(api, hr):
    taken = UserFactory(email="ada@example.org")
    candidate = CandidateFactory(email=taken.email, stage="offer")

    reply = api(hr).post(f"/api/hr/candidates/{candidate.pk}/hire", {}, format="json")

    candidate.refresh_from_db()
    assert (reply.status_code, reply.json()["code"]) == (409, "email_taken")
    assert (candidate.stage, candidate.version) == ("offer", 1)
    assert not Employment.objects.exists()
    assert not OnboardingTask.objects.exists()


def test_who_is_rejected_is_not_hired_and_who_may_not_hire_does_not():
    rejected, open_one = CandidateFactory(stage="rejected"), CandidateFactory()

    with pytest.raises(Conflict) as refused:
        hire(candidate=rejected, actor=UserFactory(as_="hr"))
    with pytest.raises(NotAllowed):
        hire(candidate=open_one, actor=UserFactory(as_="manager"))

    assert refused.value.code == "invalid_transition"
    assert not OnboardingTask.objects.exists()


def test_hr_gives_nobody_a_role_above_its_own(hr):
    candidate = CandidateFactory()

    with pytest.raises(NotAllowed) as refused:
        hire(candidate=candidate, actor=hr, role=Role.objects.get(code="admin"))

    assert refused.value.code == "role_not_allowed"
    assert not User.objects.filter(email=candidate.email).exists()


def test_a_department_has_a_checklist_of_its_own(hr):
    design = DepartmentFactory()
    own = OnboardingTemplate.objects.create(name="Design", department=design)
    onboarding.set_step(template=own, actor=hr, position=1, title="Get the fonts", days=-3)
    OnboardingTemplate.objects.create(name="Old", department=design, is_active=False)

    made = onboarding.begin_onboarding(user=UserFactory(department=design), actor=hr, first_day=FIRST_DAY)
    others = onboarding.begin_onboarding(user=UserFactory(), actor=hr, first_day=FIRST_DAY)

    assert [(task.title, task.due_on) for task in made] == [("Get the fonts", dt.date(2026, 5, 29))]
    assert len(others) == 8


@pytest.mark.parametrize(
    ("role", "reads", "ticks"),
    [("admin", 200, 200), ("hr", 200, 200), ("manager", 404, 404), ("employee", 404, 403), ("client", 403, 403)],
)
def test_who_sees_and_ticks_off_somebodys_tasks(api, role, reads, ticks):
    task = OnboardingTaskFactory()
    client = api(UserFactory(as_=role))
    path = f"/api/hr/onboarding/{task.pk}"

    assert client.get(path).status_code == reads
    assert client.put(path, {"done": True}, format="json").status_code == ticks
    task.refresh_from_db()
    assert (task.done_at is not None) is (ticks == 200)


def test_a_manager_ticks_off_for_a_report_and_takes_it_back(api):
    boss = UserFactory(as_="manager")
    report = EmploymentFactory(manager=boss).user
    task = OnboardingTaskFactory(user=report)
    client, path = api(boss), f"/api/hr/onboarding/{task.pk}"

    done = client.put(path, {"done": True}, format="json").json()
    twice = client.put(path, {"done": True}, format="json").json()
    undone = client.put(path, {"done": False}, format="json").json()

    assert (done["done"], done["done_by"]) == (True, boss.pk)
    assert twice["done_at"] == done["done_at"]
    assert (undone["done"], undone["done_at"], undone["done_by"]) == (False, None, None)
    assert [row["task_id"] for row in api(report).get("/api/hr/onboarding").json()] == [task.pk]


@pytest.mark.parametrize("rows", [1, 7])
def test_listing_onboarding_costs_the_same_however_much(api, hr, rows, django_assert_num_queries):
    OnboardingTaskFactory.create_batch(rows)
    client = api(hr)
    client.get("/api/hr/onboarding")

    with django_assert_num_queries(2):  # who, page
        page = client.get("/api/hr/onboarding").json()

    assert len(page) == rows


def test_hr_adds_something_to_do(api, hr):
    person = OnboardingTaskFactory(number=7).user
    body = {"user_id": person.pk, "title": "Visa", "due_on": "2026-06-01"}

    made = api(hr).post("/api/hr/onboarding", body, format="json")

    assert made.status_code == 201
    assert OnboardingTask.objects.get(pk=made.json()["task_id"]).number == 8
