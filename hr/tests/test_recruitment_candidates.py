"""Candidates: coming in, moving, what is known of them, who sees them."""

import datetime as dt

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import UserFactory
from hr.models import Candidate, CandidateNote, Interview, Scorecard
from hr.services import recruitment_candidates as services
from hr.services import recruitment_interviews as interviews
from hr.tests.recruitment_factories import CandidateFactory, InterviewFactory, PostingFactory, ScorecardFactory
from hyperflow.core import clock, storage
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.models import AuditEntry, OutboxEvent, StoredFile

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


def path(candidate, *more):
    return "/".join(["/api/hr/candidates", str(candidate.pk), *more])


def run_all(run_due_jobs):
    while run_due_jobs():
        pass


def test_hr_enters_somebody_who_gets_a_mail(api, hr, run_due_jobs):
    posting = PostingFactory(title="Designer")
    body = {
        "name": "Ada Lovelace", "email": "Ada@Example.org", "phone": "+49 30 1234", "skills": ["Figma", "CSS"],
        "experience_years": 7.5, "rating": 4, "notes": "Met at a fair.", "source": "fair",
    }  # fmt: skip

    reply = api(hr).post(f"/api/hr/recruitment/{posting.pk}/candidates", body, format="json")
    run_all(run_due_jobs)

    made = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"/api/hr/candidates/{made['candidate_id']}"
    assert {name: made[name] for name in body} == {**body, "email": "ada@example.org"}
    assert (made["stage"], made["stage_name"], made["resume"], made["job_title"]) == ("new", "New", None, "Designer")
    assert made["erase_on"] == (clock.business_date() + dt.timedelta(days=180)).isoformat()
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "“Designer”" in sent.body


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@example.org"])
def test_the_same_address_applies_once_for_a_posting(api, hr, email):
    candidate = CandidateFactory(email="ada@example.org")
    body = {"name": "Ada", "email": email}

    again = api(hr).post(f"/api/hr/recruitment/{candidate.posting_id}/candidates", body, format="json")
    elsewhere = api(hr).post(f"/api/hr/recruitment/{PostingFactory().pk}/candidates", body, format="json")

    assert (again.status_code, again.json()["code"]) == (409, "already_applied")
    assert elsewhere.status_code == 201
    assert Candidate.objects.count() == 2


@pytest.mark.parametrize(
    ("status", "days", "taken"),
    [("draft", None, False), ("closed", None, False), ("filled", None, False), ("open", -1, False), ("open", 0, True)],
)
def test_only_an_open_posting_takes_applications(api, hr, status, days, taken):
    closing = None if days is None else clock.business_date() + dt.timedelta(days=days)
    posting = PostingFactory(status=status, closing_date=closing)

    reply = api(hr).post(
        f"/api/hr/recruitment/{posting.pk}/candidates", {"name": "Ada", "email": "ada@example.org"}, format="json"
    )

    assert reply.status_code == (201 if taken else 409)
    assert taken or reply.json()["code"] == "posting_closed"
    assert Candidate.objects.count() == int(taken)


def test_an_address_that_somebody_else_has_is_not_taken_over_by_an_edit(hr):
    one = CandidateFactory()
    other = CandidateFactory(posting=one.posting)

    with pytest.raises(Conflict) as refused:
        services.update_candidate(candidate=one, actor=hr, email=other.email)

    assert refused.value.code == "already_applied"
    one.refresh_from_db()
    assert one.email != other.email


def test_a_candidate_moves_and_a_rejection_is_told_and_can_be_taken_back(api, hr, run_due_jobs):
    candidate = CandidateFactory()
    client = api(hr)

    client.put(path(candidate), {"stage": "offer"}, format="json")
    rejected = client.put(
        path(candidate), {"stage": "rejected", "rejection_reason": "Wanted more than we have"}, format="json"
    ).json()
    run_all(run_due_jobs)
    candidate.refresh_from_db()

    assert (rejected["stage"], rejected["rejection_reason"]) == ("rejected", "Wanted more than we have")
    assert candidate.furthest == 3
    [sent] = mail.outbox
    assert "other applicants" in sent.body
    assert "Wanted more" not in sent.body
    back = client.put(path(candidate), {"stage": "interview"}, format="json").json()
    assert (back["stage"], back["rejection_reason"]) == ("interview", "")


def test_who_is_hired_stays_hired(api, hr):
    candidate = CandidateFactory(stage="hired")

    reply = api(hr).put(path(candidate), {"stage": "offer"}, format="json")

    candidate.refresh_from_db()
    assert (reply.status_code, reply.json()["code"], reply.json()["allowed"]) == (409, "invalid_transition", [])
    assert (candidate.stage, candidate.version) == ("hired", 1)


def test_a_posting_is_filled_by_its_last_hiring(hr):
    posting = PostingFactory(openings=2)
    first, second = CandidateFactory.create_batch(2, posting=posting)

    services.move(candidate=first, actor=hr, stage="hired")
    posting.refresh_from_db()
    assert posting.status == "open"
    services.move(candidate=second, actor=hr, stage="hired")

    posting.refresh_from_db()
    assert posting.status == "filled"


def test_nothing_personal_is_in_the_audit_log_or_the_events(api, hr):
    posting = PostingFactory()
    body = {"name": "Ada Lovelace", "email": "ada@example.org", "phone": "0301234", "notes": "Knows Babbage"}
    client = api(hr)

    made = client.post(f"/api/hr/recruitment/{posting.pk}/candidates", body, format="json").json()
    address = f"/api/hr/candidates/{made['candidate_id']}"
    client.put(address, {"name": "Ada King", "stage": "rejected", "rejection_reason": "Too good"}, format="json")
    client.post(f"{address}/notes", {"text": "Called Ada"}, format="json")
    history = client.get(f"{address}/history").json()

    kept = str(list(AuditEntry.objects.values())) + str(list(OutboxEvent.objects.values()))
    for word in ("Ada", "ada@", "0301234", "Babbage", "Too good"):
        assert word not in kept
    assert [entry["action"] for entry in history] == [
        "candidate.noted", "candidate.stage", "candidate.update", "candidate.create",
    ]  # fmt: skip
    assert history[1]["changes"]["stage"] == ["new", "rejected"]
    assert history[2]["changes"] == {"name": ["…", "…"]}


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody"}, {"email": "a@b.c\r\nBcc: x@y.z"}, {"name": "a\nb"}, {"rating": 6}, {"rating": 0},
        {"experience_years": -1}, {"experience_years": 81}, {"skills": [1]}, {"skills": [str(n) for n in range(101)]},
        {"stage": "gone"}, {"stage_id": 999}, {"erase_on": "soon"}, {"create_employee": True}, {"nothing": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_known_of_anybody_is_refused(api, hr, body):
    candidate = CandidateFactory()

    reply = api(hr).put(path(candidate), body, format="json")

    assert reply.status_code == 422
    candidate.refresh_from_db()
    assert candidate.version == 1


# -- who sees whom

ROLES = [
    ("admin", 200, 201, 200), ("hr", 200, 201, 200), ("manager", 404, 404, 403),
    ("employee", 403, 403, 403), ("finance", 403, 403, 403), ("marketing", 403, 403, 403), ("client", 403, 403, 403),
]  # fmt: skip


@pytest.mark.parametrize(("role", "reads", "notes", "edits"), ROLES)
def test_who_may_do_what_with_any_candidate(api, role, reads, notes, edits):
    candidate = CandidateFactory()
    client = api(UserFactory(as_=role))

    assert client.get(path(candidate)).status_code == reads
    assert client.post(path(candidate, "notes"), {"text": "Hello"}, format="json").status_code == notes
    assert client.put(path(candidate), {"phone": "1"}, format="json").status_code == edits
    assert client.post(path(candidate, "hire"), {}, format="json").status_code == edits
    erased = client.post(path(candidate, "erase"), {"reason": "Asked"}, format="json").status_code
    assert erased == (409 if edits == 200 else 403)  # hired a line above
    assert CandidateNote.objects.count() == int(notes == 201)


def test_a_manager_sees_the_candidates_of_their_postings_and_those_they_interview(api):
    manager = UserFactory(as_="manager")
    mine = CandidateFactory(posting__hiring_manager=manager)
    talked_to = InterviewFactory(interviewers=[manager]).candidate
    neighbour = CandidateFactory(posting=talked_to.posting)
    client = api(manager)

    assert client.get(path(mine)).status_code == client.get(path(talked_to)).status_code == 200
    assert client.get(path(neighbour)).status_code == 404
    listed = client.get(f"/api/hr/recruitment/{talked_to.posting_id}/candidates").json()
    assert [row["candidate_id"] for row in listed] == [talked_to.pk]
    assert client.post(path(mine, "notes"), {"text": "Good"}, format="json").status_code == 201


@pytest.mark.parametrize("rows", [1, 7])
def test_listing_candidates_costs_the_same_however_many(api, hr, rows, django_assert_num_queries):
    posting = PostingFactory()
    for candidate in CandidateFactory.create_batch(rows, posting=posting):
        ScorecardFactory(interview__candidate=candidate)
    client = api(hr)
    client.get("/api/hr/recruitment")  # the role's rights are remembered

    with django_assert_num_queries(3):  # who, posting, page
        page = client.get(f"/api/hr/recruitment/{posting.pk}/candidates").json()

    assert len(page) == rows


def test_lists_are_filtered_and_searched(api, hr):
    posting = PostingFactory()
    ada = CandidateFactory(posting=posting, name="Ada", source="fair")
    bob = CandidateFactory(posting=posting, name="Bob", stage="offer")
    list_of = f"/api/hr/recruitment/{posting.pk}/candidates"
    client = api(hr)

    def ids(query):
        return [row["candidate_id"] for row in client.get(f"{list_of}?{query}").json()]

    assert ids("stage=offer") == [bob.pk]
    assert ids("source=fair") == [ada.pk]
    assert ids("search=ADA") == [ada.pk]
    assert ids(f"search={bob.email.upper()}") == [bob.pk]
    assert ids("ordering=name") == [ada.pk, bob.pk]
    assert ids("erased=true") == []


# -- résumés


def upload(content=PDF, name="cv.pdf"):
    return {"file": SimpleUploadedFile(name, content, content_type="application/pdf")}


def test_a_resume_is_kept_privately_replaced_and_handed_out_by_a_link(api, hr, settings, tmp_path):
    settings.FILES_DIR = tmp_path
    candidate = CandidateFactory()
    client = api(hr)

    assert client.get(path(candidate, "resume")).status_code == 404
    client.post(path(candidate, "resume"), upload(b"plain words", "old.txt"), format="multipart")
    made = client.post(path(candidate, "resume"), upload(name="cv.pdf"), format="multipart")
    found = client.get(path(candidate, "resume")).json()
    answer = api().get(found["url"])

    assert made.status_code == 200
    assert (found["file_name"], found["file_type"], found["file_size"]) == ("cv.pdf", "application/pdf", len(PDF))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == PDF
    assert StoredFile.objects.count() == 1
    assert client.get(path(candidate)).json()["resume"].startswith("/api/files/")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script>", "cv.pdf"), (b"MZ\x90\x00\x03", "cv.pdf"), (b"", "cv.pdf"),
        (b"GIF89a" + b"\0" * 100, "cv.gif"), (b"PK\x05\x06" + b"\0" * 18, "cv.zip"),
    ],
)  # fmt: skip
def test_what_is_no_resume_is_refused_and_leaves_nothing(api, hr, settings, tmp_path, content, name):
    settings.FILES_DIR = tmp_path
    candidate = CandidateFactory()

    reply = api(hr).post(path(candidate, "resume"), upload(content, name), format="multipart")

    assert reply.status_code == 422
    assert not StoredFile.objects.exists()
    candidate.refresh_from_db()
    assert candidate.resume is None


def test_a_resume_that_is_too_large_is_refused(api, hr, settings, tmp_path, monkeypatch):
    settings.FILES_DIR = tmp_path
    monkeypatch.setattr(services, "LARGEST_RESUME", 10)

    reply = api(hr).post(path(CandidateFactory(), "resume"), upload(), format="multipart")

    assert (reply.status_code, reply.json()["code"]) == (413, "payload_too_large")


def test_a_link_ends_when_its_reader_loses_sight_of_the_candidate(api, settings, tmp_path):
    settings.FILES_DIR = tmp_path
    manager = UserFactory(as_="manager")
    candidate = CandidateFactory(posting__hiring_manager=manager)
    services.attach_resume(candidate=candidate, actor=manager, upload=SimpleUploadedFile("cv.pdf", PDF))
    link = storage.signed_path(services.KIND, candidate.pk, manager)
    assert api().get(link).status_code == 200

    candidate.posting.hiring_manager = None
    candidate.posting.save()

    assert api().get(link).status_code == 404


# -- interviews and scorecards


@pytest.mark.parametrize("role", ["employee", "finance", "marketing"])
def test_whoever_works_here_sees_and_scores_the_interviews_they_hold_and_nothing_else(api, hr, role):
    resume = StoredFile.objects.create(name="a/b", original_name="cv.pdf", content_type="application/pdf", size=1)
    candidate = CandidateFactory(stage="interview", name="Ada", notes="Asks for much", resume=resume)
    person = UserFactory(as_=role)
    made = api(hr).post(
        path(candidate, "interviews"), {"starts_at": "2026-05-04T09:00:00Z", "interviewers": [person.pk, hr.pk]}
    )
    others = InterviewFactory(candidate=candidate, interviewers=[hr])
    ScorecardFactory(interview_id=made.json()["interview_id"], interviewer=hr, overall=1)
    theirs, client = made.headers["Location"], api(person)

    seen = client.get(theirs)
    scored = client.post(f"{theirs}/scorecards", {"overall": 5})
    changed = client.put(scored.headers["Location"], {"overall": 4})

    assert (made.status_code, seen.status_code, scored.status_code, changed.status_code) == (201, 200, 201, 200)
    assert (seen.json()["candidate_name"], seen.json()["resume"] is not None) == ("Ada", True)
    assert services.resume_of(candidate.pk, person) == resume
    assert [row["user_id"] for row in client.get(f"{theirs}/scorecards").json()] == [person.pk]
    assert client.get(f"/api/hr/interviews/{others.pk}").status_code == 404
    assert client.get(path(candidate)).status_code == client.get(path(candidate, "notes")).status_code == 403
    assert client.get("/api/hr/recruitment").status_code == 403
    assert client.put(theirs, {"title": "Mine"}).status_code == 403
    page = Client()
    page.force_login(person)
    shown = page.get(reverse("admin:hr_interview_changelist")).content.decode()
    own = page.get(reverse("admin:hr_interview_change", args=[made.json()["interview_id"]])).content.decode()
    assert shown.count("Ada") == 1
    assert "Asks for much" not in own
    assert services.resume_of(candidate.pk, UserFactory(as_=role)) is None


def test_who_could_not_see_an_interview_is_not_planned_for_it(api, hr):
    candidate = CandidateFactory(stage="interview")
    role = Role.objects.create(code="cleaner", name="Cleaner", is_staff=True)
    able, unable = UserFactory(as_="employee"), UserFactory(role=role, name="Emil")
    when = "2026-05-04T09:00:00Z"

    refused = api(hr).post(path(candidate, "interviews"), {"starts_at": when, "interviewers": [able.pk, unable.pk]})
    made = api(hr).post(path(candidate, "interviews"), {"starts_at": when, "interviewers": [able.pk]})
    added = api(hr).put(made.headers["Location"], {"starts_at": when, "interviewers": [able.pk, unable.pk]})

    for answer in (refused, added):
        assert (answer.status_code, answer.json()["code"]) == (422, "cannot_interview")
        assert [one["field"] for one in answer.json()["errors"]] == ["interviewers"]
        assert "Emil" in answer.json()["detail"]
    assert list(candidate.interviews.values_list("interviewers", flat=True)) == [able.pk]


def test_interviewers_are_told_score_once_and_the_average_follows(api, hr, run_due_jobs):
    one, two = UserFactory(as_="manager"), UserFactory(as_="manager")
    candidate = CandidateFactory(stage="interview")
    body = {"title": "Coding", "starts_at": "2026-05-04T09:00:00Z", "interviewers": [one.pk, two.pk]}

    made = api(hr).post(path(candidate, "interviews"), body, format="json")
    cards = f"/api/hr/interviews/{made.json()['interview_id']}/scorecards"
    first = api(one).post(cards, {"coding": 5, "english": 3, "overall": 4, "notes": "Quick"}, format="json")
    api(two).post(cards, {"overall": 5}, format="json")
    twice = api(one).post(cards, {"overall": 1}, format="json")
    detail = api(hr).get(path(candidate)).json()

    assert (made.status_code, made.json()["round"], made.json()["interviewers"]) == (201, 1, [one.pk, two.pk])
    assert first.status_code == 201
    assert (twice.status_code, twice.json()["code"]) == (409, "already_scored")
    assert detail["average"] == 4.5
    assert detail["scores"] == {"count": 2, "coding": 5.0, "english": 3.0, "aptitude": None, "overall": 4.5}
    assert Interview.objects.get().status == "done"
    assert [notice.kind for notice in one.notifications.all()] == ["interview.planned"]


def test_who_does_not_interview_does_not_score_and_nobody_changes_another_card(hr):
    interview = InterviewFactory(interviewers=[UserFactory(as_="manager")])
    card = ScorecardFactory(interview=interview)

    with pytest.raises(NotAllowed) as refused:
        interviews.add_scorecard(interview=interview, actor=hr, overall=5)
    with pytest.raises(NotAllowed):
        interviews.update_scorecard(scorecard=card, actor=hr, overall=1)

    assert refused.value.code == "not_interviewer"
    assert list(Scorecard.objects.values_list("overall", flat=True)) == [4]


def test_rounds_count_on_and_a_scorer_stays_on_the_panel(hr):
    candidate = CandidateFactory()
    scorer = UserFactory(as_="manager")
    first = interviews.plan_interview(candidate=candidate, actor=hr, starts_at=clock.now(), interviewers=[scorer])
    second = interviews.plan_interview(candidate=candidate, actor=hr, starts_at=clock.now())
    interviews.add_scorecard(interview=first, actor=scorer, overall=3)

    with pytest.raises(Conflict) as refused:
        interviews.update_interview(interview=first, actor=hr, interviewers=[hr])

    assert (first.round, second.round) == (1, 2)
    assert refused.value.code == "in_use"
    assert list(first.interviewers.all()) == [scorer]


def test_no_interview_is_planned_with_who_is_rejected(hr):
    with pytest.raises(Conflict) as refused:
        interviews.plan_interview(candidate=CandidateFactory(stage="rejected"), actor=hr, starts_at=clock.now())

    assert refused.value.code == "decided"
    assert not Interview.objects.exists()
