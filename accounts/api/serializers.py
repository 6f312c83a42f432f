"""Shapes of ``/api/auth`` and ``/api/notifications``."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Notification, User
from accounts.rights import permissions_of
from hyperflow.core import clock
from hyperflow.core.api.serializers import (
    ChoiceField,
    EmailField,
    IdField,
    PasswordField,
    ResourceSerializer,
    SafeCharField,
    StrictSerializer,
    WireDateTimeField,
)

_LOOK_AFTER_ACCOUNTS = ("accounts.view_role", "accounts.add_user")


class NothingInput(StrictSerializer):
    """An empty object, or no body at all."""


class UserSerializer(ResourceSerializer):
    """A person, with what they may do: told to themselves and to who looks after accounts; to others it is null."""

    user_id = IdField(source="id")
    role = serializers.CharField(source="role.code")
    role_id = IdField()
    permissions = serializers.SerializerMethodField()
    timezone = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            "user_id",
            "name",
            "email",
            "role",
            "role_id",
            "permissions",
            "timezone",
            "is_active",
            "created_at",
            "updated_at",
        ]

    def get_permissions(self, user: User) -> list[str] | None:
        asking = self.context["request"].user
        if asking.is_authenticated and asking.pk != user.pk and not any(map(asking.has_perm, _LOOK_AFTER_ACCOUNTS)):
            return None
        return sorted(permissions_of(user))

    def get_timezone(self, user: User) -> str:
        return user.timezone or settings.COMPANY_TIME_ZONE


class MeChange(StrictSerializer):
    name = SafeCharField(max_length=150, single_line=True)
    timezone = SafeCharField(max_length=64, allow_blank=True, help_text=_("Empty: the company's."))

    def validate_timezone(self, value: str) -> str:
        if value and not clock.is_zone(value):
            raise serializers.ValidationError(_("This is not a time zone of the IANA database."), code="invalid_choice")
        return value


class Registration(StrictSerializer):
    # An address is taken as it was written: one with a blank at its end is another one, and no address.
    name = SafeCharField(max_length=150, single_line=True)
    email = EmailField(trim_whitespace=False)
    password = PasswordField()
    role = SafeCharField(max_length=32, required=False)


class RegistrationAnswer(serializers.Serializer):
    email = serializers.EmailField()
    status = serializers.CharField(help_text="verification_sent")


class SignIn(StrictSerializer):
    """``username`` (or ``email``) and ``password``."""

    username = SafeCharField(max_length=254, trim_whitespace=False, required=False)
    email = SafeCharField(max_length=254, trim_whitespace=False, required=False)
    password = PasswordField()

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("username" in values) == ("email" in values):
            raise serializers.ValidationError({"username": [_("Send the address as `username` or as `email`.")]})
        return {"email": values.get("username") or values["email"], "password": values["password"]}


class SignInForm(SignIn):
    """The form of RFC 6749, 4.3.2. There are no clients and no scopes here, but programs send them."""

    grant_type = ChoiceField(choices=["password"], required=False)
    scope = SafeCharField(max_length=1000, allow_blank=True, required=False)
    client_id = SafeCharField(max_length=1000, allow_blank=True, required=False)
    client_secret = SafeCharField(max_length=1000, allow_blank=True, required=False)


class TokenAnswer(serializers.Serializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(help_text="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds until the access token runs out.")
    expires_at = WireDateTimeField()
    user_id = IdField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.CharField()


class RefreshToken(StrictSerializer):
    refresh_token = SafeCharField(max_length=4096)


class LogoutQuery(serializers.Serializer):
    all = ChoiceField(choices=["true", "false"], required=False)


class PasswordChange(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class ForgottenPassword(StrictSerializer):
    email = SafeCharField(max_length=254, trim_whitespace=False)


class PasswordReset(StrictSerializer):
    token = SafeCharField(max_length=200, trim_whitespace=False)
    new_password = PasswordField()


class Verification(StrictSerializer):
    token = SafeCharField(max_length=200, trim_whitespace=False)


class NotificationSerializer(ResourceSerializer):
    """Something that the caller should know, about the row that ``subject_type`` and ``subject_id`` name."""

    notification_id = IdField(source="id")

    class Meta:
        model = Notification
        fields: ClassVar[list[str]] = [
            "notification_id",
            "kind",
            "title",
            "body",
            "subject_type",
            "subject_id",
            "read_at",
            "created_at",
        ]


class NotificationIds(StrictSerializer):
    ids = serializers.ListField(child=IdField(), allow_empty=False, max_length=200)


class UnreadCount(serializers.Serializer):
    unread_count = serializers.IntegerField()
