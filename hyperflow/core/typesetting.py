"""PDF documents from a typst template and data: texts are data there, so nothing that somebody wrote is markup."""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    import typst

logger = logging.getLogger(__name__)

_NO_SUCH_SIGN = "could not be displayed with font"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def pdf(template: str, data: Mapping[str, Any], *, made_at: dt.datetime, standard: Any = None) -> bytes:
    """The document of a template (``hr/payslip.typ``): the same bytes for the same data and moment.

    The template finds the data as JSON in ``sys.inputs.data``. It sees the files of its own folder and no others.
    ``standard`` is one that the document has to meet (``a-3b``, an archive with attachments). An archive may not have
    a sign that no font of this machine draws. A document with one is made without the standard, since a client waits
    for it: the sign is an empty box on paper and is there when the text is copied, and the log says which it is.
    """
    import typst

    def compile_as(wanted: Any) -> bytes:
        made: Any = _compiler(path.parent).compile(
            input=str(path),
            format="pdf",
            sys_inputs={"data": json.dumps(data)},
            timestamp=int(made_at.timestamp()),
            pdf_standards=wanted,
        )
        return bytes(made)

    path = TEMPLATES / template
    try:
        return compile_as(standard)
    except typst.TypstError as error:
        if standard is None or _NO_SUCH_SIGN not in str(error):
            raise
        logger.warning("pdf.sign_without_font", extra={"template": template, "error": str(error)[:200]})
    return compile_as(None)


@cache
def _compiler(folder: Path) -> "typst.Compiler":
    """Reads its fonts once a process."""
    import typst

    return typst.Compiler(root=str(folder))
