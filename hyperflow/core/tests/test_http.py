"""The outgoing client against listeners on loopback, which must not be reached unless they were allowed."""

import http.server
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hyperflow.core import http as outside
from hyperflow.core.errors import Invalid, Unavailable, UpstreamError
from hyperflow.core.http import addresses, client
from hyperflow.core.http.breaker import Breaker


@dataclass
class Listener:
    """A server on loopback that counts who comes."""

    port: int
    hits: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            it.hits.append(self.path)
            it.headers.append(dict(self.headers))
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            match self.path:
                case "/redirect":
                    self.answer(302, b"", Location=f"http://127.0.0.1:{it.port}/inside")
                case "/big":
                    self.answer(200, b"x" * 1_000_001)
                case "/endless":
                    self.send_response(200)
                    self.end_headers()
                    while True:
                        self.wfile.write(b"x" * 65_536)
                case "/drip":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    for _ in range(1000):
                        self.wfile.write(b"x")
                        self.wfile.flush()
                        time.sleep(0.05)
                case "/packed":
                    self.answer(200, b"\x1f\x8b", **{"Content-Encoding": "gzip"})
                case "/hang-up":
                    self.close_connection = True
                case "/statuses":
                    self.answer(it.statuses.pop(0), b"{}")
                case _:
                    self.answer(200, json.dumps({"path": self.path, "body": body.decode()}).encode())

        do_POST = do_PUT = do_GET  # noqa: N815

        def answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # callers that hang up are what this is about

    server = Server(("127.0.0.1", 0), Handler)
    it = Listener(server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield it
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    client.breaker.forget()
    monkeypatch.setattr(client.random, "uniform", lambda *_: 0.01)
    yield
    client.breaker.forget()
    client._forget()


@pytest.fixture
def allowed(listener: Listener, settings: Any) -> Listener:
    settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{listener.port}"]
    return listener


def resolve_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answer)


# -- where calls may lead

LOOPBACK_SPELLINGS = [
    "127.0.0.1", "127.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1.", "0",
    "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[::127.0.0.1]", "１２７.0.0.1", "⓵⓶⓻.0.0.1", "ⓛocalhost", "127。0。0。1",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_this_machine_is_called(listener, scheme, host):
    with pytest.raises(Invalid) as refusal:
        outside.request("GET", f"{scheme}://{host}:{listener.port}/")
    assert refusal.value.code == "url_not_allowed"
    with pytest.raises(Invalid):
        outside.request("GET", f"https://{host}/")
    assert listener.hits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
        "javascript:alert(1)", "https://", "https:///x", "example.com", "", "https://user@example.com/",
        "https://user:pass@example.com/", "https://@example.com/", "https://example.com:22/", "https://example.com:80/",
        "https://example.com:99999/", "https://example.com\\@127.0.0.1/", "https://example.com/ x", "https://exa\nmple.com/",
        "https://example.com/\x00", "https://intranet/", "https://[::1%25eth0]/", "https://[fe80::1%25lo]/", "https://[::1",
        "https://1.2.3/", "https://0x08080808/", "https://134744072/", "https://8.8.8.8./", "https://10.0.0.256/",
        "https://" + "a" * 64 + ".com/", "https://example.com/" + "x" * 3000,
    ],
)  # fmt: skip
def test_what_is_not_a_plain_https_address_is_refused(url):
    with pytest.raises(Invalid) as refusal:
        addresses.target_of(url)
    assert refusal.value.code == "url_not_allowed"


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?x=1#y", "https://example.com:8443/", "https://BÜCHER.example/"]
)
def test_plain_https_addresses_are_fine(url):
    assert addresses.target_of(url).port in {443, 8443}


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
        "0.0.0.0", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "192.88.99.1", "::1", "::", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
        "2001:db8::1", "100::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001:0:a00:1::1", "2001:2::1", "3fff::1",
        "x", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_an_address_that_is_not_the_internets_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize("found", [["10.0.0.7"], ["8.8.8.8", "10.0.0.7"], ["8.8.8.8", "::1"], ["169.254.169.254"]])
def test_a_name_is_refused_if_any_of_its_addresses_is_not_public(monkeypatch, found):
    resolve_to(monkeypatch, *found)

    with pytest.raises(Invalid) as refusal:
        outside.request("GET", "https://rebind.example.com/")
    assert refusal.value.code == "url_not_allowed"
    with pytest.raises(Invalid):
        outside.check_url("https://rebind.example.com/")


def test_the_address_that_was_judged_is_the_one_that_is_dialled(monkeypatch):
    """A name server that answers differently the second time finds nobody asking."""
    asked: list[str] = []
    dialled: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unavailable):
        outside.request("POST", "https://rebind.example.com/")
    assert (asked, dialled) == (["rebind.example.com"], ["93.184.216.34"])


def test_a_form_may_keep_an_address_whose_name_is_not_known_today(monkeypatch):
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown)
    outside.check_url("https://soon.example.com/")
    with pytest.raises(Unavailable):
        outside.request("GET", "https://soon.example.com/")


def test_a_slow_name_server_does_not_hold_the_call(monkeypatch):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: time.sleep(5))
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        outside.request("POST", "https://slow.example.com/", total=0.3)
    assert time.monotonic() - begun < 3


# -- the call


def test_an_allowed_host_is_called(allowed):
    reply = outside.request("POST", allowed.url("/hook"), json={"a": 1}, headers={"X-Key": "k"})

    assert (reply.status_code, reply.json()["path"], json.loads(reply.json()["body"])) == (200, "/hook", {"a": 1})
    assert allowed.headers[0]["Host"] == f"127.0.0.1:{allowed.port}"
    assert allowed.headers[0]["X-Key"] == "k"


def test_a_host_allowed_on_one_port_is_not_on_another(allowed, settings):
    settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{allowed.port + 1}"]
    with pytest.raises(Invalid):
        outside.request("GET", allowed.url())
    assert allowed.hits == []


def test_a_redirect_is_refused(allowed):
    with pytest.raises(UpstreamError) as refusal:
        outside.request("GET", allowed.url("/redirect"))
    assert refusal.value.code == "redirect_refused"
    assert allowed.hits == ["/redirect"]


@pytest.mark.parametrize("path", ["/big", "/endless", "/packed"])
def test_an_answer_that_is_too_big_or_packed_is_refused(allowed, path):
    with pytest.raises(UpstreamError) as refusal:
        outside.request("GET", allowed.url(path))
    assert refusal.value.code == "upstream_error"
    assert allowed.hits == [path]


def test_an_answer_that_drips_is_cut_off_at_the_total(allowed):
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        outside.request("POST", allowed.url("/drip"), total=0.5)
    assert time.monotonic() - begun < 5


def test_environment_proxies_are_ignored(allowed, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert outside.request("GET", allowed.url()).status_code == 200


@pytest.mark.parametrize(
    ("method", "headers", "statuses", "calls"),
    [
        ("GET", {}, [500, 503, 200], 3),
        ("PUT", {}, [500, 200], 2),
        ("POST", {"Idempotency-Key": "k"}, [502, 200], 2),
        ("GET", {}, [404], 1),
        ("GET", {}, [429], 1),
    ],
)
def test_failures_are_tried_again_where_that_does_no_harm(allowed, method, headers, statuses, calls):
    last = statuses[-1]
    allowed.statuses = list(statuses)
    assert outside.request(method, allowed.url("/statuses"), headers=headers).status_code == last
    assert len(allowed.hits) == calls


def test_a_post_is_not_repeated(allowed):
    allowed.statuses = [500, 200]
    with pytest.raises(UpstreamError) as failure:
        outside.request("POST", allowed.url("/statuses"))
    assert failure.value.extra == {"upstream_status": 500}
    assert len(allowed.hits) == 1


def test_a_connection_that_breaks_is_tried_again(allowed):
    with pytest.raises(Unavailable):
        outside.request("GET", allowed.url("/hang-up"))
    assert len(allowed.hits) == 3


def test_a_host_that_keeps_failing_is_left_alone(allowed):
    for _ in range(2):
        with pytest.raises(Unavailable):
            outside.request("GET", allowed.url("/hang-up"))
    assert len(allowed.hits) == 5  # the sixth was not made

    with pytest.raises(Unavailable) as refusal:
        outside.request("GET", allowed.url("/"))
    assert refusal.value.retry_after == 30
    assert len(allowed.hits) == 5


def test_a_breaker_lets_one_call_find_out(monkeypatch):
    now = 100.0
    monkeypatch.setattr("hyperflow.core.http.breaker.time.monotonic", lambda: now)
    breaker = Breaker(failures=2, seconds=30)
    breaker.failed("a")
    assert breaker.wait("a") == 0
    breaker.failed("a")
    assert breaker.wait("a") == 30
    assert breaker.wait("b") == 0
    now = 131.0
    assert (breaker.wait("a"), breaker.wait("a")) == (0, 30)
    breaker.succeeded("a")
    assert breaker.wait("a") == 0


def test_secrets_are_not_logged(allowed, caplog):
    caplog.set_level(logging.INFO)
    outside.request("GET", allowed.url("/bot-canary-1/x?token=canary-2"), headers={"Authorization": "Bearer canary-3"})

    assert [(record.message, record.host, record.status) for record in caplog.records] == [
        ("http.call", "127.0.0.1", 200)
    ]
    assert "canary" not in caplog.text
