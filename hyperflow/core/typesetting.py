"""PDF documents from a typst template and data: texts are data there, so nothing that somebody wrote is markup."""

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    import typst

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def pdf(template: str, data: Mapping[str, Any], *, made_at: dt.datetime, standard: Any = None) -> bytes:
    """The document of a template (``hr/payslip.typ``): the same bytes for the same data and moment.

    The template finds the data as JSON in ``sys.inputs.data``. It sees the files of its own folder and no others.
    ``standard`` is one that the document has to meet (``a-3b``, an archive with attachments).
    """
    path = TEMPLATES / template
    made: Any = _compiler(path.parent).compile(
        input=str(path),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(made_at.timestamp()),
        pdf_standards=standard,
    )
    return bytes(made)


@cache
def _compiler(folder: Path) -> "typst.Compiler":
    """Reads its fonts once a process."""
    import typst

    return typst.Compiler(root=str(folder))
