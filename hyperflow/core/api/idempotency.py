"""``Idempotency-Key``: a POST that is sent again gives the first answer again, and does nothing.

A row is inserted before the work (so the second of two at once finds it) and completed with the answer in the work's
own transaction (so a crash loses both or neither). A holder that died is followed after its lease; one that was only
slow finds that its lease is another's, and is rolled back. Only what succeeded is kept: a refusal wrote nothing, and
the key is free for the corrected request.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from hyperflow.core import clock
from hyperflow.core.errors import BadRequest, Conflict, Invalid
from hyperflow.core.models import IdempotencyRecord
from hyperflow.core.transactions import command

KEPT = dt.timedelta(hours=24)
#: Longer than any answer takes; then the holder is taken for dead.
LEASE = dt.timedelta(seconds=90)
LONGEST_KEY = 255
_LONGEST_PATH = 255
_HEADERS = ("Content-Type", "Location", "ETag", "Link", "Retry-After", "Preference-Applied")


class _Refused(Exception):
    """Carries an answer that is a refusal out of the transaction that it must undo."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def run(
    request: Any, key: str, work: Callable[[], HttpResponseBase], refuse: Callable[[Exception], HttpResponse]
) -> Any:
    """Answer once. ``refuse`` turns an exception into its answer."""
    _check(key)
    fresh = IdempotencyRecord(
        user_id=request.user.pk, key=key, request_hash=_hash(request), path=request.path[:_LONGEST_PATH]
    )
    record, replay = _claim(fresh)
    if replay is not None:
        return replay
    try:
        return _work_and_keep(record=record, work=work)
    except Exception as error:  # noqa: BLE001 (whatever it is becomes an answer)
        response = refuse(error)
        # A refusal was rolled back and wrote nothing: mended, the request may come again with the same key.
        _mine(record).delete()
        return response


@command
def _work_and_keep(*, record: IdempotencyRecord, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    response = work()
    if response.streaming or response.status_code >= 400:
        _mine(record).delete()
    elif not _mine(record).update(**_answer(response)):
        raise _under_way(_("This took so long that the repeated request was begun instead."))
    return response


def _mine(record: IdempotencyRecord) -> Any:
    return IdempotencyRecord.objects.filter(pk=record.pk, lease_until=record.lease_until, status__isnull=True)


def _answer(response: Any) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    return {"status": response.status_code, "headers": headers, "body": bytes(response.content), "lease_until": None}


def _claim(fresh: IdempotencyRecord) -> tuple[IdempotencyRecord, HttpResponse | None]:
    """The row to complete, or the answer that was given already."""
    for _attempt in range(3):
        now = clock.now()
        fresh.pk, fresh.created_at, fresh.lease_until = None, now, now + LEASE
        try:
            with transaction.atomic():
                fresh.save(force_insert=True)
            return fresh, None
        except IntegrityError:
            found = IdempotencyRecord.objects.filter(user_id=fresh.user_id, key=fresh.key).first()
        if found is None:
            continue
        if found.created_at < now - KEPT:
            IdempotencyRecord.objects.filter(pk=found.pk, created_at=found.created_at).delete()
            continue
        if found.request_hash != fresh.request_hash:
            raise Invalid(
                _("This Idempotency-Key belongs to another request. Take a new key."), code="idempotency_key_reused"
            )
        if found.status is not None:
            return found, _replay(found)
        if found.lease_until is not None and found.lease_until > now:
            break
        taken = IdempotencyRecord.objects.filter(pk=found.pk, lease_until=found.lease_until, status__isnull=True)
        if taken.update(lease_until=fresh.lease_until):
            found.lease_until = fresh.lease_until
            return found, None
    raise _under_way(_("The request with this Idempotency-Key is still under way."))


def _under_way(message: str) -> Conflict:
    refusal = Conflict(message, code="in_progress")
    refusal.retry_after = 1  # type: ignore[attr-defined]
    return refusal


def _replay(record: IdempotencyRecord) -> HttpResponse:
    response = HttpResponse(bytes(record.body), status=record.status, headers=dict(record.headers))
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _check(key: str) -> None:
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise BadRequest(
            _("An Idempotency-Key is 1 to 255 printable ASCII characters."), code="invalid_idempotency_key"
        )


def _hash(request: Any) -> str:
    """Of what was asked. An upload counts by its content, since its boundary is another each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type.lower().startswith("multipart/"):
        data = request.data
        for name in sorted(data):
            for value in data.getlist(name):
                digest.update(f"{name}={getattr(value, 'name', value)}\n".encode())
                if hasattr(value, "chunks"):
                    for chunk in value.chunks():
                        digest.update(chunk)
                    value.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()


def forget_old(limit: int = 10_000) -> int:
    """Delete answers older than a day; for the schedule. Gives how many it deleted."""
    old = IdempotencyRecord.objects.filter(created_at__lt=clock.now() - KEPT).order_by("created_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
