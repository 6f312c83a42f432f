"""Postings and the stages of their candidates."""

import datetime as dt

import pytest
import time_machine

from accounts.models import Department
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import Candidate, JobPosting, StageTemplate
from hr.services import recruitment as services
from hr.tests.recruitment_factories import CandidateFactory, PostingFactory
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_noon")]

PATH = "/api/hr/recruitment"


@pytest.fixture
def _noon():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        yield


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


def test_a_posting_is_made_opened_and_closed(api):
    client = api(UserFactory(as_="admin"))
    DepartmentFactory(name="Engineering")
    body = {
        "title": "Backend developer", "department": "Engineering", "location": "Berlin",
        "employment_type": "full_time", "description": "Build things.", "requirements": ["Python", "SQL", "Python"],
        "salary_min": "52000", "salary_max": "68000.5", "currency": "EUR", "closing_date": "2026-03-31",
    }  # fmt: skip

    made = client.post(PATH, body, format="json")
    job = made.json()
    opened = client.put(f"{PATH}/{job['job_id']}", {"status": "open"}, format="json").json()
    closed = client.put(f"{PATH}/{job['job_id']}", {"status": "closed"}, format="json").json()

    assert made.status_code == 201
    assert made.headers["Location"] == f"{PATH}/{job['job_id']}"
    assert {name: job[name] for name in body} == {
        **body, "requirements": ["Python", "SQL"], "salary_min": "52000.00", "salary_max": "68000.50",
    }  # fmt: skip
    assert (job["status"], job["posted_date"], job["applicants_count"]) == ("draft", None, 0)
    assert (opened["status"], opened["posted_date"]) == ("open", "2026-03-10")
    assert closed["status"] == "closed"
    assert Department.objects.get().name == "Engineering"
    done = AuditEntry.objects.filter(action__startswith="posting").order_by("id").values_list("action", flat=True)
    assert list(done) == ["posting.create", "posting.update", "posting.update"]


@pytest.mark.parametrize(
    ("before", "after"), [("open", "draft"), ("closed", "draft"), ("filled", "closed"), ("draft", "filled")]
)
def test_steps_that_the_life_cycle_has_not_are_refused(api, hr, before, after):
    posting = PostingFactory(status=before)

    reply = api(hr).put(f"{PATH}/{posting.pk}", {"status": after, "title": "Other"}, format="json")

    posting.refresh_from_db()
    assert (reply.status_code, reply.json()["code"]) == (409, "invalid_transition")
    assert reply.json()["allowed"] == sorted(JobPosting.NEXT[before])
    assert (posting.status, posting.version) == (before, 1)
    assert posting.title != "Other"


def test_a_posting_whose_last_day_has_passed_is_not_opened(hr):
    posting = PostingFactory(status="draft", posted_date=None, closing_date=dt.date(2026, 3, 9))

    with pytest.raises(Invalid) as refused:
        services.update_posting(posting=posting, actor=hr, status="open")
    opened = services.update_posting(posting=posting, actor=hr, status="open", closing_date=dt.date(2026, 3, 10))

    assert (refused.value.code, refused.value.field) == ("closing_date_passed", "closing_date")
    assert (opened.status, opened.posted_date) == ("open", dt.date(2026, 3, 10))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"salary_min": "10", "salary_max": "5"}, "salary_max"),
        ({"salary_min": "-1"}, "salary_min"),
        ({"currency": "EURO"}, "currency"),
        ({"status": "gone"}, "status"),
        ({"closing_date": "2026-02-30"}, "closing_date"),
        ({"openings": 0}, "openings"),
        ({"requirements": "Python"}, "requirements"),
        ({"hiring_manager_id": 999}, "hiring_manager_id"),
        ({"salery_min": "1"}, "salery_min"),
    ],
)
def test_what_makes_no_posting_is_named(api, hr, body, field):
    reply = api(hr).post(PATH, {"title": "Designer", **body}, format="json")

    assert reply.status_code == 422
    assert field in [error["field"] for error in reply.json()["errors"]]
    assert not JobPosting.objects.exists()


@pytest.mark.parametrize("field", ["salary_min", "salary_max"])
@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1000.234"), ("JPY", "1000.5")])
def test_a_salary_with_more_digits_than_its_currency_is_refused(api, field, currency, amount):
    posting = PostingFactory(salary_min="900.50", salary_max=None, currency="EUR")
    client = api(UserFactory(as_="hr"))

    made = client.post("/api/hr/recruitment", {"title": "Chemist", "currency": currency, field: amount})
    changed = client.put(f"/api/hr/recruitment/{posting.pk}", {"currency": currency, field: amount})
    rounded = client.put(f"/api/hr/recruitment/{posting.pk}", {"currency": "JPY"})

    for reply, name in ((made, field), (changed, None), (rounded, "salary_min")):
        assert (reply.status_code, reply.json()["code"]) == (422, "too_many_digits")
        assert name in {None, reply.json()["errors"][0]["field"]}
    posting.refresh_from_db()
    assert (JobPosting.objects.count(), posting.currency, posting.salary_max) == (1, "EUR", None)


def test_the_salary_range_is_for_who_sees_pay_unless_the_posting_shows_it(api):
    manager = UserFactory(as_="manager")
    hidden = PostingFactory(hiring_manager=manager, salary_min=1, salary_max=2)
    shown = PostingFactory(hiring_manager=manager, salary_min=1, salary_max=2, shows_salary=True)

    found = {job["job_id"]: job for job in api(manager).get(PATH).json()}
    for_admin = api(UserFactory(as_="admin")).get(f"{PATH}/{hidden.pk}").json()

    assert (found[hidden.pk]["salary_min"], found[hidden.pk]["salary_max"]) == (None, None)
    assert (found[shown.pk]["salary_min"], found[shown.pk]["salary_max"]) == ("1.00", "2.00")
    assert for_admin["salary_max"] == "2.00"


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("admin", 200, 201), ("hr", 200, 201), ("manager", 200, 403),
        ("employee", 403, 403), ("finance", 403, 403), ("marketing", 403, 403), ("client", 403, 403),
    ],
)  # fmt: skip
def test_who_may_read_and_write_postings(api, role, reads, writes):
    client = api(UserFactory(as_=role))

    assert client.get(PATH).status_code == reads
    assert client.post(PATH, {"title": "Designer"}, format="json").status_code == writes
    assert JobPosting.objects.count() == (1 if writes == 201 else 0)


def test_a_manager_sees_the_postings_they_hire_for_and_no_others(api):
    manager = UserFactory(as_="manager")
    mine, other = PostingFactory(hiring_manager=manager), PostingFactory()

    assert [job["job_id"] for job in api(manager).get(PATH).json()] == [mine.pk]
    assert api(manager).get(f"{PATH}/{other.pk}").status_code == 404
    assert api(manager).get(f"{PATH}/{other.pk}/candidates").status_code == 404
    assert api(manager).put(f"{PATH}/{mine.pk}", {"title": "x"}, format="json").status_code == 403


@pytest.mark.parametrize("rows", [1, 7])
def test_listing_postings_costs_the_same_however_many(api, hr, rows, django_assert_num_queries):
    for posting in PostingFactory.create_batch(rows):
        CandidateFactory.create_batch(2, posting=posting)
    client = api(hr)
    client.get(PATH)  # the role's rights are remembered

    with django_assert_num_queries(3):  # who, page, applicants
        page = client.get(PATH).json()

    assert [job["applicants_count"] for job in page] == [2] * rows


def test_two_who_edit_at_once_the_second_is_told(api, hr):
    posting = PostingFactory()
    client = api(hr)
    tag = client.get(f"{PATH}/{posting.pk}").headers["ETag"]

    first = client.put(f"{PATH}/{posting.pk}", {"title": "One"}, format="json", HTTP_IF_MATCH=tag)
    second = client.put(f"{PATH}/{posting.pk}", {"title": "Two"}, format="json", HTTP_IF_MATCH=tag)

    assert (first.status_code, second.status_code) == (200, 412)
    assert JobPosting.objects.get().title == "One"


# -- stages


def test_an_agency_lays_its_own_stages(api, hr):
    stages = [
        {"name": "Applied", "stage": "new"}, {"name": "Portfolio", "stage": "screening"},
        {"name": "Coding test", "stage": "interview"}, {"name": "Team talk", "stage": "interview"},
        {"name": "Signed", "stage": "hired"}, {"name": "No", "stage": "rejected"},
    ]  # fmt: skip
    client = api(hr)

    made = client.post("/api/hr/stage-templates", {"name": "Developers", "stages": stages}, format="json").json()
    posting = PostingFactory(template=StageTemplate.objects.get(pk=made["template_id"]))
    candidate = CandidateFactory(posting=posting)
    talk = made["stages"][3]["stage_id"]
    moved = client.put(f"/api/hr/candidates/{candidate.pk}", {"stage_id": talk}, format="json").json()
    offer = client.put(f"/api/hr/candidates/{candidate.pk}", {"stage": "offer"}, format="json")

    assert [(one["name"], one["stage"]) for one in made["stages"]] == [(one["name"], one["stage"]) for one in stages]
    assert (moved["stage"], moved["stage_name"]) == ("interview", "Team talk")
    assert (offer.status_code, offer.json()["code"]) == (422, "other_posting")


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [("A", "new"), ("B", "hired")],
        [("A", "screening"), ("B", "hired"), ("C", "rejected")],
        [("A", "new"), ("B", "hired"), ("C", "hired"), ("D", "rejected")],
        [("A", "new"), ("a", "hired"), ("C", "rejected")],
    ],
)
def test_stages_that_make_no_template_are_refused(api, hr, stages):
    body = {"name": "Odd", "stages": [{"name": name, "stage": word} for name, word in stages]}

    reply = api(hr).post("/api/hr/stage-templates", body, format="json")

    assert reply.status_code == 422
    assert StageTemplate.objects.count() == 1


def test_a_stage_with_candidates_is_renamed_but_neither_dropped_nor_given_another_meaning(hr):
    template = StageTemplate.objects.get()
    CandidateFactory(stage="offer")
    laid = [{"id": one.pk, "name": one.name, "stage": one.word} for one in template.stages.all()]
    renamed = [{**one, "name": "Contract"} if one["name"] == "Offer" else one for one in reversed(laid[1:])]

    for broken in (
        [one for one in laid if one["stage"] != "offer"],
        [{**one, "stage": "interview"} if one["stage"] == "offer" else one for one in laid],
    ):
        with pytest.raises(Conflict) as refused:
            services.update_template(template=template, actor=hr, stages=broken)
        assert refused.value.code == "in_use"
    services.update_template(template=template, actor=hr, stages=[laid[0], *renamed])

    names = [stage.name for stage in template.stages.all()]
    assert names == ["New", "Rejected", "Hired", "Contract", "Interview", "Screening"]
    assert Candidate.objects.get().step.name == "Contract"
    template.refresh_from_db()
    assert template.version == 2


def test_the_stages_of_a_posting_stay_while_there_are_candidates(hr):
    other = services.create_template(actor=hr, name="Other")
    posting = CandidateFactory().posting

    with pytest.raises(Conflict) as refused:
        services.update_posting(posting=posting, actor=hr, template=other)

    assert refused.value.code == "in_use"
    assert services.update_posting(posting=PostingFactory(), actor=hr, template=other).template == other
