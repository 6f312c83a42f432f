"""People who make their own account."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import hashing, jobs
from accounts.models import Role, User
from accounts.services.passwords import check_password_is_good
from accounts.services.people import insert
from hyperflow.core import clock, limits
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.fields import fold_email
from hyperflow.core.jobs import enqueue
from hyperflow.core.limits import Limit
from hyperflow.core.transactions import command

#: Registering, from one address.
REGISTERING = Limit("register.address", times=10, seconds=60 * 60)


def register(*, name: str, email: str, password: str, ip: str, role: str | None = None) -> User | None:
    """Somebody makes an account for themself, with the role of ``REGISTRATION_ROLE``.

    Where addresses are verified, the answer tells nobody whether there was an account already (``None``): the owner
    of the address gets a mail, with a link or with the word that somebody tried. Without verification the new account
    is given back, and a taken address raises `Conflict` (``email_taken``).

    Raises `NotAllowed`: ``registration_closed`` or, where another role was asked for, ``role_not_allowed``.
    """
    limits.hit(REGISTERING, ip)
    if not settings.REGISTRATION_OPEN:
        raise NotAllowed(_("Accounts are made by the agency: ask your contact there."), code="registration_closed")
    if role is not None and role != settings.REGISTRATION_ROLE:
        raise NotAllowed(_("A role is given by the agency, not chosen."), code="role_not_allowed")
    user = User(name=name, email=fold_email(email), role=Role.objects.get(code=settings.REGISTRATION_ROLE))
    check_password_is_good(password, user=user)
    user.full_clean(validate_unique=False, exclude=["password"])
    with hashing.turn():
        user.password = hashing.hashed(password)
    if settings.EMAIL_VERIFICATION:
        _answer_by_mail(user=user)
        return None
    user.email_verified_at = clock.now()
    return insert(user, actor=None, action="user.register")


@command
def _answer_by_mail(*, user: User) -> None:
    # The password of this very registration: it counts once the link of this very mail is used.
    encoded = user.password
    try:
        user = insert(user, actor=None, action="user.register")
    except Conflict:
        user = User.objects.get(email=user.email)
    enqueue(jobs.mail_registration, user_id=user.pk, password=encoded)
