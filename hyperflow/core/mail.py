"""Mail: a job of the queue ``mail``, so nobody waits for a mail server and none is lost with it."""

import smtplib
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from hyperflow.core import jobs
from hyperflow.core.errors import Invalid
from hyperflow.core.models import Job


def send(*, to: str, subject: str, text: str, dedupe_key: str | None = None) -> Job:
    """Send a plain text mail once the caller's transaction is committed.

    The text may hold a link that signs somebody in: it is stored encrypted and forgotten once the mail is sent.
    """
    _check(to, subject)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    return jobs.enqueue(
        send_mail, dedupe_key=dedupe_key, to=to, subject=subject, text=text, message_id=make_msgid(domain=domain)
    )


@jobs.job(
    queue="mail",
    retry_on=(OSError, smtplib.SMTPException),
    max_attempts=8,
    time_limit=60,
    atomic=False,
    secret=("text",),
)
def send_mail(*, to: str, subject: str, text: str, message_id: str = "") -> None:
    """Hand the mail over. Its id was fixed when it was asked for, so that one that goes twice is known as the same."""
    headers = {"Message-ID": message_id} if message_id else {}
    EmailMessage(subject=subject, body=text, from_email=settings.DEFAULT_FROM_EMAIL, to=[to], headers=headers).send()


def _check(to: str, subject: str) -> None:
    """A line break in a header would let its author write further headers."""
    if any(ord(character) < 32 or ord(character) == 127 for character in subject):
        raise Invalid(_("A subject is one line of text."), field="subject")
    address = parseaddr(to)[1]
    try:
        validate_email(to)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="to") from error
    if address != to:
        raise Invalid(_("This is not an e-mail address."), field="to")
