"""What callers may send: one strict serializer a command."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from clients.models import Client, CommunicationLog, Contact, ContactHandle, Project
from hyperflow.core import money
from hyperflow.core.api.serializers import (
    BooleanInput,
    ChoiceField,
    EmailField,
    HoursField,
    IntegerInput,
    MoneyField,
    PriceField,
    SafeCharField,
    StrictSerializer,
    URLField,
    VisibleRelatedField,
    WireDateField,
    WireDateTimeField,
)

_LONG = 20_000


def _line(length: int, **kwargs: Any) -> SafeCharField:
    return SafeCharField(single_line=True, max_length=length, **kwargs)


def _optional_line(length: int) -> SafeCharField:
    return _line(length, required=False, allow_blank=True)


def _optional_text(length: int = _LONG) -> SafeCharField:
    return SafeCharField(required=False, allow_blank=True, max_length=length)


class CurrencyField(ChoiceField):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=sorted(money.CURRENCIES), **kwargs)


class WishesInput(StrictSerializer):
    """Replaces the dos, the don'ts or both; what is not sent stays."""

    dos = serializers.ListField(child=SafeCharField(max_length=500), required=False, max_length=100)
    donts = serializers.ListField(child=SafeCharField(max_length=500), required=False, max_length=100)


class HandleInput(StrictSerializer):
    platform = ChoiceField(choices=ContactHandle.Platform.choices)
    handle = _line(200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A part of a contact may be sent, a part of a handle may not."""
        for name in ("platform", "handle"):
            if name not in attrs:
                raise serializers.ValidationError({name: _("This field is required.")}, code="required")
        return attrs


class ContactInput(StrictSerializer):
    name = _line(150)
    email = EmailField(required=False, allow_blank=True)
    phone = _optional_line(40)
    position = _optional_line(120)
    is_primary = BooleanInput(required=False)
    notes = _optional_text()
    handles = HandleInput(many=True, required=False, max_length=50)  # type: ignore[call-arg]


class BrandInput(StrictSerializer):
    name = _line(120)
    website = URLField(required=False, allow_blank=True, max_length=300)
    guidelines = _optional_text()
    preferences = WishesInput(required=False)


class ClientUpdate(StrictSerializer):
    client_name = _line(200, source="name")
    description = _optional_text()
    contact_info = _optional_text()
    email = EmailField(required=False, allow_blank=True)
    phone = _optional_line(40)
    website = URLField(required=False, allow_blank=True, max_length=300)
    industry = _optional_line(80)
    status = ChoiceField(choices=Client.Status.choices, required=False)
    owner_id = VisibleRelatedField(
        queryset=User.objects.select_related("role"), source="owner", required=False, allow_null=True
    )
    currency = CurrencyField(required=False)
    hourly_rate = PriceField(required=False, allow_null=True)
    payment_terms_days = IntegerInput(required=False, min_value=0, max_value=365)
    tax_id = _optional_line(40)
    address = _optional_text()
    timezone = _optional_line(64)
    preferences = WishesInput(required=False)


class ClientCreate(ClientUpdate):
    contacts = ContactInput(many=True, required=False, max_length=50)  # type: ignore[call-arg]


class CommunicationInput(StrictSerializer):
    channel = ChoiceField(choices=CommunicationLog.Channel.choices)
    direction = ChoiceField(choices=CommunicationLog.Direction.choices)
    subject = _optional_line(300)
    message = SafeCharField(max_length=100_000)
    contact_id = VisibleRelatedField(queryset=Contact.objects.all(), source="contact", required=False, allow_null=True)
    external_url = URLField(required=False, allow_blank=True, max_length=1000)
    created_at = WireDateTimeField(required=False)


class ProjectUpdate(StrictSerializer):
    client_id = VisibleRelatedField(queryset=Client.objects.select_related("key_sequence"), source="client")
    name = _line(200)
    status = ChoiceField(choices=Project.Status.choices, required=False)
    billing = ChoiceField(choices=Project.Billing.choices, required=False)
    budget = MoneyField(required=False, allow_null=True)
    currency = CurrencyField(required=False)
    budget_hours = HoursField(required=False, allow_null=True)
    hourly_rate = PriceField(required=False, allow_null=True)
    start_date = WireDateField(required=False, allow_null=True)
    end_date = WireDateField(required=False, allow_null=True)


class ProjectCreate(ProjectUpdate):
    key = serializers.RegexField(r"\A[A-Z][A-Z0-9]{1,9}\Z", required=False)
    member_ids = serializers.ListField(
        child=VisibleRelatedField(queryset=User.objects.select_related("role")),
        source="members",
        required=False,
        max_length=50,
    )


class MemberInput(StrictSerializer):
    user_id = VisibleRelatedField(queryset=User.objects.select_related("role"), source="user")


class PortalUserInput(StrictSerializer):
    """Somebody outside, by id for who sees such accounts, else by address."""

    user_id = VisibleRelatedField(queryset=User.objects.select_related("role"), source="user", required=False)
    email = EmailField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Send either user_id or email."), code="required")
        return attrs


class PeriodQuery(StrictSerializer):
    start_date = WireDateField(required=False, source="start")
    end_date = WireDateField(required=False, source="end")
