"""The general limit on requests (``API_RATE``), by caller or, for nobody, by address.

It protects from accidents and fails open: without its cache, requests are served. Sign-in, registration and reset have
their own exact counter, which never fails open (`hyperflow.core.limits`).
"""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django_ratelimit.core import _split_rate, get_usage

from hyperflow.core import context
from hyperflow.core.errors import RateLimited


def _caller(group: str, request: Any) -> str:
    user = getattr(request, "user", None)
    if user is not None and user.pk:
        return f"user:{user.pk}"
    return f"ip:{context.current().ip or 'unknown'}"


@lru_cache(maxsize=8)
def _parsed(rate: str) -> tuple[int, int]:
    """``1200/m`` as times and seconds; django-ratelimit would read it anew at every request."""
    limit, seconds = _split_rate(rate)
    return int(limit), int(seconds)


def count(request: Any) -> None:
    """Count this request. Raises `RateLimited` past the limit."""
    rate = settings.API_RATE
    if not rate:
        return
    usage = get_usage(request, group="api", key=_caller, rate=_parsed(rate), increment=True)
    if usage is not None and usage["should_limit"]:
        raise RateLimited(_("Too many requests. Wait a moment."), retry_after=max(1, usage["time_left"]))
