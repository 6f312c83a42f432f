"""What accounts leave to the worker.

Mails are written there, so that an answer at the door takes as long for a stranger as for a user.
"""

import datetime as dt

from hyperflow.core.jobs import job, periodic


@job(queue="mail", secret=("email",))
def mail_reset_link(*, email: str) -> None:
    from accounts.services import mails

    mails.send_reset_link(email=email)


@job(queue="mail", secret=("password",))
def mail_registration(*, user_id: int, password: str) -> None:
    from accounts.services import mails

    mails.answer_registration(user_id=user_id, password=password)


@periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=3))
@job()
def forget_ended_sessions() -> dict[str, int]:
    from accounts.services import upkeep

    return upkeep.forget_ended()
