"""Handing a file out: the type that we found, never shown in the browser's own page, never kept by a proxy."""

from urllib.parse import quote

from django.http import FileResponse
from django.utils.translation import gettext as _

from hyperflow.core.errors import NotFound
from hyperflow.core.models import StoredFile
from hyperflow.core.storage.store import file_store


def download(file: StoredFile) -> FileResponse:
    """An answer with the content. The caller has asked whether this person may have it."""
    try:
        content = file_store().open(file.name, "rb")
    except FileNotFoundError as error:
        raise NotFound(_("There is no such file.")) from error
    response = FileResponse(content, content_type=_content_type(file))
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = disposition(file.original_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["ETag"] = f'"{file.sha256}"'
    return response


def disposition(name: str) -> str:
    """RFC 6266, with the name in both spellings: plain ASCII, and UTF-8 by RFC 8187 where that differs."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _content_type(file: StoredFile) -> str:
    return "text/plain; charset=utf-8" if file.content_type == "text/plain" else file.content_type
