"""``/api/auth``: who somebody is; ``/api/notifications``: what they should know."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import hashing
from accounts.api import serializers
from accounts.api.filters import NotificationFilter
from accounts.models import Notification, User
from accounts.services import links, notifications, passwords, people, registration, sessions, signin
from hyperflow.core.api.parsers import FormOrJSON, content_kind
from hyperflow.core.api.permissions import OPEN, SIGNED_IN
from hyperflow.core.api.responses import wire_time
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.net import client_ip


class AuthViewSet(RetrieveMixin, ScopedViewSet):
    queryset = User.objects.select_related("role")
    serializer_class = serializers.UserSerializer
    needs: ClassVar = {
        "register": OPEN,
        "token": OPEN,
        "refresh": OPEN,
        "logout": OPEN,
        "forgot_password": OPEN,
        "reset_password": OPEN,
        "verify_email": OPEN,
        "retrieve": "accounts.view_user",
        "me": SIGNED_IN,
        "change_me": SIGNED_IN,
        "change_password": SIGNED_IN,
    }
    inputs: ClassVar = {
        "register": serializers.Registration,
        "token": serializers.SignIn,
        "refresh": serializers.RefreshToken,
        "logout": serializers.RefreshToken,
        "forgot_password": serializers.ForgottenPassword,
        "reset_password": serializers.PasswordReset,
        "verify_email": serializers.Verification,
        "change_me": serializers.MeChange,
        "change_password": serializers.PasswordChange,
    }
    form_inputs: ClassVar = {"token": serializers.SignInForm}
    outputs: ClassVar = {
        "register": {202: serializers.RegistrationAnswer, 201: serializers.UserSerializer},
        "token": serializers.TokenAnswer,
        "refresh": serializers.TokenAnswer,
        "forgot_password": None,
    }
    statuses: ClassVar = {
        "logout": 204,
        "change_password": 204,
        "forgot_password": 202,
        "reset_password": 204,
        "verify_email": 204,
    }
    queries: ClassVar = {"logout": serializers.LogoutQuery}
    parsers: ClassVar = {"token": FormOrJSON}

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Where a token or link in the body says who it is, an old access token beside it must not be in the way."""
        if self.needs.get(self.action) is OPEN and self.action != "register":
            return []
        return super().get_authenticators()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self.action_map.get((request.method or "").lower()) != "token":
            return super().dispatch(request, *args, **kwargs)
        with hashing.seat():  # before anything is counted or read
            return super().dispatch(request, *args, **kwargs)

    def _count(self, request: Any) -> None:
        super()._count(request)
        if self.action == "token":  # every call, before a byte of its body is read
            signin.count_call(ip=client_ip(request))

    def _replays(self, request: Request) -> bool:
        return super()._replays(request) or (self.action == "register" and self._makes_accounts())

    def _makes_accounts(self) -> bool:
        """Is it staff who make accounts of others, rather than somebody who makes their own?"""
        return bool(self.actor.is_authenticated and self.actor.has_perm("accounts.add_user"))

    def location(self, row: Any) -> str:
        return f"/api/auth/users/{row.pk}" if self.actor.is_authenticated else "/api/auth/me"

    def register(self, request: Request) -> HttpResponse:
        wanted = self.parse()
        if self._makes_accounts():
            role = people.role_by_code(wanted.pop("role", settings.REGISTRATION_ROLE))
            return self.render(people.create_user(actor=self.actor, role=role, **wanted), 201)
        user = registration.register(ip=client_ip(request), **wanted)
        if user is not None:
            return self.render(user, 201)
        return self.answer({"email": wanted["email"], "status": "verification_sent"}, 202)

    def token(self, request: Request) -> HttpResponse:
        """Sign in. When many do at the same moment, some are told 503 `busy`: try again after `Retry-After`."""
        is_form = content_kind(request) == "application/x-www-form-urlencoded"
        credentials = self.parse(serializers.SignInForm if is_form else None)
        user, pair = signin.sign_in(
            ip=client_ip(request), user_agent=request.META.get("HTTP_USER_AGENT", ""), **credentials
        )
        return self._tokens(user, pair)

    def refresh(self, request: Request) -> HttpResponse:
        user, pair = sessions.refresh_session(**self.parse())
        return self._tokens(user, pair)

    def logout(self, request: Request) -> HttpResponse:
        sessions.close_session(everywhere=self.query().get("all") == "true", **self.parse())
        return self.nothing()

    def me(self, request: Request) -> HttpResponse:
        return self.show(self.actor)

    def change_me(self, request: Request) -> HttpResponse:
        people.update_user(user=self.actor, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(self.actor)

    def change_password(self, request: Request) -> HttpResponse:
        grant: Any = request.auth
        passwords.change_password(actor=self.actor, keep_sid=grant.sid, **self.parse())
        return self.nothing()

    def forgot_password(self, request: Request) -> HttpResponse:
        links.ask_for_reset(ip=client_ip(request), **self.parse())
        return HttpResponse(status=202)

    def reset_password(self, request: Request) -> HttpResponse:
        wanted = self.parse()
        links.reset_password(token=wanted["token"], password=wanted["new_password"])
        return self.nothing()

    def verify_email(self, request: Request) -> HttpResponse:
        links.verify_email(**self.parse())
        return self.nothing()

    def _tokens(self, user: User, pair: sessions.TokenPair) -> HttpResponse:
        answer = {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "token_type": "bearer",
            "expires_in": pair.expires_in,
            "expires_at": wire_time(pair.expires_at),
            "user_id": user.pk,
            "name": user.name,
            "email": user.email,
            "role": user.role.code,
        }
        return self.answer(answer, headers={"Cache-Control": "no-store"})


class NotificationViewSet(ListMixin, ScopedViewSet):
    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter
    search: ClassVar = ("title", "body")
    needs: ClassVar = {"list": SIGNED_IN, "unread_count": SIGNED_IN, "read": SIGNED_IN, "read_all": SIGNED_IN}
    inputs: ClassVar = {"read": serializers.NotificationIds, "read_all": serializers.NothingInput}
    outputs: ClassVar = {
        "unread_count": serializers.UnreadCount,
        "read": serializers.UnreadCount,
        "read_all": serializers.UnreadCount,
    }

    def unread_count(self, request: Request) -> HttpResponse:
        return self._unread()

    def read(self, request: Request) -> HttpResponse:
        notifications.mark_read(actor=self.actor, **self.parse())
        return self._unread()

    def read_all(self, request: Request) -> HttpResponse:
        self.parse()
        notifications.mark_read(actor=self.actor)
        return self._unread()

    def _unread(self) -> HttpResponse:
        count: int = self.get_queryset().filter(unread_marker=1).count()
        return self.answer({"unread_count": count})
