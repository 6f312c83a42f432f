"""`/api/client`: parse, call a service, render."""

from dataclasses import asdict
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from clients import selectors
from clients.api import serializers
from clients.api.filters import ClientFilter, CommunicationFilter, ContactFilter, ProjectFilter
from clients.api.inputs import (
    BrandInput,
    ClientCreate,
    ClientUpdate,
    CommunicationInput,
    ContactInput,
    MemberInput,
    PeriodQuery,
    PortalUserInput,
    ProjectCreate,
    ProjectUpdate,
)
from clients.models import Brand, Client, CommunicationLog, Contact, Project
from clients.services import clients, communication, contacts, portal, preferences, projects
from hyperflow.core.api.viewsets import ListMixin, RetrieveMixin, ScopedViewSet
from hyperflow.core.errors import NotFound

Row = TypeVar("Row", bound=Model)


def one_of(rows: QuerySet[Row], pk: int) -> Row:
    """The row of these with the id, or 404."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is nothing here."))
    return found


class ClientViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Clients: all for who looks after clients, those worked for for other staff, the own one for a portal user."""

    # Looked up beside the page, not joined: MariaDB would begin a sorted, limited join at the smaller table.
    queryset = Client.objects.prefetch_related("key_sequence", "contacts__handles", "brands", "preferences")
    serializer_class = serializers.ClientDetailSerializer
    outputs: ClassVar = {"list": serializers.ClientSerializer, "performance": serializers.PerformanceSerializer}
    inputs: ClassVar = {"create": ClientCreate, "update": ClientUpdate}
    queries: ClassVar = {"performance": PeriodQuery}
    needs: ClassVar = {
        "list": "clients.view_client",
        "retrieve": "clients.view_client",
        "create": "clients.add_client",
        "update": "clients.change_client",
        "performance": "clients.view_performance",
    }
    filterset_class = ClientFilter
    orderings: ClassVar = {"client_name": "name", "created_at": "created_at", "updated_at": "updated_at"}
    default_ordering = "client_name"

    def create(self, request: Request) -> HttpResponse:
        client, suspicions = clients.create_client(actor=self.actor, **self.parse())
        client.warnings = suspicions  # type: ignore[attr-defined]
        return self.render(client, 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        client = self.get_object()
        clients.update_client(client=client, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(client)

    def performance(self, request: Request, pk: int) -> HttpResponse:
        client = self.get_object()
        found = selectors.performance(client=client, user=self.actor, **self.query())
        return self.answer(self.represent({"client_id": client.pk, "client_name": client.name, **asdict(found)}))


class PartOfClientViewSet(ListMixin, ScopedViewSet):
    """Rows of one client, under the client's path, and each by its own."""

    #: Where a row of it is found by its own id.
    home: ClassVar[str]

    def client(self) -> Client:
        """The client in the path, if it is there for the caller."""
        return one_of(Client.objects.visible_to(self.actor), self.kwargs["pk"])

    def list(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.page(self.get_queryset().filter(client=self.client()))

    def location(self, row: Any) -> str:
        return f"/api/client/{self.home}/{row.pk}"


class ContactViewSet(RetrieveMixin, PartOfClientViewSet):
    """The people at a client's, with what they are called on the platforms."""

    queryset = Contact.objects.prefetch_related("handles")
    serializer_class = serializers.ContactSerializer
    inputs: ClassVar = {"create": ContactInput, "update": ContactInput}
    needs: ClassVar = {
        "list": "clients.view_contact",
        "retrieve": "clients.view_contact",
        "create": "clients.add_contact",
        "update": "clients.change_contact",
        "destroy": "clients.change_contact",
    }
    orderings: ClassVar = {"name": "name", "created_at": "created_at"}
    default_ordering = "name"
    filterset_class = ContactFilter
    search: ClassVar = ("name", "email")
    home = "contacts"

    def create(self, request: Request, pk: int) -> HttpResponse:
        return self.render(contacts.add_contact(client=self.client(), actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        contact = self.get_object()
        contacts.change_contact(
            contact=contact, actor=self.actor, expected_version=self.expected_version, **self.parse()
        )
        return self.render(contact)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        contacts.remove_contact(contact=self.get_object(), actor=self.actor, expected_version=self.expected_version)
        return self.nothing()


class BrandViewSet(RetrieveMixin, PartOfClientViewSet):
    """A client's brands, each with its own dos and don'ts."""

    queryset = Brand.objects.prefetch_related("preferences")
    serializer_class = serializers.BrandSerializer
    inputs: ClassVar = {"create": BrandInput, "update": BrandInput}
    needs: ClassVar = {
        "list": "clients.view_brand",
        "retrieve": "clients.view_brand",
        "create": "clients.add_brand",
        "update": "clients.change_brand",
        "destroy": "clients.change_brand",
    }
    orderings: ClassVar = {"name": "name", "created_at": "created_at"}
    default_ordering = "name"
    search: ClassVar = ("name",)
    home = "brands"

    def create(self, request: Request, pk: int) -> HttpResponse:
        return self.render(preferences.add_brand(client=self.client(), actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        brand = self.get_object()
        preferences.change_brand(brand=brand, actor=self.actor, expected_version=self.expected_version, **self.parse())
        return self.render(brand)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        preferences.remove_brand(brand=self.get_object(), actor=self.actor, expected_version=self.expected_version)
        return self.nothing()


class CommunicationViewSet(RetrieveMixin, PartOfClientViewSet):
    """What was said to and by a client: appended, never edited."""

    queryset = CommunicationLog.objects.all()
    serializer_class = serializers.CommunicationSerializer
    inputs: ClassVar = {"create": CommunicationInput}
    needs: ClassVar = {
        "list": "clients.view_communicationlog",
        "retrieve": "clients.view_communicationlog",
        "create": "clients.add_communicationlog",
    }
    filterset_class = CommunicationFilter
    search: ClassVar = ("subject", "message", "sender_name")
    home = "communications"

    def create(self, request: Request, pk: int) -> HttpResponse:
        return self.render(communication.log(client=self.client(), actor=self.actor, **self.parse()), 201)


class PortalUserViewSet(PartOfClientViewSet):
    """Whoever sees the client sees who of its people may sign in; those who may change it decide."""

    queryset = User.objects.all()
    serializer_class = serializers.PersonSerializer
    inputs: ClassVar = {"create": PortalUserInput}
    needs: ClassVar = {
        "list": "clients.view_contact",
        "retrieve": "clients.view_contact",
        "create": "clients.change_client",
        "destroy": "clients.change_client",
    }
    orderings: ClassVar = {"name": "name", "created_at": "created_at"}
    default_ordering = "name"
    search: ClassVar = ("name", "email")

    def list(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.page(portal.portal_users(self.client()))

    def retrieve(self, request: Request, pk: int, user_id: int) -> HttpResponse:
        return self.show(one_of(portal.portal_users(self.client()), user_id))

    def create(self, request: Request, pk: int) -> HttpResponse:
        client, asked = self.client(), self.parse()
        user = asked["user"] if "user" in asked else portal.portal_account(asked["email"])
        is_new = portal.add_portal_user(client=client, user=user, actor=self.actor)
        return self.render(user, 201 if is_new else 200)

    def destroy(self, request: Request, pk: int, user_id: int) -> HttpResponse:
        portal.remove_portal_user(client=self.client(), user_id=user_id, actor=self.actor)
        return self.nothing()

    def location(self, row: Any) -> str:
        return f"{self.request.path}/{row.pk}"


class ProjectViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Projects: their money for who may see rates, their people for colleagues."""

    queryset = Project.objects.prefetch_related(Prefetch("client", Client.objects.only("name")), "key_sequence")
    serializer_class = serializers.ProjectSerializer
    inputs: ClassVar = {"create": ProjectCreate, "update": ProjectUpdate}
    needs: ClassVar = {
        "list": "clients.view_project",
        "retrieve": "clients.view_project",
        "create": "clients.add_project",
        "update": "clients.change_project",
    }
    filterset_class = ProjectFilter
    orderings: ClassVar = {"name": "name", "created_at": "created_at", "updated_at": "updated_at"}
    default_ordering = "name"
    search: ClassVar = ("name",)

    def create(self, request: Request) -> HttpResponse:
        return self.render(projects.create_project(actor=self.actor, **self.parse()), 201)

    def update(self, request: Request, pk: int) -> HttpResponse:
        project = self.get_object()
        projects.update_project(
            project=project, actor=self.actor, expected_version=self.expected_version, **self.parse()
        )
        return self.render(project)


class MemberViewSet(ScopedViewSet):
    """Who works on a project. Portal users see the project, not its people."""

    queryset = User.objects.all()
    serializer_class = serializers.MemberSerializer
    inputs: ClassVar = {"create": MemberInput}
    needs: ClassVar = {
        "list": "accounts.view_user",
        "retrieve": "accounts.view_user",
        "create": "clients.change_project",
        "destroy": "clients.change_project",
    }
    orderings: ClassVar = {"name": "name", "created_at": "created_at"}
    default_ordering = "name"
    search: ClassVar = ("name",)

    def project(self) -> Project:
        return one_of(Project.objects.visible_to(self.actor), self.kwargs["pk"])

    def list(self, request: Request, pk: int) -> HttpResponse:
        return self.page(self.project().members.all())

    def retrieve(self, request: Request, pk: int, user_id: int) -> HttpResponse:
        return self.show(one_of(self.project().members.all(), user_id))

    def create(self, request: Request, pk: int) -> HttpResponse:
        project, user = self.project(), self.parse()["user"]
        is_new = projects.add_member(project=project, user=user, actor=self.actor)
        return self.render(user, 201 if is_new else 200)

    def destroy(self, request: Request, pk: int, user_id: int) -> HttpResponse:
        projects.remove_member(project=self.project(), user_id=user_id, actor=self.actor)
        return self.nothing()
