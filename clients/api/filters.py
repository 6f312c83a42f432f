"""What the lists can be narrowed to."""

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from clients import identity
from clients.models import Client, CommunicationLog, Contact, Project
from hyperflow.core import money
from hyperflow.core.api.filters import (
    LONGEST_SEARCH,
    BooleanFilter,
    ChoiceFilter,
    IdFilter,
    StrictFilterSet,
    date_range,
)
from hyperflow.core.errors import Invalid

CURRENCIES = [(code, code) for code in sorted(money.CURRENCIES)]


class ClientFilter(StrictFilterSet):
    status = ChoiceFilter(choices=Client.Status.choices)
    industry = django_filters.CharFilter(lookup_expr="iexact", max_length=80)
    owner_id = IdFilter()
    currency = ChoiceFilter(choices=CURRENCIES)
    search = django_filters.CharFilter(method="find")
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")

    class Meta:
        model = Client
        fields: ClassVar[list[str]] = []

    def find(self, rows: QuerySet[Client], name: str, text: str) -> QuerySet[Client]:
        """Every word stands in the name, the address or the name or address of a contact that the caller may see.

        The name's key makes capital and accented letters equal on databases that only know how to fold ASCII.
        """
        if len(text) > LONGEST_SEARCH:
            raise Invalid(_("Search for at most 200 characters."), field="search")
        contacts = Contact.objects.visible_to(self.request.user).order_by()
        for word in text.split()[:10]:
            theirs = contacts.filter(Q(name__icontains=word) | Q(email__icontains=word)).values("client_id")
            condition = Q(name__icontains=word) | Q(email__icontains=word) | Q(pk__in=theirs)
            if key := identity.search_key(word):
                condition |= Q(name_key__contains=key)
            rows = rows.filter(condition)
        return rows


class ContactFilter(StrictFilterSet):
    is_primary = BooleanFilter()
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")

    class Meta:
        model = Contact
        fields: ClassVar[list[str]] = []


class CommunicationFilter(StrictFilterSet):
    channel = ChoiceFilter(choices=CommunicationLog.Channel.choices)
    direction = ChoiceFilter(choices=CommunicationLog.Direction.choices)
    contact_id = IdFilter()
    sender_id = IdFilter()
    created_after, created_before = date_range("created_at")

    class Meta:
        model = CommunicationLog
        fields: ClassVar[list[str]] = []


class ProjectFilter(StrictFilterSet):
    client_id = IdFilter()
    status = ChoiceFilter(choices=Project.Status.choices)
    billing = ChoiceFilter(choices=Project.Billing.choices)
    currency = ChoiceFilter(choices=CURRENCIES)
    member_id = IdFilter(field_name="memberships__user_id")
    start_after, start_before = date_range("start_date")
    end_after, end_before = date_range("end_date")
    created_after, created_before = date_range("created_at")
    updated_after, updated_before = date_range("updated_at")

    class Meta:
        model = Project
        fields: ClassVar[list[str]] = []
