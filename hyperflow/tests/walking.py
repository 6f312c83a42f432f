"""Every route of `/api/`, for tests that must not forget one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern


@dataclass(frozen=True)
class Route:
    """A path as it is written in a URL map, with the view class and which action answers each method."""

    path: str
    view: Any
    actions: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.path

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.path)

    @property
    def template(self) -> str:
        """``/api/client/clients/{}``: without the names of parameters."""
        return re.sub(r"<[^>]+>", "{}", self.path)

    def filled(self, values: dict[str, Any] | None = None, default: Any = 1) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str((values or {}).get(found[1], default)), self.path)


def routes() -> list[Route]:
    return sorted(_below(get_resolver().url_patterns, "/"), key=lambda route: route.path)


def _below(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if "/api/".startswith(path[:5]):
                yield from _below(pattern.url_patterns, path)
        elif path.startswith("/api/"):
            view: Any = pattern.callback
            yield Route(path, getattr(view, "cls", view), tuple(sorted(getattr(view, "actions", {}).items())))


def calls() -> list[tuple[Route, str, str]]:
    """Route, method and action, one by one; PATCH, which goes where PUT goes, and HEAD left out."""
    return [
        (route, method, action)
        for route in routes()
        for method, action in route.actions
        if method not in {"patch", "head"}
    ]
