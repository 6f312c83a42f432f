"""Where folders may lie."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def keep_apart(files: Path, *served: Path) -> None:
    """People's files never lie in a folder that anybody may fetch from, nor such a folder among them."""
    kept = files.expanduser().resolve()
    for folder in (one.resolve() for one in served):
        if kept.is_relative_to(folder) or folder.is_relative_to(kept):
            raise ImproperlyConfigured(
                f"FILES_DIR ({files}) and the static files ({folder}), which anybody may fetch, lie in one another: "
                "give FILES_DIR a folder of its own."
            )
