"""Where calls may lead, in every way that an address can be written."""

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from hyperflow.core.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = frozenset({443, 8443})
_PORTS_OF_ALLOWED_HOSTS = PORTS | {80, 8080}
_LONGEST_URL = 2_048

#: Not for the public, although `ipaddress` of some Python versions thinks so.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
    )
]  # fmt: skip
#: Endings of names that only a network of one's own knows.
_INSIDE = {"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "arpa"}
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")

#: IPv6 addresses that are an IPv4 address in disguise: the network, and how far the hidden one is from the right.
_DISGUISES = [
    (ipaddress.ip_network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4
]


@dataclass(frozen=True)
class Target:
    """A place that may be called: checked but for the address, which is judged when it is dialled."""

    host: str
    port: int
    is_allowed_by_name: bool


class AddressRefused(Exception):
    """The name stands for an address that nobody may be pointed at."""


def target_of(url: str) -> Target:
    """Judge how a URL is written. Raises `Invalid` with ``url_not_allowed``."""
    if len(url) > _LONGEST_URL or any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise refused()
    try:
        parts = urlsplit(url)
        port = parts.port
        host = httpx.URL(url).raw_host.decode("ascii").lower()
    except (ValueError, httpx.InvalidURL, UnicodeError):
        raise refused() from None
    if not host or parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise refused()
    return _judge(parts, host, port)


def check_url(url: str) -> None:
    """Raise `Invalid` (``url_not_allowed``) for a URL that a call would refuse: for forms that store one.

    Asks the name service. A name that is not known today is fine; it is judged again on every call.
    """
    target = target_of(url)
    try:
        addresses_of(target, seconds=3.0)
    except AddressRefused:
        raise refused() from None
    except OSError:
        return


def addresses_of(target: Target, *, seconds: float) -> list[str]:
    """Every address that the name stands for, all of them fit to be dialled; else `AddressRefused`."""
    found = _resolve(target.host, target.port, seconds)
    if not target.is_allowed_by_name:
        for text in found:
            if not is_public(text):
                raise AddressRefused(target.host)
    return found


def is_public(text: str) -> bool:
    """Does this address belong to the internet at large, whatever it is written in?"""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return False
        for network, distance in _DISGUISES:
            if address in network:
                hidden = ipaddress.IPv4Address((int(address) >> distance) & 0xFFFFFFFF)
                return is_public(str(hidden))
        if address not in _GLOBAL_UNICAST:
            return False
    in_special_network = any(address.version == network.version and address in network for network in _NOT_PUBLIC)
    return address.is_global and not (in_special_network or address.is_multicast or address.is_reserved)


def refused() -> Invalid:
    return Invalid(_("HyperFlow does not call this address."), code="url_not_allowed", field="url")


def _judge(parts: SplitResult, host: str, port: int | None) -> Target:
    is_allowed = _is_allowed(host, port)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_allowed):
        raise refused()
    number = port or (443 if parts.scheme == "https" else 80)
    is_named_with_port = f"{host}:{number}" in _allowed_hosts()
    if number not in (_PORTS_OF_ALLOWED_HOSTS if is_allowed else PORTS) and not is_named_with_port:
        raise refused()
    if not is_allowed and not _is_written_plainly(host):
        raise refused()
    return Target(host, number, is_allowed)


def _is_written_plainly(host: str) -> bool:
    """A full domain name, or an address in its usual spelling: no octal, hex or decimal ones, no trailing dot."""
    try:
        return str(ipaddress.ip_address(host)) == host and "%" not in host
    except ValueError:
        pass
    labels = host.split(".")
    if labels[-1] in _INSIDE:
        return False
    last_is_a_name = bool(re.search(r"[a-z]", labels[-1])) and not re.fullmatch(r"0x[0-9a-f]*", labels[-1])
    return len(labels) > 1 and last_is_a_name and all(re.fullmatch(r"[a-z0-9_-]{1,63}", label) for label in labels)


def _is_allowed(host: str, port: int | None) -> bool:
    return host in _allowed_hosts() or f"{host}:{port}" in _allowed_hosts()


def _allowed_hosts() -> set[str]:
    """``host`` or ``host:port``; an IPv6 address without brackets."""
    return {entry.lower() for entry in settings.OUTGOING_ALLOWED_HOSTS}


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The system's name service, which knows no time limit, asked from a thread that may be left behind."""
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError("The name service did not answer")
    if isinstance(answer[0], Exception):
        raise OSError("There is no host of this name") from answer[0]
    return list(dict.fromkeys(str(entry[4][0]) for entry in answer[0]))
