from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends import filebased

from hyperflow.core import private


class EmailBackend(filebased.EmailBackend):
    """Mails as files that only we may read: their links sign people in."""

    def __init__(self, *args: Any, file_path: Any = None, **kwargs: Any) -> None:
        folder = Path(file_path or settings.EMAIL_FILE_PATH)
        private.folder(folder)
        private.close_to_others(folder)
        super().__init__(*args, file_path=str(folder), **kwargs)  # type: ignore[misc]

    def open(self) -> bool:
        if self.stream is not None:
            return False
        self.stream = open(self._get_filename(), "ab", opener=private.opener)  # noqa: SIM115  # closed by close()
        return True
