"""Who is asking, as far as the network tells."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The caller's address.

    Behind ``NUM_PROXIES`` proxies of our own, each of which appends whom it saw, it is that many from the right of
    ``X-Forwarded-For``; what stands further left is the caller's own invention. Without proxies, and where the
    header makes no sense, it is the other end of the connection.
    """
    direct = _address(request.META.get("REMOTE_ADDR", "")) or "0.0.0.0"  # noqa: S104  # a server without sockets
    if not settings.NUM_PROXIES:
        return direct
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(hops) < settings.NUM_PROXIES:
        return direct
    return _address(hops[-settings.NUM_PROXIES]) or direct


@lru_cache(maxsize=1024)
def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # without a scope (fe80::1%eth0)
    return str(address)
