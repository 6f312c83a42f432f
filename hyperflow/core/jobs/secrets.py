"""Arguments that nobody but the job may read: a mail with a reset link, a token for a platform."""

import base64
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hyperflow.core.models import Job

SEALED = "sealed"
HIDDEN = "…"


class Unreadable(Exception):
    """The arguments were sealed with a key that is no longer known."""


def seal(arguments: dict[str, Any], secret: Iterable[str]) -> dict[str, Any]:
    """Put the secret arguments into one encrypted one."""
    hidden = {name: arguments[name] for name in secret if name in arguments}
    if not hidden:
        return arguments
    shown = {name: value for name, value in arguments.items() if name not in hidden}
    return {**shown, SEALED: _cipher().encrypt(json.dumps(hidden).encode()).decode()}


def unseal(arguments: dict[str, Any]) -> dict[str, Any]:
    if SEALED not in arguments:
        return arguments
    try:
        hidden = json.loads(_cipher().decrypt(arguments[SEALED].encode()))
    except InvalidToken as error:
        raise Unreadable("The arguments were encrypted with another SECRET_KEY") from error
    return {**{name: value for name, value in arguments.items() if name != SEALED}, **hidden}


def forget(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as they stay on a finished job."""
    return public(arguments)


def public(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name == SEALED else value for name, value in arguments.items()}


def public_arguments(job: Job) -> dict[str, Any]:
    """What a person may see of a job's arguments."""
    return public(job.arguments)


def _cipher() -> MultiFernet:
    return _cipher_for((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _cipher_for(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hyperflow.core.jobs")
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
