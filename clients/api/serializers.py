"""How clients, their people, brands and projects look on the wire."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from clients import selectors
from clients.models import (
    Brand,
    Client,
    CommunicationLog,
    Contact,
    ContactHandle,
    Preference,
    Project,
    ProjectMember,
)
from hyperflow.core.api.serializers import (
    HoursField,
    IdField,
    MoneyField,
    PriceField,
    RateField,
    ResourceSerializer,
    WireDateTimeField,
)

MONEY_FIELDS = ("hourly_rate", "budget")


class RatesHidden(ResourceSerializer):
    """Rates and budgets are null for who may not see them."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not self.context["request"].user.has_perm("clients.view_rates"):
            shown.update(dict.fromkeys(shown.keys() & set(MONEY_FIELDS)))
        return shown


class WishesSerializer(serializers.Serializer):
    """What to do and never to do."""

    dos = serializers.ListField(child=serializers.CharField())
    donts = serializers.ListField(child=serializers.CharField())


def wishes(preferences: Iterable[Preference], brand_id: int | None) -> dict[str, list[str]]:
    """A client's own (``brand_id`` None) or one brand's, from all preferences of the client."""
    own = sorted((one for one in preferences if one.brand_id == brand_id), key=lambda one: one.pk)
    return {
        "dos": [one.text for one in own if one.kind == Preference.Kind.DO],
        "donts": [one.text for one in own if one.kind == Preference.Kind.DONT],
    }


class HandleSerializer(ResourceSerializer):
    class Meta:
        model = ContactHandle
        fields: ClassVar = ["platform", "handle"]


class ContactSerializer(ResourceSerializer):
    contact_id = IdField(source="pk")
    client_id = IdField()
    handles = HandleSerializer(many=True)

    class Meta:
        model = Contact
        fields: ClassVar = [
            "contact_id",
            "client_id",
            "name",
            "email",
            "phone",
            "position",
            "is_primary",
            "notes",
            "handles",
            "created_at",
            "updated_at",
        ]


class BrandSerializer(ResourceSerializer):
    brand_id = IdField(source="pk")
    client_id = IdField()
    preferences = serializers.SerializerMethodField()

    class Meta:
        model = Brand
        fields: ClassVar = [
            "brand_id",
            "client_id",
            "name",
            "website",
            "guidelines",
            "preferences",
            "created_at",
            "updated_at",
        ]

    @extend_schema_field(WishesSerializer)
    def get_preferences(self, brand: Brand) -> dict[str, list[str]]:
        if not self.context["request"].user.has_perm("clients.view_preference"):
            return wishes([], None)
        known = self.context.get("preferences")
        return wishes(brand.preferences.all() if known is None else known, brand.pk)


class StatsSerializer(serializers.Serializer):
    open_tasks = serializers.IntegerField(allow_null=True)
    unpaid_amount = MoneyField(allow_null=True)
    currency = serializers.CharField()
    last_contact = WireDateTimeField(allow_null=True)


class WarningSerializer(serializers.Serializer):
    """A client that the new one may be a duplicate of."""

    kind = serializers.ChoiceField(choices=["same_tax_id", "same_domain", "similar_name"])
    client_id = IdField()
    message = serializers.CharField()


class ClientSerializer(RatesHidden):
    """A client in a list: ``stats`` are in the detail, ``warnings`` in the answer to its creation."""

    client_id = IdField(source="pk")
    client_name = serializers.CharField(source="name")
    key = serializers.CharField(source="key_sequence.prefix")
    hourly_rate = PriceField(allow_null=True)
    owner_id = IdField(allow_null=True)
    contacts = serializers.SerializerMethodField()
    brands = serializers.SerializerMethodField()
    preferences = serializers.SerializerMethodField()
    stats = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Client
        fields: ClassVar = [
            "client_id",
            "client_name",
            "key",
            "description",
            "contact_info",
            "email",
            "phone",
            "website",
            "industry",
            "status",
            "owner_id",
            "currency",
            "hourly_rate",
            "payment_terms_days",
            "tax_id",
            "address",
            "timezone",
            "contacts",
            "brands",
            "preferences",
            "created_at",
            "updated_at",
            "stats",
            "warnings",
        ]

    def _may(self, permission: str) -> bool:
        return bool(self.context["request"].user.has_perm(permission))

    @extend_schema_field(ContactSerializer(many=True))
    def get_contacts(self, client: Client) -> list[Any]:
        if not self._may("clients.view_contact"):
            return []
        return [ContactSerializer(contact, context=self.context).data for contact in client.contacts.all()]

    @extend_schema_field(BrandSerializer(many=True))
    def get_brands(self, client: Client) -> list[Any]:
        if not self._may("clients.view_brand"):
            return []
        context = {**self.context, "preferences": list(client.preferences.all())}
        return [BrandSerializer(brand, context=context).data for brand in client.brands.all()]

    @extend_schema_field(WishesSerializer)
    def get_preferences(self, client: Client) -> dict[str, list[str]]:
        return wishes(client.preferences.all() if self._may("clients.view_preference") else [], None)

    @extend_schema_field(StatsSerializer(allow_null=True))
    def get_stats(self, client: Client) -> dict[str, Any] | None:
        return None

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, client: Client) -> list[dict[str, Any]]:
        return [WarningSerializer(one).data for one in getattr(client, "warnings", [])]


class ClientDetailSerializer(ClientSerializer):
    """A client with how it stands."""

    @extend_schema_field(StatsSerializer())
    def get_stats(self, client: Client) -> dict[str, Any] | None:
        found = selectors.stats([client.pk], self.context["request"].user)[client.pk]
        return StatsSerializer(
            {
                "open_tasks": found.open_tasks,
                "unpaid_amount": found.unpaid_amount,
                "currency": client.currency,
                "last_contact": found.last_contact,
            }
        ).data


class PersonSerializer(ResourceSerializer):
    """Somebody, for a list of people."""

    user_id = IdField(source="pk")

    class Meta:
        model = User
        fields: ClassVar = ["user_id", "name", "email", "is_active"]


class MemberSerializer(ResourceSerializer):
    user_id = IdField(source="pk")

    class Meta:
        model = User
        fields: ClassVar = ["user_id", "name"]


class CommunicationSerializer(ResourceSerializer):
    log_id = IdField(source="pk")
    client_id = IdField()
    sender_id = IdField(allow_null=True)
    contact_id = IdField(allow_null=True)

    class Meta:
        model = CommunicationLog
        fields: ClassVar = [
            "log_id",
            "client_id",
            "sender_id",
            "sender_name",
            "contact_id",
            "channel",
            "direction",
            "subject",
            "message",
            "external_url",
            "created_at",
        ]


class ProjectSerializer(RatesHidden):
    """``members`` and ``budget_hours`` are for colleagues: a client sees the project, not how it is planned."""

    project_id = IdField(source="pk")
    client_id = IdField()
    client_name = serializers.CharField(source="client.name")
    key = serializers.CharField(source="key_sequence.prefix")
    budget = MoneyField(allow_null=True)
    budget_hours = HoursField(allow_null=True)
    hourly_rate = PriceField(allow_null=True)
    members = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields: ClassVar = [
            "project_id",
            "client_id",
            "client_name",
            "name",
            "key",
            "status",
            "billing",
            "budget",
            "currency",
            "budget_hours",
            "hourly_rate",
            "start_date",
            "end_date",
            "members",
            "created_at",
            "updated_at",
        ]

    def prepare(self, rows: list[Project]) -> None:
        """Plain values: models of a page's three hundred members would cost more than all the rest."""
        self._members: dict[int, list[dict[str, Any]]] = defaultdict(list)
        if not self.context["request"].user.has_perm("accounts.view_user"):
            return
        members = ProjectMember.objects.filter(project_id__in=[row.pk for row in rows])
        for project_id, user_id, name in members.values_list("project_id", "user_id", "user__name"):
            self._members[project_id].append({"user_id": user_id, "name": name})
        for people in self._members.values():
            people.sort(key=lambda person: (person["name"], person["user_id"]))

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not self.context["request"].user.is_staff:
            shown["budget_hours"] = None
        return shown

    @extend_schema_field(MemberSerializer(many=True))
    def get_members(self, project: Project) -> list[Any]:
        return self._members.get(project.pk, [])


class PeriodSerializer(serializers.Serializer):
    start_date = serializers.DateField()
    end_date = serializers.DateField()


class TaskCountsSerializer(serializers.Serializer):
    pending = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    completed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class LeftOutSerializer(serializers.Serializer):
    """A figure that something is left out of, and of which currency; ``amount`` is null where it may not be said."""

    measure = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.CharField(allow_null=True)


class PerformanceSerializer(serializers.Serializer):
    """What `clients.selectors.Performance` says; rates are percent."""

    client_id = IdField()
    client_name = serializers.CharField()
    period = serializers.SerializerMethodField()
    currency = serializers.CharField()
    tasks = TaskCountsSerializer(allow_null=True)
    completion_rate = RateField(allow_null=True)
    on_time_rate = RateField(allow_null=True)
    estimate_accuracy = RateField(allow_null=True)
    hours = HoursField(allow_null=True)
    billable_hours = HoursField(allow_null=True)
    cost = MoneyField(allow_null=True)
    invoiced = MoneyField(allow_null=True)
    margin = MoneyField(allow_null=True)
    excluded = serializers.SerializerMethodField()

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_excluded(self, found: Any) -> list[dict[str, Any]]:
        """Pay without a rate to the client's currency, or of fewer than three people, is in no figure."""
        company = settings.COMPANY_CURRENCY
        return [{"measure": name, "currency": company, "amount": None} for name in found["excluded"]]

    @extend_schema_field(PeriodSerializer)
    def get_period(self, found: Any) -> dict[str, str]:
        return {"start_date": found["start"].isoformat(), "end_date": found["end"].isoformat()}
