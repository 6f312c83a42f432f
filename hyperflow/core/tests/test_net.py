import pytest
from django.test import RequestFactory

from hyperflow.core.net import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "garbage", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9:1234", "192.0.2.1"),
        (1, " 2001:DB8::1 ", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "1" * 5000, "192.0.2.1"),
    ],
)
def test_the_address_is_what_our_own_proxy_saw(settings, proxies, forwarded, expected):
    settings.NUM_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_ip(request) == expected


def test_a_connection_without_an_address_has_one_anyway():
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="")) == "0.0.0.0"
