"""The admin's door. Same passwords, limits and answers as ``/api/auth/token``; staff only."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts import hashing
from accounts.models import User
from accounts.services import signin
from hyperflow.core.errors import NotAuthenticated
from hyperflow.core.net import client_ip


class EmailBackend(BaseBackend):
    """Signs staff in by address and password. Raises `RateLimited` where there were too many failures."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **extra: Any
    ) -> User | None:
        if request is None or not username or not password:
            return None
        with hashing.seat():
            signin.count_call(ip=client_ip(request))
            try:
                return signin.identify(email=username, password=password, ip=client_ip(request), staff_only=True)
            except NotAuthenticated:
                return None

    def get_user(self, user_id: Any) -> User | None:
        """The person of an admin session, on every request: whoever has left or is no longer staff is out at once."""
        user: User | None = User.objects.select_related("role").filter(pk=user_id, is_active=True).first()
        return user if user is not None and user.is_staff else None
