from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from accounts.tests.factories import PASSWORD


@pytest.fixture
def sign_in(api: Any) -> Callable[..., Any]:
    """``sign_in(user)`` posts to ``/api/auth/token`` and gives the response."""

    def post(email: Any, password: str = PASSWORD, ip: str = "203.0.113.1", **headers: str) -> Any:
        address = getattr(email, "email", email)
        return api().post(
            "/api/auth/token", {"username": address, "password": password}, REMOTE_ADDR=ip, format="json", **headers
        )

    return post


@pytest.fixture
def mails(run_due_jobs: Any) -> Callable[[], list[Any]]:
    """Everything that was sent since it was last asked for, once the worker has done what is due."""

    def read() -> list[Any]:
        while run_due_jobs():
            pass
        sent, mail.outbox[:] = list(mail.outbox), []
        return sent

    return read


@pytest.fixture
def link_in() -> Callable[[Any], str]:
    """The token of the link that a mail holds."""

    def find(message: Any) -> str:
        return message.body.split("?token=")[1].split()[0]

    return find


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every hash that is computed: its algorithm and rounds."""
    from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

    made: list[tuple[str, int]] = []
    encode = BCryptSHA256PasswordHasher.encode

    def counted(self: Any, password: str, salt: Any) -> str:
        found = encode(self, password, salt)
        made.append((self.algorithm, int(found.split("$")[3])))
        return found

    monkeypatch.setattr(BCryptSHA256PasswordHasher, "encode", counted)
    return made
