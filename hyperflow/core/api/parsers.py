"""Bodies. JSON is read strictly: what two programs could read differently is refused.

UTF-8 without a byte order mark, at most ``MAX_JSON_BYTES`` and ``MAX_JSON_DEPTH`` levels, no name twice in an object,
finite numbers, integers of 64 bits, no NUL and no half of a surrogate pair in a text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.request import Request

from hyperflow.core.errors import BadRequest, Invalid, TooLarge

SMALLEST, LARGEST = -(2**63), 2**63 - 1
_UNTEXTUAL = re.compile("[\x00\ud800-\udfff]")


def _malformed(message: str) -> NoReturn:
    raise BadRequest(message, code="malformed_json")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _malformed(_("The body has the same name twice in one object."))
    return found


def _constant(name: str) -> NoReturn:
    _malformed(_("The body has %(name)s, which is not a JSON number.") % {"name": name})


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _malformed(_("The body has a number beyond what can be counted."))
    return number


def _integer(text: str) -> int:
    if len(text) > 40:
        _malformed(_("The body has a number beyond what can be counted."))
    return int(text)


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant, strict=True
)


def loads(raw: bytes) -> Any:
    """The value that *raw* is JSON for. Raises `BadRequest`, or `Invalid` for a number beyond 64 bits."""
    if raw.startswith(b"\xef\xbb\xbf"):
        _malformed(_("The body begins with a byte order mark; send plain UTF-8."))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _malformed(_("The body is not UTF-8."))
    try:
        value = _decoder.decode(text)
    except RecursionError:
        _too_deep()
    except ValueError as error:
        position = getattr(error, "pos", None)
        _malformed(
            _("The body is not JSON.")
            if position is None
            else _("The body is not JSON (at character %(position)d).") % {"position": position}
        )
    _look_over(value)
    return value


def _too_deep() -> NoReturn:
    raise BadRequest(
        _("The body is nested deeper than %(depth)d levels.") % {"depth": settings.MAX_JSON_DEPTH}, code="json_too_deep"
    )


def _look_over(value: Any) -> None:
    """Depth, texts and numbers, without recursion."""
    deepest = settings.MAX_JSON_DEPTH
    waiting: list[tuple[Any, int, str]] = [(value, 1, "")]
    while waiting:
        item, depth, path = waiting.pop()
        kind = type(item)
        if kind is str:
            if _UNTEXTUAL.search(item):
                _malformed(_("The body has a character that no text has (NUL or half of a surrogate pair)."))
        elif kind is int:
            if not SMALLEST <= item <= LARGEST:
                raise Invalid(_("This number is beyond 64 bits."), field=path)
        elif kind is dict:
            if depth > deepest:
                _too_deep()
            for name, inner in item.items():
                if _UNTEXTUAL.search(name):
                    _malformed(_("The body has a character that no text has (NUL or half of a surrogate pair)."))
                if inner is not None and type(inner) is not bool:
                    waiting.append((inner, depth + 1, f"{path}.{name}" if path else name))
        elif kind is list:
            if depth > deepest:
                _too_deep()
            waiting.extend(
                (inner, depth + 1, f"{path}.{index}" if path else str(index)) for index, inner in enumerate(item)
            )


class SafeJSONParser(parsers.BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.MAX_JSON_BYTES
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(_("The body is larger than %(megabytes)d MB.") % {"megabytes": limit // 1024 // 1024})
        return loads(raw)


class FormParser(parsers.FormParser):
    """``application/x-www-form-urlencoded``, for `POST /api/auth/token` only (RFC 6749)."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.read(settings.MAX_JSON_BYTES + 1)
        if len(raw) > settings.MAX_JSON_BYTES:
            raise TooLarge(_("The form is larger than this takes."))
        from django.http import QueryDict

        try:
            form = QueryDict(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadRequest(_("The form is not UTF-8."), code="malformed_form") from error
        found: dict[str, str] = {}
        for name, values in form.lists():
            if len(values) > 1:
                raise BadRequest(_("The form has the same name twice."), code="malformed_form")
            if _UNTEXTUAL.search(name + values[0]):
                raise BadRequest(_("The form has a character that no text has."), code="malformed_form")
            found[name] = values[0]
        return found


#: What the other parts of an upload, their headers and boundaries take at most.
_BESIDE_THE_FILE = 1024 * 1024


def _length(parser_context: Any) -> int:
    """How long the body says that it is; it is never read beyond that."""
    request = (parser_context or {}).get("request")
    told = request.META.get("CONTENT_LENGTH") if request is not None else None
    return int(told) if told and str(told).isdecimal() else 0


class UploadParser(parsers.MultiPartParser):
    """``multipart/form-data``, for actions that take a file. A part that comes twice is refused, not dropped."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if _length(parser_context) > settings.MAX_UPLOAD_BYTES + _BESIDE_THE_FILE:
            # Before a byte of it is read: blanks in a base64 part would be read to their end and come to nothing.
            megabytes = settings.MAX_UPLOAD_BYTES // 1024 // 1024
            raise TooLarge(_("The upload is too large (at most %(megabytes)d MB).") % {"megabytes": megabytes})
        found = super().parse(stream, media_type, parser_context)
        for parts in (found.data, found.files):
            for name, values in parts.lists():
                if len(values) > 1:
                    message = _("“%(name)s” is there more than once: send each part once.") % {"name": name[:100]}
                    raise BadRequest(message, code="malformed_form")
        return found


#: For the ``parsers`` table of a viewset: ``parsers = {"token": FormOrJSON, "attach": Upload}``.
FormOrJSON = (SafeJSONParser, FormParser)
Upload = (UploadParser,)


def content_kind(request: Request) -> str:
    return request.content_type.split(";", 1)[0].strip().lower()
