"""Every refusal and every failure as ``application/problem+json`` (RFC 9457).

`response_for` is the one place that knows which exception is which answer. What is nobody's fault but ours is logged
with its stack trace and the request's id, and answered without a word of its inside.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core import exceptions as django
from django.core.exceptions import (
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.csrf import csrf_failure as django_csrf_failure
from rest_framework import exceptions as drf

from hyperflow.core import context, errors
from hyperflow.core.api.codes import CODES
from hyperflow.core.api.responses import dumps
from hyperflow.core.transactions import is_transient

__all__ = ["CODES", "exception_handler", "problem_response", "response_for"]

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
#: Field errors that name the whole problem, since a program reacts to them by name.
_TELLING = ("unknown_field", "unknown_parameter")
#: What any field may have wrong stays below `validation_error`, however many fields have it.
_ORDINARY = frozenset(
    {
        *("required", "null", "blank", "empty", "invalid", "invalid_choice", "does_not_exist", "incorrect_type"),
        *("min_value", "max_value", "min_length", "max_length", "too_long", "not_a_list"),
        *("max_digits", "max_decimal_places", "max_whole_digits"),
    }
)
#: Of what is 401, these are about the bearer token that was sent (RFC 6750); a wrong password is about no token.
_OF_THE_TOKEN = frozenset({"token_expired", "token_revoked"})
#: MariaDB/MySQL: no connection, too many, shutting down, gone away, lost.
_DATABASE_IS_DOWN = frozenset(
    {1040, 1042, 1043, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 2002, 2003, 2005, 2006, 2013, 2055}
)
_SQLITE_IS_DOWN = (
    "unable to open database file",
    "disk i/o error",
    "database disk image is malformed",
    "readonly database",
)

FieldError = dict[str, str]


def problem_response(
    status: int,
    code: str,
    detail: Any,
    *,
    field_errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """A problem document. ``extra`` members stand beside the standard ones (``allowed=[…]``)."""
    request_id = context.current().request_id
    body = {
        **extra,
        "type": f"urn:hyperflow:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
        "code": code,
        "errors": field_errors or [],
        "request_id": request_id,
    }
    response = HttpResponse(dumps(body), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))
    if status == 401:
        hint = ', error="invalid_token"' if code in _OF_THE_TOKEN else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="api"{hint}'
    return response


def response_for(error: BaseException, request: Any = None) -> HttpResponse:
    """The answer that an exception means."""
    if isinstance(error, errors.DomainError):
        return _domain(error)
    if isinstance(error, drf.APIException):
        return _framework(error)
    for kind, answer in _ANSWERS:
        if isinstance(error, kind):
            found = answer(error)
            if found is not None:
                return found
    return _server_error(error, request)


def exception_handler(error: Exception, info: Mapping[str, Any]) -> HttpResponse:
    """For DRF's own views; those of `viewsets` call `response_for` themselves."""
    return response_for(error, info.get("request"))


# -- what services and the framework refuse


def _domain(error: errors.DomainError) -> HttpResponse:
    headers = {}
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    field = getattr(error, "field", None)
    named = [{"field": field, "code": error.code, "message": str(error.message)}] if field is not None else []
    extra = {name: value for name, value in error.extra.items() if name not in {"errors", "status"}}
    return problem_response(
        error.status,
        # What a service finds wrong with a field is called as it would be had the serializer found it.
        "validation_error" if error.code in _ORDINARY and error.status == errors.Invalid.status else error.code,
        error.message,
        field_errors=error.extra.get("errors") or named,
        headers=headers,
        **extra,
    )


def _framework(error: drf.APIException) -> HttpResponse:
    match error:
        case drf.ValidationError():
            return invalid(list(flatten(error.detail)))
        case drf.AuthenticationFailed() | drf.NotAuthenticated():
            code = _code(error, "not_authenticated")
            return problem_response(401, code if code in CODES else "not_authenticated", error.detail)
        case drf.UnsupportedMediaType():
            return problem_response(415, "unsupported_media_type", error.detail)
        case drf.Throttled():
            wait = str(max(1, int(getattr(error, "wait", None) or 1)))
            return problem_response(429, "rate_limited", error.detail, headers={"Retry-After": wait})
        case drf.MethodNotAllowed():
            return problem_response(405, "method_not_allowed", error.detail)
    known = {400: "bad_request", 403: "permission_denied", 404: "not_found", 406: "not_acceptable"}
    code = _code(error, "")
    fallback = known.get(error.status_code, "bad_request" if error.status_code < 500 else "server_error")
    return problem_response(error.status_code, code if code in CODES else fallback, error.detail)


def _code(error: drf.APIException, default: str) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else default


def invalid(found: list[FieldError]) -> HttpResponse:
    """422 with what is wrong, field by field."""
    code = next((name for name in _TELLING if any(entry["code"] == name for entry in found)), "validation_error")
    if len(found) == 1 and found[0]["code"] not in _ORDINARY and CODES.get(found[0]["code"], (0, ""))[0] == 422:
        code = found[0]["code"]
    detail = _("Nothing was saved: correct the fields named below.")
    if len(found) == 1:
        entry = found[0]
        detail = f"{entry['field']}: {entry['message']}" if entry["field"] else entry["message"]
    return problem_response(422, code, detail, field_errors=found)


def flatten(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Nested serializer errors as flat ones with dotted names: ``lines.0.quantity``."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            at = path if name in {"non_field_errors", "__all__"} else f"{path}.{name}".lstrip(".")
            yield from flatten(inner, at)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from flatten(inner, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "code": str(getattr(detail, "code", None) or "invalid"), "message": str(detail)}


# -- what Django and the database refuse


def _model_invalid(error: django.ValidationError) -> HttpResponse:
    named = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return invalid(
        [
            {
                "field": "" if field == django.NON_FIELD_ERRORS else field,
                "code": str(inner.code or "invalid"),
                "message": " ".join(str(message) for message in inner.messages),
            }
            for field, found in named.items()
            for inner in found
        ]
    )


def _not_found(error: Exception) -> HttpResponse:
    return problem_response(404, "not_found", _("There is nothing here."))


def _denied(error: Exception) -> HttpResponse:
    return problem_response(403, "permission_denied", _("You may not do this."))


def _too_large(error: Exception) -> HttpResponse:
    return problem_response(413, "payload_too_large", _("The request is larger than this installation takes."))


def _too_many_parts(error: Exception) -> HttpResponse:
    said = _("The form has too many parts: send at most %(fields)d fields and %(files)d files.")
    most = {"fields": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, "files": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
    return problem_response(400, "malformed_form", said % most)


def _suspicious(error: Exception) -> HttpResponse:
    logger.warning("request.refused", extra={"reason": type(error).__name__})
    return problem_response(400, "bad_request", _("The request is not one that this installation answers."))


def _unreadable(error: Exception) -> HttpResponse:
    return problem_response(400, "malformed_form", _("The body cannot be read to its end."))


def _operational(error: Exception) -> HttpResponse | None:
    if isinstance(error, OperationalError) and is_transient(error):
        logger.warning("database.busy", extra={"reason": str(error.args[:1])})
        return problem_response(
            503, "busy", _("Somebody else is changing this. Try again in a moment."), headers={"Retry-After": "2"}
        )
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    told = str(error).lower()
    down = (
        isinstance(error, InterfaceError)
        or number in _DATABASE_IS_DOWN
        or any(sign in told for sign in _SQLITE_IS_DOWN)
    )
    if not down:
        return None
    logger.error("database.unavailable", exc_info=error)
    return problem_response(
        503, "database_unavailable", _("The database does not answer. Try again shortly."), headers={"Retry-After": "5"}
    )


def _in_use(error: Exception) -> HttpResponse:
    return problem_response(409, "in_use", _("Other rows need this one."))


def _constraint(error: Exception) -> HttpResponse:
    """A net. A service should have refused by name before the database had to."""
    logger.error("defect.constraint", exc_info=error)
    number = error.args[0] if error.args else None
    told = str(error)
    if number == 1062 or "UNIQUE constraint failed" in told:
        return problem_response(409, "conflict", _("There is one like this already."))
    if number in {1451, 1452} or "FOREIGN KEY" in told:
        return problem_response(409, "conflict", _("Something that it refers to is not there any more."))
    return problem_response(422, "validation_error", _("The values do not fit together."))


def _bad_data(error: Exception) -> HttpResponse:
    """A net. A serializer should have refused the value before the database had to."""
    logger.error("defect.data", exc_info=error)
    return problem_response(422, "validation_error", _("A value does not fit where it is to be kept."))


def _server_error(error: BaseException, request: Any) -> HttpResponse:
    logger.error("request.failed", exc_info=error)
    got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    return problem_response(500, "server_error", _("Something went wrong here. The request id finds it in the logs."))


_ANSWERS: tuple[tuple[Any, Any], ...] = (
    (django.ValidationError, _model_invalid),
    (Http404, _not_found),
    (django.PermissionDenied, _denied),
    (RequestDataTooBig, _too_large),
    (MultiPartParserError, _unreadable),
    (UnreadablePostError, _unreadable),
    ((TooManyFieldsSent, TooManyFilesSent), _too_many_parts),
    ((SuspiciousOperation, django.BadRequest), _suspicious),
    ((OperationalError, InterfaceError), _operational),
    ((ProtectedError, RestrictedError), _in_use),
    (IntegrityError, _constraint),
    ((DataError, OverflowError), _bad_data),
    (ObjectDoesNotExist, lambda error: None),
)


def https_required() -> HttpResponse:
    return problem_response(
        400, "https_required", _("Use https. (Behind a proxy that ends TLS, NUM_PROXIES says how many there are.)")
    )


# -- Django's own handlers (urls.py, CSRF_FAILURE_VIEW)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/") or request.path_info == "/api"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _suspicious(exception) if is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _denied(exception) if is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _not_found(exception) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problem_response(500, "server_error", _("Something went wrong here."))
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError) and (told := _operational(error)) is not None:
        page = render_to_string("503.html")
        return HttpResponse(page, status=told.status_code, headers={"Retry-After": told.headers["Retry-After"]})
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        return problem_response(403, "csrf_failed", _("The form's CSRF token is missing or wrong."))
    return django_csrf_failure(request, reason=reason)
