"""Paths of the API: without a trailing slash, with ids that fit the database.

route("clients/<id:pk>", ClientViewSet, get="retrieve", put="update", patch="update")
"""

import re
from typing import Any

from django.urls import URLPattern, path, register_converter
from rest_framework.viewsets import ViewSetMixin

LARGEST_ID = 2**63 - 1


class IdConverter:
    """A positive integer within signed 64-bit, in ASCII digits; anything else is no path of ours, so 404."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > LARGEST_ID:
            raise ValueError("no id is that large")
        return number

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")

#: Parameters of paths that are texts; all others are ids. For the schema.
text_parameters: set[str] = set()
_TEXT = re.compile(r"<(?:str|slug|uuid):(\w+)>")


def route(pattern: str, viewset: type[ViewSetMixin], /, **actions: str) -> URLPattern:
    """A path and which action answers each method. PATCH goes where PUT goes unless it is named."""
    if "put" in actions:
        actions.setdefault("patch", actions["put"])
    text_parameters.update(_TEXT.findall(pattern))
    view: Any = viewset.as_view(dict(actions))
    return path(pattern, view)
