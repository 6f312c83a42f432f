"""JSON out, and which bodies and ``Accept`` headers are understood."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import renderers
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from hyperflow.core.api.responses import dumps


class JSONRenderer(renderers.JSONRenderer):
    """The same bytes as `responses.JSONResponse`, for DRF's own views."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dumps(data)


#: What a client may ask for and still be served JSON.
_SERVED = ("*/*", "application/*", "application/json", "application/problem+json")


def accepts_json(accept: str) -> bool:
    """Is JSON among what the header asks for? Read as text, so that a hostile header costs nothing."""
    if not accept:
        return True
    lowered = accept.lower()
    return any(kind in lowered for kind in _SERVED)


def _is_utf8(parameters: str) -> bool:
    """JSON is UTF-8: a content type that names another charset means bytes that would be misread."""
    for parameter in parameters.split(";", 8)[:8]:
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            return False
    return True


class JSONOnly(BaseContentNegotiation):
    """There is one form, so nothing is negotiated: the header either takes it or gets 406."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        kind, _semicolon, parameters = request.content_type.partition(";")
        kind = kind.strip().lower()
        if kind == "application/json" and not _is_utf8(parameters):
            return None
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        renderer = next(iter(renderers))
        if not accepts_json(request.META.get("HTTP_ACCEPT", "")):
            raise NotAcceptable(_("This answers in application/json."))
        return renderer, renderer.media_type
