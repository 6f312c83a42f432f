"""Where the bytes lie."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.core.signals import setting_changed


def file_store() -> Storage:
    """A folder that only this user may read, or a bucket of any server that speaks S3."""
    return _store(settings.FILE_STORE, str(settings.FILES_DIR))


@lru_cache(maxsize=4)
def _store(kind: str, folder: str) -> Storage:
    if kind == "local":
        return FileSystemStorage(location=folder, file_permissions_mode=0o600, directory_permissions_mode=0o700)
    from storages.backends.s3 import S3Storage

    return S3Storage(
        bucket_name=settings.S3_BUCKET,
        endpoint_url=settings.S3_ENDPOINT_URL or None,
        region_name=settings.S3_REGION or None,
        access_key=settings.S3_ACCESS_KEY or None,
        secret_key=settings.S3_SECRET_KEY or None,
        addressing_style="path" if settings.S3_ENDPOINT_URL else None,
        default_acl=None,  # the bucket's own: private
        file_overwrite=False,
        querystring_auth=True,
    )


def _forget(*, setting: str, **_: Any) -> None:
    if setting.startswith(("FILE", "S3_")):
        _store.cache_clear()


setting_changed.connect(_forget)
