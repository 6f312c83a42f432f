"""Recruitment in the admin: the board, the moves, the report."""

import csv
import datetime as dt
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from hr.models import Candidate, Interview, JobPosting, OnboardingTask, OnboardingTemplate, Scorecard, StageTemplate
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_interviews as interviews
from hr.tests.recruitment_factories import (
    CandidateFactory,
    InterviewFactory,
    OnboardingTaskFactory,
    PostingFactory,
)
from hyperflow.core import clock
from hyperflow.core.models import Job

pytestmark = pytest.mark.django_db

REPORT = "/reports/hr/recruitment"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def browser_of(role):
    person = UserFactory(as_=role)
    client = Client()
    client.force_login(person)
    return client, person


def move(candidate, name="move"):
    return reverse("admin:hr_candidate_move", args=[candidate.pk, name])


def board(posting):
    return reverse("admin:hr_jobposting_board", args=[posting.pk])


# -- the board


def test_the_board_shows_who_stands_where_the_best_first():
    client, _hr = browser_of("hr")
    posting = PostingFactory()
    good = CandidateFactory(posting=posting, name="Good", average="4.50")
    CandidateFactory(posting=posting, name="Fair", average="2.00"), CandidateFactory(posting=posting, name="Unknown")
    CandidateFactory(posting=posting, stage="offer", name="Offered"), CandidateFactory(name="Elsewhere")

    page = client.get(board(posting))

    columns = [(column.stage.name, [card.name for card in column.cards]) for column in page.context["columns"]]
    assert columns == [
        ("New", ["Good", "Fair", "Unknown"]), ("Screening", []), ("Interview", []), ("Offer", ["Offered"]),
        ("Hired", []), ("Rejected", []),
    ]  # fmt: skip
    assert "★ 4.50" in page.content.decode()
    assert move(good) in page.content.decode()


def test_a_card_is_moved_by_a_form_that_asks_first_and_leads_back():
    client, _hr = browser_of("hr")
    candidate = CandidateFactory()
    offer = candidate.posting.template.stages.get(word="offer")
    address = f"{move(candidate)}?step={offer.pk}&from=board"

    asked = client.get(address)
    assert asked.status_code == 200
    assert f'<option value="{offer.pk}" selected>' in asked.content.decode()
    candidate.refresh_from_db()
    assert candidate.stage == "new"
    moved = client.post(address, {"confirmed": "yes", "step": offer.pk, "reason": "", "notify": "on"})

    candidate.refresh_from_db()
    assert candidate.stage == "offer"
    assert moved["Location"] == board(candidate.posting)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_board_costs_the_same_however_many(rows):
    client, _hr = browser_of("hr")
    posting = PostingFactory()
    client.get(board(posting))
    CandidateFactory(posting=posting)
    with CaptureQueriesContext(connection) as one:
        client.get(board(posting))
    CandidateFactory.create_batch(rows, posting=posting)
    with CaptureQueriesContext(connection) as more:
        client.get(board(posting))

    assert len(more) == len(one)


@pytest.mark.parametrize(
    ("role", "sees"), [("admin", 200), ("hr", 200), ("manager", 404), ("employee", 403), ("finance", 403)]
)
def test_who_opens_a_board(role, sees):
    client, person = browser_of(role)
    posting = PostingFactory()

    assert client.get(board(posting)).status_code == sees
    if role == "manager":
        mine = PostingFactory(hiring_manager=person)
        CandidateFactory(posting=mine, name="Mine")
        page = client.get(board(mine))
        assert page.status_code == 200
        assert "hf-board-card" in page.content.decode()
        assert "/do/move/" not in page.content.decode()
    newest = client.get(reverse("admin:hr_jobposting_board_newest"))
    assert newest.status_code == (403 if sees == 403 else 200)


# -- moves


def test_many_are_rejected_with_a_reason_and_told():
    client, _hr = browser_of("hr")
    open_ones = CandidateFactory.create_batch(2)
    hired = CandidateFactory(stage="hired")
    ticked = {"action": "reject", "index": "0", "_selected_action": [row.pk for row in [*open_ones, hired]]}
    address = reverse("admin:hr_candidate_changelist")

    assert client.post(address, ticked).status_code == 200
    without = client.post(address, {**ticked, "confirmed": "yes"})
    assert without.status_code == 200
    assert not Candidate.objects.filter(stage="rejected").exists()
    client.post(address, {**ticked, "confirmed": "yes", "reason": "The job is gone", "notify": "on"})

    assert set(Candidate.objects.values_list("stage", "rejection_reason")) == {
        ("rejected", "The job is gone"), ("hired", ""),
    }  # fmt: skip
    assert Job.objects.filter(kind="core.send_mail").count() == 2


def test_hr_hires_interviews_notes_and_erases_from_the_candidates_page():
    client, hr = browser_of("hr")
    candidate, gone = CandidateFactory(), CandidateFactory(email="gone@example.org")
    plan = {
        "title": "Talk", "starts_at_0": "2026-06-01", "starts_at_1": "09:00", "minutes": 45, "location": "",
        "interviewer_1": hr.pk, "interviewer_2": hr.pk, "interviewer_3": "", "confirmed": "yes",
    }  # fmt: skip

    client.post(move(candidate, "interview"), plan)
    interview = Interview.objects.get()
    score = reverse("admin:hr_interview_move", args=[interview.pk, "score"])
    client.post(score, {"confirmed": "yes", "coding": "5", "english": "", "aptitude": "", "overall": "4", "notes": ""})
    client.post(move(candidate, "note"), {"confirmed": "yes", "text": "Ask for references"})
    client.post(move(candidate, "hire"), {"confirmed": "yes", "hire_date": "2026-07-01", "employee_code": ""})
    client.post(move(gone, "erase"), {"confirmed": "yes", "reason": "Asked"})

    candidate.refresh_from_db(), gone.refresh_from_db()
    assert list(interview.interviewers.all()) == [hr]
    assert list(Scorecard.objects.values_list("coding", "english", "overall")) == [(5, None, 4)]
    assert candidate.remarks.get().text == "Ask for references"
    assert candidate.employee == User.objects.get(email=candidate.email)
    assert str(candidate.average) == "4.00"
    assert OnboardingTask.objects.filter(user=candidate.employee).count() == 8
    assert (gone.name, gone.is_erased) == ("Erased", True)
    assert client.get(reverse("admin:hr_candidate_change", args=[candidate.pk])).status_code == 200


def test_a_posting_is_made_opened_and_closed_in_the_admin():
    client, _admin = browser_of("admin")
    form = {
        "title": "Designer", "location": "Berlin", "employment_type": "full_time", "openings": "1",
        "description": "Draw.", "wanted": "Figma\n\nCSS\n", "template": StageTemplate.objects.get().pk,
        "closing_date": "", "salary_min": "1", "salary_max": "2", "currency": "EUR", "_save": "Save",
    }  # fmt: skip

    answer = client.post(reverse("admin:hr_jobposting_add"), form)
    posting = JobPosting.objects.get()
    client.post(reverse("admin:hr_jobposting_move", args=[posting.pk, "open"]), {"confirmed": "yes"})

    posting.refresh_from_db()
    assert answer.status_code == 302
    assert (posting.requirements, posting.status) == (["Figma", "CSS"], "open")
    wrong = client.post(reverse("admin:hr_jobposting_add"), {**form, "salary_max": "0"})
    assert wrong.status_code == 200
    assert JobPosting.objects.count() == 1


def test_stages_are_typed_one_to_a_line():
    client, _hr = browser_of("hr")
    template = StageTemplate.objects.get()
    CandidateFactory(stage="offer")
    address = reverse("admin:hr_stagetemplate_change", args=[template.pk])
    laid = "New: new\nTest: interview\nContract: offer\nHired: hired\nNo: rejected"

    broken = client.post(address, {"name": "Standard", "laid": "New: new\nNonsense", "read_version": 1})
    client.post(address, {"name": "Standard", "laid": laid, "is_default": "on", "read_version": 1})

    assert "names no stage" in broken.content.decode()
    assert [str(stage) for stage in template.stages.all()] == ["New", "Test", "Contract", "Hired", "No"]
    assert Candidate.objects.get().step.name == "Contract"


def test_onboarding_is_ticked_off_in_the_list_and_its_template_edited():
    client, hr = browser_of("hr")
    tasks = OnboardingTaskFactory.create_batch(2)
    ticked = {"action": "done", "index": "0", "_selected_action": [task.pk for task in tasks], "confirmed": "yes"}

    client.post(reverse("admin:hr_onboardingtask_changelist"), ticked)

    assert set(OnboardingTask.objects.values_list("done_by", flat=True)) == {hr.pk}
    template = OnboardingTemplate.objects.get()
    kept = list(template.steps.all())
    form = {"name": "New colleague", "is_active": "on", "read_version": template.version,
            "steps-TOTAL_FORMS": 1 + len(kept), "steps-INITIAL_FORMS": len(kept)}  # fmt: skip
    for number, step in enumerate(kept):
        form |= {f"steps-{number}-id": step.pk, f"steps-{number}-template": template.pk,
                 f"steps-{number}-position": step.position, f"steps-{number}-title": step.title,
                 f"steps-{number}-days": step.days}  # fmt: skip
    new = len(kept)
    form |= {f"steps-{new}-template": template.pk, f"steps-{new}-position": 9, f"steps-{new}-title": "Cake",
             f"steps-{new}-days": 5, "steps-0-DELETE": "on"}  # fmt: skip
    answer = client.post(reverse("admin:hr_onboardingtemplate_change", args=[template.pk]), form)
    assert answer.status_code == 302
    assert template.steps.last().title == "Cake"
    assert template.steps.count() == 8


def test_text_from_outside_is_shown_as_text():
    client, _admin = browser_of("admin")
    payload = '<script>alert("x")</script>'
    candidate = CandidateFactory(name=payload, notes=payload, source=payload, posting__title=payload)
    InterviewFactory(candidate=candidate, title=payload)

    for address in (
        board(candidate.posting), reverse("admin:hr_candidate_changelist"), move(candidate), REPORT,
        reverse("admin:hr_candidate_change", args=[candidate.pk]), reverse("admin:hr_jobposting_changelist"),
    ):  # fmt: skip
        assert payload not in client.get(address).content.decode(), address


# -- the report


def lines_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode().removeprefix("\ufeff"))))


def crowd():
    today = clock.business_date()
    first, second = PostingFactory(title="Designer"), PostingFactory(title="Writer")
    CandidateFactory(posting=first, source="fair")
    CandidateFactory(posting=first, stage="offer", source="careers")
    CandidateFactory(posting=first, stage="rejected", furthest=2, source="careers")
    CandidateFactory(posting=first, stage="hired", source="", hired_at=clock.now(), days_to_hire=21)
    CandidateFactory(posting=second, stage="hired", source="fair", days_to_hire=30)
    CandidateFactory(posting=second, source="fair", applied_on=today - dt.timedelta(days=400))
    return first, second


def test_the_report_counts_how_far_they_came():
    client, _hr = browser_of("hr")
    crowd()

    by_posting = lines_of(client.get(f"{REPORT}?format=csv"))[1:]
    by_source = lines_of(client.get(f"{REPORT}?format=csv&group=source"))[1:]

    assert by_posting == [
        ["Designer", "4", "3", "3", "2", "1", "1", "25", "21.0"],
        ["Writer", "1", "1", "1", "1", "1", "0", "100", "30.0"]
    ]  # fmt: skip
    assert [(line[0], line[1]) for line in by_source] == [("careers", "2"), ("fair", "2"), ("Not said", "1")]


@pytest.mark.parametrize("group", ["posting", "source", "department"])
def test_each_number_leads_to_the_candidates_behind_it(group):
    client, _hr = browser_of("hr")
    crowd()
    page = client.get(f"{REPORT}?group={group}")

    for row in page.context["rows"]:
        for cell in row[1:7]:
            found = client.get(cell.link).context["cl"].result_count
            assert found == int(cell.text), (row[0].text, cell.heading)


@pytest.mark.parametrize(
    ("role", "answer"), [("admin", 200), ("hr", 200), ("manager", 200), ("employee", 403), ("finance", 403)]
)
def test_who_reads_the_report(role, answer):
    client, _person = browser_of(role)
    crowd()

    page = client.get(REPORT)
    assert page.status_code == answer
    if role == "manager":
        assert page.context["count"] == 0
    for kind in ("csv", "xlsx"):
        assert client.get(f"{REPORT}?format={kind}").status_code == answer


def test_the_report_costs_the_same_however_many_has_nothing_inline_and_refuses_nonsense():
    client, _hr = browser_of("hr")
    CandidateFactory()
    client.get(REPORT)
    with CaptureQueriesContext(connection) as one:
        client.get(REPORT)
    CandidateFactory.create_batch(6)
    with CaptureQueriesContext(connection) as seven:
        page = client.get(REPORT)

    assert len(seven) == len(one)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|<style", page.content.decode())
    for query in ("start=2026-02-01&end=2026-01-01", "posting=999999", "source=nowhere", "group=colour"):
        assert client.get(f"{REPORT}?{query}").status_code == 400


def test_an_interviewer_reads_whom_they_meet_and_nobody_elses_interview():
    client, anna = browser_of("employee")
    own, other = InterviewFactory(interviewers=[anna]), InterviewFactory()
    candidates.attach_resume(
        candidate=own.candidate, actor=UserFactory(as_="hr"), upload=SimpleUploadedFile("cv.pdf", PDF)
    )

    page = client.get(reverse("admin:hr_interview_change", args=[own.pk]))

    assert page.status_code == 200
    text = page.content.decode()
    assert own.candidate.name in text
    assert reverse("admin:hr_candidate_change", args=[own.candidate_id]) not in text
    assert client.get(reverse("admin:hr_interview_change", args=[other.pk])).status_code == 302
    [link] = re.findall(r'href="(/api/files/[^"]+)">cv.pdf</a>', text)
    assert b"".join(client.get(link)) == PDF
    interviews.update_interview(interview=own, actor=UserFactory(as_="hr"), interviewers=[UserFactory(as_="employee")])
    assert client.get(link).status_code == 404
