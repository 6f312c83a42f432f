"""Strict readers for settings from the environment.

A setting that cannot be understood stops start-up with the variable's name. An unset variable, or one set to an
empty string, means the default; nothing else is guessed: ``DEBUG=maybe`` is an error, not False.
"""

import os
import re
from collections.abc import Callable, Collection
from email.utils import parseaddr
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

from hyperflow.core.money import CURRENCIES

T = TypeVar("T")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}

#: Every variable that the settings asked for, with its default. A test compares `.env.example` with it.
known: dict[str, object] = {}


def _read(name: str, default: T, parse: Callable[[str], T]) -> T:
    known[name] = default
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def text(name: str, default: str = "", *, choices: Collection[str] | None = None) -> str:
    def parse(raw: str) -> str:
        if choices is not None and raw not in choices:
            raise ValueError(f"must be one of {', '.join(sorted(choices))}")
        return raw

    return _read(name, default, parse)


def time_zone(name: str, default: str) -> str:
    def parse(raw: str) -> str:
        if raw not in available_timezones():
            raise ValueError("must be a time zone of the IANA database, such as Europe/Berlin")
        return raw

    return _read(name, default, parse)


def currency(name: str, default: str) -> str:
    def parse(raw: str) -> str:
        if raw not in CURRENCIES:
            raise ValueError("must be the ISO 4217 code of a currency, such as EUR")
        return raw

    return _read(name, default, parse)


def rate(name: str, default: str) -> str:
    """So many in a time, as django-ratelimit writes it: ``1200/m``, ``5/10s``."""

    def parse(raw: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]{0,8}/([1-9][0-9]{0,3})?[smhd]", raw):
            raise ValueError("must say how many in what time, such as 1200/m (s, m, h or d)")
        return raw

    return _read(name, default, parse)


def web_address(name: str, default: str) -> str:
    """Where something is reached, without the slash at the end."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://work.example.com")
        return raw.rstrip("/")

    return _read(name, default.rstrip("/"), parse)


def sender(name: str, default: str) -> str:
    """Who mail comes from: ``Name <address>`` or an address."""

    def parse(raw: str) -> str:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", parseaddr(raw)[1]) or "\n" in raw:
            raise ValueError("must be an e-mail address, or Name <address>")
        return raw

    return _read(name, default, parse)


def boolean(name: str, default: bool) -> bool:
    def parse(raw: str) -> bool:
        if raw.lower() in _TRUE:
            return True
        if raw.lower() in _FALSE:
            return False
        raise ValueError("must be true or false")

    return _read(name, default, parse)


def integer(name: str, default: int, *, at_least: int, at_most: int) -> int:
    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.removeprefix("-").isdigit():
            raise ValueError("must be a whole number")
        if not at_least <= int(raw) <= at_most:
            raise ValueError(f"must be between {at_least} and {at_most}")
        return int(raw)

    return _read(name, default, parse)


def words(name: str, default: list[str]) -> list[str]:
    """A list, separated by commas."""
    return _read(name, default, lambda raw: [word.strip() for word in raw.split(",") if word.strip()])


def database_url(name: str) -> dict[str, str]:
    """``mysql://user:password@host:port/name`` or ``sqlite:///path``, as parts; empty when unset."""

    def parse(raw: str) -> dict[str, str]:
        parts = urlsplit(raw)
        if parts.scheme not in {"mysql", "mariadb", "sqlite"}:
            raise ValueError("must begin with mysql://, mariadb:// or sqlite:///")
        if parts.query and parse_qsl(parts.query):
            raise ValueError("takes no options after a question mark")
        return {
            "engine": "sqlite" if parts.scheme == "sqlite" else "mysql",
            "name": unquote(parts.path[1:]),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "host": parts.hostname or "",
            "port": str(parts.port or ""),
        }

    return _read(name, {}, parse)
