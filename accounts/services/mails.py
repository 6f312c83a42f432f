"""What people are told by mail about their account: plain text, in the agency's language."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import OneTimeToken, User
from accounts.services.links import make_link
from hyperflow.core import mail
from hyperflow.core.fields import fold_email
from hyperflow.core.transactions import command


@command
def send_reset_link(*, email: str) -> None:
    """A link to choose a new password, to whoever has an active account with that address. Nobody else gets mail."""
    user = User.objects.filter(email=fold_email(email), is_active=True).first()
    if user is None:
        return
    link = make_link(user=user, purpose=OneTimeToken.Purpose.RESET)
    _send(
        user,
        _("Choose a new password"),
        _(
            "Somebody, probably you, asked for a new password for your account at %(company)s.\n\n"
            "Choose it here. The link works once, for an hour:\n%(link)s\n\n"
            "If it was not you, there is nothing to do: your password stays as it is."
        ),
        link=link,
    )


@command
def answer_registration(*, user_id: int, password: str) -> None:
    """The answer to a registration, which only the owner of the address may read.

    An account that waits for its first verification gets a link, each registration its own; an account that is in
    use gets the word that somebody tried; the owner of one that was closed, or is somebody's placeholder still, is
    told whom to ask.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return
    if not user.is_active:
        _send(
            user,
            _("This address is known here already"),
            _(
                "Somebody, probably you, tried to register at %(company)s with this address. It is known here already, "
                "and nobody can sign in with it at present. Nothing was changed.\n\n"
                "If it was you, ask your contact at %(company)s to open the account."
            ),
        )
        return
    if user.email_verified_at is not None:
        _send(
            user,
            _("You have an account already"),
            _(
                "Somebody, probably you, tried to register at %(company)s with this address. It has an account "
                "already, and nothing was changed.\n\n"
                "If you forgot the password, you can choose a new one here:\n%(link)s"
            ),
            link=f"{settings.FRONTEND_URL}/forgot-password",
        )
        return
    link = make_link(user=user, purpose=OneTimeToken.Purpose.VERIFY, password=password)
    _send(
        user,
        _("Confirm your address"),
        _(
            "Welcome to %(company)s. Confirm that this address is yours, then you can sign in:\n%(link)s\n\n"
            "The link works once, for 24 hours. If you did not register, do not follow it."
        ),
        link=link,
    )


def _send(user: User, subject: str, text: str, **values: str) -> None:
    body = text % {"company": settings.COMPANY_NAME, **values}
    mail.send(to=user.email, subject=f"{settings.COMPANY_NAME}: {subject}", text=body)
