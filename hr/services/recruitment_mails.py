"""What candidates are told by mail: plain text, in the agency's language, with no word on what colleagues think."""

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from hr.models import Candidate
from hyperflow.core import clock, mail
from hyperflow.core.models import Job


def received(candidate: Candidate) -> None:
    _send(
        candidate,
        "received",
        _("Your application: %(title)s") % {"title": candidate.posting.title},
        _(
            "Hello %(name)s,\n\n"
            "thank you for applying to %(company)s as “%(title)s”. We have your application and will come back to "
            "you.\n\n"
            "We keep what you sent until %(date)s and erase it then, unless we hire you. If you want it erased "
            "earlier, answer this mail."
        ),
    )


def rejected(candidate: Candidate) -> None:
    _send(
        candidate,
        "rejected",
        _("Your application: %(title)s") % {"title": candidate.posting.title},
        _(
            "Hello %(name)s,\n\n"
            "thank you for your interest in “%(title)s” and for the time you took. We have decided to go on with "
            "other applicants.\n\n"
            "We keep what you sent until %(date)s and erase it then. If you want it erased earlier, answer this "
            "mail.\n\n"
            "All the best from %(company)s."
        ),
    )


def known_already(candidate: Candidate) -> None:
    """The answer to who applies a second time: only the owner of the address reads it, at most once a day."""
    _send(
        candidate,
        f"again:{clock.business_date():%Y%m%d}",
        _("Your application: %(title)s") % {"title": candidate.posting.title},
        _(
            "Hello,\n\n"
            "somebody, probably you, applied to %(company)s as “%(title)s” with this address. We have your "
            "application already, and nothing was changed.\n\n"
            "To correct or withdraw it, answer this mail."
        ),
    )


def forget(candidate: Candidate) -> None:
    """Mails to somebody who is erased: those sent keep no address, those not yet sent never leave."""
    running = Job.objects.filter(dedupe_key__startswith=_key(candidate, "")).exclude(state=Job.State.RUNNING)
    running.delete()


def _send(candidate: Candidate, what: str, subject: str, text: str) -> None:
    body = text % {
        "name": candidate.name,
        "company": settings.COMPANY_NAME,
        "title": candidate.posting.title,
        "date": formats.date_format(candidate.erase_on, "DATE_FORMAT"),
    }
    mail.send(
        to=candidate.email,
        subject=f"{settings.COMPANY_NAME}: {subject}",
        text=body,
        dedupe_key=_key(candidate, what),
    )


def _key(candidate: Candidate, what: str) -> str:
    return f"candidate:{candidate.pk}:{what}"
