"""The transport: dials the address that was judged, and keeps the whole call within its time."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from ssl import SSLContext, create_default_context
from typing import Any

import certifi
import httpcore
import httpx

from hyperflow.core.http.addresses import AddressRefused, Target, addresses_of

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0

#: What the running call was allowed to reach, and until when (monotonic).
_call: ContextVar[tuple[Target, float]] = ContextVar("hyperflow_http_call")


@contextlib.contextmanager
def calling(target: Target, deadline: float) -> Iterator[None]:
    token = _call.set((target, deadline))
    try:
        yield
    finally:
        _call.reset(token)


def new_client() -> httpx.Client:
    """A client that knows no proxies, cookies, redirects or retries, and dials through `_Dialler`."""
    context = create_default_context(cafile=certifi.where())
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx offers no public way to bring a network backend; a test holds that calls really go through ours.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context, max_connections=50, max_keepalive_connections=10, keepalive_expiry=20.0,
        network_backend=_Dialler(),
    )  # fmt: skip
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False)


class _Dialler(httpcore.NetworkBackend):
    """Resolves, judges and dials in one step, so the name can't stand for another address in between."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        target, deadline = _call.get()
        if (host.strip("[]").lower(), port) != (target.host, target.port):
            raise AddressRefused(host)
        until = min(deadline, time.monotonic() + CONNECT_SECONDS)
        try:
            addresses = addresses_of(target, seconds=_left(until))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError("There is no address to dial")
        for address in addresses:
            try:
                stream = self._network.connect_tcp(address, port, timeout=_left(until), socket_options=socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise AddressRefused(path)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no wait goes beyond the end of the whole call, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _bounded(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=limit))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _bounded(timeout: float | None, too_late: type[Exception]) -> float:
    _, deadline = _call.get()
    left = deadline - time.monotonic()
    if left <= 0:
        raise too_late("The call took longer than it may in all")
    return left if timeout is None else min(left, timeout)


def _left(until: float) -> float:
    return max(0.01, until - time.monotonic())
