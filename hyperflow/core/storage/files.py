"""Keeping and removing files."""

import datetime as dt
import hashlib
import logging
import secrets as random_secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from hyperflow.core import clock, jobs
from hyperflow.core.errors import TooLarge
from hyperflow.core.models import StoredFile
from hyperflow.core.storage.kinds import clean_name, recognise
from hyperflow.core.storage.store import file_store

logger = logging.getLogger(__name__)

#: An upload under way has bytes without a row, or a row that nothing refers to yet.
_ORPHANED_AFTER = dt.timedelta(hours=24)


def store(upload: Any, *, actor: Any, images_only: bool = False) -> StoredFile:
    """Keep what somebody uploaded, if it is of an accepted kind and size.

    Raises `TooLarge` or `Invalid` (``unsupported_file_type``, ``image_too_large``, ``invalid_image``). The bytes are
    written at once, the row in the caller's transaction; if that is rolled back, a periodic job removes the bytes.
    """
    if upload.size is not None and upload.size > settings.MAX_UPLOAD_BYTES:
        raise _too_large()
    checksum, size = _measure(upload)
    kind = recognise(upload, images_only=images_only)
    upload.seek(0)
    token = random_secrets.token_hex(20)
    name = file_store().save(f"{token[:2]}/{token}", File(upload))
    return StoredFile.objects.create(
        name=name,
        original_name=clean_name(upload.name or "", kind),
        content_type=kind.content_type,
        size=size,
        sha256=checksum,
        uploaded_by=actor if getattr(actor, "pk", None) else None,
    )


@contextmanager
def with_bytes(file: StoredFile) -> Iterator[BinaryIO]:
    """The content, for a job that reads it."""
    with file_store().open(file.name, "rb") as content:
        yield content  # type: ignore[misc]


def remove(file: StoredFile) -> None:
    """Forget a file in the caller's transaction; its bytes go once that is committed."""
    name = file.name
    file.delete()
    jobs.enqueue(remove_bytes, name=name)


@jobs.job(retry_on=(Exception,), max_attempts=8, atomic=False)
def remove_bytes(*, name: str) -> None:
    """Remove the bytes of a file whose row is gone. Removing them twice is fine."""
    if not StoredFile.objects.filter(name=name).exists():
        file_store().delete(name)


@jobs.periodic(every=dt.timedelta(days=1), offset=dt.timedelta(hours=3))
@jobs.job(atomic=False, max_attempts=1)
def remove_orphans() -> dict[str, int]:
    """Remove files that no row refers to, and bytes that have no file: what interrupted uploads leave behind."""
    return {"bytes": _remove_unknown_bytes(), "files": _remove_unreferenced()}


def _remove_unreferenced() -> int:
    before = clock.now() - _ORPHANED_AFTER
    unreferenced = StoredFile.objects.filter(created_at__lt=before)
    # Those without a name on this side (``related_name="+"``) refer all the same.
    fields: list[Any] = StoredFile._meta.get_fields(include_hidden=True)
    for relation in (one for one in fields if one.auto_created and one.is_relation):
        referring: Any = relation.related_model
        unreferenced = unreferenced.exclude(
            Exists(referring._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        )
    removed = 0
    for file in unreferenced.order_by("pk")[:10_000]:
        with transaction.atomic():
            remove(file)
        removed += 1
    return removed


def _remove_unknown_bytes() -> int:
    files, removed = file_store(), 0
    before = clock.now() - _ORPHANED_AFTER
    try:
        folders, _loose = files.listdir("")
    except FileNotFoundError:
        return 0
    for folder in folders:
        names = [f"{folder}/{name}" for name in files.listdir(folder)[1]]
        for start in range(0, len(names), 500):
            batch = names[start : start + 500]
            known = set(StoredFile.objects.filter(name__in=batch).values_list("name", flat=True))
            for name in batch:
                if name not in known and files.get_modified_time(name) < before:
                    files.delete(name)
                    removed += 1
        jobs.progress(0)
    return removed


def _measure(upload: Any) -> tuple[str, int]:
    """Checksum and true size, read in pieces; a sender's claim about the size is not believed."""
    digest, size = hashlib.sha256(), 0
    upload.seek(0)
    while chunk := upload.read(65_536):
        digest.update(chunk)
        size += len(chunk)
        if size > settings.MAX_UPLOAD_BYTES:
            raise _too_large()
    return digest.hexdigest(), size


def _too_large() -> TooLarge:
    return TooLarge(
        _("This file is too large (at most %(megabytes)d MB).")
        % {"megabytes": settings.MAX_UPLOAD_BYTES // (1024 * 1024)}
    )
