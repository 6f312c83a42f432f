"""What is personal goes on its date, or when somebody asks; what is counted stays."""

import datetime as dt
import json

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import UserFactory
from hr.jobs.recruitment import erase_due_candidates
from hr.models import Candidate, CandidateNote, Interview, Scorecard
from hr.services import recruitment_candidates as services
from hr.services.recruitment_erasing import erase_candidate
from hr.tests.recruitment_factories import CandidateFactory, InterviewFactory, PostingFactory, ScorecardFactory
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.models import AuditEntry, IdempotencyRecord, Job, OutboxEvent, StoredFile

pytestmark = pytest.mark.django_db

WORDS = ("Ada", "ada@", "0301234", "Babbage", "Zoom", "too quiet", "met her")


@pytest.fixture
def ada(settings, tmp_path):
    """Somebody of whom everything is known that can be."""
    settings.FILES_DIR = tmp_path
    hr = UserFactory(as_="hr")
    ada = services.apply(
        posting=PostingFactory(), actor=hr, name="Ada Lovelace", email="ada@example.org", phone="0301234",
        skills=["Ada"], notes="Knows Babbage", source="fair",
        upload=SimpleUploadedFile("ada.txt", b"I am Ada"),
    )  # fmt: skip
    services.add_note(candidate=ada, actor=hr, text="I met her")
    interview = InterviewFactory(candidate=ada, title="Ada", location="Zoom", notes="Ada again", interviewers=[hr])
    ScorecardFactory(interview=interview, interviewer=hr, notes="too quiet", overall=3)
    services.move(candidate=ada, actor=hr, stage="rejected", reason="too quiet")
    return Candidate.objects.get()


def test_answers_that_are_kept_for_requests_that_come_again_go_too(api, hr):
    posting, other = PostingFactory(), PostingFactory()
    sent = {"name": "Ada Lovelace", "email": "ada@example.org"}

    def post(path, body, key):
        return api(hr).post(path, body, format="json", headers={"Idempotency-Key": key})

    ada = post(f"/api/hr/recruitment/{posting.pk}/candidates", sent, "apply").json()["candidate_id"]
    post(f"/api/hr/recruitment/{other.pk}/candidates", {**sent, "name": "Grace"}, "elsewhere")
    post(f"/api/hr/candidates/{ada}/notes", {"text": "Ada was quiet"}, "note")
    erasing = {"reason": "Asked by mail"}
    erased = post(f"/api/hr/candidates/{ada}/erase", erasing, "erase")

    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {"elsewhere", "erase"}
    again = post(f"/api/hr/candidates/{ada}/erase", erasing, "erase")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (erased.json(), "true")


def everything():
    tables = [Candidate, CandidateNote, Interview, Scorecard, AuditEntry, OutboxEvent, Job, StoredFile]
    return json.dumps([list(table._base_manager.values()) for table in tables], default=str)


def test_hr_erases_somebody_at_once(api, ada, run_due_jobs, tmp_path):
    hr = UserFactory(as_="hr")
    assert all(word in everything() for word in ("Ada", "Babbage", "Zoom", "too quiet", "met her"))

    reply = api(hr).post(f"/api/hr/candidates/{ada.pk}/erase", {"reason": "Asked by mail"}, format="json")
    while run_due_jobs():
        pass

    row = reply.json()
    assert reply.status_code == 200
    assert (row["name"], row["email"], row["phone"], row["skills"], row["resume"]) == ("Erased", None, "", [], None)
    assert (row["stage"], row["source"], row["erased"]) == ("rejected", "fair", True)
    kept = everything()
    assert [word for word in WORDS if word in kept] == []
    assert not list(tmp_path.rglob("*")) or not any(path.is_file() for path in tmp_path.rglob("*"))
    assert list(Scorecard.objects.values_list("overall", flat=True)) == [3]
    assert AuditEntry.objects.get(action="candidate.erase").changes == {"reason": [None, "Asked by mail"]}
    assert mail.outbox == []  # what was not yet sent never leaves


def test_nothing_is_added_to_who_is_erased_and_twice_is_once(api, ada):
    hr = UserFactory(as_="hr")
    erase_candidate(candidate=ada, actor=hr, reason="Asked")
    client, path = api(hr), f"/api/hr/candidates/{ada.pk}"

    for reply in (
        client.put(path, {"phone": "1"}, format="json"),
        client.post(f"{path}/notes", {"text": "Hello"}, format="json"),
        client.post(f"{path}/interviews", {"starts_at": "2026-06-01T09:00:00Z"}, format="json"),
        client.post(f"{path}/hire", {}, format="json"),
    ):
        assert (reply.status_code, reply.json()["code"]) == (409, "erased")
    assert erase_candidate(candidate=ada, actor=hr, reason="Again").erased_at is not None
    assert AuditEntry.objects.filter(action="candidate.erase").count() == 1
    ada.refresh_from_db()
    assert ada.phone == ""


def test_who_was_erased_may_apply_again(ada):
    erase_candidate(candidate=ada, actor=None, reason="Asked")

    again = services.apply(posting=ada.posting, actor=None, name="Ada", email="ada@example.org")

    assert Candidate.objects.filter(posting=ada.posting).count() == 2
    assert again.email == "ada@example.org"


def test_a_reason_is_asked_for_and_colleagues_are_not_erased():
    hired = CandidateFactory(stage="hired", employee=UserFactory())

    with pytest.raises(Invalid):
        erase_candidate(candidate=CandidateFactory(), actor=None, reason=" ")
    with pytest.raises(Conflict) as refused:
        erase_candidate(candidate=hired, actor=None, reason="Asked")

    assert refused.value.code == "hired"
    assert not Candidate.objects.filter(erased_at__isnull=False).exists()


def test_the_nightly_job_erases_those_whose_date_has_come():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
        day = dt.date(2026, 3, 10)
        due = CandidateFactory(erase_on=day)
        late = CandidateFactory(erase_on=day - dt.timedelta(days=30), stage="rejected")
        CandidateFactory(erase_on=day + dt.timedelta(days=1))
        CandidateFactory(erase_on=day, stage="hired", employee=UserFactory())

        assert erase_due_candidates() == {"erased": 2}
        assert erase_due_candidates() == {"erased": 0}

    erased = Candidate.objects.filter(erased_at__isnull=False)
    assert {row.pk for row in erased} == {due.pk, late.pk}
    assert {row.email for row in erased} == {f"erased-{row.pk}@erased.invalid" for row in erased}


def test_how_long_is_kept_is_a_setting(settings):
    settings.CANDIDATE_RETENTION_DAYS = 30

    candidate = services.apply(posting=PostingFactory(), actor=None, name="Ada", email="ada@example.org")

    assert candidate.erase_on == candidate.applied_on + dt.timedelta(days=30)
