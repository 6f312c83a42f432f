"""Mails about accounts. Written by the worker, so an answer at the door takes as long for a stranger as for a user."""

from hyperflow.core.jobs import job


@job(queue="mail", secret=("email",))
def mail_reset_link(*, email: str) -> None:
    from accounts.services import mails

    mails.send_reset_link(email=email)


@job(queue="mail", secret=("password",))
def mail_registration(*, user_id: int, password: str) -> None:
    from accounts.services import mails

    mails.answer_registration(user_id=user_id, password=password)
