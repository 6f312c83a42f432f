"""One call, with its bounds, its retries and its breaker."""

import logging
import os
import random
import time
from collections.abc import Mapping
from typing import Any

import httpx
from django.utils.translation import gettext as _

from hyperflow.core.errors import Unavailable, UpstreamError
from hyperflow.core.http.addresses import AddressRefused, Target, refused, target_of
from hyperflow.core.http.breaker import Breaker
from hyperflow.core.http.dialling import CONNECT_SECONDS, READ_SECONDS, calling, new_client

logger = logging.getLogger(__name__)
# They log whole URLs, which may hold a platform's token.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

MAX_BYTES = 1_000_000
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRIES = 3

breaker = Breaker()
_client: httpx.Client | None = None


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Mapping[str, Any] | None = None,
    content: bytes | None = None,
    timeout: float = READ_SECONDS,
    total: float = 30.0,
    max_bytes: int = MAX_BYTES,
) -> httpx.Response:
    """Call another system. See the package for what is refused and raised.

    ``timeout`` bounds each wait for the other side, ``total`` the whole call with its retries. A call that failed on
    the way, or got a status of 500 or more, is tried again (three times in all) where doing it twice does no harm:
    an idempotent method, or an ``Idempotency-Key``.
    """
    target = target_of(url)
    sent = httpx.Headers({"Accept-Encoding": "identity", "User-Agent": "HyperFlow", **(headers or {})})
    built = _the_client().build_request(
        method.upper(), url, headers=sent, params=params, json=json, data=data, content=content,
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
    )  # fmt: skip
    deadline = time.monotonic() + total
    tries = _TRIES if built.method in _IDEMPOTENT or "idempotency-key" in sent else 1
    for attempt in range(1, tries + 1):
        pause = random.uniform(0.2, 0.4) * 2**attempt  # noqa: S311
        is_last = attempt == tries or time.monotonic() + pause >= deadline
        try:
            reply = _one_try(target, built, deadline, max_bytes)
        except Unavailable as failure:
            # Left alone by the breaker it would only be left alone again.
            if is_last or failure.retry_after is not None:
                raise
        else:
            if reply.status_code < 500:
                return reply
            if is_last:
                raise UpstreamError(
                    _("%(host)s failed with status %(status)s.") % {"host": target.host, "status": reply.status_code},
                    upstream_status=reply.status_code,
                )
        time.sleep(pause)
    raise AssertionError("unreachable")


def _one_try(target: Target, built: httpx.Request, deadline: float, max_bytes: int) -> httpx.Response:
    if wait := breaker.wait(target.host):
        raise Unavailable(
            _("%(host)s did not answer lately. Try again later.") % {"host": target.host}, retry_after=int(wait) + 1
        )
    begun, status = time.monotonic(), 0
    try:
        with calling(target, deadline):
            reply = _the_client().send(built, stream=True)
            try:
                status = reply.status_code
                content = _read(target, reply, max_bytes)
            finally:
                reply.close()
    except AddressRefused:
        raise refused() from None
    except (httpx.TransportError, httpx.StreamError) as error:
        breaker.failed(target.host)
        raise Unavailable(_("%(host)s did not answer.") % {"host": target.host}) from error
    finally:
        facts = {"method": built.method, "host": target.host, "status": status}
        logger.info("http.call", extra={**facts, "ms": round((time.monotonic() - begun) * 1000)})
    (breaker.failed if status >= 500 else breaker.succeeded)(target.host)
    return httpx.Response(status, headers=reply.headers, content=content, request=built)


def _read(target: Target, reply: httpx.Response, max_bytes: int) -> bytes:
    if reply.status_code in _REDIRECTS:
        raise UpstreamError(
            _("%(host)s answered with a redirect, which is not followed.") % {"host": target.host},
            code="redirect_refused",
        )
    if reply.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise UpstreamError(_("%(host)s packed its answer unasked.") % {"host": target.host})
    pieces, size = [], 0
    for piece in reply.iter_raw():
        size += len(piece)
        if size > max_bytes:
            raise UpstreamError(_("%(host)s sent more than was asked for.") % {"host": target.host})
        pieces.append(piece)
    return b"".join(pieces)


def _the_client() -> httpx.Client:
    global _client
    if _client is None:
        _client = new_client()
    return _client


def _forget() -> None:
    """A forked process must not share its parent's connections."""
    global _client
    _client = None


os.register_at_fork(after_in_child=_forget)
