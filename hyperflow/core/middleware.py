"""Around every request: its id and log line, and a short way to the API."""

import logging
import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch

from hyperflow.core import context, logs
from hyperflow.core.api import problems
from hyperflow.core.net import client_ip

GetResponse = Callable[[HttpRequest], HttpResponseBase]

access = logging.getLogger("hyperflow.access")

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: Paths that a balancer asks every few seconds.
_QUIET = frozenset({"/api/health", "/api/health/live"})


#: A connection that served a request so recently is not asked first whether it is still there: that question costs a
#: round trip, as much as a short query. One that an error made doubtful is dropped by Django at the request's end.
_FRESH = 1.0  # seconds


class RequestMiddleware:
    """Gives every request an id (a sane ``X-Request-ID`` is kept), and writes one line when it is answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not _SANE_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex
        queries = QueryCounter()
        started = perf_counter()
        connection = connections[DEFAULT_DB_ALIAS]
        wrappers = connection.execute_wrappers
        if started - getattr(connection, "last_served", -_FRESH) < _FRESH:
            connection.health_check_done = True  # type: ignore[attr-defined]
        with context.running(context.Context(request_id=request_id, ip=client_ip(request))):
            wrappers.append(queries)
            try:
                response = self.get_response(request)
            finally:
                wrappers.remove(queries)
            connection.last_served = perf_counter()  # type: ignore[attr-defined]
            response.headers["X-Request-ID"] = request_id
            _log(request, response, queries.count, perf_counter() - started, request_id)
        return response


class QueryCounter:
    """Counts what the request sends to the database, with DEBUG or without."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, info: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, info)


def _log(request: HttpRequest, response: HttpResponseBase, queries: int, seconds: float, request_id: str) -> None:
    level = logging.DEBUG if request.path_info in _QUIET else logging.INFO
    if not access.isEnabledFor(level):
        return
    # The record is made by hand: finding out who called this costs more than the rest of the line.
    record = logging.LogRecord(access.name, level, "", 0, "request", None, None)
    user = request.__dict__.get("user")
    record.__dict__.update(
        method=logs.scrub(request.method or ""),
        path=logs.scrub(request.path_info[:500]),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        queries=queries,
        user_id=getattr(user, "pk", None),
        request_id=request_id,
        _scrubbed=True,
    )
    access.handle(record)


class _WithoutRedirect(SecurityMiddleware):
    """The headers; plain http is refused further in, by a problem document."""

    def process_request(self, request: HttpRequest) -> None:
        return None


class NumbersThatFit:
    """A number in a page's address or form that no column holds is bad input, whatever the database says to it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OverflowError) or problems.is_api(request):
            return None
        return problems.bad_request(request, exception)


class ApiMiddleware:
    """Takes `/api/` past what only pages need: sessions, forms, messages, templates.

    Here every failure becomes a problem document, Django's own and those with ``DEBUG=true`` included.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.pages = get_response
        self.views = _Views()
        self.api = _WithoutRedirect(self._answer)
        self.cross_origin = _WithoutRedirect(CorsMiddleware(self._answer))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not problems.is_api(request):
            return self.pages(request)
        chain = self.cross_origin if "HTTP_ORIGIN" in request.META else self.api
        try:
            response = chain(request)
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes an answer)
            response = problems.response_for(error, request)
        _read_to_the_end(request, response)  # type: ignore[arg-type]
        return response  # type: ignore[return-value]

    def _needs_tls(self, request: HttpRequest) -> bool:
        """A redirect would lose a POST, and what was sent in plain text has been seen already."""
        if not settings.SECURE_SSL_REDIRECT or request.is_secure():
            return False
        path = request.path.lstrip("/")
        return not any(re.match(exempt, path) for exempt in settings.SECURE_REDIRECT_EXEMPT)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()  # refuses a host that is not ours
            if self._needs_tls(request):
                return problems.https_required()
            response = self.views.answer(request)
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes an answer)
            response = problems.response_for(error, request)
        # Said already, with the request's id; Django would say it again, without.
        response._has_been_logged = True  # type: ignore[attr-defined]
        headers = response.headers
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        headers.setdefault("Vary", "Origin")
        if isinstance(response, HttpResponse):
            headers.setdefault("Content-Length", str(len(response.content)))
            if request.method == "HEAD":
                response.content = b""
            elif not response.content:
                del headers["Content-Type"]
        return response


#: What is left of a body after an early answer is read up to here; of a larger one, the connection is closed.
_MOST_LEFT = 1024 * 1024


def _read_to_the_end(request: HttpRequest, response: HttpResponseBase) -> None:
    """Leave nothing of the request's body on the connection, where it would be taken for the next request.

    An answer that comes before the body was read (no token, no right, too large) leaves it there, and a client that
    keeps its connection would lose the request after it.
    """
    stream = getattr(request, "_stream", None)
    if stream is None or not request.META.get("CONTENT_LENGTH"):
        return
    try:
        is_empty = len(stream.read(_MOST_LEFT + 1)) <= _MOST_LEFT
    except (OSError, ValueError):
        is_empty = False
    # `runserver` refuses the header, and reads what is left by itself.
    if not is_empty and not request.META.get("SERVER_SOFTWARE", "").startswith("WSGIServer"):
        response.headers["Connection"] = "close"


class _Views(BaseHandler):
    """Django's resolver and view call, without a chain of middleware."""

    def __init__(self) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._fixed: dict[str, ResolverMatch] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """A path without parameters leads to the same view every time; there are only so many."""
        path = request.path_info
        match = self._fixed.get(path)
        if match is None or hasattr(request, "urlconf"):
            match = super().resolve_request(request)
            if not match.kwargs and not match.args:
                self._fixed[path] = match
        request.resolver_match = match
        return match

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)  # type: ignore[attr-defined]


class PageSecurityMiddleware(CSPMiddleware):
    """The policy of pages: nothing inline, nothing from elsewhere.

    The admin's theme evaluates expressions in attributes and sets styles in them, so there, and nowhere else, these
    two are allowed.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith("/admin/"):
            looser = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
            parts.update = {**looser, **(parts.update or {})}
        return parts
