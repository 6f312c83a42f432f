"""/careers: anybody looks and applies; nobody learns who else did."""

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import formats

from hr.models import Candidate
from hr.tests.recruitment_factories import CandidateFactory, PostingFactory
from hyperflow.core import clock
from hyperflow.core.models import StoredFile

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def browser(settings, tmp_path):
    settings.FILES_DIR = tmp_path
    return Client()


def application(**values):
    resume = SimpleUploadedFile("cv.pdf", values.pop("content", PDF))
    return {"name": "Ada Lovelace", "email": "ada@example.org", "message": "Hello", "resume": resume, **values}


def test_the_list_shows_what_takes_applications_today(browser):
    today = clock.business_date()
    PostingFactory(title="Open job"), PostingFactory(title="Last day", closing_date=today)
    PostingFactory(title="Too late", closing_date=today - dt.timedelta(days=1))
    for status in ("draft", "closed", "filled"):
        PostingFactory(title=f"A {status} one", status=status)

    text = browser.get("/careers").content.decode()

    assert "Open job" in text
    assert "Last day" in text
    assert not any(title in text for title in ("Too late", "A draft one", "A closed one", "A filled one"))


@pytest.mark.parametrize("rows", [1, 7])
def test_the_list_costs_the_same_however_long(browser, rows, django_assert_num_queries):
    PostingFactory.create_batch(rows)

    with django_assert_num_queries(1):
        browser.get("/careers")


def test_a_draft_is_nowhere_and_a_closed_job_says_so(browser):
    draft = PostingFactory(status="draft", posted_date=None)
    closed = PostingFactory(status="closed")

    assert browser.get(f"/careers/{draft.pk}").status_code == 404
    assert browser.get("/careers/999999").status_code == 404
    assert browser.get(f"/careers/{closed.pk}").status_code == 410
    assert browser.post(f"/careers/{closed.pk}", application()).status_code == 410
    assert not Candidate.objects.exists()


@pytest.mark.parametrize("shows", [True, False])
def test_the_salary_is_shown_only_where_the_posting_says_so(browser, shows):
    posting = PostingFactory(salary_min=50_000, salary_max=60_000, shows_salary=shows)

    text = browser.get(f"/careers/{posting.pk}").content.decode()

    assert ("50,000 – 60,000 EUR" in text) is shows


def test_somebody_applies_and_gets_a_mail(browser, run_due_jobs):
    posting = PostingFactory(title="Designer")
    kept_until = clock.business_date() + dt.timedelta(days=180)

    page = browser.get(f"/careers/{posting.pk}").content.decode()
    answer = browser.post(f"/careers/{posting.pk}", application(experience_years="7.5", phone="030 1"))
    arrived = browser.get(answer["Location"])
    browser.get(answer["Location"])
    while run_due_jobs():
        pass

    found = Candidate.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/careers/{posting.pk}/thanks")
    assert (arrived.status_code, "has arrived" in arrived.content.decode()) == (200, True)
    assert (found.name, found.email, found.stage, found.source) == ("Ada Lovelace", "ada@example.org", "new", "careers")
    assert (str(found.experience_years), found.phone, found.notes) == ("7.5", "030 1", "Hello")
    assert (found.resume.original_name, found.resume.uploaded_by) == ("cv.pdf", None)
    assert found.erase_on == kept_until
    assert formats.date_format(kept_until, "DATE_FORMAT") in page
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_who_applies_again_gets_the_same_answer_and_only_their_mailbox_knows(browser, run_due_jobs):
    posting = PostingFactory()

    first = browser.post(f"/careers/{posting.pk}", application())
    again = browser.post(f"/careers/{posting.pk}", application(email="ADA@example.org", name="Eve"))
    browser.post(f"/careers/{posting.pk}", application(name="Eve"))
    while run_due_jobs():
        pass

    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"])
    assert Candidate.objects.get().name == "Ada Lovelace"
    assert StoredFile.objects.count() == 1
    assert len(mail.outbox) == 2
    assert "already" in mail.outbox[1].body
    assert "Eve" not in mail.outbox[1].body


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(browser):
    posting = PostingFactory()

    answer = browser.post(f"/careers/{posting.pk}", application(website="https://spam.example"))

    assert (answer.status_code, answer["Location"]) == (303, f"/careers/{posting.pk}/thanks")
    assert not Candidate.objects.exists()
    assert not StoredFile.objects.exists()


def test_ten_applications_an_hour_come_from_one_address(browser):
    posting = PostingFactory()

    answers = [browser.post(f"/careers/{posting.pk}", application(email=f"a{turn}@example.org")) for turn in range(11)]
    elsewhere = browser.post(f"/careers/{posting.pk}", application(), REMOTE_ADDR="203.0.113.9")

    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert elsewhere.status_code == 303
    assert Candidate.objects.count() == 11


def test_who_is_refused_keeps_what_they_wrote_and_learns_when_to_try_again(browser):
    posting = PostingFactory()
    with time_machine.travel(dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC), tick=False) as hand:
        for turn in range(10):
            browser.post(f"/careers/{posting.pk}", application(email=f"a{turn}@example.org"))
        hand.shift(dt.timedelta(minutes=18))

        text = browser.post(f"/careers/{posting.pk}", application(message="My <life>")).content.decode()

    assert "in 42 minutes" in text
    assert 'value="Ada Lovelace"' in text
    assert 'value="ada@example.org"' in text
    assert "My &lt;life&gt;" in text
    assert Candidate.objects.count() == 10


def test_mistakes_use_up_no_application(settings, browser):
    posting = PostingFactory()
    strict = Client(enforce_csrf_checks=True)
    for _turn in range(5):
        assert strict.post(f"/careers/{posting.pk}", application()).status_code == 403
        assert browser.post(f"/careers/{posting.pk}", application(email="nobody")).status_code == 422
        assert browser.post(f"/careers/{posting.pk}", application(content=b"<html>")).status_code == 422

    answers = [browser.post(f"/careers/{posting.pk}", application(email=f"a{turn}@example.org")) for turn in range(10)]

    assert [answer.status_code for answer in answers] == [303] * 10


def test_there_is_an_end_to_mistakes_too(browser):
    posting = PostingFactory()

    answers = [browser.post(f"/careers/{posting.pk}", {"name": "x"}).status_code for _turn in range(61)]

    assert answers == [422] * 60 + [429]


def test_nobody_is_thanked_for_a_draft(browser):
    draft = PostingFactory(status="draft", posted_date=None)

    assert browser.get(f"/careers/{draft.pk}/thanks").status_code == 404
    assert browser.get("/careers/999999/thanks").status_code == 404
    assert browser.post(f"/careers/{PostingFactory().pk}/thanks").status_code == 405


def test_a_form_without_its_token_is_refused(settings, tmp_path):
    settings.FILES_DIR = tmp_path
    strict = Client(enforce_csrf_checks=True)
    posting = PostingFactory()
    strict.get(f"/careers/{posting.pk}")

    refused = strict.post(f"/careers/{posting.pk}", application())
    token = strict.cookies["csrftoken"].value
    taken = strict.post(f"/careers/{posting.pk}", application(csrfmiddlewaretoken=token))

    assert refused.status_code == 403
    assert taken.status_code == 303
    assert Candidate.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"name": ""}, 422), ({"name": "x" * 151}, 422), ({"name": "a\nBcc: b"}, 422),
        ({"email": "nobody"}, 422), ({"email": "a@b.c\r\nBcc: x@y.z"}, 422),
        ({"experience_years": "NaN"}, 422), ({"experience_years": "1e400"}, 422), ({"message": "x" * 5_001}, 422),
        ({"content": b""}, 422), ({"content": b"<html><script>alert(1)</script>"}, 422),
        ({"content": b"\x89PNG\r\n\x1a\n"}, 422), ({"resume": ""}, 422), ({"name": "\0"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_application_is_said_so_and_leaves_nothing(browser, values, status):
    posting = PostingFactory()

    answer = browser.post(f"/careers/{posting.pk}", application(**values))

    assert answer.status_code == status
    assert 'class="error"' in answer.content.decode()
    assert not Candidate.objects.exists()
    assert not StoredFile.objects.exists()


def test_what_is_larger_than_any_resume_is_not_even_read(browser):
    posting = PostingFactory()

    said = browser.post(f"/careers/{posting.pk}", application(), CONTENT_LENGTH=str(50 * 1024 * 1024))
    unsaid = browser.post(f"/careers/{posting.pk}", application(), CONTENT_LENGTH="")

    assert said.status_code == unsaid.status_code == 413
    assert not Candidate.objects.exists()


def test_the_pages_have_nothing_inline_and_show_text_as_text(browser):
    posting = PostingFactory(title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")
    CandidateFactory(posting=posting)

    for address in ("/careers", f"/careers/{posting.pk}"):
        page = browser.get(address)
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|<img src=x|javascript:", text)
        assert "unsafe" not in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"
