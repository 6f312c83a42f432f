"""``ETag`` and ``If-Match`` (RFC 9110): two people who edit one row do not overwrite each other."""

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _

from hyperflow.core.errors import BadRequest

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
_OURS = re.compile(r"v([1-9][0-9]{0,9})")
#: The version of no row: what a tag that is not one of ours asks for.
NO_VERSION = -1


def etag(row: Any, body: bytes) -> str:
    """The row's version; of rows that nobody edits, a mark of what is answered."""
    version = getattr(row, "version", None)
    return f'"h{hashlib.sha256(body).hexdigest()[:32]}"' if version is None else f'"v{version}"'


def expected_version(header: str | None) -> int | None:
    """The version that ``If-Match`` names; ``None`` without one, or for ``*``, which any row that is there satisfies.

    A weak or foreign tag matches no row (412). What is no entity tag at all is 400.
    """
    if header is None or header.strip() == "*":
        return None
    found = _TAG.fullmatch(header.strip()) if len(header) <= 200 else None
    if found is None:
        raise BadRequest(_('If-Match takes one entity tag, as the ETag header gave it: "v3".'), code="invalid_if_match")
    ours = _OURS.fullmatch(found[2])
    return NO_VERSION if found[1] or ours is None else int(ours[1])
