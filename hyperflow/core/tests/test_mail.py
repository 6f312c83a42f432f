import json
import logging
import smtplib

import pytest
from django.core.mail.backends import locmem

from hyperflow.core import mail
from hyperflow.core.errors import Invalid
from hyperflow.core.models import Job

pytestmark = pytest.mark.django_db


def test_a_mail_is_sent_by_a_job_and_its_text_forgotten(run_due_jobs, mailoutbox, caplog):
    caplog.set_level(logging.DEBUG)
    job = mail.send(to="ann@example.com", subject="Your link", text="https://x.example/reset?token=canary-5512")

    assert mailoutbox == []
    assert "canary" not in json.dumps(Job.objects.get().arguments)
    assert run_due_jobs() == ["send_mail"]

    assert [(sent.to, sent.subject) for sent in mailoutbox] == [(["ann@example.com"], "Your link")]
    assert "canary-5512" in mailoutbox[0].body
    job.refresh_from_db()
    assert (job.queue, job.state) == ("mail", "done")
    kept = {"to": "ann@example.com", "subject": "Your link", "sealed": "…"}
    assert job.arguments == {**kept, "message_id": mailoutbox[0].extra_headers["Message-ID"]}
    assert "canary" not in caplog.text


def test_the_same_mail_is_sent_once(run_due_jobs, mailoutbox):
    for _ in range(3):
        mail.send(to="ann@example.com", subject="Hello", text="…", dedupe_key="welcome:1")
    run_due_jobs()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ann@example.com", "a\r\nBcc: eve@example.com"),
        ("ann@example.com", "a\nb"),
        ("ann@example.com", "a\x00b"),
        ("ann@example.com\nBcc: eve@example.com", "a"),
        ("ann@example.com, eve@example.com", "a"),
        ("Ann <ann@example.com>", "a"),
        ("ann@exa\nmple.com", "a"),
        ("nobody", "a"),
        ("", "a"),
    ],
)
def test_nobody_writes_headers_of_their_own(to, subject):
    with pytest.raises(Invalid):
        mail.send(to=to, subject=subject, text="x")
    assert not Job.objects.exists()


def test_a_mail_server_that_is_away_is_tried_again(run_due_jobs, monkeypatch, caplog):
    def away(*_: object) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", away)
    job = mail.send(to="ann@example.com", subject="Hello", text="canary-1")
    run_due_jobs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.max_attempts) == ("queued", 1, 8)
    assert job.error == "SMTPServerDisconnected: gone"
    assert "canary" not in json.dumps(job.arguments) + caplog.text


def test_without_a_mail_server_mail_can_be_read_in_a_folder(run_due_jobs, settings, tmp_path):
    settings.EMAIL_BACKEND = "hyperflow.core.mail_files.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    mail.send(to="ann@example.com", subject="Grüße", text="Klicken Sie auf https://x.example/ähm")
    run_due_jobs()

    (file,) = (tmp_path / "mail").iterdir()
    assert "Klicken Sie auf https://x.example/ähm" in file.read_text()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700), "its link is for one"
