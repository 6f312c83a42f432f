"""What can go wrong, by name. Services raise these; one handler turns them into problem+json.

The message is a sentence that a person can act on and may change; the code is for programs and may not.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """Base of every refusal. ``field`` names the input at fault, where one is; ``extra`` is shown in the problem
    document (for example ``allowed=[…]``)."""

    status: ClassVar[int] = 422
    default_code: ClassVar[str] = "validation_error"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.field = field
        self.extra = extra


class Invalid(DomainError):
    """It parses, but it is not acceptable."""


class Conflict(DomainError):
    """It would be fine at another moment: the row is not in a state that allows it."""

    status = 409
    default_code = "conflict"


class NotAllowed(DomainError):
    """This person may not do this to this row, although they may see it."""

    status = 403
    default_code = "permission_denied"


class NotFound(DomainError):
    """There is no such row for this person."""

    status = 404
    default_code = "not_found"


class PreconditionFailed(DomainError):
    """Somebody else changed the row since it was read (``If-Match``)."""

    status = 412
    default_code = "precondition_failed"


class BadRequest(DomainError):
    status = 400
    default_code = "bad_request"


class NotAuthenticated(DomainError):
    status = 401
    default_code = "not_authenticated"


class TooLarge(DomainError):
    status = 413
    default_code = "payload_too_large"


class RateLimited(DomainError):
    """``retry_after`` is in seconds."""

    status = 429
    default_code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A platform, model or database did not answer. ``retry_after`` is in seconds."""

    status = 503
    default_code = "upstream_unavailable"

    def __init__(self, message: str, *, retry_after: int | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class UpstreamError(DomainError):
    status = 502
    default_code = "upstream_error"
