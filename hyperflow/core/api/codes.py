"""Every error code of the API, with its status and what it means. The schema lists them, and a test holds that list
against the codes that services raise.

An app adds its own in its `AppConfig.ready()`: ``codes.register({"period_locked": (409, "…")})``.
"""

from collections.abc import Mapping

#: code → (status, meaning)
CODES: dict[str, tuple[int, str]] = {
    # The request itself
    "bad_request": (400, "The request cannot be understood."),
    "malformed_json": (400, "The body is not JSON as RFC 8259 has it: UTF-8, no duplicate names, finite numbers."),
    "json_too_deep": (400, "The body is nested deeper than 20 levels."),
    "https_required": (400, "This installation answers over https only."),
    "malformed_form": (400, "The form or upload cannot be read."),
    "invalid_idempotency_key": (
        400,
        "The Idempotency-Key is empty, longer than 255 characters or not printable ASCII.",
    ),
    "invalid_if_match": (400, "The If-Match header is not an entity tag."),
    "invalid_token": (400, "The link has been used, has run out, or never was one of ours."),
    # Who is asking
    "not_authenticated": (401, "There is no valid access token."),
    "token_expired": (401, "The access token has run out: refresh it."),
    "token_revoked": (401, "The session was ended: sign in again."),
    "token_reused": (401, "A refresh token was used twice: its session was ended."),
    "invalid_credentials": (401, "The address or the password is wrong."),
    # What they may do
    "permission_denied": (403, "The caller may not do this."),
    "csrf_failed": (403, "The form's CSRF token is missing or wrong."),
    "link_expired": (403, "The signed link has run out."),
    "role_not_allowed": (403, "The caller may not give this role."),
    "registration_closed": (403, "Accounts are made by staff only."),
    # What is there
    "not_found": (404, "There is no such thing for this caller."),
    "method_not_allowed": (405, "The path does not take this method; Allow names those it takes."),
    "not_acceptable": (406, "None of the media types in Accept can be given."),
    # Not now
    "conflict": (409, "The row is not in a state that allows it."),
    "in_progress": (409, "A request with this Idempotency-Key is still under way."),
    "in_use": (409, "Other rows need this one."),
    "invalid_transition": (409, "The life cycle has no such step; `allowed` names those it has."),
    "email_taken": (409, "Another account has this address."),
    "time_overlap": (409, "The time overlaps other time of the same person."),
    "period_locked": (409, "The period is closed."),
    "precondition_failed": (412, "The row was changed since it was read."),
    "payload_too_large": (413, "The body or file is larger than allowed."),
    "unsupported_media_type": (415, "The path does not take this Content-Type."),
    # Not like this
    "validation_error": (422, "A value is not acceptable; `errors` names the fields."),
    "unknown_field": (422, "The body has a field that the call does not know."),
    "unknown_parameter": (422, "The query has a parameter that the call does not know."),
    "invalid_cursor": (422, "The cursor is not one that this list gave, in this order."),
    "invalid_ordering": (422, "The list cannot be ordered by this."),
    "skip_too_large": (422, "Only 10,000 rows can be skipped: follow the cursor."),
    "idempotency_key_reused": (422, "The Idempotency-Key was used for another request."),
    "unsupported_file_type": (422, "Files of this kind are not taken."),
    "image_too_large": (422, "The image has too many pixels."),
    "invalid_image": (422, "The image cannot be read."),
    # Later
    "rate_limited": (429, "Too many requests; Retry-After says when to try again."),
    "server_error": (500, "Something went wrong here. The request id finds it in the logs."),
    "upstream_error": (502, "A platform or model gave an answer that cannot be used."),
    "upstream_unavailable": (503, "A platform or model did not answer."),
    "not_configured": (503, "What the call needs is not set up here."),
    "busy": (503, "Another change holds the rows, or all places at signing in are taken: try again after Retry-After."),
    "database_unavailable": (503, "The database does not answer."),
}


def register(codes: Mapping[str, tuple[int, str]]) -> None:
    """Make an app's own codes known. One code has one status."""
    for code, (status, meaning) in codes.items():
        if CODES.get(code, (status,))[0] != status:
            raise ValueError(f"{code} has the status {CODES[code][0]} already")
        CODES[code] = (status, meaning)


def with_status(status: int) -> dict[str, str]:
    return {code: meaning for code, (its, meaning) in sorted(CODES.items()) if its == status}
