"""Private files: bytes under a random name in a store of our own or an S3 bucket, a row that knows what they are.

    file = storage.store(upload, actor=actor)              # judged by content, refused or kept
    storage.register_owner("tasks.attachment", find)       # find(pk, user) -> StoredFile | None, by the row's own scope
    storage.signed_path("tasks.attachment", 7, user)       # "/api/files/…", good for some minutes, for this user
    storage.signed_path(…, session=sid)                    # … and only while that sign-in goes on
    storage.register_session_check(goes_on)                # goes_on(sid, user) -> bool
    storage.open_signed(token)                             # the StoredFile, asked for anew on every use
    storage.download(file)                                 # always an attachment of our own type

A file has no public address and no visibility of its own: the row that it belongs to decides.
"""

from hyperflow.core.storage.files import remove, remove_bytes, remove_orphans, store, with_bytes
from hyperflow.core.storage.kinds import Kind, clean_name, recognise
from hyperflow.core.storage.links import open_signed, register_owner, register_session_check, signed_path
from hyperflow.core.storage.serving import disposition, download
from hyperflow.core.storage.store import file_store

__all__ = [
    "Kind",
    "clean_name",
    "disposition",
    "download",
    "file_store",
    "open_signed",
    "recognise",
    "register_owner",
    "register_session_check",
    "remove",
    "remove_bytes",
    "remove_orphans",
    "signed_path",
    "store",
    "with_bytes",
]
