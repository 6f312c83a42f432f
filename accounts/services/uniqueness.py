"""One way to say that something is taken, whether a check or the database noticed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hyperflow.core.errors import Conflict


@contextmanager
def or_taken(message: str, code: str) -> Iterator[None]:
    """Write inside; a value that another row has raises `Conflict` and leaves the transaction usable."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as taken:
        raise Conflict(message, code=code) from taken
    except ValidationError as refused:
        if not _is_about_uniqueness(refused):
            raise
        raise Conflict(message, code=code) from refused


def _is_about_uniqueness(error: ValidationError) -> bool:
    if not hasattr(error, "error_dict"):
        return False
    found = [one for errors in error.error_dict.values() for one in errors]
    return all(one.code in {"unique", "unique_together"} for one in found)
