"""What Django announces about its own sessions, those of the admin."""

from typing import Any

from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in, user_logged_out

from accounts.services import signin
from hyperflow.core import audit


def connect() -> None:
    # Django's own receiver writes the same column, but not the audit log.
    user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")
    user_logged_in.connect(entered, dispatch_uid="accounts.entered")
    user_logged_out.connect(left, dispatch_uid="accounts.left")


def entered(sender: Any, user: Any, **more: Any) -> None:
    signin.record_entry(user=user, door="admin")


def left(sender: Any, user: Any, **more: Any) -> None:
    if user is not None:
        audit.record("session.logout", user, actor=user)
