"""Folders and files of our own that no other account of the machine may read: mails hold links that sign people in.

What another account owns stays as it is, and so does what is shared with a group that may write.
"""

import os
from pathlib import Path

_OTHERS, _GROUP, _GROUP_WRITES = 0o007, 0o070, 0o020


def folder(path: Path) -> Path:
    """The folder, made for us alone where it is missing. A folder that is there keeps what it was given."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def opener(path: str, flags: int) -> int:
    """For ``open(…, opener=opener)``: a file that is made is ours alone."""
    return os.open(path, flags, 0o600)


def file(path: Path) -> Path:
    """The file, made empty and for us alone where it is missing; one that is there is closed to others."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        close_to_others(path)
    return path


def close_to_others(path: Path) -> None:
    try:
        found = path.stat()
        mode = found.st_mode & 0o7777
        less = mode & ~(_OTHERS if mode & _GROUP_WRITES else _OTHERS | _GROUP)
        if less != mode and found.st_uid == os.geteuid():
            path.chmod(less)
    except OSError:  # gone meanwhile, or a file system without modes
        return
