"""Strict readers for settings from the environment.

A setting that cannot be understood stops start-up with the variable's name. An unset variable, or one set to an
empty string, means the default; nothing else is guessed: ``DEBUG=maybe`` is an error, not False.
"""

import os
from collections.abc import Callable, Collection
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

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
